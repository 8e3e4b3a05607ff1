# SPDX-License-Identifier: GPL-2.0-only
"""Syslog over TLS (RFC 5425): the real rsyslogd, if it is who it should be, and nobody else."""

import contextlib
import re
import signal
import socket
import ssl
import threading
import time

import pytest
from authority import Authority
from collectors import ADDRESS, PORT, Collector, Rsyslog, TcpCollector
from netns import WAIT_SECONDS, wait_for
from wire import spoofed, tcp4, udp4

TLS = f"tls://{ADDRESS}:{PORT}"
UNLIMITED = ("--per-peer", "none", "--total", "none", "--max-rate", "none")


def sink(sandbox):
    return next(sink for sink in sandbox.status()["sinks"] if sink["kind"] == "syslog")


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


def start(sandbox, authority, *flags):
    return sandbox.start("--syslog", TLS, "--syslog-ca", str(authority.certificate), *flags)


class TlsCollector(Collector):
    """A TLS server at the peer: how each connection ended, and what came over it."""

    def __init__(self, sandbox, files, stalled=False, maximum=None, clients=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*files)
        if clients:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(clients)
        if maximum:
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.maximum_version = maximum
        with sandbox.there.entered():
            self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if stalled:
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.listener.bind((ADDRESS, PORT))
        self.listener.listen(8)
        self.stalled = stalled
        self.received = b""
        self.ends = []
        self.wanted = threading.Event()
        self.thread = threading.Thread(target=self.serve, args=(context,), daemon=True)
        self.thread.start()
        super().__init__(sandbox)

    def serve(self, context):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(connection, server_side=True,
                                         suppress_ragged_eofs=False) as stream:
                    if self.stalled:
                        self.wanted.wait()
                    while octets := stream.recv(65536):
                        self.received += octets
                    self.ends.append("close_notify")
            except OSError as error:
                self.ends.append(str(error))

    def end(self):
        self.stalled = False
        self.wanted.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(10)


def test_rsyslogd_gets_every_alert_over_tls(sandbox, authority):
    collector = Rsyslog.tls(sandbox, authority.certificate,
                            *authority.issue("collector", f"IP:{ADDRESS}"))
    sensor = start(sandbox, authority, *UNLIMITED)
    sandbox.wire.send(tcp4(3409), *spoofed(300, 3410))
    wait_for("301 alerts", lambda: len(sandbox.packet_alerts()) >= 301)
    assert sensor.stop() == 0
    messages = collector.wait(len(sandbox.packet_alerts()))
    assert {message["rfc5424-sd"]["alert@32473"]["id"] for message in messages} == {
        alert["event"]["id"] for alert in sandbox.packet_alerts()}
    assert len(messages) == len(sandbox.packet_alerts())


def test_rsyslogd_that_asks_for_a_certificate_gets_ours(sandbox, authority):
    collector = Rsyslog.tls(sandbox, authority.certificate,
                            *authority.issue("collector", f"IP:{ADDRESS}"),
                            client="sensor.example")
    certificate, key = authority.issue("sensor", "DNS:sensor.example")
    start(sandbox, authority, "--syslog-certificate", str(certificate), "--syslog-key", str(key))
    sandbox.wire.send(tcp4(3409))
    assert collector.wait(1)[0]["msgid"] == "probe"


def test_a_collector_that_does_not_like_our_certificate_is_heard(sandbox, authority, tmp_path):
    collector = TlsCollector(sandbox, authority.issue("collector", f"IP:{ADDRESS}"),
                             clients=authority.certificate)
    certificate, key = Authority(tmp_path, "stranger").issue("sensor", "DNS:sensor.example")
    start(sandbox, authority, "--syslog-certificate", str(certificate), "--syslog-key", str(key))
    wait_for("it says why", lambda: re.search("TLS: .* alert unknown ca, next try after [1-9]",
                                              sink(sandbox)["state"]))
    collector.close()


@pytest.mark.parametrize("names, begins, ends, state", [
    (f"IP:{ADDRESS}", -20, -1, "TLS: certificate has expired"),
    (f"IP:{ADDRESS}", 5, 20, "TLS: certificate is not yet valid"),
    ("IP:192.0.2.77, DNS:192.0.2.2", -2, 30, "TLS: IP address mismatch"),
])
def test_a_certificate_that_is_not_good_is_refused(sandbox, authority, names, begins, ends, state):
    collector = TlsCollector(sandbox, authority.issue("collector", names, begins, ends))
    sensor = start(sandbox, authority)
    sandbox.wire.send(tcp4(3409))
    wait_for("it says why", lambda: sink(sandbox)["state"].startswith(state))
    assert sink(sandbox)["queued"] == 1 and sink(sandbox)["sent"] == 0
    wait_for("it tries again", lambda: len(collector.ends) >= 2)
    assert sensor.stop() == 0
    collector.close()
    assert not collector.received
    assert all("alert" in end.lower() for end in collector.ends), collector.ends


def test_an_authority_that_nobody_named_is_refused(sandbox, authority, tmp_path):
    stranger = Authority(tmp_path, "stranger")
    collector = TlsCollector(sandbox, stranger.issue("collector", f"IP:{ADDRESS}"))
    start(sandbox, authority, *UNLIMITED)
    wait_for("it says why", lambda: sink(sandbox)["state"].startswith(
        "TLS: unable to get local issuer certificate"))
    sandbox.wire.send(*spoofed(6000))
    wait_for("what the queue cannot hold is dropped", lambda: sink(sandbox)["dropped"] > 0)
    collector.close()
    state = sink(sandbox)
    assert not collector.received and state["sent"] == 0 and state["queued"] <= 4096


