# SPDX-License-Identifier: GPL-2.0-only
"""`interfaces = auto`: each packet of this host is seen once, whatever devices it passes."""

import subprocess
import time
from pathlib import Path

import pytest
from netns import batch, wait_for
from wire import PEER_MAC, SENSOR_MAC, IP, TCP, Ether


def add(namespace, what):
    """A device that this kernel may lack."""
    done = subprocess.run(("ip", "-n", namespace.name, "link", "add", *what.split()), check=False,
                          capture_output=True, text=True)
    if "Unknown device type" in done.stderr or "not supported" in done.stderr:
        pytest.skip(f"this kernel refuses: ip link add {what}: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr


def up(namespace, device, address=None, mac=None):
    batch(namespace, *([f"link set {device} address {mac}"] if mac else []),
          *([f"addr add {address}/24 dev {device}"] if address else []), f"link set {device} up")


def start(sandbox, *flags):
    return sandbox.start(*flags, interfaces=("auto",), wait=("sensor0",))


def watched(sandbox):
    return {name for name, row in sandbox.interfaces().items() if row["ingress"] != "none"}


def left_out(sandbox):
    """Name -> why."""
    return {name: row["why_not_better"] for name, row in sandbox.interfaces().items()
            if row["ingress"] == "none"}


def answers(namespace, address, port):
    """One datagram there; it is sent whether somebody takes it or not."""
    namespace.call("sh", "-c", f"echo x | nc -u -w1 {address} {port}")


def udp(sandbox, port, direction):
    """Without the ICMP errors that may answer."""
    return sandbox.kinds(port, direction).get("udp", 0)


def wait_one(sandbox, port, direction="in"):
    wait_for(f"a datagram {direction} to {port}", lambda: udp(sandbox, port, direction))
    assert udp(sandbox, port, direction) == 1


def bridge(sandbox, *containers):
    """br0 here, 10.88.0.1; a container each, 10.88.0.2 and so on; the devices' peers are c0, ..."""
    add(sandbox.here, "br0 type bridge")
    up(sandbox.here, "br0", "10.88.0.1")
    spaces = []
    for i, name in enumerate(containers):
        space = sandbox.add_namespace(name)
        batch(None, f"link add v{i} netns {sandbox.here.name} type veth peer name c{i} "
                    f"netns {space.name}")
        batch(sandbox.here, f"link set v{i} master br0", f"link set v{i} up")
        up(space, f"c{i}", f"10.88.0.{2 + i}")
        spaces.append(space)
    return spaces


def netfilter_sees_bridges():
    path = Path("/proc/sys/net/bridge/bridge-nf-call-iptables")
    return path.exists() and path.read_text(encoding="ascii").strip() != "0"


def test_between_a_host_and_its_container_on_a_bridge(sandbox):
    container, = bridge(sandbox, "c")
    start(sandbox)
    wait_for("v0 is attached", lambda: "v0" in watched(sandbox))
    assert left_out(sandbox) == {"br0": "left out: its ports see its packets"}
    answers(container, "10.88.0.1", 3409)
    answers(sandbox.here, "10.88.0.2", 3410)
    wait_one(sandbox, 3409)
    wait_one(sandbox, 3410, "out")
    alert = sandbox.wait_alert(event_action="probe", destination_port=3409)
    assert alert["portsentinel"]["verdict"] == "closed"
    sandbox.wait_alert(event_action="outbound", destination_port=3410)
    assert not sandbox.alerts(event_action="transit")
    assert udp(sandbox, 3409, "out") == udp(sandbox, 3410, "in") == 0
    assert sandbox.accounting()["foreign"] == 0


def test_a_server_at_the_bridges_address_is_named(sandbox):
    container, = bridge(sandbox, "c")
    process = sandbox.here.start("nc", "-l", "-k", "3409")
    wait_for("nc listens", lambda: sandbox.here.listens("tcp", 3409))
    start(sandbox)
    wait_for("v0 is attached", lambda: "v0" in watched(sandbox))
    container.call("sh", "-c", "echo x | nc -N -w2 10.88.0.1 3409")
    alert = sandbox.wait_alert(event_action="connection")
    assert alert["process"]["pid"] == process.pid
    assert not sandbox.alerts(event_action="transit")
    wait_for("its end", lambda: sandbox.kinds(3409).get("fin"))
    assert sandbox.kinds(3409)["syn"] == 1 and "maimon" not in sandbox.kinds(3409)


def test_between_containers_a_bridge_is_seen_where_it_takes_a_packet(sandbox):
    one, _ = bridge(sandbox, "c", "d")
    start(sandbox)
    wait_for("both are attached", lambda: {"v0", "v1"} <= watched(sandbox))
    time.sleep(1.5)  # the kernel was told which ports are one bridge's
    one.call("ping", "-c1", "-w5", "10.88.0.3")  # the bridge learns where each is
    answers(one, "10.88.0.3", 3409)
    wait_one(sandbox, 3409)
    sandbox.wait_alert(event_action="transit", destination_port=3409)
    assert udp(sandbox, 3409, "out") == (1 if netfilter_sees_bridges() else 0)


def test_what_is_routed_into_a_bridge_is_seen_on_both_sides(sandbox):
    """Address translation may lie between."""
    bridge(sandbox, "c")
    sandbox.here.sysctl("net.ipv4.ip_forward", 1)
    batch(sandbox.here, "neigh replace 10.88.0.2 lladdr 02:00:00:00:00:99 dev br0")
    start(sandbox)
    wait_for("v0 is attached", lambda: "v0" in watched(sandbox))
    sandbox.wire.send(bytes(Ether(src=PEER_MAC, dst=SENSOR_MAC) /
                            IP(src="192.0.2.2", dst="10.88.0.2") / TCP(dport=3409)))
    sandbox.wait_packets(3409, 1)
    sandbox.wait_packets(3409, 1, "out")
    assert sandbox.wait_alert(event_action="transit")["portsentinel"]["verdict"] == "forwarded"


def test_a_wire_whose_both_ends_are_here_is_seen_at_one(sandbox):
    batch(sandbox.here, "link add w0 type veth peer name w1", "link set w0 up", "link set w1 up")
    start(sandbox)
    wait_for("one end is left out", lambda: left_out(sandbox))
    (other, why), = left_out(sandbox).items()
    kept, = {"w0", "w1"} - {other}
    assert why == f"left out: {kept}, its other end, sees its packets"
    wait_for("the first end is attached", lambda: kept in watched(sandbox))
    batch(sandbox.here, f"link set {kept} netns {sandbox.there.name}")
    wait_for("the second end is attached", lambda: other in watched(sandbox))
    batch(sandbox.there, f"link set {kept} netns {sandbox.here.name}")
    batch(sandbox.here, f"link set {kept} up")
    wait_for("one end alone is attached", lambda: len({"w0", "w1"} & watched(sandbox)) == 1)
    assert len(left_out(sandbox)) == 1


def macvlan(sandbox):
    """m1 here, 10.89.0.1, and m2 in the other namespace, 10.89.0.2, both on sensor0."""
    for name in ("m1", "m2"):
        add(sandbox.here, f"link sensor0 name {name} type macvlan mode bridge")
    batch(sandbox.here, f"link set m2 netns {sandbox.there.name}")
    up(sandbox.here, "m1", "10.89.0.1")
    up(sandbox.there, "m2", "10.89.0.2")


def test_between_a_host_and_a_container_on_macvlan(sandbox):
    macvlan(sandbox)
    start(sandbox)
    wait_for("m1 is left out", lambda: left_out(sandbox) ==
             {"m1": "left out: sensor0, below it, sees its packets"})
    answers(sandbox.there, "10.89.0.1", 3409)
    answers(sandbox.here, "10.89.0.2", 3410)
    wait_one(sandbox, 3409)
    wait_one(sandbox, 3410)  # by the card's way in, which is how such packets go
    alert = sandbox.wait_alert(event_action="probe", destination_port=3409)
    assert alert["portsentinel"]["verdict"] == "closed"
    sandbox.wait_alert(event_action="outbound", destination_port=3410)
    assert not sandbox.alerts(event_action="transit")
    assert udp(sandbox, 3409, "out") == udp(sandbox, 3410, "out") == 0


def test_inside_a_macvlan_container(sandbox):
    """The card is in another namespace: the device is the bottom here."""
    add(sandbox.there, "link peer0 name m0 type macvlan mode bridge")
    batch(sandbox.there, f"link set m0 netns {sandbox.here.name}")
    up(sandbox.here, "m0", "10.90.0.1")
    start(sandbox)
    wait_for("m0 is attached", lambda: "m0" in watched(sandbox))


@pytest.mark.parametrize("kind,seen,why", [
    ("vlan id 7", False, "left out: sensor0, below it, sees its packets"),
    ("macvlan mode bridge", False, "left out: sensor0, below it, sees its packets"),
    ("ipvlan mode l2", False, "left out: sensor0, below it, sees its packets"),
    ("dummy", True, None),
    ("bond", False, "left out: its ports see its packets"),
    ("bridge", False, "left out: its ports see its packets"),
    ("vrf table 9", True, None),
    ("wireguard", True, None),
    ("ifb", False, "left out: its packets were seen where they came from"),
])
def test_each_kind(sandbox, kind, seen, why):
    lower = "link sensor0 " if "vlan" in kind.split()[0] else ""
    add(sandbox.here, f"{lower}name dev0 type {kind}")
    batch(sandbox.here, "link set dev0 up")
    start(sandbox)
    row = wait_for("dev0 is decided on", lambda: sandbox.interfaces().get("dev0"))
    assert (row["ingress"] != "none") == seen
    if why:
        assert row["why_not_better"] == why


def test_a_tap_in_a_bridge_is_watched(sandbox):
    bridge(sandbox)
    done = subprocess.run(sandbox.here.command("ip", "tuntap", "add", "tap0", "mode", "tap"),
                          check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no tap device here: {done.stderr.strip()}")
    batch(sandbox.here, "link set tap0 master br0", "link set tap0 up")
    start(sandbox)
    wait_for("tap0 is attached", lambda: "tap0" in watched(sandbox))


@pytest.mark.parametrize("xdp", ["off", "generic"])
def test_frames_of_strangers_are_counted_apart(sandbox, xdp):
    start(sandbox, "--xdp", xdp)
    batch(sandbox.here, "link set sensor0 promisc on")
    stranger = Ether(src=PEER_MAC, dst="02:00:00:00:00:99")
    sandbox.wire.send(bytes(stranger / IP(src="198.51.100.1", dst="198.51.100.2") /
                            TCP(dport=3409)))
    sandbox.wire.send(bytes(stranger / IP(src="198.51.100.1", dst="198.51.100.2") /
                            TCP(sport=3409, dport=5000, flags="SA")))
    sandbox.wire.send(bytes(Ether(src=PEER_MAC, dst=SENSOR_MAC) /
                            IP(src="192.0.2.2", dst="192.0.2.1") / TCP(dport=3410)))
    sandbox.wait_packets(3410, 1)
    accounting = sandbox.accounting()
    assert accounting["foreign"] == 2
    assert accounting["matched"] >= 3
    assert accounting["matched"] == sum(accounting[name] for name in
                                        ("sampled", "suppressed", "lost"))
    alert = sandbox.wait_alert(event_action="probe", destination_port=3409)
    assert alert["portsentinel"].get("foreign") is True
    assert alert["portsentinel"]["verdict"] == "unknown"
    assert ("port 3409 (networklens) of 198.51.100.2 on sensor0, "
            "in a frame to another device") in alert["message"]
    sandbox.wait_alert(event_action="probe", destination_port=3410)
    assert {a["event"]["action"] for a in sandbox.packet_alerts()} == {"probe"}
    assert len(sandbox.packet_alerts()) == 2
