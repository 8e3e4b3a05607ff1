# SPDX-License-Identifier: GPL-2.0-only
"""pcapng files block by block, in either byte order (`order`: "<" or ">")."""

import struct

UNKNOWN, INBOUND, OUTBOUND = range(3)


def padded(octets):
    return octets + b"\0" * (-len(octets) % 4)


def option(order, code, value):
    return struct.pack(order + "HH", code, len(value)) + padded(value)


def options(order, values):
    """None: there are none at all."""
    found = b"".join(option(order, code, value) for code, value in values if value is not None)
    return found + option(order, 0, b"") if found else b""


def block(order, kind, body):
    length = struct.pack(order + "I", 12 + len(body))
    return struct.pack(order + "I", kind) + length + body + length


def section(order, major=1):
    return block(order, 0x0a0d0d0a, struct.pack(order + "IHHq", 0x1a2b3c4d, major, 0, -1))


def interface(order, link_type, name=None, resolution=None, offset=None, snap_length=0):
    return block(order, 1, struct.pack(order + "HHI", link_type, 0, snap_length) + options(order, (
        (2, name), (9, None if resolution is None else bytes([resolution])),
        (14, offset and struct.pack(order + "q", offset)))))


def enhanced(order, number, time, octets, flags=None):
    return block(order, 6, struct.pack(
        order + "IIIII", number, time >> 32, time & 0xffffffff, len(octets), len(octets))
        + padded(octets) + options(order, (
            (1, b"a comment"), (2, None if flags is None else struct.pack(order + "I", flags)))))


def old(order, number, time, octets, flags=None):
    return block(order, 2, struct.pack(
        order + "HHIIII", number, 0, time >> 32, time & 0xffffffff, len(octets), len(octets))
        + padded(octets) + options(order, (
            (2, None if flags is None else struct.pack(order + "I", flags)),)))


def simple(order, octets, length=None):
    return block(order, 3, struct.pack(order + "I", length or len(octets)) + padded(octets))
