# SPDX-License-Identifier: GPL-2.0-only
"""pcapng files: as tshark reads them, and block by block for what it does not show."""

import struct

from netns import call

ENHANCED_PACKET = 6
PROCESS_AND_THREAD = 8


def tshark(path, *fields, options=()):
    """A row of fields a frame; one that is absent is "". Fails on a file that is not whole."""
    columns = [word for field in fields for word in ("-e", field)]
    text = call("tshark", "-n", "-r", str(path), "-T", "fields", "-E", "separator=/t", *options,
                *columns)
    return [tuple(line.split("\t")) for line in text.splitlines()]


def blocks(path):
    """(type, body) of each block; what the lengths say must be so."""
    octets = path.read_bytes()
    while octets:
        kind, length = struct.unpack_from("=II", octets)
        assert length % 4 == 0 and 12 <= length <= len(octets)
        assert struct.unpack_from("=I", octets, length - 4) == (length,)
        yield kind, octets[8:length - 4]
        octets = octets[length:]


def options(body, at):
    """Code -> value."""
    found = {}
    while True:
        code, length = struct.unpack_from("=HH", body, at)
        if code == 0:
            return found
        found[code] = body[at + 4:at + 4 + length]
        at += 4 + (length + 3) // 4 * 4


def packets(path):
    """The bodies of the packets."""
    return [body for kind, body in blocks(path) if kind == ENHANCED_PACKET]


def times(path):
    """Nanoseconds since 1970."""
    return [high << 32 | low for high, low in
            (struct.unpack_from("=II", body, 4) for body in packets(path))]


def processes(path):
    """Of each packet the process and thread id, None where there is no such option."""
    found = []
    for body in packets(path):
        captured = struct.unpack_from("=I", body, 12)[0]
        value = options(body, 20 + (captured + 3) // 4 * 4).get(PROCESS_AND_THREAD)
        found.append(value and struct.unpack("=II", value))
    return found
