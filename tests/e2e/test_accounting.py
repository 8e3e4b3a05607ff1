# SPDX-License-Identifier: GPL-2.0-only
"""matched = sampled + suppressed + lost, whatever happens."""

import os
import signal
import time

from netns import wait_for
from wire import Wire, spoofed, tcp4, udp4

BURST = 200_000
EVERYTHING = ("--per-peer", "none", "--total", "none")


def identity_holds(accounting):
    return accounting["matched"] == (accounting["sampled"] + accounting["suppressed"] +
                                     accounting["lost"])


def send_from_every_cpu(sandbox, frame, count):
    """Bursts from one process a CPU; returns how many frames were sent and not dropped."""
    cpus = sorted(os.sched_getaffinity(0))
    shares = [count // len(cpus) + (i < count % len(cpus)) for i in range(len(cpus))]
    before = sandbox.wire.dropped()
    children = []
    for cpu, share in zip(cpus, shares):
        child = os.fork()
        if child == 0:
            status = 1
            try:
                os.sched_setaffinity(0, {cpu})
                Wire(sandbox.there, "peer0").send(frame, times=share)
                status = 0
            finally:
                os._exit(status)
        children.append(child)
    assert all(os.waitpid(child, 0)[1] == 0 for child in children)
    return count - (sandbox.wire.dropped() - before)


def test_the_identity_holds_with_a_burst_into_a_full_ring(sandbox):
    sensor = sandbox.start(*EVERYTHING, "--ring-size", "64K")
    sensor.send_signal(signal.SIGSTOP)
    arrived = send_from_every_cpu(sandbox, udp4(3409), BURST)
    assert arrived > BURST / 2
    sandbox.wait_packets(3409, arrived)
    accounting = sandbox.accounting()
    sensor.send_signal(signal.SIGCONT)
    assert accounting["matched"] >= arrived
    assert identity_holds(accounting), accounting
    assert accounting["suppressed"] == 0
    assert accounting["lost"] > arrived * 0.9
    assert accounting["sampled"] < 1000


def test_the_sensor_goes_on_after_the_ring_was_full(sandbox):
    sensor = sandbox.start(*EVERYTHING, "--ring-size", "64K", "--window", "1s")
    sensor.send_signal(signal.SIGSTOP)
    sandbox.wire.send(udp4(3409), times=2000)
    assert sandbox.accounting()["lost"] > 0
    sensor.send_signal(signal.SIGCONT)
    sandbox.wait_alert(event_action="probe", destination_port=3409)
    sandbox.wire.send(tcp4(3410))
    sandbox.wait_alert(event_action="probe", destination_port=3410)
    assert identity_holds(sandbox.accounting())


def test_lost_samples_are_told(sandbox):
    sensor = sandbox.start(*EVERYTHING, "--ring-size", "64K", "--window", "1s")
    sensor.send_signal(signal.SIGSTOP)
    sandbox.wire.send(udp4(3409), times=2000)
    sensor.send_signal(signal.SIGCONT)
    wait_for("an alert about the sensor's own loss", lambda: sandbox.alerts(event_action="sensor"))


def test_the_identity_holds_under_load_with_everything_sampled(sandbox):
    sandbox.start(*EVERYTHING)
    arrived = send_from_every_cpu(sandbox, tcp4(3409, "A"), 50_000)
    sandbox.wait_packets(3409, arrived)
    assert identity_holds(sandbox.accounting()), sandbox.accounting()


def test_a_peer_is_sampled_at_its_rate_and_the_rest_is_suppressed(sandbox):
    sandbox.start("--per-peer", "10/s", "--peer-burst", "20")
    began = time.monotonic()
    sandbox.wire.send(udp4(3409), times=500)
    sandbox.wait_packets(3409, 500)
    accounting = sandbox.accounting()
    took = time.monotonic() - began
    assert accounting["lost"] == 0
    assert identity_holds(accounting), accounting
    assert 20 <= accounting["sampled"] <= 20 + 10 * took + 2


def test_one_loud_peer_does_not_silence_the_others(sandbox):
    sandbox.start("--per-peer", "10/s", "--peer-burst", "20")
    sandbox.wire.send(udp4(3409), times=500)
    sandbox.wire.send(udp4(3409, source="192.0.2.77"))
    sandbox.wait_alert(source_ip="192.0.2.77")


def test_all_peers_together_are_sampled_at_the_total_rate(sandbox):
    sandbox.start("--total", "100/s")
    began = time.monotonic()
    sandbox.wire.send(*spoofed(2000))
    sandbox.wait_packets(3409, 2000)
    accounting = sandbox.accounting()
    took = time.monotonic() - began
    assert identity_holds(accounting), accounting
    assert 0 < accounting["sampled"] <= 100 + 100 * took + 2
    assert accounting["suppressed"] == accounting["matched"] - accounting["sampled"]


def test_ten_thousand_peers_have_room(sandbox):
    sandbox.start("--total", "100/s")
    sandbox.wire.send(*spoofed(10_000))
    sandbox.wait_packets(3409, 10_000)
    shown = sandbox.cli("peer", "show", "limit", "100000")["peers"]
    accounting = sandbox.accounting()
    assert len(shown) + accounting["peers_evicted"] == 10_000
    assert len(shown) > 9_900
    assert identity_holds(accounting)
