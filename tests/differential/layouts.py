# SPDX-License-Identifier: GPL-2.0-only
"""Packets of all layouts: link headers x network headers x transports, and broken ones of each."""

import itertools
import random
import struct

from scapy.contrib.mpls import MPLS
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption_NOP
from scapy.layers.inet6 import (ICMPv6DestUnreach, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment,
                                IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, PadN)
from scapy.layers.ipsec import AH
from scapy.layers.l2 import GRE, LLC, SNAP, Dot1AD, Dot1Q, Dot3, Ether
from scapy.layers.ppp import PPP, PPPoE
from scapy.packet import Raw

ETHER = Ether(dst="02:00:00:00:00:01", src="02:00:00:00:00:02")

LINKS = {
    "ethernet": lambda ip: ETHER / ip,
    "tag": lambda ip: ETHER / Dot1Q(vlan=7) / ip,
    "qinq": lambda ip: ETHER / Dot1AD(vlan=5) / Dot1Q(vlan=7) / ip,
    "two tags": lambda ip: ETHER / Dot1Q(vlan=5) / Dot1Q(vlan=7) / ip,
    "old qinq": lambda ip: with_type(ETHER / Dot1Q(vlan=5) / Dot1Q(vlan=7) / ip, 0x9100),
    "four tags": lambda ip: ETHER / Dot1Q() / Dot1Q() / Dot1Q() / Dot1Q() / ip,
    "pppoe": lambda ip: ETHER / PPPoE(sessionid=1) / PPP(proto=0x21 if ip.version == 4 else 0x57)
    / ip,
    "tagged pppoe": lambda ip: ETHER / Dot1Q(vlan=7) / PPPoE(sessionid=1)
    / PPP(proto=0x21 if ip.version == 4 else 0x57) / ip,
    "mpls": lambda ip: ETHER / MPLS(label=16, s=1) / ip,
    "four labels": lambda ip: ETHER / MPLS(label=16, s=0) / MPLS(label=17, s=0)
    / MPLS(label=18, s=0) / MPLS(label=19, s=1) / ip,
    "snap": lambda ip: Dot3(dst=ETHER.dst, src=ETHER.src) / LLC(dsap=0xaa, ssap=0xaa, ctrl=3)
    / SNAP(OUI=0, code=0x0800 if ip.version == 4 else 0x86dd) / ip,
}


# Where tshark knows both makers it sees Ethernet, where it knows neither a control word.
KNOWN = Ether(dst="00:1b:21:00:00:01", src="00:1b:21:00:00:02")
UNKNOWN = Ether(dst="02:1b:21:00:00:01", src="02:1b:21:00:00:02")


def ethertype_of(packet):
    return struct.pack("!H", 0x0800 if packet.version == 4 else 0x86dd)


def behind(ethertype, header, ip):
    """A header that scapy does not know, with the type of IP at its end."""
    return Raw(bytes(with_type(ETHER, ethertype)) + header + ethertype_of(ip) + bytes(ip))


def nsh(protocol, octets):
    """Of metadata type 1, and what it carries."""
    return Raw(bytes(with_type(ETHER, 0x894f)) + bytes([0x0f, 0xc6, 1, protocol])
               + b"\0\0\1\xff" + b"\0" * 16 + octets)


