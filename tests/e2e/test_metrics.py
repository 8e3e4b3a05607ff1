# SPDX-License-Identifier: GPL-2.0-only
"""Metrics: promtool finds no fault, the real Prometheus scrapes them, nobody else can do harm."""

import http.client
import json
import re
import signal
import socket
import subprocess
import time
import urllib.parse

from netns import WAIT_SECONDS, wait_for
from wire import spoofed, tcp4, udp4

PORT = 9409
LISTEN = f"127.0.0.1:{PORT}"
PROMETHEUS = """
global:
  scrape_interval: 2s
  scrape_timeout: 2s
scrape_configs:
  - job_name: portsentinel
    static_configs: [{ targets: ["%s"] }]
"""


def samples(text):
    """Name and labels -> value."""
    found = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        name, labels, value = re.fullmatch(r"([a-z_]+)(?:\{(.*)\})? (\S+)", line).groups()
        key = (name, frozenset(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels or "")))
        assert key not in found, f"twice: {line}"
        found[key] = float(value)
    return found


def value(text, name, **labels):
    """The sum of the samples that have the labels."""
    return sum(number for (found, has), number in samples(text).items()
               if found == name and set(labels.items()) <= has)


def get(sandbox, method="GET", path="/metrics", port=PORT):
    with sandbox.here.entered():
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_SECONDS)
        connection.connect()
    with connection.sock:
        connection.request(method, path)
        response = connection.getresponse()
        return response, response.read().decode()


def check(text):
    done = subprocess.run(["promtool", "check", "metrics"], check=False, input=text,
                          capture_output=True, text=True, timeout=WAIT_SECONDS)
    assert done.returncode == 0 and not done.stdout and not done.stderr, \
        f"{done.stdout}{done.stderr}"


def test_promtool_finds_no_fault(sandbox):
    sandbox.start()
    sandbox.wire.send(tcp4(3409), tcp4(3409, "R"), udp4(3410), b"\0" * 12 + b"\x08\0" + b"\x45")
    sandbox.wait_packets(3410, 1)

    def probes():
        return value(sandbox.run("metrics").stdout, "portsentinel_alerts_total", action="probe")

    wait_for("both alerts are counted", lambda: probes() >= 2)
    text = sandbox.run("metrics").stdout
    check(text)
    assert value(text, "portsentinel_packets_total", port="3409", direction="in", role="to",
                 protocol="tcp", interface="sensor0", kind="syn") == 1
    assert value(text, "portsentinel_packets_total", port="3410", direction="in") == 1
    assert value(text, "portsentinel_running") == 1
    assert value(text, "portsentinel_build_info") == 1
    assert abs(value(text, "portsentinel_start_time_seconds") - time.time()) < 600
    assert value(text, "portsentinel_interface_info", interface="sensor0") == 1


def test_the_numbers_are_those_of_counter_show(sandbox):
    sandbox.start("--per-peer", "1/s", "--peer-burst", "1")
    sandbox.wire.send(tcp4(3409), udp4(3410), times=50)
    sandbox.wait_packets(3409, 50)
    text = sandbox.run("metrics").stdout
    rows, accounting = sandbox.rows(), sandbox.accounting()
    for row in rows:
        labels = {name: str(row[name]) for name in ("port", "protocol", "interface", "direction",
                                                    "role")}
        assert value(text, "portsentinel_packets_total", **labels) == row["packets"]
        assert value(text, "portsentinel_bytes_total", **labels) == row["bytes"]
    for name in ("matched", "sampled", "suppressed", "lost"):
        assert value(text, f"portsentinel_{name}_packets_total") == accounting[name]
    assert accounting["suppressed"] > 0
    assert 0 < value(text, "portsentinel_seen_packets_total") <= accounting["seen"]  # it goes on


