# SPDX-License-Identifier: GPL-2.0-only
"""Syslog: a real rsyslogd has to understand every line; a bad one must not stop the sensor."""

import re
import signal
import socket
import subprocess

import pytest
from collectors import ADDRESS, PORT, Rsyslog, TcpCollector, UnixCollector, read_journal
from netns import WAIT_SECONDS, stop, wait_for
from sandbox import PROGRAM
from wire import spoofed, tcp4, udp4

RFC5424 = re.compile(r"<(\d{1,3})>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z \S+ portsentinel \d+ "
                     r"([a-z]+) (\[alert@32473( [a-z_]+=\"([^\"\\\]]|\\[\"\\\]])*\")+\]) (.*)",
                     re.DOTALL)
UDP, TCP = f"udp://{ADDRESS}:{PORT}", f"tcp://{ADDRESS}:{PORT}"
UNLIMITED = ("--per-peer", "none", "--total", "none", "--max-rate", "none", "--ring-size", "4M")


def sink(sandbox):
    return next(sink for sink in sandbox.status()["sinks"] if sink["kind"] == "syslog")


@pytest.mark.parametrize("target", [UDP, TCP])
def test_rsyslogd_understands_an_alert(sandbox, target):
    collector = Rsyslog(sandbox)
    sensor = sandbox.start("--syslog", target)
    sandbox.wire.send(tcp4(3409, sport=40123))
    message = collector.wait(1)[0]
    assert message["protocol"] == "1"
    assert message["pri"] == "29"  # daemon, notice
    assert message["app"] == "portsentinel"
    assert message["pid"] == str(sensor.process.pid)
    assert message["msgid"] == "probe"
    data = message["rfc5424-sd"]["alert@32473"]
    assert {name: data[name] for name in (
        "action", "port", "protocol", "src", "srcport", "dst", "iface", "direction", "kind",
        "verdict", "count")} == {
            "action": "probe", "port": "3409", "protocol": "tcp", "src": "192.0.2.2",
            "srcport": "40123", "dst": "192.0.2.1", "iface": "sensor0", "direction": "in",
            "kind": "syn", "verdict": "closed", "count": "1"}
    assert "pid" not in data and "unit" not in data
    assert "3409" in message["text"] and "192.0.2.2" in message["text"]


@pytest.mark.parametrize("target", [UDP, TCP])
def test_rsyslogd_gets_one_line_per_folded_alert(sandbox, target):
    collector = Rsyslog(sandbox)
    sensor = sandbox.start("--syslog", target, "--window", "1s")
    sandbox.wire.send(*[tcp4(3409, sport=port) for port in range(20000, 20017)],
                      udp4(3410, source="192.0.2.9"))
    wait_for("3 alerts", lambda: len(sandbox.packet_alerts()) >= 3)
    sensor.stop()
    messages = collector.wait(3)
    assert len(messages) == len(sandbox.packet_alerts()) == 3
    assert sorted(int(message["rfc5424-sd"]["alert@32473"]["count"])
                  for message in messages) == [1, 1, 17]


def test_the_facility_is_the_configured_one(sandbox):
    collector = Rsyslog(sandbox)
    sandbox.start("--syslog", UDP, "--facility", "local3")
    sandbox.wire.send(tcp4(3409))
    assert collector.wait(1)[0]["pri"] == str(19 * 8 + 5)


def test_a_unix_socket_gets_rfc5424(sandbox):
    collector = UnixCollector(sandbox, sandbox.directory / "log")
    sandbox.start("--syslog", f"unix:{collector.path}")
    sandbox.wire.send(tcp4(3409))
    match = RFC5424.fullmatch(collector.receive().decode())
    collector.close()
    assert match and match[2] == "probe"


def test_by_default_the_journal_gets_native_fields(sandbox):
    """The sensor has a /run of its own, so that no journal of this host hears of it."""
    directory = sandbox.directory / "journal"
    directory.mkdir()
    collector = UnixCollector(sandbox, directory / "socket")
    sensor = sandbox.here.start(
        "sh", "-c", "mount -t tmpfs none /run && mkdir -p /run/systemd/journal && "
        f"mount --bind {directory} /run/systemd/journal && exec {PROGRAM} -n {sandbox.instance} "
        "-c /dev/null run --interfaces sensor0", stdout=subprocess.DEVNULL)
    wait_for("it is attached", lambda: "sensor0" in sandbox.interfaces())
    sandbox.wire.send(tcp4(3409))
    fields = read_journal(collector.receive())
    collector.close()
    stop(sensor)
    assert fields["SYSLOG_IDENTIFIER"] == ["portsentinel"]
    assert fields["PRIORITY"] == ["5"]
    assert "3409" in fields["MESSAGE"][0] and "192.0.2.2" in fields["MESSAGE"][0]
    assert len(fields) > 5


def test_a_collector_may_have_an_ipv6_address(sandbox):
    with sandbox.there.entered():
        collector = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    with collector:
        collector.bind(("2001:db8::2", PORT))
        collector.settimeout(WAIT_SECONDS)
        sandbox.start("--syslog", f"udp://[2001:db8::2]:{PORT}")
        sandbox.wire.send(tcp4(3409))
        assert RFC5424.fullmatch(collector.recv(65536).decode())


