# SPDX-License-Identifier: GPL-2.0-only
"""What was sent is what was counted, exactly."""

import os
import socket

import pytest
from netns import WAIT_SECONDS, wait_for
from wire import IP, TCP, ether, tcp4, tcp6, udp4, udp6

WAYS = ("off", "generic", "native")  # of --xdp


@pytest.mark.parametrize("xdp", WAYS)
def test_187_crafted_packets_are_counted_exactly(sandbox, xdp):
    sandbox.start("--xdp", xdp)
    sent = sandbox.wire.send(*[tcp4(3409, sport=port) for port in range(20000, 20090)],
                             *[tcp6(3410, sport=port) for port in range(20000, 20050)],
                             *[udp4(3410, sport=port) for port in range(20000, 20040)],
                             *[udp6(3409, sport=port) for port in range(20000, 20006)],
                             tcp4(3409, vlan=7))
    assert sent == 187
    wait_for("187 packets", lambda: sandbox.packets(3409) + sandbox.packets(3410) >= 187)
    assert {(row["port"], row["protocol"]): row["packets"]
            for row in sandbox.rows("direction", "in")} == {
        (3409, "tcp"): 91, (3410, "tcp"): 50, (3410, "udp"): 40, (3409, "udp"): 6}


def test_200_packets_to_an_unwatched_port_are_not_counted(sandbox):
    sandbox.start()
    before = sandbox.accounting()
    sandbox.wire.send(tcp4(3411), udp4(3408), times=100)
    sandbox.wire.send(tcp4(3409))
    sandbox.wait_packets(3409, 1)
    assert {row["port"] for row in sandbox.rows()} == {3409}
    after = sandbox.accounting()
    assert after["matched"] - before["matched"] == 2  # the SYN and the RST that answers it
    assert after["seen"] - before["seen"] >= 201


def test_the_resets_that_go_back_are_counted_as_out_and_from(sandbox):
    sandbox.start()
    sandbox.wire.send(*[tcp4(3409, sport=port) for port in range(20000, 20060)],
                      *[tcp6(3409, sport=port) for port in range(20000, 20040)])
    sandbox.wait_packets(3409, 100, "out", "from")
    assert sandbox.kinds(3409, "out", "from") == {"rst": 100}
    assert sandbox.kinds(3409, "in", "to") == {"syn": 100}
    assert not sandbox.kinds(3409, "out", "to")


def test_a_packet_between_two_watched_ports_counts_once_under_each(sandbox):
    sandbox.start()
    sandbox.wire.send(udp4(3410, sport=3409), times=5)
    sandbox.wait_packets(3410, 5)
    assert sandbox.packets(3409, "in", "from") == 5
    assert sandbox.rows("port", "3409", "direction", "in")[0]["role"] == "from"


@pytest.mark.parametrize("xdp", WAYS)
def test_bytes_are_frame_lengths(sandbox, xdp):
    sandbox.start("--xdp", xdp)
    frames = [udp4(3409, payload=b"x" * length) for length in (18, 100, 1000)]
    sandbox.wire.send(*frames)
    sandbox.wait_packets(3409, 3)
    assert sandbox.rows("port", "3409", "direction", "in")[0]["bytes"] == sum(map(len, frames))


def test_packets_that_cannot_be_parsed_are_counted_by_reason(sandbox):
    sandbox.start()
    before = sandbox.accounting()["unparsed"]
    bad = IP(src="192.0.2.2", dst="192.0.2.1", ihl=3) / TCP(dport=3409)
    cut = IP(src="192.0.2.2", dst="192.0.2.1", proto=6, len=40) / b"\x0d"
    sandbox.wire.send(ether(bad), times=3)
    sandbox.wire.send(ether(cut), times=4)

    def counted():
        after = sandbox.accounting()["unparsed"]
        return (after["bad-header"] - before["bad-header"] == 3 and
                after["truncated"] - before["truncated"] == 4)

    wait_for("3 bad headers, 4 truncated packets", counted)
    assert not sandbox.rows()


def test_every_port_can_be_watched(sandbox):
    sandbox.start("--ports", "1-65535", "--per-peer", "1/s")
    wanted = {1, 22, 80, 1023, 3409, 32768, 65535}
    sandbox.wire.send(*[udp4(port) for port in wanted])
    wait_for("a row for each port", lambda: wanted <= {row["port"] for row in sandbox.rows(
        "protocol", "udp", "direction", "in")})


def test_rows_of_thousands_of_ports_add_up(sandbox):
    sandbox.start("--ports", "1000-4999/udp", "--per-peer", "1/s")
    frames = [udp4(port) for port in range(1000, 5000)]
    sandbox.wire.send(*frames, times=2)

    def total():
        return sum(row["packets"] for row in sandbox.rows("protocol", "udp", "direction", "in"))

    wait_for("8000 packets", lambda: total() >= 8000)
    assert total() == 8000
    rows = sandbox.rows("protocol", "udp", "direction", "in")
    assert len(rows) == 4000 and all(row["packets"] == 2 for row in rows)


def test_no_packet_is_held_back_or_changed(sandbox):
    """The action is always pass: a socket gets all that a sensor on every hook has seen."""
    with sandbox.here.entered():
        receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    receiver.bind(("192.0.2.1", 3409))
    receiver.settimeout(WAIT_SECONDS)
    sandbox.start("--xdp", "generic")
    payloads = [os.urandom(200) for _ in range(300)]
    sandbox.wire.send(*[udp4(3409, payload=payload) for payload in payloads])
    with receiver:
        assert [receiver.recv(2048) for _ in payloads] == payloads
    sandbox.wait_packets(3409, 300)
