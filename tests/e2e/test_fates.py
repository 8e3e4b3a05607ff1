# SPDX-License-Identifier: GPL-2.0-only
"""What became of a packet: let in, refused, dropped, or nothing at all; and what is said of it."""

import socket
import struct

import pytest
from netns import batch, wait_for
from wire import IP, SENSOR4, TCP, UDP, Ether, ether, tcp4, tcp6, udp4, udp6

FRAMES = {("tcp", 4): tcp4(3409), ("tcp", 6): tcp6(3409),
          ("udp", 4): udp4(3409), ("udp", 6): udp6(3409)}


def filter_by(sandbox, rule, chain="type filter hook input priority 0", family="inet"):
    """One rule of a firewall of its own."""
    sandbox.here.call("nft", "-f", "-", input=f"""
        add table {family} wall
        add chain {family} wall way {{ {chain}; }}
        add rule {family} wall way {rule}
        """)


def listen(sandbox, protocol):
    udp = ("-u",) if protocol == "udp" else ()
    server = sandbox.here.start("nc", *udp, "-6", "-l", "-k", "3409")  # both families
    wait_for("nc listens", lambda: sandbox.here.listens(protocol, 3409))
    return server


def fate_of(sandbox, frame):
    sandbox.wire.send(frame)
    alert = wait_for("an alert about a packet", sandbox.packet_alerts)[0]
    said = alert["portsentinel"]
    return alert["event"]["action"], said.get("fate"), said.get("refused_by"), alert["message"]


@pytest.mark.parametrize("protocol, family", FRAMES)
def test_what_nobody_hinders_is_let_in(sandbox, protocol, family):
    listen(sandbox, protocol)
    sandbox.start()
    action, fate, refuser, message = fate_of(sandbox, FRAMES[protocol, family])
    assert (action, fate, refuser) == (
        "connection", "answered" if protocol == "tcp" else "delivered", None)
    assert "served by nc" in message


@pytest.mark.parametrize("protocol, family", FRAMES)
@pytest.mark.parametrize("place", [
    "type filter hook input priority 0", "type filter hook prerouting priority -300"])
def test_what_the_firewall_drops_is_no_connection(sandbox, protocol, family, place):
    listen(sandbox, protocol)
    filter_by(sandbox, f"{protocol} dport 3409 drop", place)
    sandbox.start()
    action, fate, _, message = fate_of(sandbox, FRAMES[protocol, family])
    assert (action, fate) == ("probe", "dropped")
    assert "held by nc" in message and "served" not in message and ", dropped (" in message


@pytest.mark.parametrize("protocol, reject", [
    ("tcp", "reject with tcp reset"), ("tcp", "reject with icmp type port-unreachable"),
    ("udp", "reject with icmp type port-unreachable")])
def test_what_the_firewall_refuses_is_refused_by_it(sandbox, protocol, reject):
    listen(sandbox, protocol)
    filter_by(sandbox, f"ip protocol {protocol} {protocol} dport 3409 {reject}")
    sandbox.start()
    action, fate, refuser, message = fate_of(sandbox, FRAMES[protocol, 4])
    assert (action, fate, refuser) == ("probe", "refused", "firewall")
    assert "served" not in message and ", refused by the firewall" in message


@pytest.mark.parametrize("protocol, family", FRAMES)
def test_a_closed_port_refuses_by_itself(sandbox, protocol, family):
    sandbox.start()
    action, fate, refuser, message = fate_of(sandbox, FRAMES[protocol, family])
    assert (action, fate, refuser) == ("probe", "refused", "kernel")
    assert "refused" not in message  # to a closed port, as it says


def test_what_is_dropped_before_the_stack(sandbox):
    """With no hooks at the sockets, too."""
    listen(sandbox, "udp")
    sandbox.start("--owner-hooks", "none")
    filter_by(sandbox, "udp dport 3409 drop",
              "type filter hook ingress device sensor0 priority 0", "netdev")
    action, fate, _, message = fate_of(sandbox, udp4(3409))
    assert (action, fate) == ("probe", "dropped"), message


def test_a_full_socket_drops(sandbox):
    """It reached the socket, which had no room for it."""
    with sandbox.here.entered():
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        server.bind(("0.0.0.0", 3409))
    with server:
        sandbox.wire.send(*(udp4(3409, sport=50000, payload=bytes(1000)) for _ in range(20)))
        sandbox.start()
        action, fate, _, message = fate_of(sandbox, udp4(3409, payload=bytes(1000)))
    assert (action, fate) == ("probe", "dropped"), message
    assert "RCVBUF" in message or "udp" in message


