# SPDX-License-Identifier: GPL-2.0-only
"""What goes wrong around the sensor must not stop it, nor make it leave things behind."""

import fcntl
import itertools
import json
import os
import re
import signal
import time
from pathlib import Path

import kernel
import pytest
from netns import WAIT_SECONDS, batch, wait_for
from sandbox import PROGRAM
from wire import spoofed, tcp4, udp4

UNLIMITED = ("--per-peer", "none", "--total", "none", "--max-rate", "none")


@pytest.mark.parametrize("delay", [0, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12])
def test_stopped_while_it_starts_it_leaves_nothing(sandbox, delay):
    sensor = sandbox.launch("--syslog", "none", "--interfaces", "sensor0")
    time.sleep(delay)  # not a wait for something: the moment of the signal is what is tested
    sensor.process.send_signal(signal.SIGTERM)
    assert sensor.process.wait(WAIT_SECONDS) in (0, -signal.SIGTERM)
    assert not sandbox.pins()
    assert not kernel.is_attached(sandbox.here, "sensor0")


@pytest.mark.parametrize("flags", [(), ("--json-log", "-")], ids=["people", "json"])
def test_a_reader_of_standard_output_that_stalls_does_not_stop_the_sensor(sandbox, flags):
    reading, writing = os.pipe()
    sensor = sandbox.launch("--syslog", "none", "--interfaces", "sensor0", *UNLIMITED, *flags,
                            stdout=writing).wait_ready(["sensor0"])
    os.close(writing)
    sandbox.wire.send(*spoofed(5000))
    sandbox.wait_packets(3409, 5000)
    wait_for("lines are dropped", lambda: sandbox.status()["sinks"][0]["dropped"] > 0)
    assert sensor.stop() == 0
    os.close(reading)


def test_what_the_sensor_says_of_itself_waits_for_no_reader(sandbox):
    """Not at the start, not for an interface, not at a reload; and it comes whole, in order."""
    reading, writing = os.pipe()
    size = fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    os.write(writing, b"x" * (size - 1) + b"\n")
    sensor = sandbox.launch("--interfaces", "sensor0, new*", "--json-log", str(sandbox.log),
                            config="[syslog]\ntarget = none\n",
                            stdout=writing).wait_ready(["sensor0"])
    os.close(writing)
    batch(sandbox.here, "link add new0 type veth peer name other", "link set new0 up")
    wait_for("it is watched", lambda: "new0" in sandbox.interfaces())
    sensor.send_signal(signal.SIGHUP)
    time.sleep(0.5)  # time to be caught in
    sandbox.wire.send(tcp4(3409))
    sandbox.wait_alert(event_action="probe")
    with os.fdopen(reading) as output:
        text = ""
        while " probe " not in text and (line := output.readline()):
            text += line
    heard = re.findall(r"^portsentinel: (watching ports|\w+: in by) |^\d\S+ \S+ \w+ +(probe) ", text,
                       re.MULTILINE)
    assert ["".join(words) for words in heard] == [
        "watching ports", "sensor0: in by", "new0: in by", "watching ports", "probe"], text


def test_a_name_of_an_interface_moves_no_terminal(sandbox):
    sensor = sandbox.launch("--syslog", "none", "--interfaces", "*").wait_ready(["sensor0"])
    batch(sandbox.here, "link add \x1b[7m type veth peer name other", "link set \x1b[7m up")
    said = wait_for("it is said", lambda: [
        line for line in sensor.lines() if "[7m: in by" in line])
    assert said[0].startswith("portsentinel: \\x1b[7m: in by")


def test_a_reader_of_standard_output_that_goes_does_not_stop_the_sensor(sandbox):
    reading, writing = os.pipe()
    sensor = sandbox.launch("--syslog", "none", "--interfaces", "sensor0", "--json-log", "-",
                            stdout=writing).wait_ready(["sensor0"])
    os.close(writing)
    os.close(reading)
    sandbox.wire.send(*spoofed(10))
    sandbox.wait_packets(3409, 10)
    assert sensor.process.poll() is None
    sensor.stop()


def test_a_full_disk_is_counted_and_does_not_stop_the_sensor(sandbox):
    sandbox.launch("--syslog", "none", "--interfaces", "sensor0", "--json-log",
                   "/dev/full").wait_ready(["sensor0"])
    sandbox.wire.send(tcp4(3409), udp4(3410))

    def dropped():
        return [sink for sink in sandbox.status()["sinks"]
                if sink["kind"] == "json-log" and sink["dropped"]]

    wait_for("the log's drops are counted", dropped)
    sandbox.wait_packets(3409, 1)


def test_an_interface_that_goes_down_and_up_is_watched_on(sandbox):
    sandbox.start()
    batch(sandbox.here, "link set sensor0 down", "link set sensor0 up")
    wait_for("it is attached", lambda: "sensor0" in sandbox.interfaces())
    wait_for("the wire carries", lambda: "LOWER_UP" in sandbox.here.call(
        "ip", "link", "show", "sensor0"))
    sandbox.wire.send(udp4(3409))
    sandbox.wait_packets(3409, 1)