def test_tcp_frames_are_counted_octets(sandbox):
    collector = TcpCollector(sandbox)
    sandbox.start("--syslog", TCP)
    sandbox.wire.send(tcp4(3409), udp4(3410))
    wait_for("two messages", lambda: len(collector.messages()) == 2)
    collector.close()
    assert all(RFC5424.fullmatch(message) for message in collector.messages())


def test_an_absent_collector_does_not_stop_the_sensor(sandbox):
    sandbox.start("--syslog", TCP)
    sandbox.wire.send(tcp4(3409, "A"), times=100)
    sandbox.wait_packets(3409, 100)
    sandbox.wait_alert(event_action="probe")
    wait_for("the message waits", lambda: sink(sandbox)["queued"] >= 1)
    assert sink(sandbox)["sent"] == 0
    assert sink(sandbox)["state"] != "connected"


def test_a_collector_that_comes_late_gets_what_waited(sandbox):
    sandbox.start("--syslog", TCP)
    sandbox.wire.send(tcp4(3409), udp4(3410))
    wait_for("two messages wait", lambda: sink(sandbox)["queued"] == 2)
    collector = Rsyslog(sandbox)
    assert {message["rfc5424-sd"]["alert@32473"]["port"]
            for message in collector.wait(2)} == {"3409", "3410"}
    wait_for("none waits", lambda: sink(sandbox)["queued"] == 0 and sink(sandbox)["sent"] == 2)


def test_a_collector_that_was_restarted_is_found_again(sandbox):
    first = TcpCollector(sandbox)
    sandbox.start("--syslog", TCP)
    sandbox.wire.send(tcp4(3409))
    wait_for("the first message", lambda: len(first.messages()) == 1)
    first.close()
    wait_for("the sensor sees that it is gone", lambda: sink(sandbox)["state"] != "connected")
    second = TcpCollector(sandbox)
    sandbox.wire.send(tcp4(3410))
    wait_for("the second message", lambda: len(second.messages()) == 1)
    second.close()
    assert 'port="3410"' in second.messages()[0]


def test_a_collector_that_stalls_loses_messages_and_nothing_else(sandbox):
    collector = TcpCollector(sandbox, stalled=True)
    sensor = sandbox.start("--syslog", TCP, *UNLIMITED)
    sent = sandbox.wire.send(*spoofed(8000))
    sandbox.wait_packets(3409, sent)
    wait_for("messages are dropped", lambda: sink(sandbox)["dropped"] > 0)
    state = sink(sandbox)
    assert state["queued"] <= 4096
    sandbox.wire.send(udp4(3410, source="192.0.2.99"))
    sandbox.wait_alert(source_ip="192.0.2.99")
    collector.close()
    assert sensor.stop() == 0


def test_what_is_dropped_adds_up(sandbox):
    sandbox.start("--syslog", TCP, *UNLIMITED)
    sandbox.wire.send(*spoofed(6000))
    wait_for("messages are dropped", lambda: sink(sandbox)["dropped"] > 0)

    def adds_up():
        state = sink(sandbox)
        return state["sent"] + state["dropped"] + state["queued"] == len(sandbox.alerts())

    wait_for("sent + dropped + queued = alerts", adds_up)


def test_what_waits_is_said_to_be_lost_at_the_end(sandbox):
    sensor = sandbox.start("--syslog", TCP)  # nobody is there
    sandbox.wire.send(tcp4(3409), udp4(3410))
    wait_for("two messages wait", lambda: sink(sandbox)["queued"] == 2)
    assert sensor.stop() == 0
    assert f"syslog {TCP}: 2 alerts that waited for it are lost (Connection refused" in \
        sensor.complaints()


def test_a_reload_forgets_no_number(sandbox):
    config = "[sensor]\ninterfaces = sensor0\n[syslog]\ntarget = "
    first = TcpCollector(sandbox)
    sensor = sandbox.launch(config=config + TCP).wait_ready(["sensor0"])
    sandbox.wire.send(tcp4(3409))
    wait_for("one is sent", lambda: sink(sandbox)["sent"] == 1)
    first.close()
    wait_for("the sensor sees that it is gone", lambda: sink(sandbox)["state"] != "connected")
    sandbox.wire.send(udp4(3410), udp4(3410, source="192.0.2.9"))
    wait_for("two wait", lambda: sink(sandbox)["queued"] == 2)

    second = UnixCollector(sandbox, sandbox.directory / "log")
    (sandbox.directory / f"{sandbox.instance}.conf").write_text(config + f"unix:{second.path}")
    sensor.send_signal(signal.SIGHUP)
    told = second.receive().decode()
    second.close()
    assert f"syslog unix:{second.path}"[:60] in told and " dropped 2 alerts" in told
    assert f"syslog {TCP}: 2 alerts that waited for it are lost" in sensor.complaints()
    wait_for("all is counted", lambda: (sink(sandbox)["sent"], sink(sandbox)["dropped"]) == (2, 2))