LINKS |= {
    "nine tags": lambda ip: ETHER / Dot1Q() / Dot1Q() / Dot1Q() / Dot1Q() / Dot1Q() / Dot1Q()
    / Dot1Q() / Dot1Q() / Dot1Q() / ip,
    "seventeen labels": lambda ip: Raw(bytes(with_type(ETHER, 0x8847)) + b"\0\1\0\x40" * 16
                                       + b"\0\1\1\x40" + bytes(ip)),
    "tag, mpls": lambda ip: ETHER / Dot1Q(vlan=7) / MPLS(label=16, s=1) / ip,
    "mpls, ethernet": lambda ip: ETHER / MPLS(label=16, s=1) / KNOWN / ip,
    "mpls, ethernet, tag": lambda ip: ETHER / MPLS(label=16, s=1) / KNOWN / Dot1Q(vlan=7) / ip,
    "tag, mpls, ethernet, tag": lambda ip: ETHER / Dot1Q(vlan=5) / MPLS(label=16, s=0)
    / MPLS(label=17, s=1) / KNOWN / Dot1Q(vlan=7) / ip,
    "mpls, ethernet of nobody, tag": lambda ip: ETHER / MPLS(label=16, s=1) / UNKNOWN
    / Dot1Q(vlan=7) / ip,
    "mpls, channel": lambda ip: ETHER / MPLS(label=16, s=1)
    / Raw(b"\x10\0\0" + (b"\x21" if ip.version == 4 else b"\x57") + bytes(ip)),
    "mpls in pppoe": lambda ip: ETHER / PPPoE(sessionid=1) / PPP(proto=0x281)
    / MPLS(label=16, s=1) / ip,
    "bridged in pppoe": lambda ip: ETHER / PPPoE(sessionid=1) / PPP(proto=0x31)
    / Raw(b"\0\1" + bytes(KNOWN / ip)),
    "tag, snap": lambda ip: ETHER / Dot1Q(type=len(ip) + 8)
    / Raw(b"\xaa\xaa\3\0\0\0" + ethertype_of(ip) + bytes(ip)),
    "llc in a type": lambda ip: Raw(bytes(with_type(ETHER, 0x8870)) + b"\xaa\xaa\3\0\0\0"
                                    + ethertype_of(ip) + bytes(ip)),
    "ethernet in a type": lambda ip: Raw(bytes(with_type(ETHER, 0x6558)) + bytes(KNOWN / ip)),
    "e-tag": lambda ip: behind(0x893f, b"\0\0\0\1\0\0", ip),
    "e-tag, tag": lambda ip: Raw(bytes(with_type(ETHER, 0x893f)) + b"\0\0\0\1\0\0\x81\0\0\7"
                                 + ethertype_of(ip) + bytes(ip)),
    "vn-tag": lambda ip: behind(0x8926, b"\0\0\0\1", ip),
    "cisco metadata": lambda ip: behind(0x8909, b"\1\1\0\1\0\7", ip),
    "802.1cb": lambda ip: behind(0xf1c1, b"\0\0\0\0", ip),
    "hsr": lambda ip: behind(0x892f, b"\0\x40\0\1", ip),
    "802.1ah": lambda ip: Raw(bytes(with_type(ETHER, 0x88e7)) + b"\0\0\0\1" + bytes(KNOWN / ip)),
    "macsec": lambda ip: behind(0x88e5, b"\0\0\0\0\0\1", ip) / Raw(b"\0" * 16),
    "macsec with a channel": lambda ip: behind(0x88e5, b"\x20\0\0\0\0\1" + b"\2" * 8, ip)
    / Raw(b"\0" * 16),
    "hidden by macsec": lambda ip: behind(0x88e5, b"\x2c\0\0\0\0\1" + b"\2" * 8, ip),
    "nsh": lambda ip: nsh(1 if ip.version == 4 else 2, bytes(ip)),
    "nsh, ethernet": lambda ip: nsh(3, bytes(KNOWN / Dot1Q(vlan=7) / ip)),
    "nsh, mpls": lambda ip: nsh(5, bytes(MPLS(label=16, s=1) / ip)),
}


def with_type(frame, ethertype):
    frame = frame.copy()
    frame.type = ethertype
    return frame


def options(octets):
    return [PadN(optdata=b"\0" * (octets - 4))]


