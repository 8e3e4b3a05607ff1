# SPDX-License-Identifier: GPL-2.0-only
"""Interfaces that come, go and change their names while the sensor runs."""

import signal
import time

import pytest
from netns import batch, wait_for
from wire import PEER_MAC, SENSOR_MAC, Ether, IP, UDP


def add_pair(sandbox, name):
    batch(None, f"link add {name} netns {sandbox.here.name} type veth "
                f"peer name {name}p netns {sandbox.there.name}")
    batch(sandbox.here, f"link set {name} up")
    batch(sandbox.there, f"link set {name}p up")


def start(sandbox, interfaces="auto"):
    return sandbox.launch("--syslog", "none", "--json-log", str(sandbox.log), "--interfaces",
                          interfaces).wait_ready(["sensor0"])


def test_a_new_interface_is_watched(sandbox):
    start(sandbox)
    add_pair(sandbox, "new0")
    wait_for("new0 is attached", lambda: "new0" in sandbox.interfaces())
    wire = sandbox.add_wire(sandbox.there, "new0p")
    frame = Ether(dst="ff:ff:ff:ff:ff:ff") / IP(src="192.0.2.2", dst="192.0.2.1") / UDP(dport=3409)
    wire.send(bytes(frame), times=4)
    wait_for("4 packets", lambda: sandbox.packets(3409) >= 4)
    assert {row["interface"] for row in sandbox.rows()} == {"new0"}
    alert = sandbox.wait_alert(event_action="probe")
    assert alert["observer"]["ingress"]["interface"]["name"] == "new0"


def test_an_interface_that_is_removed_disappears(sandbox):
    add_pair(sandbox, "old0")
    sensor = start(sandbox)
    wait_for("old0 is attached", lambda: "old0" in sandbox.interfaces())
    batch(sandbox.here, "link del old0")
    wait_for("old0 is gone", lambda: "old0" not in sandbox.interfaces())
    assert sensor.process.poll() is None
    assert not [pin for pin in sandbox.pins() if pin.startswith("link_")
                and pin.split("_")[1] not in
                {str(row["index"]) for row in sandbox.interfaces().values()}]


def test_what_a_removed_interface_counted_is_kept(sandbox):
    add_pair(sandbox, "old0")
    start(sandbox)
    wait_for("old0 is attached", lambda: "old0" in sandbox.interfaces())
    wire = sandbox.add_wire(sandbox.there, "old0p")
    frame = Ether(dst=SENSOR_MAC) / IP(src="192.0.2.2", dst="192.0.2.1") / UDP(dport=3409)
    wire.send(bytes(frame), times=4)
    wait_for("4 packets", lambda: sandbox.packets(3409) == 4)
    batch(sandbox.here, "link del old0")
    wait_for("old0 is gone", lambda: "old0" not in sandbox.interfaces())
    assert sandbox.packets(3409) == 4


def test_a_renamed_interface_is_known_by_its_new_name(sandbox):
    add_pair(sandbox, "was0")
    start(sandbox)
    wait_for("was0 is attached", lambda: "was0" in sandbox.interfaces())
    batch(sandbox.here, "link set was0 down", "link set was0 name is0", "link set is0 up")
    wait_for("is0 is attached", lambda: "is0" in sandbox.interfaces() and
             "was0" not in sandbox.interfaces())


@pytest.mark.parametrize("pattern,wanted", [
    ("sensor*", {"sensor0", "sensor9"}),
    ("*, !new*", {"sensor0", "sensor9", "lo"}),
    ("sensor?, new?", {"sensor0", "sensor9", "new0"}),
    ("auto", {"sensor0", "sensor9", "new0", "lo"}),
])
def test_patterns_choose_interfaces_now_and_later(sandbox, pattern, wanted):
    start(sandbox, pattern)
    add_pair(sandbox, "new0")
    add_pair(sandbox, "sensor9")  # the last one: when it is there, new0 was decided on
    wait_for(f"{wanted} are attached", lambda: wanted <= set(sandbox.interfaces()))
    assert set(sandbox.interfaces()) == wanted


def test_run_waits_for_an_interface_that_is_not_there_yet(sandbox):
    sensor = sandbox.launch("--syslog", "none", "--interfaces", "late0")
    wait_for("the sensor runs", lambda: sandbox.status()["running"])
    add_pair(sandbox, "late0")
    wait_for("late0 is attached", lambda: "late0" in sandbox.interfaces())
    sensor.stop()


def test_what_changed_while_messages_were_lost_is_found(sandbox):
    add_pair(sandbox, "old0")
    sensor = start(sandbox, "*0")
    wait_for("old0 is attached", lambda: "old0" in sandbox.interfaces())
    sensor.send_signal(signal.SIGSTOP)
    batch(sandbox.here,  # more messages than the sensor's netlink socket has room for
          *(f"link set sensor0 alias a{i}" for i in range(1000)), "link del old0")
    add_pair(sandbox, "late0")
    sensor.send_signal(signal.SIGCONT)
    wait_for("late0 is attached", lambda: "late0" in sandbox.interfaces())
    wait_for("old0 is gone", lambda: "old0" not in sandbox.interfaces())
    batch(sandbox.here, "link del late0")
    wait_for("late0 is gone", lambda: "late0" not in sandbox.interfaces())


def test_an_own_address_stays_one_while_others_change(sandbox):
    """Thousands of addresses: to read them takes long enough that a change comes between."""
    batch(sandbox.here, *(f"addr add 10.{i >> 8}.{i & 255}.1/32 dev lo" for i in range(4000)))
    start(sandbox, "sensor0")
    changes = sandbox.directory / "changes"
    changes.write_text("addr add 10.99.0.1/32 dev lo\naddr del 10.99.0.1/32 dev lo\n" * 200_000)
    changing = sandbox.here.start("ip", "-batch", str(changes))
    for i in range(100):  # a peer each, so that no limit holds one back
        own = f"10.{15 - i % 8}.{i}.1"
        peer = f"172.16.{i}.1"
        sandbox.wire.send(bytes(Ether(src=PEER_MAC, dst=SENSOR_MAC) / IP(src=peer, dst=own)
                                / UDP(dport=3409)))
        time.sleep(0.02)
    wait_for("100 packets", lambda: sandbox.packets(3409) >= 100)
    wait_for("alerts", lambda: sandbox.alerts(event_action="probe"))
    assert changing.poll() is None
    assert not sandbox.alerts(event_action="transit")
