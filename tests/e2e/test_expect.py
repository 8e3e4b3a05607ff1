# SPDX-License-Identifier: GPL-2.0-only
"""Expectations: what is expected is counted and not alerted, and why a rule is met or not."""

import os
import signal
import socket

from netns import wait_for
from wire import tcp4, udp4

RULES = """
[expect "monitoring"]
port = 3409/tcp
direction = in
peer = 192.0.2.0/28, 2001:db8::/64
comment = the probes of Ada
[expect "past"]
port = 3410
until = 2020-01-01
"""
NC = os.path.realpath("/bin/nc")


def rule(sandbox, name):
    found = [row for row in sandbox.cli("expect", "show")["expectations"] if row["name"] == name]
    return found[0] if found else None


def test_expected_packets_are_counted_and_not_alerted(sandbox):
    sandbox.start(config=RULES)
    sandbox.wire.send(tcp4(3409), times=5)
    sandbox.wait_packets(3409, 5)
    sandbox.wire.send(tcp4(3409, source="192.0.2.99"))
    alert = sandbox.wait_alert(event_action="probe")
    assert alert["source"]["ip"] == "192.0.2.99"
    assert len(sandbox.packet_alerts()) == 1
    wait_for("5 hits", lambda: rule(sandbox, "monitoring")["hits"] == 5)
    row = rule(sandbox, "monitoring")
    assert row["last_hit"] and not row["expired"]
    assert row["members"] == {"port": "3409/tcp", "direction": "in",
                              "peer": "192.0.2.0/28, 2001:db8::/64"}
    assert row["comment"] == "the probes of Ada"


def test_an_expired_rule_is_not_in_force(sandbox):
    sandbox.start(config=RULES)
    sandbox.wire.send(udp4(3410))
    sandbox.wait_alert(event_action="probe", destination_port=3410)
    row = rule(sandbox, "past")
    assert row["expired"] and row["hits"] == 0 and row["last_hit"] is None


def test_a_real_process_is_expected_and_another_is_not(sandbox):
    sandbox.here.start("nc", "-l", "-k", "3409")
    with sandbox.here.entered():
        other = socket.create_server(("192.0.2.1", 3410))
    wait_for("nc listens", lambda: sandbox.here.listens("tcp", 3409))
    sandbox.start(config=f'[expect "nc"]\nexecutable = {NC}\nuser = root\n')
    sandbox.wire.send(tcp4(3409), tcp4(3410))
    with other:
        alert = sandbox.wait_alert(event_action="connection", destination_port=3410)
    assert alert["process"]["pid"] == os.getpid()
    wait_for("hits", lambda: rule(sandbox, "nc")["hits"] >= 1)
    assert not sandbox.alerts(event_action="connection", destination_port=3409)


def test_a_reload_changes_the_rules_and_keeps_their_hits(sandbox):
    sensor = sandbox.start(config=RULES)
    sandbox.wire.send(tcp4(3409))
    wait_for("a hit", lambda: rule(sandbox, "monitoring")["hits"] == 1)
    path = sandbox.directory / f"{sandbox.instance}.conf"
    path.write_text(RULES + '[expect "new"]\nport = 3410\n')
    sensor.send_signal(signal.SIGHUP)
    wait_for("the new rule", lambda: rule(sandbox, "new"))
    assert rule(sandbox, "monitoring")["hits"] == 1
    sandbox.wire.send(udp4(3410))
    wait_for("a hit", lambda: rule(sandbox, "new")["hits"] == 1)
    assert not sandbox.packet_alerts()
    path.write_text(RULES + '[expect "bad"]\n')
    sensor.send_signal(signal.SIGHUP)
    wait_for("the refusal", lambda: "stays in force" in sensor.complaints())
    assert rule(sandbox, "new") and not rule(sandbox, "bad")


def test_without_a_sensor_the_configuration_is_shown(sandbox):
    path = sandbox.directory / "rules.conf"
    path.write_text(RULES)
    rows = sandbox.cli("-c", str(path), "expect", "show")["expectations"]
    assert [(row["name"], row["hits"], row["expired"]) for row in rows] == [
        ("monitoring", 0, False), ("past", 0, True)]


def test_a_described_packet_meets_a_rule_or_is_told_why_not(sandbox):
    path = sandbox.directory / "rules.conf"
    path.write_text(RULES)
    test = ("-c", str(path), "expect", "test", "port", "3409/tcp", "direction", "in")
    met = sandbox.cli(*test, "peer", "192.0.2.3")
    assert met["expected"] and met["rule"] == "monitoring"
    unmet = sandbox.cli(*test, "peer", "192.0.2.33", expect=1)
    assert not unmet["expected"] and unmet["rule"] is None
    why = {row["name"]: row["why_not"] for row in unmet["rules"]}
    assert why["monitoring"].startswith("peer") and why["past"].startswith("until")
    why = sandbox.cli(*test, expect=1)["rules"][0]["why_not"]
    assert "peer" in why and "not told" in why
    done = sandbox.run("-c", str(path), "expect", "test", "port", "3410/udp")
    assert done.returncode == 1 and "past" in done.stdout and "until" in done.stdout
    assert sandbox.run("-c", str(path), "expect", "test", "prt", "1").returncode == 2
    assert sandbox.run("-c", str(path), "expect", "test", "peer").returncode == 2


def test_a_faulty_rule_names_file_and_line(sandbox):
    path = sandbox.directory / "bad.conf"
    path.write_text('[expect "a"]\nport = 1\n[expect "a"]\nprot = 2\n[expect "b"]\n')
    done = sandbox.run("check", "config", str(path))
    assert done.returncode == 2
    for place in ("bad.conf:3:", "bad.conf:4:", "bad.conf:5:"):
        assert place in done.stderr
