# SPDX-License-Identifier: GPL-2.0-only
"""pcapng files as they come: of several sections and interfaces, whole, broken and compressed."""

import gzip
import json
import random
import struct
import subprocess

import layouts
import capture_file
import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from test_counters import ETHERNET, PROGRAM, RAW, compare, write

BOTH_ORDERS = pytest.mark.parametrize("order", ["<", ">"])
OTHER = {"<": ">", ">": "<"}
NOW = 1_700_000_000
ASK = IP(src="192.0.2.9", dst="192.0.2.1") / TCP(sport=40000, dport=3409, flags="S")
ANSWER = IP(src="192.0.2.1", dst="192.0.2.9") / TCP(sport=3409, dport=40000, flags="SA")
ASK_ETHERNET, ANSWER_ETHERNET = (bytes(layouts.ETHER / packet) for packet in (ASK, ANSWER))


def replay(path, *flags):
    run = subprocess.run([PROGRAM, "-j", "-c", "/dev/null", "replay", str(path), *flags],
                         capture_output=True, text=True, check=False, timeout=60)
    return run, json.loads(run.stdout)


def replay_octets(tmp_path, octets, *flags):
    path = tmp_path / "capture.pcapng"
    path.write_bytes(octets)
    return (path, *replay(path, *flags))


def rows(answer):
    return {(row["interface"], row["direction"], row["role"]): row["kinds"]
            for row in answer["counters"]}


def actions(answer):
    return [alert["event"]["action"] for alert in answer["alerts"]]


def mixture(order):
    """Every kind of packet, of interfaces that differ in all that they can differ in."""
    return (capture_file.section(order)
            + capture_file.interface(order, ETHERNET, b"eth0", resolution=9, snap_length=256)
            + capture_file.interface(order, RAW, b"wg0", snap_length=96)
            + capture_file.block(order, 5, struct.pack(order + "III", 0, 1, 2))
            + capture_file.enhanced(order, 0, NOW * 10**9, ASK_ETHERNET, capture_file.INBOUND)
            + capture_file.enhanced(order, 1, (NOW + 1) * 10**6, bytes(ASK), capture_file.OUTBOUND)
            + capture_file.block(order, 0x7ffffff0, b"abcd")
            + capture_file.old(order, 1, (NOW + 2) * 10**6, bytes(ANSWER), capture_file.INBOUND)
            + capture_file.simple(order, ASK_ETHERNET))


@BOTH_ORDERS
def test_interfaces_and_directions_are_the_file_s(tmp_path, order):
    _, run, answer = replay_octets(tmp_path, mixture(order))
    assert run.returncode == 0 and answer["frames"] == 4
    assert rows(answer) == {("eth0", "in", "to"): {"syn": 2}, ("wg0", "out", "to"): {"syn": 1},
                            ("wg0", "in", "from"): {"synack": 1}}
    # the answer is to what this host asked
    assert actions(answer) == ["probe", "outbound", "outbound", "probe"]
    ends = [alert["observer"] for alert in answer["alerts"]]
    assert ends[0]["ingress"]["interface"]["name"] == "eth0"
    assert ends[1]["egress"]["interface"]["name"] == "wg0"


@BOTH_ORDERS
def test_a_mixture_is_counted_as_tshark_counts_it(tmp_path, order):
    path, _, _ = replay_octets(tmp_path, mixture(order) + mixture(OTHER[order]))
    compare(path)


@BOTH_ORDERS
@pytest.mark.parametrize("resolution, offset, time", [
    (None, None, NOW * 10**6), (0, None, NOW), (3, None, NOW * 10**3), (9, None, NOW * 10**9),
    (0x80 | 20, None, NOW << 20), (0x80, None, NOW), (9, 100, (NOW - 100) * 10**9),
    (6, -100, (NOW + 100) * 10**6)])
def test_times_are_the_file_s(tmp_path, order, resolution, offset, time):
    _, _, answer = replay_octets(
        tmp_path, capture_file.section(order)
        + capture_file.interface(order, ETHERNET, resolution=resolution, offset=offset)
        + capture_file.enhanced(order, 0, time, ASK_ETHERNET))
    assert answer["alerts"][0]["@timestamp"].startswith("2023-11-14T22:13:20.000000")


def test_what_the_file_does_not_tell_is_replay_and_in(tmp_path):
    _, _, answer = replay_octets(tmp_path, capture_file.section("<") + capture_file.interface("<", ETHERNET)
                                 + capture_file.enhanced("<", 0, NOW * 10**6, ASK_ETHERNET))
    assert rows(answer) == {("replay", "in", "to"): {"syn": 1}}
    assert answer["alerts"][0]["observer"]["ingress"]["interface"]["name"] == "replay"


def test_linux_cooked_packets_tell_their_direction(tmp_path):
    path = write(tmp_path / "capture.pcap", [
        b"\0" + bytes([kind]) + b"\0\x01\0\x06" + b"\0" * 8 + b"\x08\0" + bytes(ASK)
        for kind in (0, 4)], linktype=113)
    assert rows(replay(path)[1]) == {("replay", "in", "to"): {"syn": 1},
                                     ("replay", "out", "to"): {"syn": 1}}