def test_a_full_backlog_answers_nobody(sandbox):
    with sandbox.here.entered():
        server = socket.socket()
        server.bind((SENSOR4, 3409))
        server.listen(0)
    with sandbox.there.entered():
        waiting = [socket.create_connection((SENSOR4, 3409))]
    sandbox.here.sysctl("net.ipv4.tcp_syncookies", 0)
    with server, waiting[0]:
        sandbox.start()
        action, fate, _, message = fate_of(sandbox, tcp4(3409, sport=41000))
    assert action == "probe" and fate in ("dropped", "unanswered"), message


def test_a_segment_that_is_dropped_amid_a_connection(sandbox):
    """What came before was served, what is dropped is not."""
    with sandbox.here.entered():
        server = socket.create_server((SENSOR4, 3409))
    with sandbox.there.entered():
        client = socket.create_connection((SENSOR4, 3409))
    with server, client:
        accepted, _ = server.accept()
        filter_by(sandbox, "tcp dport 3409 drop")
        sandbox.start()
        client.sendall(b"in vain")
        alert = sandbox.wait_alert(event_action="probe")
        accepted.close()
    assert alert["portsentinel"]["fate"] == "dropped"
    assert alert["portsentinel"]["verdict"] == "connected"
    assert not sandbox.alerts(event_action="connection")


def test_fates_of_many_packets(sandbox):
    """A rule with a limit lets some in: each packet's fate is its own."""
    listen(sandbox, "udp")
    filter_by(sandbox, "udp dport 3409 udp length > 20 drop")
    sandbox.start()
    sandbox.wire.send(*(udp4(3409, payload=b"a" * length) for length in (1, 40, 2, 41)))
    for action in ("connection", "probe"):
        sandbox.wait_alert(event_action=action)
    fates = {alert["event"]["action"]: alert["portsentinel"]["fate"]
             for alert in sandbox.packet_alerts()}
    assert fates == {"connection": "delivered", "probe": "dropped"}


@pytest.mark.parametrize("kind, flags", [("fin", "FA"), ("data", "PA")])
def test_ends_of_what_passes_through_are_no_scans(sandbox, kind, flags):
    """Whose connection it is, this host does not know: FIN and ACK are what they are."""
    beyond = sandbox.add_namespace("c")
    batch(None, f"link add far0 netns {sandbox.here.name} type veth "
                f"peer name end0 netns {beyond.name}")
    batch(sandbox.here, "addr add 198.51.100.1/24 dev far0", "link set far0 up")
    batch(beyond, "addr add 198.51.100.2/24 dev end0", "link set end0 up")
    sandbox.here.sysctl("net.ipv4.ip_forward", 1)
    sandbox.start()
    frame = ether(IP(src="192.0.2.2", dst="198.51.100.2") /
                  TCP(sport=40000, dport=3409, flags=flags) / (b"x" if kind == "data" else b""))
    sandbox.wire.send(frame)
    sandbox.wait_alert(event_action="transit")
    assert sandbox.kinds(3409) == {kind: 1}


def test_a_scan_by_fin_and_ack_is_told_as_one(sandbox):
    sandbox.start()
    sandbox.wire.send(tcp4(3409, flags="FA"))
    alert = sandbox.wait_alert(event_action="probe")
    assert alert["portsentinel"]["kinds"] == {"maimon": 1}
    assert alert["portsentinel"]["fate"] == "refused"


def test_where_addresses_are_translated_fin_and_ack_prove_nothing(sandbox):
    filter_by(sandbox, "tcp dport 3410 redirect to :80",
              "type nat hook prerouting priority dstnat")
    sandbox.start()
    sandbox.wire.send(tcp4(3409, flags="FA"))
    sandbox.wait_packets(3409, 1)
    assert sandbox.kinds(3409) == {"fin": 1}


def test_who_asks_from_a_watched_port_got_no_question(sandbox):
    """A server of another port has not asked; what it answers is no business of its own either."""
    with sandbox.here.entered():
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.bind((SENSOR4, 161))
    with server:
        sandbox.start()
        for number in range(3):
            sandbox.wire.send(udp4(161, sport=3409, payload=struct.pack("!I", number)))
            _, peer = server.recvfrom(64)
            server.sendto(b"answer", peer)
        sandbox.wait_alert(event_action="backscatter")
        sandbox.wait_packets(3409, 3, "out", "to")
    assert {alert["event"]["action"] for alert in sandbox.packet_alerts()} == {"backscatter"}


def test_who_answers_a_question_answers(sandbox):
    with sandbox.here.entered():
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        client.bind((SENSOR4, 5000))
    with client:
        sandbox.start()
        client.sendto(b"question", ("192.0.2.2", 3409))
        sandbox.wait_alert(event_action="outbound")
        sandbox.wire.send(bytes(
            Ether(dst="02:00:00:00:00:01", src="02:00:00:00:00:02") /
            IP(src="192.0.2.2", dst=SENSOR4) / UDP(sport=3409, dport=5000) / b"answer"))
        sandbox.wait_packets(3409, 1, "in", "from")
    assert not sandbox.alerts(event_action="backscatter")