def test_a_scan_of_many_ports_does_not_fill_them(sandbox):
    """The busiest are told one by one; what is left out is told, and the totals hold it all."""
    sandbox.start("--ports", "1-65535", "--per-peer", "1/s", "--total", "1/s")
    ports = range(2000, 5000)
    for first in range(2000, 5000, 250):
        sandbox.wire.send(*(tcp4(port) for port in range(first, first + 250)))
    sandbox.wire.send(udp4(53), times=7)
    wait_for("all are counted", lambda: sum(
        row["packets"] for row in sandbox.rows("direction", "in")
        if row["port"] in ports and row["role"] == "to") == len(ports))
    wait_for("those, too", lambda: sandbox.packets(53) == 7)
    wait_for("nothing is on its way", lambda: total(sandbox) == total(sandbox))
    text = sandbox.run("metrics").stdout
    check(text)
    rows = sandbox.rows()
    assert len(text.splitlines()) < 3000
    told = {has for name, has in samples(text) if name == "portsentinel_bytes_total"}
    left_out = value(text, "portsentinel_left_out_packets")
    assert len(told) == 1000 and value(text, "portsentinel_left_out_rows") == len(rows) - 1000
    assert value(text, "portsentinel_packets_total", port="53", kind="udp") == 7
    assert value(text, "portsentinel_packets_total") + left_out == sum(
        row["packets"] for row in rows)
    for name in ("packets", "bytes"):
        assert value(text, f"portsentinel_all_{name}_total") == sum(row[name] for row in rows)
    assert value(text, "portsentinel_all_packets_total", kind="udp", role="to") == 7
    assert value(text, "portsentinel_all_packets_total", direction="in", kind="syn",
                 role="to") == len(ports)


def total(sandbox):
    return sum(row["packets"] for row in sandbox.rows())


def test_they_are_there_when_the_sensor_is_not(sandbox):
    sensor = sandbox.start("--keep", "yes")
    sandbox.wire.send(tcp4(3409))
    sandbox.wait_packets(3409, 1)
    sensor.stop()
    text = sandbox.run("metrics").stdout
    check(text)
    assert value(text, "portsentinel_running") == 0
    assert value(text, "portsentinel_packets_total", port="3409", role="to") == 1


def test_json_is_json(sandbox):
    sandbox.start()
    check(sandbox.cli("metrics")["text"])


def test_prometheus_scrapes_them(sandbox):
    directory = sandbox.directory
    (directory / "prometheus.yml").write_text(PROMETHEUS % LISTEN)
    sandbox.start("--metrics", LISTEN)
    with open(directory / "prometheus.log", "wb") as log:
        sandbox.here.start("prometheus", f"--config.file={directory}/prometheus.yml",
                           f"--storage.tsdb.path={directory}/tsdb",
                           "--web.listen-address=127.0.0.1:9090", stdout=log, stderr=log)
    sandbox.wire.send(tcp4(3409), times=7)

    def query():
        try:
            response, text = get(sandbox, port=9090, path="/api/v1/query?query=" +
                                 urllib.parse.quote('portsentinel_packets_total{port="3409",'
                                                    'role="to"}'))
        except OSError:
            return None
        return response.status == 200 and json.loads(text)["data"]["result"]

    wait_for("Prometheus listens", lambda: sandbox.here.listens("tcp", 9090))
    result = wait_for("a scrape", query)[0]
    assert result["metric"]["interface"] == "sensor0" and result["metric"]["kind"] == "syn"
    wait_for("all packets", lambda: [row["value"][1] for row in query() or []] == ["7"])


def test_one_page_is_served_and_nothing_else(sandbox):
    sandbox.start("--metrics", str(PORT))
    sandbox.wire.send(tcp4(3409))
    sandbox.wait_packets(3409, 1)
    response, text = get(sandbox)
    assert response.status == 200
    assert response.getheader("Content-Type") == "text/plain; version=0.0.4; charset=utf-8"
    check(text)
    assert value(text, "portsentinel_packets_total", port="3409", role="to") == 1
    response, text = get(sandbox, "HEAD")
    assert response.status == 200 and not text and int(response.getheader("Content-Length")) > 500
    assert get(sandbox, path="/")[0].status == 404
    assert get(sandbox, path="/metrics/../etc/passwd")[0].status == 404
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        response, _ = get(sandbox, method)
        assert response.status == 405 and response.getheader("Allow") == "GET, HEAD"


def test_nobody_listens_unless_asked_and_then_on_loopback(sandbox):
    sandbox.start()
    assert not sandbox.here.listens("tcp", PORT)
    sandbox.start("--metrics", str(PORT), instance=f"{sandbox.instance}-2")
    assert f"127.0.0.1:{PORT}" in sandbox.here.call("ss", "-ltnH", f"sport = :{PORT}")


def test_a_header_without_end_is_refused(sandbox):
    sandbox.start("--metrics", LISTEN)
    with sandbox.here.entered():
        connection = socket.create_connection(("127.0.0.1", PORT), timeout=WAIT_SECONDS)
    with connection:
        try:
            connection.sendall(b"GET /metrics HTTP/1.1\r\nX: " + b"a" * 100000)
            answer = connection.recv(4096)
        except ConnectionError:
            answer = b""
    assert b"200" not in answer.split(b"\r\n")[0]
    assert get(sandbox)[0].status == 200


