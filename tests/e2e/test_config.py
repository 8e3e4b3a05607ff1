# SPDX-License-Identifier: GPL-2.0-only
"""The configuration file, its faults, and reloading."""

import signal

import pytest
from netns import WAIT_SECONDS, wait_for
from wire import udp4

BASE = "[syslog]\ntarget = none\n[sensor]\ninterfaces = sensor0\n"

FAULTS = [
    ("[sensor]\nports = 3409\nprots = 5\n", 3, "prots"),
    ("[sensor]\nports = 99999\n", 2, "99999"),
    ("[sensor]\nports = 1\n[snesor]\n", 3, "snesor"),
    ("[sensor]\nports = 1\n\n# again\nports = 2\n", 5, "ports"),
    ("[sensor]\nxdp = fast\n", 2, "fast"),
    ("[sample]\nper-peer = lots\n", 2, "lots"),
    ("[alert]\nwindow = 3 apples\n", 2, "apples"),
    ("[syslog]\ntarget = ftp://x\n", 2, "ftp"),
    ("[severity]\nprobe = notice\noutbound = loud\n", 3, "loud"),
    ("[severity]\nscan = notice\n", 2, "scan"),
    ("[sensor]\nthis is no key\n", 2, ""),
]


def rewrite(sandbox, text):
    (sandbox.directory / f"{sandbox.instance}.conf").write_text(text)


@pytest.mark.parametrize("text,line,word", FAULTS)
def test_run_refuses_a_fault_and_names_file_and_line(sandbox, text, line, word):
    sensor = sandbox.launch(config=text)
    assert sensor.process.wait(WAIT_SECONDS) == 2
    assert f"{sandbox.instance}.conf:{line}:" in sensor.complaints()
    assert word in sensor.complaints()
    assert not sandbox.pins()


def test_check_config_names_every_fault(sandbox):
    path = sandbox.directory / "bad.conf"
    path.write_text("[sensor]\nprots = 5\nxdp = fast\n")
    done = sandbox.run("check", "config", str(path))
    assert done.returncode == 2
    assert "bad.conf:2:" in done.stderr + done.stdout and "bad.conf:3:" in (done.stderr +
                                                                            done.stdout)


def test_check_config_accepts_a_good_file(sandbox):
    path = sandbox.directory / "good.conf"
    path.write_text(BASE)
    sandbox.cli("check", "config", str(path))


def test_drop_ins_override_the_file(sandbox):
    directory = sandbox.directory / f"{sandbox.instance}.conf.d"
    directory.mkdir()
    (directory / "10-ports.conf").write_text("[sensor]\nports = 53/udp\n")
    sandbox.launch(config=BASE + "ports = 1234\n").wait_ready(["sensor0"])
    assert [row["port"] for row in sandbox.cli("port", "show")["ports"]] == [53]


def test_flags_override_the_file(sandbox):
    sandbox.launch("--ports", "53/udp", config=BASE + "ports = 1234\n").wait_ready(["sensor0"])
    assert [row["port"] for row in sandbox.cli("port", "show")["ports"]] == [53]


def test_a_bad_flag_is_a_wrong_call(sandbox):
    sensor = sandbox.launch("--ports", "x")
    assert sensor.process.wait(WAIT_SECONDS) == 2
    assert "--ports" in sensor.complaints()


def test_a_reload_changes_the_watch_set(sandbox):
    sensor = sandbox.launch(config=BASE).wait_ready(["sensor0"])
    sandbox.wire.send(udp4(3409))
    sandbox.wait_packets(3409, 1)
    rewrite(sandbox, BASE + "ports = 5000/udp\n")
    sensor.send_signal(signal.SIGHUP)
    wait_for("port 5000 alone is watched", lambda: [
        row["port"] for row in sandbox.cli("port", "show")["ports"]] == [5000])
    sandbox.wire.send(udp4(3409), udp4(5000))
    sandbox.wait_packets(5000, 1)
    assert sandbox.packets(3409) == 1


def test_a_reload_changes_interfaces_and_sinks(sandbox):
    sensor = sandbox.launch(config=BASE).wait_ready(["sensor0"])
    rewrite(sandbox, "[syslog]\ntarget = none\n[sensor]\ninterfaces = lo\n"
                     f"[json-log]\npath = {sandbox.log}\n")
    sensor.send_signal(signal.SIGHUP)
    wait_for("lo alone is watched", lambda: set(sandbox.interfaces()) == {"lo"})
    sandbox.here.call("hping3", "-q", "-2", "-p", "3409", "-c", "1", "127.0.0.1")
    sandbox.wait_alert(source_ip="127.0.0.1")


def test_a_bad_reload_keeps_the_old_configuration_and_says_so(sandbox):
    sensor = sandbox.launch(config=BASE).wait_ready(["sensor0"])
    rewrite(sandbox, BASE + "ports = nonsense\n")
    sensor.send_signal(signal.SIGHUP)
    wait_for("the fault is said", lambda: f"{sandbox.instance}.conf:5:" in sensor.complaints())
    wait_for("that the old one stays is said", lambda: "old configuration" in sensor.complaints())
    sandbox.wire.send(udp4(3409))
    sandbox.wait_packets(3409, 1)
    assert sensor.process.poll() is None


def test_a_missing_file_that_was_asked_for_is_a_fault(sandbox):
    done = sandbox.run("-c", "/nonexistent.conf", "run")
    assert done.returncode != 0
    assert "/nonexistent.conf" in done.stderr


def test_a_json_log_that_was_moved_away_is_opened_anew(sandbox):
    sensor = sandbox.start()
    sandbox.wire.send(udp4(3409))
    sandbox.wait_alert(destination_port=3409)
    sandbox.log.rename(sandbox.directory / "alerts.1")
    sensor.send_signal(signal.SIGHUP)
    wait_for("a new file", sandbox.log.exists)
    sandbox.wire.send(udp4(3410))
    sandbox.wait_alert(destination_port=3410)


def test_severities_are_configured_by_action_and_by_a_reload(sandbox):
    sensor = sandbox.start("--window", "1s", config="[severity]\nprobe = crit\n")
    sandbox.wire.send(udp4(3409))
    assert sandbox.wait_alert(event_action="probe")["event"]["severity"] == 2
    rewrite(sandbox, "[severity]\nprobe = 6\n")
    sensor.send_signal(signal.SIGHUP)

    def is_told():
        sandbox.wire.send(udp4(3410))
        return sandbox.alerts(event_action="probe", event_severity=6)

    wait_for("the new severity", is_told, pause=0.5)
