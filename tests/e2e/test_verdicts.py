# SPDX-License-Identifier: GPL-2.0-only
"""What the port was to this host, and who holds it."""

import os
import socket

import pytest
from netns import batch, wait_for
from wire import IP, TCP, UDP, Ether, tcp4, tcp6, udp4


def listen(sandbox, *arguments, protocol="tcp", port=3409):
    process = sandbox.here.start("nc", *arguments, str(port))
    wait_for("nc listens", lambda: sandbox.here.listens(protocol, port))
    return process


def assert_named(alert, process):
    assert alert["process"]["pid"] == process.pid
    assert alert["process"]["name"] in ("nc", "nc.openbsd")
    assert alert["process"]["executable"].rsplit("/", 1)[1].startswith("nc")
    assert alert["process"]["user"]["id"] == "0"


def test_a_closed_port(sandbox):
    sandbox.start()
    sandbox.wire.send(tcp4(3409))
    alert = sandbox.wait_alert(event_action="probe")
    assert alert["portsentinel"]["verdict"] == "closed"
    assert "process" not in alert


def test_a_listening_port_and_the_process_that_holds_it(sandbox):
    process = listen(sandbox, "-l", "-k")
    sandbox.start()
    sandbox.wire.send(tcp4(3409))
    alert = sandbox.wait_alert(event_action="connection")
    assert alert["portsentinel"]["verdict"] == "listening"
    assert_named(alert, process)


def test_a_listening_port_over_ipv6(sandbox):
    process = listen(sandbox, "-6", "-l", "-k")
    sandbox.start()
    sandbox.wire.send(tcp6(3409))
    alert = sandbox.wait_alert(event_action="connection")
    assert alert["portsentinel"]["verdict"] == "listening"
    assert_named(alert, process)


def test_a_udp_socket_that_waits(sandbox):
    process = listen(sandbox, "-u", "-l", "-k", protocol="udp")
    sandbox.start()
    sandbox.wire.send(udp4(3409))
    alert = sandbox.wait_alert(event_action="connection")
    assert alert["portsentinel"]["verdict"] == "listening"
    assert_named(alert, process)


def test_a_connection_that_stood_before_the_sensor(sandbox):
    process = listen(sandbox, "-l", "-k")
    with sandbox.there.entered():
        client = socket.create_connection(("192.0.2.1", 3409))
    with client:
        sandbox.start()
        client.sendall(b"hello")
        alert = sandbox.wait_alert(event_action="connection")
    assert alert["portsentinel"]["verdict"] == "connected"
    assert_named(alert, process)


def test_a_local_process_that_sends_to_a_watched_port_elsewhere(sandbox):
    sandbox.start()
    sandbox.there.start("nc", "-l", "-k", "3409")
    wait_for("nc listens", lambda: sandbox.there.listens("tcp", 3409))
    with sandbox.here.entered():
        client = socket.create_connection(("192.0.2.2", 3409))
    with client:
        client.sendall(b"hello")
        alert = sandbox.wait_alert(event_action="outbound")
    assert alert["destination"] == {"ip": "192.0.2.2", "port": 3409}
    assert alert["network"]["direction"] == "outbound"


def test_an_answer_to_nothing_is_backscatter(sandbox):
    sandbox.start()
    frame = Ether(dst="02:00:00:00:00:01", src="02:00:00:00:00:02") / \
        IP(src="192.0.2.2", dst="192.0.2.1") / TCP(sport=3409, dport=50000, flags="SA")
    sandbox.wire.send(bytes(frame))
    alert = sandbox.wait_alert(event_action="backscatter")
    assert alert["portsentinel"]["kinds"] == {"synack": 1}


def test_who_asks_other_ports_from_a_watched_one_is_nothing_outbound(sandbox):
    """Neither his question nor this host's refusal is a process's doing, whoever is said to ask."""
    listen(sandbox, "-l", "-k", port=8080)
    sandbox.start()
    sandbox.wire.send(tcp4(81, sport=3409), tcp4(8080, sport=3410), tcp4(3409))
    sandbox.wait_packets(3409, 1, "in", "from")
    sandbox.wait_packets(3410, 2, "in", "from")  # his kernel knows of no question, and says so
    sandbox.wait_alert(event_action="backscatter", destination_port=8080)
    assert {alert["event"]["action"] for alert in sandbox.packet_alerts()} == {
        "probe", "backscatter"}


def test_a_listener_on_another_address_does_not_hold_the_port(sandbox):
    listen(sandbox, "-l", "-k", "127.0.0.1")
    sandbox.start()
    sandbox.wire.send(tcp4(3409))
    assert sandbox.wait_alert(event_action="probe")["portsentinel"]["verdict"] == "closed"


def test_a_dual_stack_listener_holds_the_port_for_ipv4(sandbox):
    with sandbox.here.entered():
        server = socket.create_server(("::", 3409), family=socket.AF_INET6, dualstack_ipv6=True)
    with server:
        sandbox.start()
        sandbox.wire.send(tcp4(3409))
        alert = sandbox.wait_alert(event_action="connection")
    assert alert["portsentinel"]["verdict"] == "listening"
    assert alert["process"]["pid"] == os.getpid()


@pytest.mark.parametrize("address", ["255.255.255.255", "192.0.2.255", "224.0.0.1"])
def test_a_broadcast_is_for_this_host(sandbox, address):
    sandbox.start()
    frame = Ether(dst="ff:ff:ff:ff:ff:ff", src="02:00:00:00:00:02") / \
        IP(src="192.0.2.2", dst=address) / UDP(sport=40000, dport=3409)
    sandbox.wire.send(bytes(frame))
    alert = sandbox.wait_alert(event_action="probe")
    assert alert["portsentinel"]["verdict"] == "closed"


def test_a_forwarded_packet(sandbox):
    beyond = sandbox.add_namespace("c")
    batch(None, f"link add far0 netns {sandbox.here.name} type veth "
                f"peer name end0 netns {beyond.name}")
    batch(sandbox.here, "addr add 198.51.100.1/24 dev far0", "link set far0 up")
    batch(beyond, "addr add 198.51.100.2/24 dev end0", "link set end0 up",
          "route add default via 198.51.100.1")
    batch(sandbox.there, "route add 198.51.100.0/24 via 192.0.2.1")
    sandbox.here.sysctl("net.ipv4.ip_forward", 1)
    sandbox.start()
    sandbox.there.call("hping3", "-q", "-S", "-p", "3409", "-c", "3", "-i", "u2000",
                       "198.51.100.2")
    alert = sandbox.wait_alert(event_action="transit")
    assert alert["portsentinel"]["verdict"] == "forwarded"
    assert alert["destination"]["ip"] == "198.51.100.2"
    assert alert["process"]["name"] == "hping3"  # it is on this host, in another namespace
    assert not sandbox.alerts(event_action="probe")


def test_the_vlan_of_a_tagged_packet_is_told(sandbox):
    sandbox.start("--xdp", "off")
    sandbox.wire.send(tcp4(3409, vlan=7))
    assert sandbox.wait_alert(event_action="probe")["network"]["vlan"] == {"id": "7"}


def test_the_vlan_of_a_tagged_packet_is_told_by_xdp(sandbox):
    sandbox.start("--xdp", "generic")
    sandbox.wire.send(tcp4(3409, vlan=7))
    assert sandbox.wait_alert(event_action="probe")["network"]["vlan"] == {"id": "7"}
