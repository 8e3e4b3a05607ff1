# SPDX-License-Identifier: GPL-2.0-only
"""Where the programs are put, and that other people's are let alone."""

import json
import socket

import kernel
import pytest
from netns import call
from wire import tcp4

FOREIGN_FILTER = ("bpf", "bytecode", "1,6 0 0 4294967295,")


def tc(sandbox, *arguments):
    return call("tc", "-n", sandbox.here.name, *arguments)


@pytest.fixture
def tcx(sandbox):
    if sandbox.tc_mode() != "tcx":
        pytest.skip("this kernel has no tcx (6.6)")


@pytest.mark.parametrize("xdp,mode", [("native", "xdp-native"), ("generic", "xdp-generic")])
def test_xdp_is_forced(sandbox, xdp, mode):
    sandbox.start("--xdp", xdp)
    row = sandbox.interfaces()["sensor0"]
    assert row["ingress"] == mode
    if sandbox.tc_mode() == "tcx":
        assert row["why_not_better"] is None
    sandbox.wire.send(tcp4(3409))
    sandbox.wait_packets(3409, 1)


def test_without_xdp_both_directions_are_tc(sandbox):
    mode = sandbox.tc_mode()
    sandbox.start("--xdp", "off")
    row = sandbox.interfaces()["sensor0"]
    assert row["ingress"] == row["egress"] == mode


def test_virtual_interfaces_are_not_slowed_by_native_xdp(sandbox):
    mode = sandbox.tc_mode()
    sandbox.start()
    assert sandbox.interfaces()["sensor0"]["ingress"] == mode


def test_native_xdp_on_loopback_falls_back_and_says_why(sandbox):
    sandbox.start("--xdp", "native", interfaces=("lo",))
    row = sandbox.interfaces()["lo"]
    assert row["ingress"] in ("tcx", "clsact")
    assert "xdp-native" in row["why_not_better"]


@pytest.mark.parametrize("xdp,flags", [("generic", kernel.XDP_SKB_MODE),
                                       ("native", kernel.XDP_DRV_MODE),
                                       ("generic", kernel.XDP_DRV_MODE)])
def test_a_taken_xdp_slot_falls_back_to_tc_and_says_so(sandbox, xdp, flags):
    with kernel.attached(sandbox.here, "sensor0", kernel.PROG_XDP, kernel.XDP, kernel.XDP_PASS,
                         flags):
        before = json.loads(call("ip", "-n", sandbox.here.name, "-j", "link", "show", "sensor0"))
        sensor = sandbox.start("--xdp", xdp)
        row = sandbox.interfaces()["sensor0"]
        assert row["ingress"] in ("tcx", "clsact")
        assert "taken" in row["why_not_better"]
        assert "taken" in json.dumps(sandbox.status())
        assert "taken" in sensor.output.read_text() + sensor.complaints()
        sandbox.wire.send(tcp4(3409))
        sandbox.wait_packets(3409, 1)
        sensor.stop()
        after = json.loads(call("ip", "-n", sandbox.here.name, "-j", "link", "show", "sensor0"))
        assert after[0]["xdp"] == before[0]["xdp"]


def test_other_peoples_clsact_and_filters_stay(sandbox):
    tc(sandbox, "qdisc", "add", "dev", "sensor0", "clsact")
    for direction in ("ingress", "egress"):
        tc(sandbox, "filter", "add", "dev", "sensor0", direction, *FOREIGN_FILTER)

    def state():
        return [tc(sandbox, "-s", "qdisc", "show", "dev", "sensor0", "clsact").split("Sent")[0]] + [
            tc(sandbox, "filter", "show", "dev", "sensor0", direction)
            for direction in ("ingress", "egress")]

    before = state()
    sensor = sandbox.start()
    sandbox.wire.send(tcp4(3409))
    sandbox.wait_packets(3409, 1)
    sensor.stop()
    assert state() == before


def test_other_peoples_tcx_programs_stay_and_do_not_hide_packets(sandbox, tcx):
    """A foreign program in front that ends the chain (TCX_PASS) would hide packets."""
    with kernel.attached(sandbox.here, "sensor0", kernel.PROG_SCHED_CLS, kernel.TCX_INGRESS, 0):
        links = {link["id"] for link in kernel.listed("link")}
        sensor = sandbox.start("--xdp", "off")
        sandbox.wire.send(tcp4(3409), times=3)
        sandbox.wait_packets(3409, 3)
        sensor.stop()
        assert links <= {link["id"] for link in kernel.listed("link")}


