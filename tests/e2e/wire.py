# SPDX-License-Identifier: GPL-2.0-only
"""Frames, crafted by scapy, put on a wire as they are."""

import errno
import json
import socket
import struct

from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Dot1Q, Ether

from netns import call

SENSOR_MAC, PEER_MAC = "02:00:00:00:00:01", "02:00:00:00:00:02"
SENSOR4, PEER4 = "192.0.2.1", "192.0.2.2"
SENSOR6, PEER6 = "2001:db8::1", "2001:db8::2"

__all__ = ["Ether", "IP", "IPv6", "PEER4", "PEER6", "PEER_MAC", "SENSOR4", "SENSOR6", "SENSOR_MAC",
           "TCP", "UDP", "Wire", "ether", "spoofed", "tcp4", "tcp6", "udp4", "udp6"]


def ether(packet, vlan=None):
    """The frame that the peer sends to the sensor's host."""
    frame = Ether(src=PEER_MAC, dst=SENSOR_MAC)
    return bytes(frame / Dot1Q(vlan=vlan) / packet if vlan else frame / packet)


def tcp4(port, flags="S", source=PEER4, sport=40000, payload=b"", vlan=None):
    packet = IP(src=source, dst=SENSOR4) / TCP(sport=sport, dport=port, flags=flags, seq=1)
    return ether(packet / payload, vlan)


def tcp6(port, flags="S", source=PEER6, sport=40000, payload=b""):
    return ether(IPv6(src=source, dst=SENSOR6) /
                 TCP(sport=sport, dport=port, flags=flags, seq=1) / payload)


def udp4(port, source=PEER4, sport=40000, payload=b"hello"):
    return ether(IP(src=source, dst=SENSOR4) / UDP(sport=sport, dport=port) / payload)


def udp6(port, source=PEER6, sport=40000, payload=b"hello"):
    return ether(IPv6(src=source, dst=SENSOR6) / UDP(sport=sport, dport=port) / payload)


def spoofed(count, port=3409):
    """
    UDP frames from as many IPv4 addresses, each of a /24 of its own, so that they are not folded;
    made by hand, for there may be many of them.
    """
    frame = bytearray(udp4(port))
    frame[40:42] = b"\0\0"  # no UDP checksum
    for i in range(1, count + 1):
        frame[26:30] = (0x0a000000 + (i << 8 & 0xffff00) + (i >> 16)).to_bytes(4, "big")
        frame[24:26] = b"\0\0"
        total = sum(struct.unpack("!10H", frame[14:34]))
        total = (total & 0xffff) + (total >> 16)
        frame[24:26] = (~(total + (total >> 16)) & 0xffff).to_bytes(2, "big")
        yield bytes(frame)


class Wire:
    """One end of a veth pair, as a packet socket."""

    def __init__(self, namespace, interface):
        self.namespace = namespace
        self.interface = interface
        with namespace.entered():
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            self.socket.bind((interface, 0))

    def send(self, *frames, times=1):
        """
        Sends the frames, the whole of them `times` times; returns how many that was. Some kernels
        say so (ENOBUFS) when the far end's queue has no room; all count it in dropped().
        """
        send = self.socket.send
        for _ in range(times):
            for frame in frames:
                try:
                    send(frame)
                except OSError as error:
                    if error.errno != errno.ENOBUFS:
                        raise
        return times * len(frames)

    def dropped(self):
        """Frames that the far end's queue had no room for: sent, but never received."""
        links = json.loads(call("ip", "-n", self.namespace.name, "-j", "-s", "link", "show",
                                "dev", self.interface))
        return links[0]["stats64"]["tx"]["dropped"]

    def close(self):
        self.socket.close()
