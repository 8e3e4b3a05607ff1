# SPDX-License-Identifier: GPL-2.0-only
"""The counters of `replay` are what tshark's own dissection counts, port for port."""

import json
import os
import struct
import subprocess
from collections import Counter
from pathlib import Path

import layouts
import pytest
import tshark
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.utils import PcapNgWriter, PcapWriter

PROGRAM = os.environ.get("PORTSENTINEL",
                         str(Path(__file__).resolve().parents[2] / "build" / "portsentinel"))
ETHERNET, RAW, NULL, LOOP, SLL, SLL2, PPP, PPP_HDLC = 1, 101, 0, 108, 113, 276, 9, 50


def write(path, frames, linktype=ETHERNET, wire_lengths=None):
    with PcapWriter(str(path), linktype=linktype, sync=True) as writer:
        writer.write_header(None)
        for index, frame in enumerate(frames):
            length = wire_lengths[index] if wire_lengths else len(frame)
            writer.write_packet(frame, sec=1_700_000_000 + index, usec=0, caplen=len(frame),
                                wirelen=length)
    return path


def replay(path):
    """Packets per (port, protocol, role): by ports, quotes and fragments apart; the answer."""
    run = subprocess.run([PROGRAM, "-j", "replay", str(path), "--ports", "1-65535",
                          "-c", "/dev/null"], capture_output=True, text=True, check=False,
                         timeout=120)
    answer = json.loads(run.stdout)
    assert run.returncode == 0, answer
    ports, quotes, fragments = Counter(), Counter(), Counter()
    for row in answer["counters"]:
        for kind, packets in row["kinds"].items():
            rows = {"icmp": quotes, "fragment": fragments}.get(kind, ports)
            rows[(row["port"], row["protocol"], row["role"])] += packets
    return (ports, quotes, fragments), answer


def without_port_zero(rows):
    return Counter({key: packets for key, packets in rows.items() if key[0]})


def compare(path, names=None):
    ours, answer = replay(path)
    packets = tshark.dissect(path)
    theirs = tuple(without_port_zero(rows) for rows in tshark.count(packets))
    accounting = answer["accounting"]
    assert accounting["seen"] == answer["frames"] == len(packets)
    assert accounting["matched"] == \
        accounting["sampled"] + accounting["suppressed"] + accounting["lost"]
    assert accounting["uncounted"] == 0
    for what, mine, its in zip(("ports", "quotes", "fragments"), ours, theirs):
        if mine != its:
            difference = {key: (mine[key], its[key]) for key in mine.keys() | its.keys()
                          if mine[key] != its[key]}
            guilty = sorted({f"{names[packet.number - 1]}: {':'.join(packet.layers)}"
                             for packet in packets if names for port in difference
                             if port[0] in (packet.source, packet.destination)})
            pytest.fail(f"{what}, (ours, tshark's): {dict(list(difference.items())[:10])}\n"
                        + "\n".join(guilty[:40]))


def compare_named(tmp_path, pairs):
    names, frames = zip(*pairs)
    compare(write(tmp_path / "capture.pcap", frames), names)


def test_every_layout_is_counted_as_tshark_counts_it(tmp_path):
    pairs = list(layouts.whole())
    assert len({name for name, _ in pairs}) >= 300
    compare_named(tmp_path, pairs)


@pytest.mark.parametrize("seed", range(3))
def test_every_chain_is_followed_as_tshark_follows_it(tmp_path, seed):
    compare_named(tmp_path, layouts.chains(800, seed))


def test_broken_headers_are_counted_as_tshark_counts_them(tmp_path):
    compare_named(tmp_path, layouts.broken())


def test_later_fragments_are_tied_to_their_datagram(tmp_path):
    compare_named(tmp_path, layouts.fragments())


def test_icmp_errors_count_what_they_quote(tmp_path):
    compare_named(tmp_path, layouts.errors())


def test_without_tunnels_only_the_outermost_header_counts(tmp_path):
    compare_named(tmp_path, layouts.tunnelled())


def test_snapped_packets_are_parsed_as_far_as_they_go(tmp_path):
    names, frames, kept = zip(*layouts.cut())
    compare(write(tmp_path / "capture.pcap", kept, wire_lengths=[len(f) for f in frames]), names)


IPV4 = IP() / TCP(sport=1111, dport=2222)
IPV6 = IPv6() / UDP(sport=3333, dport=4444)


# Address and control, or not; a protocol number of two octets, or of one; others than IP.
PPPS = [framing + protocol + packet for framing in (b"\xff\x03", b"") for protocol, packet in (
    (b"\0\x21", bytes(IPV4)), (b"\x21", bytes(IPV4)), (b"\0\x57", bytes(IPV6)),
    (b"\x57", bytes(IPV6)), (b"\xc0\x21", b"\x09\x01\0\x08abcd"))]


