# SPDX-License-Identifier: GPL-2.0-only
"""A flood hides nothing: what somebody really does is told beside any amount of junk."""

import signal
import sys

import pytest
from netns import wait_for
from wire import spoofed, tcp4

NARROW = ("--per-peer", "1/h", "--peer-burst", "1")

# Binds a port again and again, each time as another process to whoever tells them by name.
BINDS = """
import socket
for number in range(5000):
    open("/proc/self/comm", "w").write(f"n{number}")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
        end.bind(("127.0.0.1", 3410))
"""


@pytest.fixture(name="server")
def start_server(sandbox):
    sandbox.here.start("nc", "-l", "-k", "3409")
    wait_for("nc listens", lambda: sandbox.here.listens("tcp", 3409))


def test_a_peer_s_junk_does_not_hide_its_connection(sandbox, server):
    sandbox.start(*NARROW)
    sandbox.wire.send(tcp4(3410), times=3000)
    sandbox.wait_packets(3410, 3000)
    sandbox.there.start("sh", "-c", "echo hello | nc -q 5 192.0.2.1 3409")
    alert = sandbox.wait_alert(event_action="connection")
    assert alert["source"]["ip"] == "192.0.2.2" and alert["destination"]["port"] == 3409


def test_forged_peers_do_not_hide_a_connection(sandbox, server):
    sandbox.start(*NARROW, "--total", "64/h")
    sandbox.wire.send(*spoofed(3000, port=3409))
    sandbox.wait_packets(3409, 3000)
    sandbox.there.start("sh", "-c", "echo hello | nc -q 5 192.0.2.1 3409")
    sandbox.wait_alert(event_action="connection", portsentinel_verdict="connected",
                       source_ip="192.0.2.2")
    accounting = sandbox.accounting()
    assert accounting["matched"] == accounting["sampled"] + accounting["suppressed"]


def test_what_was_held_back_is_told_once(sandbox):
    sensor = sandbox.start("--window", "1h", *NARROW)
    for port in (3409, 3410):
        sandbox.wire.send(tcp4(port), times=100)
        sandbox.wait_packets(port, 100)
    wait_for("both", lambda: len(sandbox.packet_alerts()) == 2)
    sensor.stop()
    sums = sandbox.packet_alerts()[2:]
    assert {alert["destination"]["port"]: alert["portsentinel"]["suppressed"]
            for alert in sums} == {3409: 99, 3410: 99}


def test_a_user_s_storm_of_binds_does_not_lose_another_s(sandbox):
    """While the sensor sleeps, so that the records have to wait."""
    sensor = sandbox.start("--window", "1s")
    wait_for("the start", lambda: sandbox.status()["running"])
    sensor.send_signal(signal.SIGSTOP)
    sandbox.here.call("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                      sys.executable, "-c", BINDS)
    sandbox.here.start("nc", "-l", "-k", "3409")
    wait_for("nc listens", lambda: sandbox.here.listens("tcp", 3409))
    sensor.send_signal(signal.SIGCONT)
    alert = sandbox.wait_alert(event_action="listener", destination_port=3409)
    assert alert["process"]["name"] == "nc"
    loss = sandbox.wait_alert(event_action="sensor")
    assert "owner records lost" in loss["message"] and "user 65534" in loss["message"]
    assert "the ring was full for 0," in loss["message"]
