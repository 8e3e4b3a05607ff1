# SPDX-License-Identifier: GPL-2.0-only
"""Start, stop, crash, start again: nothing is left behind, nothing is forgotten."""

import signal

import kernel
import pytest
from netns import WAIT_SECONDS, call, wait_for
from sandbox import BPF_FS
from wire import tcp4, udp4


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("xdp", ["off", "generic", "native"])
def test_after_a_clean_stop_nothing_is_left(sandbox, xdp, number):
    sensor = sandbox.start("--xdp", xdp)
    assert sensor.programs and sandbox.pins()
    assert kernel.is_attached(sandbox.here, "sensor0")
    assert sensor.stop(number) == 0
    wait_for("the programs are gone", lambda: not kernel.programs_alive(sensor.programs))
    assert not kernel.is_attached(sandbox.here, "sensor0")
    assert not sandbox.pins()


def test_a_stopped_sensor_is_not_running(sandbox):
    sandbox.start().stop()
    assert sandbox.status()["running"] is False


def test_with_keep_the_kernel_counts_on(sandbox):
    sensor = sandbox.start("--keep", "yes")
    sandbox.wire.send(udp4(3409), times=3)
    sandbox.wait_packets(3409, 3)
    assert sensor.stop() == 0
    assert sandbox.status()["running"] is False
    sandbox.wire.send(udp4(3409), times=7)
    sandbox.wait_packets(3409, 10)
    assert sandbox.interfaces()["sensor0"]["ingress"] == sandbox.tc_mode()


def test_detach_takes_down_what_keep_left(sandbox):
    sensor = sandbox.start("--keep", "yes")
    sensor.stop()
    assert kernel.programs_alive(sensor.programs)
    sandbox.cli("interface", "detach", inside=True)
    wait_for("the programs are gone", lambda: not kernel.programs_alive(sensor.programs))
    assert not sandbox.pins()
    assert not sandbox.interfaces()


@pytest.mark.parametrize("xdp", ["off", "native"])
def test_after_a_crash_the_kernel_counts_on_and_a_new_run_takes_over(sandbox, xdp):
    first = sandbox.start("--xdp", xdp)
    sandbox.wire.send(udp4(3409), times=3)
    sandbox.wait_packets(3409, 3)
    first.process.kill()
    first.process.wait()
    assert sandbox.status()["running"] is False
    sandbox.wire.send(udp4(3409), times=4)
    sandbox.wait_packets(3409, 7)
    second = sandbox.start("--xdp", xdp)
    wait_for("the first programs are gone", lambda: not kernel.programs_alive(
        first.programs - second.programs))
    sandbox.wire.send(udp4(3409), times=5)
    sandbox.wait_packets(3409, 12)
    sandbox.wait_alert(event_action="probe")


def leave_records(sandbox, count):
    """Records of interfaces that are gone, as a sensor that crashed leaves them."""
    pin = BPF_FS / sandbox.instance / "interfaces"
    record = " ".join(["0"] * 256)
    call("bpftool", "batch", "file", "-", input="".join(
        f"map update pinned {pin} key {' '.join(map(str, index.to_bytes(4, 'little')))} "
        f"value {record}\n" for index in range(1_000_000, 1_000_000 + count)))


def test_a_crashed_sensor_of_many_interfaces_is_taken_over(sandbox):
    first = sandbox.start()
    first.process.kill()
    first.process.wait()
    leave_records(sandbox, 250)  # of 4096 buckets some hold two, all but certainly
    sandbox.start()
    assert set(sandbox.interfaces()) == {"sensor0"}
    sandbox.wire.send(udp4(3409), times=3)
    sandbox.wait_packets(3409, 3)


def test_a_crashed_sensor_can_be_detached(sandbox):
    sensor = sandbox.start()
    sensor.process.kill()
    sensor.process.wait()
    assert kernel.programs_alive(sensor.programs)
    sandbox.cli("interface", "detach", inside=True)
    wait_for("the programs are gone", lambda: not kernel.programs_alive(sensor.programs))
    assert not sandbox.pins()


def test_a_second_run_of_the_same_instance_is_refused(sandbox):
    sandbox.start()
    second = sandbox.launch("--syslog", "none", "--interfaces", "sensor0")
    assert second.process.wait(WAIT_SECONDS) == 1
    assert "portsentinel: " in second.complaints()
    assert sandbox.instance in second.complaints()
    sandbox.wire.send(udp4(3409))
    sandbox.wait_packets(3409, 1)


def test_two_instances_side_by_side_do_not_meet(sandbox):
    other = sandbox.instance + "-2"
    sandbox.start()
    second = sandbox.launch("--syslog", "none", "--interfaces", "sensor0", "--ports", "53/udp",
                            "--json-log", "none", instance=other)
    second.wait_ready(["sensor0"])
    sandbox.wire.send(udp4(3409), times=2)
    sandbox.wire.send(udp4(53), times=3)
    sandbox.wait_packets(3409, 2)
    wait_for("3 packets", lambda: [(row["port"], row["packets"]) for row in sandbox.rows(
        "direction", "in", instance=other)] == [(53, 3)])
    assert sandbox.packets(53) == 0
    assert second.stop() == 0
    sandbox.wire.send(udp4(3409))
    sandbox.wait_packets(3409, 3)


def test_a_sensor_that_cannot_start_leaves_nothing(sandbox):
    sensor = sandbox.launch("--syslog", "none", "--json-log", "/nonexistent/directory/log",
                            "--interfaces", "sensor0")
    assert sensor.process.wait(WAIT_SECONDS) == 1
    assert "/nonexistent/directory/log" in sensor.complaints()
    assert not sandbox.pins()


def test_counters_start_anew_after_a_clean_stop(sandbox):
    sandbox.start().stop()
    sensor = sandbox.start()
    sandbox.wire.send(tcp4(3409))
    sandbox.wait_packets(3409, 1)
    sensor.stop()


@pytest.mark.parametrize("xdp", ["off", "native", "generic"])
def test_no_packet_is_missed_while_a_new_run_takes_over(sandbox, xdp):
    first = sandbox.start("--xdp", xdp)
    first.process.kill()
    first.process.wait()
    second = sandbox.launch("--xdp", xdp, "--syslog", "none", "--interfaces", "sensor0")
    sent = 0
    while not sandbox.status()["running"] or sent < 2000:
        sandbox.wire.send(udp4(3409), times=20)
        sent += 20
    second.wait_ready(("sensor0",))
    sandbox.wait_packets(3409, sent)
    assert sandbox.packets(3409) == sent