NETWORKS = {
    "ipv4": lambda: IP(src="192.0.2.9", dst="192.0.2.1"),
    "ipv4 options": lambda: IP(src="192.0.2.9", dst="192.0.2.1", options=[IPOption_NOP()] * 8),
    "ipv4 all options": lambda: IP(src="192.0.2.9", dst="192.0.2.1", options=[IPOption_NOP()] * 40),
    "ipv4 first fragment": lambda: IP(src="192.0.2.9", dst="192.0.2.1", flags="MF", id=next(IDS)),
    "ipv4 ah": lambda: IP(src="192.0.2.9", dst="192.0.2.1") / AH(payloadlen=4, icv=b"\0" * 12),
    "ipv6": lambda: IPv6(src="2001:db8::9", dst="2001:db8::1"),
    "ipv6 hop-by-hop": lambda: IPv6() / IPv6ExtHdrHopByHop(options=options(6)),
    "ipv6 long options": lambda: IPv6() / IPv6ExtHdrDestOpt(options=options(126)),
    "ipv6 routing": lambda: IPv6() / IPv6ExtHdrRouting(addresses=["2001:db8::5"], segleft=0),
    "ipv6 atomic fragment": lambda: IPv6() / IPv6ExtHdrFragment(id=next(IDS)),
    "ipv6 first fragment": lambda: IPv6() / IPv6ExtHdrFragment(m=1, id=next(IDS)),
    "ipv6 ah": lambda: IPv6() / AH(payloadlen=4, icv=b"\0" * 12),
    "ipv6 chain": lambda: IPv6() / IPv6ExtHdrHopByHop() / IPv6ExtHdrDestOpt()
    / IPv6ExtHdrRouting() / IPv6ExtHdrFragment(id=next(IDS)) / IPv6ExtHdrDestOpt(),
    "ipv6 eight": lambda: IPv6() / IPv6ExtHdrHopByHop() / IPv6ExtHdrDestOpt()
    / IPv6ExtHdrDestOpt() / IPv6ExtHdrDestOpt() / IPv6ExtHdrDestOpt() / IPv6ExtHdrDestOpt()
    / IPv6ExtHdrDestOpt() / IPv6ExtHdrDestOpt(),
}
IDS = itertools.count(1000)
PORTS = itertools.cycle(range(42000, 65536))  # where few application dissectors of tshark wait

TRANSPORTS = {
    "syn": lambda: TCP(sport=next(PORTS), dport=next(PORTS), flags="S"),
    "data": lambda: TCP(sport=next(PORTS), dport=next(PORTS), flags="PA") / b"hello",
    "tcp options": lambda: TCP(sport=next(PORTS), dport=next(PORTS), flags="S",
                               options=[("MSS", 1460), ("NOP", None), ("WScale", 7)]),
    "null": lambda: TCP(sport=next(PORTS), dport=next(PORTS), flags=""),
    "udp": lambda: UDP(sport=next(PORTS), dport=next(PORTS)) / b"hello there",
    "empty udp": lambda: UDP(sport=next(PORTS), dport=next(PORTS)),
}


def whole():
    """Every link header with every network header and transport: (name, frame)."""
    for link, network, transport in itertools.product(LINKS, NETWORKS, TRANSPORTS):
        ip = NETWORKS[network]() / TRANSPORTS[transport]()
        if AH in ip:
            ip[AH].nh = 6 if TCP in ip else 17
        yield f"{link}, {network}, {transport}", bytes(LINKS[link](ip))


# A header of a chain: its number, and the octets behind its first one, which is the next number.
CHAIN = (
    (0, b"\0\1\4\0\0\0\0"), (60, b"\0\1\4\0\0\0\0"), (60, b"\2\1\x14" + b"\0" * 20),
    (43, b"\2\0\0" + b"\0" * 20), (51, b"\4\0\0" + b"\0" * 20), (51, b"\1" + b"\0" * 10),
    (44, b"\0" * 7), (140, b"\0\x81\0\0\0\0\0"),
)
PIECE = (44, b"\0\0\1")  # a first fragment; four octets of its name are to follow


def chained(headers, number, octets):
    """The number of the first header, and all octets of the chain."""
    for kind, rest in reversed(headers):
        octets = bytes([number]) + rest + octets
        number = kind
    return number, octets