def nflog(family, packet):
    """Attributes: hardware protocol and hook, prefix, payload."""
    payload = struct.pack("<HH", 4 + len(packet), 9) + packet
    return bytes([family, 0, 0, 0]) + struct.pack("<HH", 8, 1) + b"\x08\0\1\0" \
        + struct.pack("<HH", 6, 10) + b"x\0\0\0" + payload + b"\0" * (-len(payload) % 4)


@pytest.mark.parametrize("linktype, frames", [
    (RAW, [bytes(IPV4), bytes(IPV6)]),
    (NULL, [b"\x02\0\0\0" + bytes(IPV4), b"\0\0\0\x02" + bytes(IPV4), b"\x1e\0\0\0" + bytes(IPV6),
            b"\x18\0\0\0" + bytes(IPV6), b"\x1c\0\0\0" + bytes(IPV6), b"\x07\0\0\0" + bytes(IPV4),
            *(frame for frame in PPPS if frame[0] == 0xff)]),
    (LOOP, [b"\0\0\0\x02" + bytes(IPV4), b"\0\0\0\x1e" + bytes(IPV6)]),
    (SLL, [b"\0\0\0\x01\0\x06" + b"\0" * 8 + b"\x08\0" + bytes(IPV4),
           b"\0\0\0\x01\0\x06" + b"\0" * 8 + b"\x86\xdd" + bytes(IPV6),
           b"\0\0\0\x01\0\x06" + b"\0" * 8 + b"\x81\0\0\x07\x08\0" + bytes(IPV4),
           b"\0\0\0\x01\0\x06" + b"\0" * 8 + b"\0\x03" + bytes(layouts.ETHER / IPV4),
           *(b"\0\0\x02\0" + b"\0" * 10 + b"\0\x07" + frame for frame in PPPS)]),
    (SLL2, [b"\x08\0" + b"\0" * 18 + bytes(IPV4), b"\x86\xdd" + b"\0" * 18 + bytes(IPV6),
            b"\0\x03" + b"\0" * 18 + bytes(layouts.ETHER / IPV6),
            *(b"\0\x07" + b"\0" * 6 + b"\x02\0" + b"\0" * 10 + frame for frame in PPPS)]),
    (14, [bytes(IPV4), bytes(IPV6)]),
    (204, [bytes([way]) + frame for way in (0, 1) for frame in PPPS if frame[0] == 0xff]),
    (239, [nflog(2, bytes(IPV4)), nflog(2, bytes(IPV4 / b"x"))]),
    (PPP, [b"\xff\3\2\x81\0\1\1\x40" + bytes(IPV4), b"\xff\3\2\x83\0\1\1\x40" + bytes(IPV6),
           b"\xff\3\0\x31\0\1" + bytes(layouts.KNOWN / IPV4)]),
    (PPP, PPPS),
    (PPP_HDLC, PPPS),
])
def test_every_link_type_is_read(tmp_path, linktype, frames):
    compare(write(tmp_path / "capture.pcap", frames, linktype))


def test_a_pcapng_file_is_read_too(tmp_path):
    path = tmp_path / "capture.pcapng"
    with PcapNgWriter(str(path)) as writer:
        for frame in [layouts.ETHER / IPV4, layouts.ETHER / IPV6] * 5:
            writer.write(frame)
    compare(path)


def gave_up_in_options(packet):
    """tshark ends at an option that overruns its header; the parser steps over the header."""
    return packet.layers[-1] in ("ipv6.hopopts", "ipv6.dstopts", "ipv6.routing")


@pytest.mark.parametrize("seed", range(4))
def test_mutated_frames_are_counted_as_tshark_counts_them(tmp_path, seed):
    mutants = list(layouts.mutated(2500, seed))
    packets = tshark.dissect(write(tmp_path / "all.pcap", mutants))
    mutants = [mutant for mutant, packet in zip(mutants, packets)
               if not gave_up_in_options(packet)]
    assert len(mutants) > 2000
    compare(write(tmp_path / "capture.pcap", mutants), [frame.hex() for frame in mutants])


@pytest.mark.parametrize("kept", [30, 500, 1001])
def test_a_file_cut_short_gives_what_it_held_and_an_error(tmp_path, kept):
    frames = [bytes(layouts.ETHER / IP() / TCP(sport=1, dport=3409, flags="S"))] * 100
    path = write(tmp_path / "capture.pcap", frames)
    path.write_bytes(path.read_bytes()[:kept])
    run = subprocess.run([PROGRAM, "-j", "replay", str(path), "-c", "/dev/null"],
                         capture_output=True, text=True, check=False, timeout=60)
    answer = json.loads(run.stdout)
    whole = (kept - 24) // (16 + 54)
    assert run.returncode == 1
    assert f"packet {whole + 1}:" in answer["error"]
    assert answer["frames"] == answer["accounting"]["matched"] == whole
