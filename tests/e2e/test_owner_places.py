# SPDX-License-Identifier: GPL-2.0-only
"""Where ports lead astray: other namespaces, translated addresses, tunnels, the kernel itself."""

import pytest
from actors import PORT, Stage, read_lines
from netns import batch, wait_for
from wire import PEER4, SENSOR4, tcp4, udp4

CONTAINER4, GATE4 = "198.51.100.2", "198.51.100.1"


@pytest.fixture(name="stage")
def make_stage(sandbox):
    return Stage(sandbox)


@pytest.fixture(name="container")
def make_container(sandbox):
    """A namespace behind `here`, which forwards."""
    container = sandbox.add_namespace("c")
    batch(None, f"link add gate0 netns {sandbox.here.name} type veth peer name inside0 "
                f"netns {container.name}")
    batch(sandbox.here, f"addr add {GATE4}/24 dev gate0", "link set gate0 up")
    batch(container, f"addr add {CONTAINER4}/24 dev inside0", "link set inside0 up",
          f"route add default via {GATE4}")
    batch(sandbox.there, f"route add 198.51.100.0/24 via {SENSOR4}")
    sandbox.here.sysctl("net.ipv4.ip_forward", 1)
    return container


def inbound(stage):
    return [line for line in stage.lines() if line["network"]["direction"] == "inbound"]


def outbound(stage):
    return [line for line in stage.lines() if line["network"]["direction"] == "outbound"]


@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_two_namespaces_with_the_same_addresses_and_ports(sandbox, stage, protocol):
    """Of the two flows that are equal in every number, only one is this host's."""
    other = sandbox.add_namespace("c")
    elsewhere = Stage(sandbox, "elsewhere")
    stage.watch("lo")
    server, client = ("serve", "clients") if protocol == "tcp" else ("udp-serve", "senders")
    stage.serve(sandbox.here, server, "127.0.0.1", PORT, 20, protocol=protocol)
    elsewhere.serve(other, server, "127.0.0.1", PORT, 20, protocol=protocol)
    for port in range(40000, 40020):
        for one, namespace in ((elsewhere, other), (stage, sandbox.here)):
            one.play(namespace, "-s", port, client, "127.0.0.1", PORT)
    stage.finish()
    elsewhere.finish()
    stage.check("--strict")


@pytest.mark.parametrize("interfaces", ["sensor0", "gate0"])
def test_a_container_that_sends_through_the_host(sandbox, container, interfaces):
    stage = Stage(sandbox, silent=None)  # both ends are processes of this machine
    stage.watch(interfaces)
    stage.serve(sandbox.there, "serve", PEER4, PORT, 100)
    stage.play(container, "clients", PEER4, PORT, 100, 4)
    stage.finish()
    stage.check("--forwarded", "--demand", "connected")


@pytest.mark.parametrize("interfaces", ["sensor0", "gate0"])
def test_a_container_that_serves_through_the_host(sandbox, container, interfaces):
    stage = Stage(sandbox, silent=None)
    stage.watch(interfaces)
    stage.serve(container, "prefork", CONTAINER4, PORT, 100)
    stage.play(sandbox.there, "clients", CONTAINER4, PORT, 100, 4)
    stage.finish()
    stage.check("--forwarded", "--demand", "accepted")


def test_a_translated_port_is_the_containers_and_never_the_decoys(sandbox, stage, container):
    """What docker-proxy is to a published port: it listens there and never gets a packet."""
    sandbox.here.call("nft", "-f", "-", input=f"""
        table ip translate {{
            chain before {{
                type nat hook prerouting priority -100
                iifname sensor0 tcp dport {PORT} dnat to {CONTAINER4}:80
            }}
        }}
    """)
    decoy = Stage(sandbox, "decoy")
    decoy.serve(sandbox.here, "listen", SENSOR4, PORT)
    stage.watch("sensor0")
    stage.serve(container, "serve", CONTAINER4, "80", 50, port="80")
    stage.play(sandbox.there, "clients", SENSOR4, PORT, 50, 4)
    stage.finish()
    stage.settle()
    truth = [line for line in read_lines(stage.truth) if line["did"] == "accepted"]
    assert len(truth) == 50
    packets = [line for line in inbound(stage) if line["destination"]["port"] == int(PORT)]
    assert {line["source"]["port"] for line in packets} == {
        line["remote"]["port"] for line in truth}
    named = [line for line in packets if "process" in line]
    assert {line["process"]["pid"] for line in named} <= {truth[0]["pid"]}
    assert {line["source"]["port"] for line in named} == {
        line["remote"]["port"] for line in truth}
    decoy.dismiss()