def test_slow_clients_are_shown_the_door(sandbox):
    """More of them than may connect, each an octet now and then: they cannot stay."""
    sandbox.start("--metrics", LISTEN)
    with sandbox.here.entered():
        clients = [socket.create_connection(("127.0.0.1", PORT)) for _ in range(20)]

    def is_served():
        for client in clients:
            try:
                client.send(b"G", socket.MSG_DONTWAIT)
            except OSError:
                pass
        try:
            return get(sandbox)[0].status == 200
        except OSError:
            return False

    wait_for("a patient client is served", is_served, seconds=2 * WAIT_SECONDS, pause=0.5)
    for client in clients:
        client.close()
    sandbox.wire.send(tcp4(3409))
    sandbox.wait_alert(event_action="probe")


def test_scrapes_go_on_in_a_storm(sandbox):
    sandbox.start("--metrics", LISTEN)
    for i in range(20):
        sandbox.wire.send(*spoofed(500))
        response, text = get(sandbox)
        assert response.status == 200
        assert value(text, "portsentinel_matched_packets_total") >= 500 * i


def test_a_reload_moves_the_server(sandbox):
    config = "[metrics]\nlisten = 127.0.0.1:%d\n"
    sensor = sandbox.start(config=config % PORT)
    assert get(sandbox)[0].status == 200
    path = sandbox.directory / f"{sandbox.instance}.conf"
    path.write_text(config % (PORT + 1))
    sensor.send_signal(signal.SIGHUP)
    wait_for("it listens there", lambda: sandbox.here.listens("tcp", PORT + 1))
    wait_for("and not here", lambda: not sandbox.here.listens("tcp", PORT))
    path.write_text("[metrics]\nlisten = 198.51.100.1:9409\n")
    sensor.send_signal(signal.SIGHUP)
    wait_for("it says that it cannot", lambda: "198.51.100.1" in sensor.complaints())
    assert get(sandbox, port=PORT + 1)[0].status == 200


def listening(sandbox):
    """The local addresses of TCP sockets that listen."""
    return {line.split()[3] for line in sandbox.here.call("ss", "-ltnH").splitlines()}


def test_a_reload_moves_the_server_between_one_address_and_all(sandbox):
    config = f"[metrics]\nlisten = %s:{PORT}\n"
    sensor = sandbox.start(config=config % "127.0.0.1")
    path = sandbox.directory / f"{sandbox.instance}.conf"
    for address in ("0.0.0.0", "127.0.0.1"):
        path.write_text(config % address)
        sensor.send_signal(signal.SIGHUP)
        wait_for(f"it listens on {address}", lambda: listening(sandbox) == {f"{address}:{PORT}"})
        assert get(sandbox)[0].status == 200
    assert "metrics" not in sensor.complaints()


def test_a_server_that_cannot_move_stays(sandbox):
    """The port of another address is somebody else's, and so not free on all."""
    config = f"[metrics]\nlisten = %s:{PORT}\n"
    sensor = sandbox.start(config=config % "127.0.0.1")
    with sandbox.here.entered():
        taken = socket.create_server(("192.0.2.1", PORT))
    with taken:
        (sandbox.directory / f"{sandbox.instance}.conf").write_text(config % "0.0.0.0")
        sensor.send_signal(signal.SIGHUP)
        wait_for("it says so", lambda: (
            f"listen on 0.0.0.0:{PORT} for [metrics]: Address already in use; still on "
            f"127.0.0.1:{PORT}") in sensor.complaints())
        assert get(sandbox)[0].status == 200
    sensor.send_signal(signal.SIGHUP)
    wait_for("it moves when it can", lambda: listening(sandbox) == {f"0.0.0.0:{PORT}"})
    assert get(sandbox)[0].status == 200


def test_a_place_that_is_taken_is_an_error(sandbox):
    with sandbox.here.entered():
        taken = socket.create_server(("127.0.0.1", PORT))
    with taken:
        sensor = sandbox.launch("--interfaces", "sensor0", "--syslog", "none", "--metrics",
                                str(PORT))
        assert sensor.process.wait(WAIT_SECONDS) == 1
    assert "Address already in use" in sensor.complaints()