def test_a_second_instance_finds_the_xdp_slot_taken_by_the_first(sandbox):
    sandbox.start("--xdp", "native")
    other = sandbox.instance + "-2"
    sandbox.launch("--syslog", "none", "--interfaces", "sensor0", "--xdp", "native",
                   instance=other).wait_ready(["sensor0"])
    row = sandbox.interfaces(other)["sensor0"]
    assert row["ingress"] in ("tcx", "clsact") and "taken" in row["why_not_better"]
    sandbox.wire.send(udp4(3409), times=3)
    sandbox.wait_packets(3409, 3)
    wait_for("the other counts too", lambda: [
        row["packets"] for row in sandbox.rows("direction", "in", instance=other)] == [3])


def test_detaching_under_a_running_sensor_is_refused(sandbox):
    sensor = sandbox.start()
    error = sandbox.cli("interface", "detach", expect=1, inside=True)["error"]
    assert f"process {sensor.process.pid}" in error
    assert "sensor0" in sandbox.interfaces()
    sandbox.wire.send(udp4(3409))
    sandbox.wait_packets(3409, 1)


def test_a_reload_with_a_collector_that_stalls_does_not_hang(sandbox):
    sensor = sandbox.launch(config="[sensor]\ninterfaces = sensor0\n[syslog]\n"
                                   "target = tcp://192.0.2.2:5514\n").wait_ready(["sensor0"])
    sandbox.wire.send(tcp4(3409))
    sensor.send_signal(signal.SIGHUP)
    sandbox.wire.send(udp4(3410))
    sandbox.wait_packets(3410, 1)
    assert sensor.stop() == 0


def test_a_reload_changes_the_way_of_attaching(sandbox):
    base = "[syslog]\ntarget = none\n[sensor]\ninterfaces = sensor0\n"
    sensor = sandbox.launch(config=base + "xdp = generic\n").wait_ready(["sensor0"])
    assert sandbox.interfaces()["sensor0"]["ingress"] == "xdp-generic"
    (sandbox.directory / f"{sandbox.instance}.conf").write_text(base + "xdp = off\n")
    sensor.send_signal(signal.SIGHUP)
    wait_for("tc", lambda: sandbox.interfaces().get("sensor0", {}).get("ingress") in
             ("tcx", "clsact"))
    sandbox.wire.send(udp4(3409))
    sandbox.wait_packets(3409, 1)


def test_an_error_of_run_is_json_under_j(sandbox):
    path = sandbox.directory / "bad.conf"
    path.write_text("[sensor]\nports = x\n")
    assert "bad.conf:2" in sandbox.cli("-c", str(path), "run", expect=2)["error"]


@pytest.mark.parametrize("words", [("counter", "show"), ("port", "show"), ("peer", "show"),
                                   ("interface", "show"), ("status", "show")], ids=" ".join)
def test_without_root_there_is_an_answer_or_a_reason(sandbox, words):
    sandbox.start()
    command = ("setpriv", "--reuid", "65534", "--clear-groups", PROGRAM, "-j", "-n",
               sandbox.instance, *words)
    process = sandbox.here.start(*command, stdout=-1, stderr=-1)
    output, _ = process.communicate(timeout=WAIT_SECONDS)
    value = json.loads(output)
    assert process.returncode == 0 or (process.returncode == 1 and "error" in value)


def test_more_peers_than_there_is_room_for_are_evicted_and_counted(sandbox):
    sandbox.start("--total", "10/s")
    sent = sandbox.wire.send(*spoofed(100_000))
    sandbox.wait_packets(3409, sent)
    accounting = sandbox.accounting()
    assert accounting["matched"] == (accounting["sampled"] + accounting["suppressed"] +
                                     accounting["lost"])
    shown = sandbox.cli("peer", "show", "limit", "100000")["peers"]
    assert len(shown) + accounting["peers_evicted"] == sent
    assert len(shown) > 50_000


MILLION = 1_000_000


def test_a_million_spoofed_peers_hide_no_connection(sandbox):
    """Memory and alerts stay bounded, every packet is counted, and the one real thing is told."""
    server = sandbox.here.start("nc", "-l", "-k", "3410")
    wait_for("nc listens", lambda: sandbox.here.listens("tcp", 3410))
    sensor = sandbox.start("--xdp", "native")
    began = time.monotonic()
    frames = spoofed(MILLION)
    for batch in range(10):
        sandbox.wire.send(*itertools.islice(frames, MILLION // 10))
        if batch == 5:
            sandbox.there.call("nc", "-z", "192.0.2.1", "3410")
    sandbox.wait_packets(3409, MILLION - sandbox.wire.dropped())
    alert = sandbox.wait_alert(event_action="connection", destination_port=3410)
    assert alert["process"]["pid"] == server.pid
    seconds = time.monotonic() - began
    assert len(sandbox.alerts()) <= 20 * (seconds + 2)
    accounting = sandbox.accounting()
    assert accounting["matched"] == \
        accounting["sampled"] + accounting["suppressed"] + accounting["lost"]
    status = Path(f"/proc/{sensor.process.pid}/status").read_text()
    assert int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) < 160 << 10