@pytest.fixture
def full_tcx(sandbox):
    """Both hooks hold as many programs as the kernel lets in. Before 6.6 there are none: clsact."""
    if sandbox.tc_mode() == "clsact":
        yield "clsact"
        return
    with kernel.attached(sandbox.here, "sensor0", kernel.PROG_SCHED_CLS, kernel.TCX_INGRESS,
                         kernel.TCX_NEXT, times=None), \
            kernel.attached(sandbox.here, "sensor0", kernel.PROG_SCHED_CLS, kernel.TCX_EGRESS,
                            kernel.TCX_NEXT, times=None):
        yield "tcx"


def test_without_room_for_tcx_there_is_clsact_and_it_is_cleaned_up(sandbox, full_tcx):
    sensor = sandbox.start("--xdp", "off")
    row = sandbox.interfaces()["sensor0"]
    assert row["ingress"] == row["egress"] == "clsact"
    if full_tcx == "tcx":
        assert "tcx" in row["why_not_better"]
    sandbox.wire.send(tcp4(3409), times=5)
    sandbox.wait_packets(3409, 5)
    sandbox.wait_packets(3409, 5, "out", "from")
    sensor.stop()
    assert "clsact" not in tc(sandbox, "qdisc", "show", "dev", "sensor0")


def test_a_foreign_filter_beside_our_clsact_filter_stays(sandbox, full_tcx):
    tc(sandbox, "qdisc", "add", "dev", "sensor0", "clsact")
    tc(sandbox, "filter", "add", "dev", "sensor0", "ingress", *FOREIGN_FILTER)
    before = tc(sandbox, "filter", "show", "dev", "sensor0", "ingress")
    sensor = sandbox.start("--xdp", "off")
    sandbox.wire.send(tcp4(3409))
    sandbox.wait_packets(3409, 1)
    assert tc(sandbox, "filter", "show", "dev", "sensor0", "ingress") != before
    sensor.stop()
    assert tc(sandbox, "filter", "show", "dev", "sensor0", "ingress") == before
    assert "clsact" in tc(sandbox, "qdisc", "show", "dev", "sensor0")


def test_clsact_that_others_began_to_use_stays(sandbox, full_tcx):
    sensor = sandbox.start("--xdp", "off")
    tc(sandbox, "filter", "add", "dev", "sensor0", "egress", *FOREIGN_FILTER)
    sensor.stop()
    left = tc(sandbox, "filter", "show", "dev", "sensor0", "egress")
    assert "bytecode" in left and "portsentinel" not in left and "packet_" not in left


def test_a_jumbo_interface_is_watched(sandbox):
    call("ip", "-n", sandbox.there.name, "link", "set", "peer0", "mtu", "9000")
    call("ip", "-n", sandbox.here.name, "link", "set", "sensor0", "mtu", "9000")
    sandbox.start("--xdp", "native")
    with sandbox.there.entered():
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with client:
        client.sendto(b"x" * 8000, ("192.0.2.1", 3409))
    sandbox.wait_packets(3409, 1)
    assert sandbox.rows("port", "3409", "direction", "in")[0]["bytes"] == 8000 + 42


def test_a_clsact_filter_that_keep_left_is_detached_in_its_namespace(sandbox, full_tcx):
    sandbox.start("--xdp", "off", "--keep", "yes").stop()
    assert kernel.filters(sandbox.here, "sensor0")
    outside = sandbox.run("-j", "interface", "detach")
    assert outside.returncode == 1 and "namespace" in json.loads(outside.stdout)["error"]
    assert kernel.filters(sandbox.here, "sensor0")
    sandbox.cli("interface", "detach", inside=True)
    assert not kernel.filters(sandbox.here, "sensor0")
    assert not sandbox.pins()


def test_a_crash_leaves_a_clsact_filter_that_the_next_run_replaces(sandbox, full_tcx):
    first = sandbox.start("--xdp", "off")
    first.process.kill()
    first.process.wait()
    second = sandbox.start("--xdp", "off")
    sandbox.wire.send(tcp4(3409), times=5)
    sandbox.wait_packets(3409, 5)
    assert second.stop() == 0
    assert not kernel.filters(sandbox.here, "sensor0")
    assert "clsact" not in tc(sandbox, "qdisc", "show", "dev", "sensor0")
