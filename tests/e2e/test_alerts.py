# SPDX-License-Identifier: GPL-2.0-only
"""Alerts: at once, then folded; for people, and for programs."""

import datetime
import json

import pytest
from netns import wait_for
from wire import SENSOR4, SENSOR6, spoofed, tcp4, udp4

NMAP = ("nmap", "-n", "-Pn", "--max-retries", "0", "--disable-arp-ping")
TECHNIQUES = (("syn", "-sS"), ("null", "-sN"), ("fin", "-sF"), ("xmas", "-sX"), ("maimon", "-sM"),
              ("ack", "-sA"), ("udp", "-sU"))


def test_17_syns_give_one_alert_at_once_and_one_summary(sandbox):
    sandbox.start("--window", "2s")
    sandbox.wire.send(*[tcp4(3409, sport=port) for port in range(20000, 20017)])
    first = sandbox.wait_alert(event_action="probe")
    assert first["event"]["count"] == 1
    wait_for("the summary", lambda: len(sandbox.packet_alerts()) == 2)
    last = sandbox.packet_alerts()[1]
    assert last["event"]["count"] == 17
    assert last["portsentinel"]["kinds"] == {"syn": 17}
    assert last["event"]["id"] == first["event"]["id"]
    assert last["event"]["start"] == first["event"]["start"]
    assert last["event"]["end"] > last["event"]["start"]


def test_a_single_packet_needs_no_summary(sandbox):
    sensor = sandbox.start("--window", "1s")
    sandbox.wire.send(tcp4(3409))
    sandbox.wait_alert(event_action="probe")
    sensor.stop()
    assert len(sandbox.packet_alerts()) == 1


def test_open_windows_are_summed_up_at_the_end(sandbox):
    sensor = sandbox.start("--window", "1h")
    sandbox.wire.send(tcp4(3409), times=5)
    sandbox.wait_packets(3409, 5)
    sandbox.wait_alert(event_action="probe")
    sensor.stop()
    assert [alert["event"]["count"] for alert in sandbox.packet_alerts()] == [1, 5]


def test_what_a_rate_limit_held_back_is_in_the_summary(sandbox):
    sensor = sandbox.start("--window", "1h", "--per-peer", "1/h", "--peer-burst", "3")
    sandbox.wire.send(tcp4(3409, "A"), times=50)
    sandbox.wait_packets(3409, 50)
    sandbox.wait_alert(event_action="probe")
    sensor.stop()
    accounting_sampled = sandbox.packet_alerts()[-1]["event"]["count"]
    suppressed = sandbox.packet_alerts()[-1]["portsentinel"]["suppressed"]
    assert accounting_sampled <= 4
    assert suppressed >= 50 - accounting_sampled


def test_different_ports_and_peers_are_different_alerts(sandbox):
    sandbox.start()
    sandbox.wire.send(tcp4(3409), tcp4(3410), tcp4(3409, source="192.0.2.9"), udp4(3409))
    wait_for("4 alerts", lambda: len(sandbox.packet_alerts()) >= 4)
    assert {(alert["source"]["ip"], alert["destination"]["port"], alert["network"]["transport"])
            for alert in sandbox.packet_alerts()} == {
        ("192.0.2.2", 3409, "tcp"), ("192.0.2.2", 3410, "tcp"), ("192.0.2.9", 3409, "tcp"),
        ("192.0.2.2", 3409, "udp")}


def test_more_alerts_than_max_rate_are_withheld_and_told(sandbox):
    sensor = sandbox.start("--max-rate", "5/s", "--window", "1s")
    sandbox.wire.send(*[tcp4(3409, source=f"198.51.{i}.1") for i in range(1, 101)])
    sandbox.wait_packets(3409, 100)
    flood = sandbox.wait_alert(event_action="flood")
    sensor.stop()
    assert flood["event"]["count"] > 50
    assert len(sandbox.alerts(event_action="probe")) < 50


def test_an_alert_has_the_contracts_members(sandbox):
    sandbox.start()
    sandbox.wire.send(tcp4(3409, sport=40123))
    alert = sandbox.wait_alert(event_action="probe")
    assert alert["event"]["kind"] == "alert"
    assert alert["event"]["category"] == ["network"]
    assert alert["event"]["severity"] in range(8)
    assert alert["source"] == {"ip": "192.0.2.2", "port": 40123, "mac": alert["source"]["mac"]}
    assert alert["source"]["mac"].replace("-", ":").lower() == "02:00:00:00:00:02"
    assert alert["destination"] == {"ip": "192.0.2.1", "port": 3409}
    assert alert["network"]["transport"] == "tcp"
    assert alert["network"]["type"] == "ipv4"
    assert alert["network"]["direction"] == "inbound"
    assert alert["observer"]["ingress"]["interface"]["name"] == "sensor0"
    assert alert["portsentinel"]["service"] == "networklens"
    assert "3409" in alert["message"] and "192.0.2.2" in alert["message"]


def test_times_are_utc_with_microseconds_and_now(sandbox):
    sandbox.start()
    sandbox.wire.send(tcp4(3409))
    alert = sandbox.wait_alert(event_action="probe")
    for text in (alert["@timestamp"], alert["event"]["start"], alert["event"]["end"]):
        assert text.endswith("Z") and len(text) >= len("2026-11-22T06:35:00.123456Z")
        when = datetime.datetime.strptime(text[:26], "%Y-%m-%dT%H:%M:%S.%f")
        now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
        assert abs((now - when).total_seconds()) < 600