def over_ip(is_v4, number, octets):
    if is_v4:
        return IP(src="192.0.2.9", dst="192.0.2.1", proto=number) / Raw(octets)
    return IPv6(src="2001:db8::9", dst="2001:db8::1", nh=number) / Raw(octets)


def chains(count, seed):
    """Chains of headers in any order behind link headers of any kind: (name, frame)."""
    chance = random.Random(seed)
    links = [link for link in LINKS if "pppoe" not in link and "snap" not in link]
    for index in range(count):
        headers = [chance.choice(CHAIN) for _ in range(chance.choice((1, 2, 3, 4, 9, 40)))]
        if chance.random() < 0.2:
            headers.insert(chance.randrange(len(headers)),
                           (PIECE[0], PIECE[1] + struct.pack("!I", next(IDS))))
        name = chance.choice(list(TRANSPORTS))
        transport = bytes(TRANSPORTS[name]())
        number, octets = chained(headers, 17 if "udp" in name else 6, transport)
        if index % 8 == 0:
            yield "chain, quoted", quoting(number, octets)
            continue
        link = chance.choice(links)
        numbers = "-".join(str(kind) for kind, _ in headers)
        yield (f"{link}, chain {numbers}, {name}",
               bytes(LINKS[link](over_ip(chance.random() < 0.25, number, octets))))


def quoting(number, octets):
    return bytes(ETHER / IPv6() / ICMPv6DestUnreach() / over_ip(False, number, octets))


def changed(frame, offset, value):
    return frame[:offset] + value + frame[offset + len(value):]


def broken():
    """Frames whose headers contradict themselves or the frame."""
    def tcp4():
        return bytes(ETHER / IP() / TCP(sport=next(PORTS), dport=next(PORTS)) / b"payload")

    def udp4():
        return bytes(ETHER / IP() / UDP(sport=next(PORTS), dport=next(PORTS)) / b"payload")

    def tcp6():
        return bytes(ETHER / IPv6() / TCP(sport=next(PORTS), dport=next(PORTS)) / b"payload")

    for ihl in range(16):
        yield f"ihl {ihl}", changed(tcp4(), 14, bytes([0x40 | ihl]))
    for version in (0, 3, 5, 6, 15):
        yield f"version {version}, IPv4 type", changed(tcp4(), 14, bytes([version << 4 | 5]))
        yield f"version {version}, IPv6 type", changed(tcp6(), 14, bytes([version << 4]))
    for length in (0, 1, 19, 20, 21, 22, 23, 24, 28, 39, 40, 41, 60, 1500, 65535):
        yield f"IPv4 length {length}", changed(tcp4(), 16, struct.pack("!H", length))
        yield f"IPv4 length {length}, UDP", changed(udp4(), 16, struct.pack("!H", length))
    for length in (0, 1, 2, 3, 4, 8, 19, 20, 21, 65535):
        yield f"IPv6 length {length}", changed(tcp6(), 18, struct.pack("!H", length))
    for doff in range(16):
        yield f"doff {doff}", changed(tcp4(), 46, bytes([doff << 4]))
    for length in (0, 1, 7, 8, 9, 15, 16, 65535):
        yield f"UDP length {length}", changed(udp4(), 38, struct.pack("!H", length))
    for protocol in range(256):
        yield f"IPv4 protocol {protocol}", changed(tcp4(), 23, bytes([protocol]))
        yield f"IPv6 next header {protocol}", changed(tcp6(), 20, bytes([protocol]))
    for flags in range(256):
        yield f"flags {flags:#x}", changed(tcp4(), 47, bytes([flags]))
    for padding in (1, 6, 18, 100):
        yield f"{padding} octets of padding", tcp4() + b"\0" * padding