@pytest.mark.parametrize("question, answer, expected", [
    (ASK, ANSWER, ["probe"]),
    (ASK, ANSWER.copy() / b"more", ["probe"]),
    (None, ANSWER, ["backscatter"]),
    (IP() / UDP(sport=40000, dport=3410), IP() / UDP(sport=3410, dport=40000), ["probe"]),
    (ASK, IP(dst="192.0.2.9") / ICMP(type=3, code=3) / ASK, ["probe"]),
    (None, IP(dst="192.0.2.9") / ICMP(type=3, code=3) / ASK, ["backscatter"]),
])
def test_an_answer_right_behind_its_question_is_no_backscatter(tmp_path, question, answer,
                                                               expected):
    path = write(tmp_path / "capture.pcap",
                 [bytes(layouts.ETHER / packet) for packet in (question, answer) if packet])
    assert actions(replay(path)[1]) == expected


WHOLE = (capture_file.section("<") + capture_file.interface("<", ETHERNET, b"eth0")
         + capture_file.enhanced("<", 0, NOW * 10**6, ASK_ETHERNET))


@pytest.mark.parametrize("rest, why", [
    (b"\6\0", "packet 2: block 4 breaks off"),
    (capture_file.enhanced("<", 0, 0, ASK_ETHERNET)[:-5], "packet 2: block 4 breaks off"),
    (struct.pack("<II", 6, 0xfffffffc), "packet 2: block 4 breaks off"),
    (struct.pack("<II", 6, 8), "packet 2: block 4 has an impossible length: 8"),
    (struct.pack("<II", 6, 33), "packet 2: block 4 has an impossible length: 33"),
    (capture_file.block("<", 6, b"\0" * 16), "packet 2: block 4 is too short"),
    (capture_file.block("<", 6, struct.pack("<IIIII", 0, 0, 0, 500, 500) + b"\0" * 60),
     "packet 2: block 4 is shorter than the 500 octets of its packet"),
    (capture_file.enhanced("<", 7, 0, ASK_ETHERNET), "packet 2: block 4 is of interface 7"),
    (capture_file.enhanced("<", 0, 0, ASK_ETHERNET)[:-4] + b"\0\1\0\0", "packet 2: block 4 has two len"),
    (capture_file.block("<", 1, struct.pack("<HHIHH", 1, 0, 0, 2, 60) + b"abcd"),
     "packet 2: block 4 is too short"),
    (capture_file.section("<") + capture_file.simple("<", ASK_ETHERNET), "packet 2: block 5 is of interface 0"),
    (capture_file.section(">", major=2), "packet 2: block 4 has version 2"),
    (capture_file.block("<", 0x0a0d0d0a, b"\0" * 16), "packet 2: block 4 has no byte-order magic"),
])
def test_a_broken_file_gives_what_it_held_and_says_where(tmp_path, rest, why):
    _, run, answer = replay_octets(tmp_path, WHOLE + rest)
    assert run.returncode == 1
    assert why in answer["error"]
    assert answer["frames"] == answer["accounting"]["matched"] == 1


@pytest.mark.parametrize("seed", range(12))
def test_any_octets_are_survived(tmp_path, seed):
    chance = random.Random(seed)
    octets = bytearray(mixture("<") + mixture(">"))
    for _ in range(chance.randint(1, 8)):
        octets[chance.randrange(4, len(octets))] = chance.randrange(256)
    _, run, answer = replay_octets(tmp_path, bytes(octets))
    assert run.returncode in (0, 1)
    accounting = answer["accounting"]
    assert accounting["seen"] == answer["frames"]
    assert ("error" in answer) == (run.returncode == 1)


def test_packets_of_unknown_links_leave_others_readable(tmp_path):
    usb = capture_file.interface("<", 189, b"usbmon0")
    _, run, answer = replay_octets(tmp_path, WHOLE + usb + capture_file.enhanced("<", 1, 0, b"u" * 64) * 2)
    assert run.returncode == 0
    assert answer["accounting"]["matched"] == 1 and answer["accounting"]["unparsed"]["not-ip"] == 2
    assert run.stderr.count("packet 2: link type USB_LINUX (189)") == 1
    _, run, answer = replay_octets(tmp_path, capture_file.section("<") + usb
                                   + capture_file.enhanced("<", 0, 0, b"u" * 64))
    assert run.returncode == 1 and "packet 1: link type USB_LINUX (189)" in answer["error"]


@pytest.mark.parametrize("octets, tool", [
    (gzip.compress(WHOLE), "gunzip"), (b"\x28\xb5\x2f\xfd" + WHOLE, "zstd -d")])
def test_a_compressed_file_s_error_names_the_tool(tmp_path, octets, tool):
    _, run, answer = replay_octets(tmp_path, octets)
    assert run.returncode == 1 and tool in answer["error"]


@pytest.mark.parametrize("flag, value", [
    ("--syslog", "local"), ("--interfaces", "eth0"), ("--xdp", "off"), ("--pcap", "x.pcapng")])
def test_flags_that_would_do_nothing_are_refused(tmp_path, flag, value):
    _, run, answer = replay_octets(tmp_path, WHOLE, flag, value)
    assert run.returncode == 2 and flag in answer["error"]


def test_a_file_is_read_from_a_pipe(tmp_path):
    path = tmp_path / "capture.pcapng"
    path.write_bytes(WHOLE)
    with open(path, "rb") as file, subprocess.Popen(["cat"], stdin=file,
                                                    stdout=subprocess.PIPE) as cat:
        run = subprocess.run([PROGRAM, "-j", "-c", "/dev/null", "replay", "-"], stdin=cat.stdout,
                             capture_output=True, text=True, check=False, timeout=60)
    assert rows(json.loads(run.stdout)) == {("eth0", "in", "to"): {"syn": 1}}