def test_json_on_standard_output_is_one_object_a_line_and_nothing_else(sandbox):
    sensor = sandbox.launch("--syslog", "none", "--interfaces", "sensor0", "--json-log", "-")
    sensor.wait_ready(["sensor0"])
    sandbox.wire.send(tcp4(3409), udp4(3410))
    wait_for("two alerts", lambda: {(alert["event"]["action"], alert["destination"]["port"])
                                    for alert in map(json.loads, sensor.lines())} >= {
        ("probe", 3409), ("probe", 3410)})


def test_run_says_first_what_it_watches_where_and_how(sandbox):
    sensor = sandbox.launch(config="[syslog]\ntarget = none\n").wait_ready(["sensor0", "lo"])
    wait_for("where and how", lambda: any("sensor0" in line and sandbox.tc_mode() in line
                                          for line in sensor.lines()))
    first = sensor.lines()[0]
    assert "3409" in first and "3410" in first and "networklens" in first


def test_run_without_configuration_prints_lines_for_people(sandbox):
    sensor = sandbox.launch(config="[syslog]\ntarget = none\n").wait_ready(["sensor0"])
    sandbox.wire.send(tcp4(3409))
    line = wait_for("a line about the peer", lambda: [
        line for line in sensor.lines() if "192.0.2.2" in line])[0]
    assert "3409" in line and "SYN" in line and "closed" in line
    assert not line.startswith("{")


def test_loopback_traffic_is_seen_once(sandbox):
    sandbox.launch("--syslog", "none", "--json-log", str(sandbox.log)).wait_ready(["lo"])
    sandbox.here.call("hping3", "-q", "-S", "-p", "3409", "-c", "4", "-i", "u2000", "127.0.0.1")
    sandbox.wait_packets(3409, 4)
    sandbox.wait_alert(event_action="probe", source_ip="127.0.0.1")
    assert not sandbox.alerts(event_action="outbound")


@pytest.mark.parametrize("technique,flag", TECHNIQUES)
def test_the_technique_of_a_real_scan_is_told(sandbox, technique, flag):
    sandbox.start()
    sandbox.there.call(*NMAP, flag, "-p", "3409", SENSOR4)
    alert = sandbox.wait_alert(event_action="probe")
    assert alert["portsentinel"]["technique"] == technique


@pytest.mark.parametrize("flag,target", [("-sS", (SENSOR4,)), ("-sX", ("-6", SENSOR6))])
def test_a_scan_of_many_ports_is_three_alerts_and_one(sandbox, flag, target):
    sensor = sandbox.start("--ports", "3401-3440", "--window", "1h", "--per-peer", "none")
    sandbox.there.call(*NMAP, flag, "-p", "3401-3440", *target)
    wait_for("the fold", lambda: [alert for alert in sandbox.packet_alerts()
                                  if "ports" in alert["portsentinel"]])
    wait_for("40 ports", lambda: len({row["port"] for row in sandbox.rows("direction", "in")}) == 40)
    sensor.stop()
    singles = [alert for alert in sandbox.packet_alerts() if "ports" not in alert["portsentinel"]]
    folded = [alert for alert in sandbox.packet_alerts() if "ports" in alert["portsentinel"]]
    assert len({alert["event"]["id"] for alert in singles}) == 3
    assert len(folded) == 2 and folded[0]["event"]["id"] == folded[1]["event"]["id"]
    last = folded[1]
    assert last["event"]["action"] == "probe" and last["event"]["count"] == 37
    assert last["portsentinel"]["port_count"] == 37
    assert all(row["protocol"] == "tcp" and row["count"] >= 1
               for row in last["portsentinel"]["ports"])
    assert "37 ports" in last["message"] and "scan" in last["message"]
    ports = {alert["destination"]["port"] for alert in singles}
    assert not ports & {row["port"] for row in last["portsentinel"]["ports"]}


def test_many_peers_of_a_network_are_eight_alerts_and_one(sandbox):
    sensor = sandbox.start("--window", "1h")
    sandbox.wire.send(*[tcp4(3409, source=f"198.51.100.{i}") for i in range(1, 101)])
    sandbox.wait_packets(3409, 100)
    wait_for("the fold", lambda: len(sandbox.packet_alerts()) == 9)
    sensor.stop()
    last = sandbox.packet_alerts()[-1]
    assert len(sandbox.packet_alerts()) == 10
    assert last["portsentinel"]["peers"] == 92 == last["event"]["count"]
    assert last["portsentinel"]["prefix"] == "198.51.100.0/24"
    assert last["source"]["ip"] == "198.51.100.9"
    assert len(last["portsentinel"]["top_peers"]) == 8


def test_a_storm_is_told_with_the_peer_it_comes_from(sandbox):
    sandbox.start("--flood", "1000", "--per-peer", "1/h", "--peer-burst", "1")
    sandbox.wire.send(tcp4(3409, "A"), times=3000)
    flood = sandbox.wait_alert(event_action="flood")
    assert flood["portsentinel"]["suppressed"] > 1000
    assert flood["portsentinel"]["top_peers"][0]["ip"] == "192.0.2.2"
    assert "192.0.2.2" in flood["message"] and "held back" in flood["message"]


def test_a_real_connection_alerts_among_spoofed_peers(sandbox):
    sandbox.here.start("nc", "-l", "-k", "3410")
    wait_for("nc listens", lambda: sandbox.here.listens("tcp", 3410))
    sandbox.start("--max-rate", "4/s", "--window", "1h", "--total", "none", "--per-peer", "none")
    sandbox.wire.send(*spoofed(3000))
    client = sandbox.there.start("nc", "192.0.2.1", "3410")
    alert = sandbox.wait_alert(event_action="connection")
    sandbox.wire.send(*spoofed(3000))
    client.terminate()
    assert alert["source"]["ip"] == "192.0.2.2"
    assert len(sandbox.alerts(event_action="probe")) < 50
