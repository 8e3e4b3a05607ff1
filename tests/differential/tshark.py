# SPDX-License-Identifier: GPL-2.0-only
"""What tshark's own dissection says of a capture, packet by packet."""

import subprocess
from collections import Counter, namedtuple

FIELDS = ("frame.number", "frame.protocols", "tcp.srcport", "tcp.dstport", "udp.srcport",
          "udp.dstport", "ip.frag_offset", "ip.id", "ip.proto", "ip.src", "ip.dst",
          "ip.flags.mf", "ipv6.fraghdr.offset",
          "ipv6.fraghdr.more", "ipv6.fraghdr.ident", "ipv6.src", "ipv6.dst")
PREFERENCES = ("ip.defragment:FALSE", "ipv6.defragment:FALSE", "tcp.desegment_tcp_streams:FALSE")

# Between an IP header and the transport header.
EXTENSIONS = {"ipv6.hopopts", "ipv6.routing", "ipv6.dstopts", "ipv6.fraghdr", "ah", "mipv6",
              "shim6", "hip"}

# kind: "ports" (of the outermost header), "quote" (in an ICMP error), "fragment", "none"
Packet = namedtuple("Packet", "number kind protocol source destination datagram layers")


def first(column, convert=int):
    value = column.split(",")[0]
    return convert(value) if value else None


def is_set(flag):
    """A flag, as older and newer releases write it."""
    return flag in ("1", "True")


def skip_extensions(layers, at):
    while at < len(layers) and layers[at] in EXTENSIONS:
        at += 1
    return at


def find_network(layers, start):
    return next((at for at in range(start, len(layers)) if layers[at] in ("ip", "ipv6")), None)


def find_transport(layers, network):
    """The transport layer's name behind a network layer, "" when it is none with ports."""
    at = skip_extensions(layers, network + 1)
    if at < len(layers) and layers[at] in ("tcp", "udp", "udplite"):
        return at, "tcp" if layers[at] == "tcp" else "udp"
    return at, ""


def fragment_of(row, layers, network):
    """The datagram's name, None where it is in one piece, and the offset in it."""
    at, _ = find_transport(layers, network)
    if "ipv6.fraghdr" in layers[network:at]:
        return fragment_by_header(row, layers[network])
    if layers[network] != "ip":
        return None, 0
    offset, more = first(row["ip.frag_offset"]), first(row["ip.flags.mf"], is_set)
    if not offset and not more:
        return None, 0
    return tuple(row[field].split(",")[0] for field in ("ip.src", "ip.dst", "ip.id", "ip.proto")), \
        offset


def fragment_by_header(row, family):
    """By the first fragment header that is not of a datagram in one piece."""
    headers = zip(*(row[f"ipv6.fraghdr.{field}"].split(",")
                    for field in ("offset", "more", "ident")))
    for offset, more, identification in headers:
        if identification and (int(offset) or is_set(more)):
            ends = (first(row[f"{family}.{end}"], str) for end in ("src", "dst"))
            return (*ends, identification), int(offset)
    return None, 0


def layers_of(row):
    """The layers' names; tshark 4.4 leaves out the one that it guessed behind MPLS."""
    layers = row["frame.protocols"].split(":")
    if "mpls" in layers:
        behind = len(layers) - layers[::-1].index("mpls")
        named = layers[behind:behind + 1]
        if named not in (["ip"], ["ipv6"]) and not "".join(named).startswith("pw"):
            guessed = "ip" if row["ip.src"] else "ipv6" if row["ipv6.src"] else None
            layers[behind:behind] = [guessed] if guessed else []
    return layers


def classify(row):
    number = int(row["frame.number"])
    layers = layers_of(row)
    network = find_network(layers, 0)
    if network is None:
        return Packet(number, "none", "", None, None, None, layers)
    datagram, offset = fragment_of(row, layers, network)
    if offset:
        return Packet(number, "fragment", "", None, None, datagram, layers)
    kind = "ports"
    at, protocol = find_transport(layers, network)
    if not protocol and at < len(layers) and layers[at] in ("icmp", "icmpv6"):
        kind = "quote"
        quoted = find_network(layers, at)
        if quoted is not None:
            _, protocol = find_transport(layers, quoted)
    if protocol:
        source, destination = (first(row[f"{protocol}.{end}port"]) for end in ("src", "dst"))
        if source is not None and destination is not None:
            return Packet(number, kind, protocol, source, destination, datagram, layers)
    return Packet(number, "none", "", None, None, datagram, layers)


def dissect(path):
    command = ["tshark", "-n", "-r", str(path), "-T", "fields", "-E", "separator=/t",
               "-E", "occurrence=a", "-E", "aggregator=,"]
    for preference in PREFERENCES:
        command += ["-o", preference]
    for field in FIELDS:
        command += ["-e", field]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    return [classify(dict(zip(FIELDS, line.split("\t")))) for line in run.stdout.splitlines()]


def count(packets):
    """Packets per (port, protocol, role): by the outermost header, quotes and fragments apart."""
    ports, quotes, fragments = Counter(), Counter(), Counter()
    datagrams = {}
    for packet in packets:
        if packet.kind == "fragment":
            ends = datagrams.get(packet.datagram)
            if ends:
                fragments[(ends[2], ends[0], "to")] += 1
                fragments[(ends[1], ends[0], "from")] += 1
            continue
        if packet.kind == "none":
            continue
        rows = quotes if packet.kind == "quote" else ports
        rows[(packet.destination, packet.protocol, "to")] += 1
        rows[(packet.source, packet.protocol, "from")] += 1
        if packet.kind == "ports" and packet.datagram:
            datagrams[packet.datagram] = (packet.protocol, packet.source, packet.destination)
    return ports, quotes, fragments
