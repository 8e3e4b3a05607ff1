# SPDX-License-Identifier: GPL-2.0-only
"""Live packets whose ports are not where they usually are: bare devices, fragments, tunnels."""

import fcntl
import os
import struct

import pytest
from netns import batch
from scapy.layers.inet import ICMP, IP, TCP, UDP, fragment
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from scapy.layers.vxlan import VXLAN
from wire import PEER4, SENSOR4, ether

TUNSETIFF = 0x400454ca
IFF_TUN_NO_PI = 0x1001


@pytest.fixture(name="tun")
def open_tun(sandbox):
    """A device whose packets begin with IP, in the sensor's namespace, before the sensor starts."""
    with sandbox.here.entered():
        device = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH", b"tun0", IFF_TUN_NO_PI))
    batch(sandbox.here, "addr add 198.51.100.1/24 dev tun0", "link set tun0 up")
    yield device
    os.close(device)


def test_a_device_without_ethernet_is_watched_too(sandbox, tun):
    sandbox.start(interfaces=("sensor0", "tun0"))
    packet = bytes(IP(src="198.51.100.9", dst="198.51.100.1") / TCP(dport=3409, flags="S"))
    for _ in range(7):
        os.write(tun, packet)
    sandbox.wait_packets(3409, 7)
    sandbox.wait_packets(3409, 7, "out", "from")
    rows = {(row["direction"], row["role"]): row for row in sandbox.rows("interface", "tun0")}
    assert rows["in", "to"]["kinds"] == {"syn": 7}
    assert rows["in", "to"]["bytes"] == 7 * len(packet)
    assert rows["out", "from"]["kinds"] == {"rst": 7}


def test_an_ipv6_packet_on_a_bare_device_is_counted(sandbox, tun):
    sandbox.start(interfaces=("sensor0", "tun0"))
    for _ in range(3):
        os.write(tun, bytes(IPv6(src="fe80::9", dst="fe80::1") / UDP(dport=3410)))
    sandbox.wait_packets(3410, 3)


@pytest.mark.parametrize("xdp", ["off", "generic", "native"])
def test_every_fragment_of_a_watched_datagram_is_counted_once(sandbox, xdp):
    sandbox.start("--xdp", xdp)
    datagram = IP(src=PEER4, dst=SENSOR4, id=4711) / UDP(sport=40000, dport=3409) / (b"x" * 4000)
    pieces = [bytes(ether(piece)) for piece in fragment(datagram, 1400)]
    sandbox.wire.send(*pieces)
    sandbox.wait_packets(3409, len(pieces))
    assert sandbox.kinds(3409) == {"udp": 1, "fragment": len(pieces) - 1}


def test_a_later_fragment_of_another_datagram_is_not(sandbox):
    sandbox.start()
    watched = IP(src=PEER4, dst=SENSOR4, id=1, flags="MF") / UDP(sport=1, dport=3409) / (b"x" * 8)
    other = IP(src=PEER4, dst=SENSOR4, id=2, frag=2, proto=17) / (b"y" * 8)
    sandbox.wire.send(bytes(ether(watched)), bytes(ether(other)))
    sandbox.wait_packets(3409, 1)
    assert sandbox.kinds(3409) == {"udp": 1}


def test_an_icmp_error_about_a_watched_port_is_kind_icmp(sandbox):
    sandbox.start()
    quoted = IP(src=SENSOR4, dst=PEER4) / UDP(sport=40000, dport=3409)
    error = IP(src=PEER4, dst=SENSOR4) / ICMP(type=3, code=3) / quoted
    sandbox.wire.send(bytes(ether(error)), times=4)
    sandbox.wait_packets(3409, 4)
    assert sandbox.kinds(3409) == {"icmp": 4}
    alert = sandbox.wait_alert(event_action="backscatter")
    assert alert["source"] == {"ip": PEER4, "mac": alert["source"]["mac"]}


@pytest.mark.parametrize("tunnels", ["yes", "no"])
def test_the_inside_of_a_tunnel_is_seen_only_when_asked_for(sandbox, tunnels):
    sandbox.start("--tunnels", tunnels)
    inner = Ether() / IP(src="10.1.1.1", dst="10.1.1.2") / TCP(dport=3409, flags="S")
    outer = IP(src=PEER4, dst=SENSOR4) / UDP(sport=50000, dport=4789) / VXLAN(vni=7) / inner
    direct = IP(src=PEER4, dst=SENSOR4) / TCP(sport=1, dport=3410, flags="S")
    sandbox.wire.send(bytes(ether(outer)), times=5)
    sandbox.wire.send(bytes(ether(direct)))
    sandbox.wait_packets(3410, 1)
    assert sandbox.packets(3409) == (5 if tunnels == "yes" else 0)
