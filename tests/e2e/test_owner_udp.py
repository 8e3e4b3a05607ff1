# SPDX-License-Identifier: GPL-2.0-only
"""UDP and packets made by hand: the sender and the receiver of each is named, and nobody else."""

import os
import socket
import struct
import sys
from pathlib import Path

import pytest
from actors import PLACES, PORT, Stage, read_lines
from netns import WAIT_SECONDS, batch, wait_for
from wire import IP, PEER4, PEER_MAC, SENSOR4, UDP, ether


@pytest.fixture(name="stage")
def make_stage(sandbox):
    return Stage(sandbox)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("client", ["senders", "bound-senders", "connected-senders"])
def test_short_senders_one_after_the_other_and_many_at_once(stage, place, client):
    stage.run(place, ("udp-serve",), (client,), 1000, 16, protocol="udp")


@pytest.mark.parametrize("place", PLACES)
def test_two_hundred_senders_at_once(stage, place):
    stage.run(place, ("udp-serve",), ("senders",), 1000, 200, protocol="udp")


@pytest.mark.parametrize("place", ["loopback", "inbound"])
@pytest.mark.parametrize("server", ["udp-reuseport", "udp-reuseport-cbpf"])
def test_the_member_of_a_group_that_takes_the_datagram(stage, place, server):
    stage.run(place, (server,), ("senders",), 300, 8, protocol="udp")


@pytest.mark.parametrize("place", ["loopback", "inbound"])
def test_answers_are_named_too(stage, place):
    stage.run(place, ("-g", "udp-serve"), ("senders",), 300, 8, protocol="udp")


def test_a_stream_of_datagrams(stage):
    stage.run("outbound", ("udp-serve",), ("udp-stream",), 300, protocol="udp")


def test_a_datagram_to_nobody_names_its_sender(sandbox, stage):
    stage.watch("sensor0")
    stage.play(sandbox.here, "senders", PEER4, PORT, 100, 4)
    stage.check()


def test_ipv6_senders(sandbox, stage):
    stage.watch("lo")
    stage.serve(sandbox.here, "udp-serve", "::1", PORT, 100, protocol="udp")
    stage.play(sandbox.here, "senders", "::1", PORT, 100, 4)
    stage.finish()
    stage.check()


def test_the_sender_is_dead_when_its_datagram_leaves(sandbox, stage):
    """The neighbour answers ARP a second after the last sender exited."""
    batch(sandbox.here, f"neigh del {PEER4} dev sensor0")
    batch(sandbox.there, "link set peer0 arp off")
    stage.watch("sensor0")
    stage.play(sandbox.here, "senders", PEER4, PORT, 3)
    assert not stage.lines()
    batch(sandbox.there, "link set peer0 arp on")
    wait_for("the datagrams leave", lambda: len(stage.lines()) >= 3)
    stage.check()


FORGERS = {"a raw UDP socket": ("raw-udp",), "a raw SYN": ("raw-syn",),
           "a packet socket": ("-i", "sensor0", "-M", PEER_MAC, "packet")}


@pytest.mark.parametrize("name", FORGERS)
@pytest.mark.parametrize("decoy", ["serve", "udp-serve"])
def test_a_forged_source_port_is_its_forgers(sandbox, stage, name, decoy):
    """Also where the port that it forges is held by another process."""
    *options, scenario = FORGERS[name]
    stage.watch("sensor0")
    stage.serve(sandbox.here, decoy, SENSOR4, PORT, 1,
                protocol="tcp" if decoy == "serve" else "udp")
    stage.play(sandbox.here, *options, "-s", PORT, scenario, PEER4, 5000, 5)
    stage.check("--demand", "sent", direction="outbound")  # a RST may come to the decoy
    stage.dismiss()


@pytest.mark.parametrize("name", FORGERS)
def test_a_forged_packet_to_a_watched_port_is_its_forgers(sandbox, stage, name):
    *options, scenario = FORGERS[name]
    stage.watch("sensor0")
    stage.play(sandbox.here, *options, "-s", 5000, scenario, PEER4, PORT, 5)
    stage.check("--demand", "sent")


def test_a_packet_socket_that_bypasses_the_hooks_raises_an_alert(sandbox, stage):
    stage.watch("sensor0")
    stage.play(sandbox.here, "-i", "sensor0", "-M", PEER_MAC, "-s", PORT, "packet-bypass", PEER4,
               5000, 3)
    forger = read_lines(stage.truth)[-1]
    alert = sandbox.wait_alert(event_action="sensor")
    assert alert["process"]["pid"] == forger["pid"]
    assert alert["process"]["executable"] == forger["executable"]
    assert f"asked for by {alert['process']['name']} (pid {forger['pid']}" in alert["message"]


@pytest.mark.parametrize("member", [False, True])
def test_multicast_is_not_whose_socket_never_joined(sandbox, stage, member):
    """Bound to the port, on all addresses, is not enough to get it."""
    group = socket.inet_aton("239.1.1.1")
    with sandbox.here.entered():
        sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
    for one, bound in zip(sockets, ("0.0.0.0", "239.1.1.1")):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.setsockopt(socket.IPPROTO_IP, 49, 0)  # IP_MULTICAST_ALL
        if bound == "0.0.0.0" or member:
            one.bind((bound, int(PORT)))
    stage.watch("sensor0")
    if member:
        sockets[1].setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                              struct.pack("4s4s", group, socket.inet_aton(SENSOR4)))
    sandbox.wire.send(ether(IP(src=PEER4, dst="239.1.1.1") / UDP(sport=5000, dport=int(PORT)) /
                            b"hello"))
    if member:
        assert sockets[1].recv(9) == b"hello"
    stage.settle()
    line, = (line for line in stage.lines() if line["destination"]["ip"] == "239.1.1.1")
    assert line.get("process", {}).get("pid") == (os.getpid() if member else None), line
    for one in sockets:
        one.close()


def test_a_frame_that_was_queued_is_not_his_whose_call_lets_it_go(sandbox, stage):
    """A queue above the device gives out one's frames while the other one sends."""
    batch(sandbox.here, "link add link sensor0 name upper0 type macvlan mode bridge",
          "link set upper0 up")
    sandbox.here.call("tc", "qdisc", "add", "dev", "upper0", "root", "tbf", "rate", "200kbit",
                      "burst", "2000", "latency", "1s")
    stage.watch("sensor0")
    said = sandbox.here.call(sys.executable, str(Path(__file__).with_name("queued.py")), "upper0",
                             PEER_MAC, "300")
    senders = {42 + int(length): int(pid) for pid, length in map(str.split, said.splitlines())}
    stage.settle()
    lines = [line for line in stage.lines() if line["network"]["bytes"] in senders]
    assert len(lines) > 20
    for line in lines:
        assert line.get("process", {}).get("pid") in (None, senders[line["network"]["bytes"]]), line


def test_more_sockets_than_the_table_has_room_for(sandbox, stage):
    """Evictions are counted, what is not known is not said."""
    stage.watch("lo", "--owner-sockets", "1024")
    stage.serve(sandbox.here, "udp-serve", "127.0.0.1", PORT, 5000, protocol="udp")
    holders = [stage.start(sandbox.here, "hold", "127.0.0.1", PORT, 1000) for _ in range(5)]
    for holder in holders:
        assert holder.wait(WAIT_SECONDS) == 0
    stage.players = [player for player in stage.players if player not in holders]
    stage.finish()
    stage.check("--named", "10")
    assert sandbox.status()["owners"]["sockets_evicted"] > 1000
