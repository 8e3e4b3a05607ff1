# SPDX-License-Identifier: GPL-2.0-only
"""What a service manager is told, and whether the unit file lets the sensor do its work."""

import re
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
from netns import WAIT_SECONDS, call, wait_for
from sandbox import PROGRAM
from wire import tcp4

ROOT = Path(__file__).resolve().parents[2]
UNIT = ROOT / "scripts" / "portsentinel.service"


class Manager:
    """The manager's socket: each datagram's lines, as they come."""

    def __init__(self, sandbox, address):
        self.lines = []
        with sandbox.here.entered():  # abstract names are of a network namespace
            self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)

    def wait(self, line, seconds=WAIT_SECONDS):
        """Reads until the line comes; returns all that were read until then."""
        before = []
        self.socket.settimeout(seconds)
        while True:
            lines = self.socket.recv(4096).decode().split("\n")
            self.lines.append(lines)
            before += lines
            if any(re.fullmatch(line, each) for each in lines):
                return before


@pytest.fixture(params=["path", "abstract"])
def manager(sandbox, monkeypatch, request):
    path = str(sandbox.directory / "notify")
    name = "\0" + sandbox.instance
    made = Manager(sandbox, path if request.param == "path" else name)
    monkeypatch.setenv("NOTIFY_SOCKET", path if request.param == "path" else "@" + name[1:])
    yield made
    made.socket.close()


def test_a_manager_hears_of_start_reload_and_end(sandbox, manager):
    sensor = sandbox.launch("--interfaces", "sensor0", "--syslog", "none")
    manager.wait("READY=1")
    assert "sensor0" in sandbox.interfaces()  # it was attached before it was ready
    assert manager.lines[-1][1].startswith("STATUS=0 packets")
    sandbox.wire.send(tcp4(3409))
    manager.wait("STATUS=[12] packets of watched ports, 1 alerts")
    before = time.monotonic_ns() // 1000
    sensor.send_signal(signal.SIGHUP)
    manager.wait("RELOADING=1")
    microseconds = int(manager.lines[-1][1].removeprefix("MONOTONIC_USEC="))
    assert before <= microseconds <= time.monotonic_ns() // 1000
    manager.wait("READY=1")
    assert sensor.stop() == 0
    manager.wait("STOPPING=1")


def test_signs_of_life_come_in_time(sandbox, manager, monkeypatch):
    monkeypatch.setenv("WATCHDOG_USEC", "600000")
    launched = time.monotonic()
    sensor = sandbox.launch("--interfaces", "sensor0", "--syslog", "none")
    manager.wait("READY=1")
    for _ in range(8):
        manager.wait("WATCHDOG=1", 6)
    assert time.monotonic() - launched > 8 * 0.2  # a sign each 0.3 s, and no more
    sensor.send_signal(signal.SIGSTOP)
    wait_for("it is stopped", lambda: "\nState:\tT" in Path(
        f"/proc/{sensor.process.pid}/status").read_text())
    manager.socket.setblocking(False)
    with pytest.raises(BlockingIOError):
        while True:
            manager.socket.recv(4096)
    manager.socket.settimeout(1)
    with pytest.raises(TimeoutError):  # a sensor that hangs is one that is silent
        manager.socket.recv(4096)
    sensor.send_signal(signal.SIGCONT)
    manager.wait("WATCHDOG=1")


def test_the_watchdog_of_another_process_is_none_of_ours(sandbox, manager, monkeypatch):
    monkeypatch.setenv("WATCHDOG_USEC", "200000")
    monkeypatch.setenv("WATCHDOG_PID", "1")
    sandbox.launch("--interfaces", "sensor0", "--syslog", "none")
    manager.wait("READY=1")
    sandbox.wire.send(tcp4(3409))
    assert "WATCHDOG=1" not in manager.wait("STATUS=.* 1 alerts")


def test_a_manager_that_does_not_read_delays_nothing(sandbox, manager, monkeypatch):
    monkeypatch.setenv("WATCHDOG_USEC", "2000")
    sandbox.start()
    time.sleep(1)  # its queue is full by now
    sandbox.wire.send(tcp4(3409))
    sandbox.wait_alert(event_action="probe")


def unit_capabilities():
    words = re.search(r"^CapabilityBoundingSet=(.*)$", UNIT.read_text(), re.MULTILINE)[1].split()
    return [word.removeprefix("CAP_").lower() for word in words]


def test_the_units_capabilities_are_enough(sandbox):
    """As systemd would: no others to gain, and no new privileges."""
    allowed = ",".join(f"+{name}" for name in unit_capabilities())
    sandbox.here.start("setpriv", "--reuid=nobody", "--clear-groups", "nc", "-l", "-k", "3409")
    wait_for("nc listens", lambda: sandbox.here.listens("tcp", 3409))
    sandbox.log.touch()
    sandbox.here.start("setpriv", f"--bounding-set=-all,{allowed}", "--no-new-privs", PROGRAM,
                       "-n", sandbox.instance, "-c", "/dev/null", "run", "--interfaces", "sensor0",
                       "--syslog", "none", "--json-log", str(sandbox.log),
                       stdout=subprocess.DEVNULL)
    wait_for("it is attached", lambda: "sensor0" in sandbox.interfaces())
    sandbox.wire.send(tcp4(3409))
    alert = sandbox.wait_alert(event_action="connection")
    assert alert["process"]["name"] == "nc"


def test_make_install_puts_the_unit_where_systemd_looks(tmp_path):
    call("make", "-C", str(ROOT), "install", f"PREFIX={tmp_path}/opt")
    unit = tmp_path / "opt/lib/systemd/system/portsentinel.service"
    assert f"ExecStart={tmp_path}/opt/sbin/portsentinel run\n" in unit.read_text()
    assert (tmp_path / "opt/lib/systemd/catalog/portsentinel.catalog").exists()
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], check=False,
                          capture_output=True, text=True, timeout=WAIT_SECONDS)
    assert done.returncode == 0 and not done.stderr
    call("make", "-C", str(ROOT), "uninstall", f"PREFIX={tmp_path}/opt")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
