# SPDX-License-Identifier: GPL-2.0-only
"""A sensor in a pid namespace of its own: who has no number there is named all the same."""

import os
import signal
from pathlib import Path

import pytest
from lines import read_lines
from netns import wait_for
from sandbox import PROGRAM
from wire import SENSOR4

FLAGS = ("--syslog", "none", "--interfaces", "sensor0", "--window", "1s", "--max-rate", "1000/s")


class Apart:
    """`run` as the first process of a pid namespace, with a /proc of it or with the host's."""

    def __init__(self, sandbox, *options):
        self.sandbox = sandbox
        self.output = sandbox.directory / "apart.out"
        config = sandbox.directory / "apart.conf"
        config.write_text("")
        with open(self.output, "wb") as output:
            self.wrapper = sandbox.here.start(
                "unshare", "--pid", "--fork", *options, PROGRAM, "-n", sandbox.instance, "-c",
                str(config), "run", *FLAGS, "--json-log", str(sandbox.log), stdout=output,
                stderr=output)
        wait_for("the sensor watches", lambda: "sensor0: in by" in self.said())
        self.outer, *_ = found = self.descendants()
        self.pid = found[-1]

    def descendants(self):
        """The only child of the wrapper, its only child and so on; the sensor is the last."""
        pid, found = self.wrapper.pid, []
        while children := Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split():
            pid = int(children[0])
            found.append(pid)
        return found

    def said(self):
        return self.output.read_text()

    def close(self):
        os.kill(self.pid, signal.SIGTERM)
        self.wrapper.wait()


@pytest.fixture(name="start_apart")
def make_start_apart(sandbox):
    made = []

    def start(*options):
        made.append(Apart(sandbox, *options))
        return made[-1]

    yield start
    for sensor in made:
        sensor.close()


def serve(sandbox, *prefix):
    """A server that lives in the sensor's network namespace, told as soon as it listens."""
    server = sandbox.here.start(*prefix, "nc", "-l", "-k", "3409")
    wait_for("nc listens", lambda: sandbox.here.listens("tcp", 3409))
    return server


def connections(sandbox):
    """Alerts of connections that the server accepted, whose process is proved."""
    return [alert for alert in sandbox.alerts(event_action="connection")
            if alert["portsentinel"]["quality"] not in ("none", "listener")]


def test_a_process_outside_is_named_without_a_number(sandbox, start_apart):
    sensor = start_apart("--mount-proc")
    assert "this is a pid namespace of its own" in sensor.said()
    serve(sandbox)
    sandbox.there.call("nc", "-z", SENSOR4, "3409")
    listener = sandbox.wait_alert(event_action="listener", process_name="nc")
    connection = wait_for("the connection", lambda: connections(sandbox))[0]
    for alert in (listener, connection):
        assert "pid" not in alert["process"], alert
        assert os.path.basename(alert["process"]["executable"]).startswith("nc")
        assert "by nc (no pid here" in alert["message"]
    assert connection["portsentinel"]["quality"] == "joined"  # it has no octets
    said = [alert["message"] for alert in read_lines(sandbox.log)]
    assert not any("pid 0" in message or "the kernel" in message for message in said)


def numbers_of(name):
    """Of each process of that name, its number in each pid namespace, the host's first."""
    found = []
    for path in Path("/proc").glob("[0-9]*/status"):
        try:
            text = path.read_text()
        except OSError:
            continue  # gone
        if text.startswith(f"Name:\t{name}\n"):
            line = next(line for line in text.splitlines() if line.startswith("NSpid:"))
            found.append([int(number) for number in line.split()[1:]])
    return found


def check_server(sandbox, outer):
    """One in the pid namespace of the process `outer` is told with its number there."""
    serve(sandbox, "nsenter", f"--pid=/proc/{outer}/ns/pid", "--")
    listener = sandbox.wait_alert(event_action="listener", process_name="nc")
    server = next(numbers for numbers in numbers_of("nc") if len(numbers) == 2)
    try:
        assert listener["process"]["pid"] == server[1]
    finally:
        os.kill(server[0], signal.SIGTERM)


def test_a_process_inside_has_the_number_that_it_has_there(sandbox, start_apart):
    check_server(sandbox, start_apart("--mount-proc").outer)


def test_numbers_are_those_of_proc_whatever_namespace_the_sensor_is_in(sandbox, start_apart):
    """Its own is nested in the one whose processes /proc tells, which is not the host's."""
    sensor = start_apart("--mount-proc", "unshare", "--pid", "--fork")
    assert "this is a pid namespace of its own" in sensor.said()
    check_server(sandbox, sensor.outer)