def test_a_name_is_looked_for_in_the_certificate(sandbox, authority, tmp_path):
    """localhost is a name that every host can look up."""
    collector = TlsCollector(sandbox, authority.issue("collector", "DNS:log.example"))
    with sandbox.here.entered():
        relay = socket.create_server(("127.0.0.1", PORT))

    def forward():
        near, _ = relay.accept()
        with sandbox.here.entered():
            far = socket.create_connection((ADDRESS, PORT))
        threading.Thread(target=pump, args=(far, near), daemon=True).start()
        pump(near, far)

    threading.Thread(target=forward, daemon=True).start()
    sandbox.start("--syslog", f"tls://localhost:{PORT}", "--syslog-ca",
                  str(authority.certificate))
    wait_for("it says why",
             lambda: sink(sandbox)["state"].startswith("TLS: hostname mismatch"))
    relay.close()
    collector.close()


def pump(source, target):
    with contextlib.suppress(OSError):
        while octets := source.recv(65536):
            target.sendall(octets)
        target.shutdown(socket.SHUT_WR)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tls_below_1_2_is_refused(sandbox, authority):
    collector = TlsCollector(sandbox, authority.issue("collector", f"IP:{ADDRESS}"),
                             maximum=ssl.TLSVersion.TLSv1_1)
    start(sandbox, authority)
    wait_for("it says why", lambda: "protocol" in sink(sandbox)["state"])
    collector.close()
    assert not collector.received


def test_a_server_that_speaks_no_tls_gets_nothing_in_the_clear(sandbox, authority):
    collector = TcpCollector(sandbox)
    start(sandbox, authority)
    sandbox.wire.send(tcp4(3409))
    sandbox.wait_alert(event_action="probe")
    wait_for("a hello", lambda: collector.received)
    time.sleep(0.5)
    collector.close()
    assert collector.received[:3] == b"\x16\x03\x01"  # a handshake record
    assert b"3409" not in collector.received and b"portsentinel" not in collector.received
    assert sink(sandbox)["sent"] == 0


def test_goodbye_is_said(sandbox, authority):
    collector = TlsCollector(sandbox, authority.issue("collector", f"IP:{ADDRESS}"))
    sensor = start(sandbox, authority)
    sandbox.wire.send(tcp4(3409))
    wait_for("it is sent", lambda: sink(sandbox)["sent"] == 1)
    assert sensor.stop() == 0
    wait_for("the end", lambda: collector.ends)
    collector.close()
    assert collector.ends == ["close_notify"]
    length, _, message = collector.received.partition(b" ")
    assert int(length) == len(message) and message.startswith(b"<29>1 ")


def test_a_collector_that_stops_reading_delays_nothing(sandbox, authority):
    collector = TlsCollector(sandbox, authority.issue("collector", f"IP:{ADDRESS}"), stalled=True)
    sensor = start(sandbox, authority, *UNLIMITED)
    wait_for("it is connected", lambda: sink(sandbox)["state"] == "connected")
    sent = sandbox.wire.send(*spoofed(8000))
    sandbox.wait_packets(3409, sent)
    wait_for("messages are dropped", lambda: sink(sandbox)["dropped"] > 0)
    sandbox.wire.send(udp4(3410, source="192.0.2.99"))
    sandbox.wait_alert(source_ip="192.0.2.99")
    collector.wanted.set()
    wait_for("what waited arrives", lambda: sink(sandbox)["queued"] == 0)
    state = sink(sandbox)
    assert sensor.stop() == 0
    collector.close()
    assert collector.ends == ["close_notify"]
    assert state["sent"] + state["dropped"] == len(sandbox.alerts())
    assert collector.received.count(b" portsentinel ") == state["sent"]


def test_sighup_reads_the_certificates_again(sandbox, authority, tmp_path):
    collector = TlsCollector(sandbox, Authority(tmp_path, "stranger").issue(
        "collector", f"IP:{ADDRESS}"))
    trusted = tmp_path / "trusted.pem"
    trusted.write_text(authority.certificate.read_text())
    sensor = sandbox.start("--syslog", TLS, "--syslog-ca", str(trusted))
    sandbox.wire.send(tcp4(3409))
    wait_for("it is refused", lambda: sink(sandbox)["state"].startswith("TLS: "))
    trusted.write_text((tmp_path / "stranger" / "ca.pem").read_text())
    sensor.send_signal(signal.SIGHUP)
    wait_for("it is sent", lambda: sink(sandbox)["sent"] == 1)
    trusted.write_text("no certificate")
    sensor.send_signal(signal.SIGHUP)
    wait_for("it says so", lambda: "stay in use" in sensor.complaints())
    sandbox.wire.send(tcp4(3410))
    wait_for("it is sent all the same", lambda: sink(sandbox)["sent"] == 2)
    sensor.stop()
    collector.close()


def test_a_certificate_that_cannot_be_read_is_an_error(sandbox, authority, tmp_path):
    missing = tmp_path / "missing.pem"
    for flag in ("--syslog-ca", "--syslog-certificate"):
        sensor = sandbox.launch("--syslog", TLS, "--interfaces", "sensor0", flag, str(missing))
        assert sensor.process.wait(WAIT_SECONDS) == 1
        assert str(missing) in sensor.complaints()
        assert "No such file" in sensor.complaints()
    sensor = sandbox.launch("--syslog", TLS, "--interfaces", "sensor0", "--syslog-key",
                            str(authority.key))
    assert sensor.process.wait(WAIT_SECONDS) == 1
    assert "without its certificate" in sensor.complaints()