def fragments():
    """Later fragments behind their first one, and some that have none."""
    for index, transport in enumerate(TRANSPORTS.values()):
        segment = bytes(transport() / (b"x" * 64))
        protocol = 17 if index >= 4 else 6
        identification = next(IDS)
        pieces = [(0, True, segment[:24]), (3, True, segment[24:48]), (6, False, segment[48:])]
        for offset, more, data in pieces:
            yield "IPv4 fragment", bytes(ETHER / IP(id=identification, proto=protocol, frag=offset,
                                                    flags="MF" if more else 0) / data)
        for offset, more, data in pieces:
            yield "IPv6 fragment", bytes(ETHER / IPv6() / IPv6ExtHdrFragment(
                id=identification, nh=protocol, offset=offset, m=int(more)) / data)
        yield "a fragment of nothing", bytes(ETHER / IP(id=next(IDS), proto=protocol, frag=5)
                                             / segment)
        yield "eight octets, then the rest", bytes(ETHER / IP(id=next(IDS), proto=protocol,
                                                              flags="MF") / segment[:8])


def errors():
    """ICMP errors that quote, whole and cut."""
    for kind, code in ((3, 0), (3, 1), (3, 3), (4, 0), (5, 1), (11, 0), (12, 0)):
        for transport in TRANSPORTS.values():
            yield f"ICMP {kind}", bytes(ETHER / IP() / ICMP(type=kind, code=code) / IP()
                                        / transport())
    for kept in range(20, 48):
        quote = bytes(IP() / TRANSPORTS["data"]())
        yield f"a quote of {kept} octets, and more behind the datagram", bytes(
            ETHER / IP(len=28 + kept) / ICMP(type=3, code=1) / Raw(quote))
    for transport in TRANSPORTS.values():
        yield "ICMPv6", bytes(ETHER / IPv6() / ICMPv6DestUnreach() / IPv6() / transport())
    yield "echo", bytes(ETHER / IP() / ICMP())


def tunnelled():
    """What is inside a tunnel is not the outermost header's."""
    inner = IP() / TCP(sport=next(PORTS), dport=next(PORTS))
    yield "IPIP", bytes(ETHER / IP() / inner)
    yield "6in4", bytes(ETHER / IP() / IPv6() / TCP(sport=next(PORTS), dport=next(PORTS)))
    yield "GRE", bytes(ETHER / IP() / GRE() / inner)
    yield "UDP that may be VXLAN", bytes(ETHER / IP() / UDP(sport=next(PORTS), dport=4789)
                                         / b"\x08\0\0\0\0\0\x07\0" / ETHER / inner)


def cut():
    """(name, octets on the wire, the octets that were kept)."""
    for name, frame in (("IPv4", bytes(ETHER / IP() / TCP(sport=next(PORTS), dport=next(PORTS)))),
                        ("IPv6", bytes(ETHER / IPv6() / IPv6ExtHdrDestOpt()
                                       / UDP(sport=next(PORTS), dport=next(PORTS)) / b"x")),
                        ("tag", bytes(ETHER / Dot1Q() / IP() / UDP(sport=next(PORTS),
                                                                   dport=next(PORTS))))):
        for kept in range(1, len(frame)):
            yield f"{name} cut to {kept}", frame, frame[:kept]


# Where tshark looks at more than the way to the ports: it stops at an option that overruns its
# header, and it believes the lengths of 802.3 and PPPoE; a pseudowire it knows by the addresses'
# makers, NSH's length by its kind. The parser follows none of these.
LENIENT_LINKS = ("pppoe", "tagged pppoe", "snap", "llc", "mpls, ", "nsh", "macsec", "cisco", "hsr",
                 "802.1")
LENIENT_NETWORKS = ("options", "hop-by-hop", "routing", "chain", "eight")


def mutated(count, seed):
    """Frames with a few octets changed at random, the same for the same seed."""
    chance = random.Random(seed)
    frames = [frame for name, frame in whole()
              if not any(word in name for word in LENIENT_LINKS + LENIENT_NETWORKS)]
    for _ in range(count):
        frame = bytearray(chance.choice(frames))
        for _ in range(chance.randint(1, 3)):
            frame[chance.randrange(12, min(len(frame), 80))] = chance.randrange(256)
        yield bytes(frame)