def lay_tunnel(sandbox):
    for namespace, interface, remote, inner in ((sandbox.here, "sensor0", PEER4, "10.77.0.1"),
                                                (sandbox.there, "peer0", SENSOR4, "10.77.0.2")):
        batch(namespace, f"link add tunnel0 type vxlan id 7 dev {interface} remote {remote} "
                         f"dstport {PORT}", f"addr add {inner}/24 dev tunnel0",
              "link set tunnel0 up")


def test_connections_in_a_tunnel_are_those_of_who_speaks_in_it(sandbox, stage):
    """Their own ports are not watched, the tunnel's is."""
    lay_tunnel(sandbox)
    server = sandbox.there.start("nc", "-l", "-k", "8080")
    wait_for("nc listens", lambda: sandbox.there.listens("tcp", 8080))
    stage.watch("sensor0")
    for _ in range(10):
        sandbox.here.call("nc", "-z", "10.77.0.2", "8080")
    stage.settle()
    sent = [line for line in outbound(stage) if line["destination"]["port"] == int(PORT)]
    named = [line for line in sent if "process" in line]
    assert {line["portsentinel"]["quality"] for line in sent} <= {"tunnel", "kernel", "none"}
    assert {line["process"]["name"] for line in named} == {"nc"}
    assert server.pid not in {line["process"]["pid"] for line in named}
    assert len({line["process"]["pid"] for line in named}) == 10


def test_packets_of_a_tunnel_are_not_plainly_those_of_who_speaks_in_it(sandbox, stage):
    lay_tunnel(sandbox)
    stage.watch("sensor0")
    sandbox.here.call("ping", "-c", "3", "-i", "0.2", "10.77.0.2")
    stage.settle()
    sent = [line for line in outbound(stage) if line["destination"]["port"] == int(PORT)]
    received = [line for line in inbound(stage) if line["destination"]["port"] == int(PORT)]
    assert len(sent) >= 3 and len(received) >= 3
    # ARP and the like in it are nobody's
    assert {line["portsentinel"]["quality"] for line in sent} <= {"tunnel", "kernel", "none"}
    assert sum(line["portsentinel"]["quality"] == "tunnel" for line in sent) >= 3
    assert {line["portsentinel"]["quality"] for line in received} <= {"kernel"}
    assert not any("process" in line for line in received)


def test_the_kernels_own_answer_is_the_kernels(sandbox, stage):
    """RST from a closed port; and who came there came to nobody."""
    stage.watch("sensor0")
    sandbox.wire.send(*(tcp4(3409, sport=port) for port in range(40000, 40020)))
    wait_for("the answers", lambda: len(outbound(stage)) == 20)
    assert {line["portsentinel"]["quality"] for line in outbound(stage)} == {"kernel"}
    assert {line["portsentinel"]["kind"] for line in outbound(stage)} == {"rst"}
    assert {line["portsentinel"]["quality"] for line in inbound(stage)} == {"none"}
    assert not any("process" in line for line in stage.lines())


def test_a_datagram_to_a_closed_port_has_no_process(sandbox, stage):
    stage.watch("sensor0")
    sandbox.wire.send(*(udp4(3409, sport=port) for port in range(40000, 40020)))
    wait_for("the datagrams", lambda: len(inbound(stage)) >= 20)
    assert {line["portsentinel"]["quality"] for line in inbound(stage)} == {"none"}
    assert not any("process" in line for line in inbound(stage))
