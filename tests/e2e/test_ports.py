# SPDX-License-Identifier: GPL-2.0-only
"""The live watch set."""

import pytest
from netns import wait_for
from wire import tcp4, udp4


def shown(sandbox):
    return {(row["port"], row["protocol"]) for row in sandbox.cli("port", "show")["ports"]}


def test_the_default_ports_have_their_names(sandbox):
    sandbox.start()
    rows = sandbox.cli("port", "show")["ports"]
    assert {"port": 3409, "protocol": "tcp", "service": "networklens",
            "description": "NetworkLens Event Port"} in rows
    assert {"port": 3410, "protocol": "udp", "service": "networklenss",
            "description": "NetworkLens SSL Event"} in rows
    assert len(rows) == 4


def test_an_added_port_is_counted_at_once(sandbox):
    sandbox.start()
    sandbox.wire.send(udp4(5000))
    sandbox.cli("port", "add", "5000/udp")
    assert (5000, "udp") in shown(sandbox) and (5000, "tcp") not in shown(sandbox)
    sandbox.wire.send(udp4(5000), tcp4(5000))
    sandbox.wait_packets(5000, 1)
    sandbox.wait_alert(destination_port=5000)


def test_a_deleted_port_is_no_longer_counted(sandbox):
    sandbox.start()
    sandbox.wire.send(udp4(3409))
    sandbox.wait_packets(3409, 1)
    sandbox.cli("port", "del", "3409")
    sandbox.wire.send(udp4(3409), udp4(3410))
    sandbox.wait_packets(3410, 1)
    assert sandbox.packets(3409) == 1
    assert {port for port, _ in shown(sandbox)} == {3410}


def test_ranges_are_added(sandbox):
    sandbox.start()
    sandbox.cli("port", "add", "6000-6063/tcp")
    assert len(shown(sandbox)) == 4 + 64


@pytest.mark.parametrize("port", ["0", "65536", "x", "5/sctp", "", "7-3"])
def test_a_port_that_is_none_is_refused(sandbox, port):
    sandbox.start()
    assert "error" in sandbox.cli("port", "add", port, expect=2)
    assert len(shown(sandbox)) == 4


def test_ports_can_be_changed_while_the_sensor_is_dead(sandbox):
    sensor = sandbox.start("--keep", "yes")
    sensor.stop()
    sandbox.cli("port", "add", "5000")
    sandbox.wire.send(udp4(5000))
    sandbox.wait_packets(5000, 1)


def test_rows_are_filtered(sandbox):
    sandbox.start()
    sandbox.wire.send(tcp4(3409), udp4(3410))
    wait_for("both", lambda: len(sandbox.rows("direction", "in")) == 2)
    assert {row["port"] for row in sandbox.rows("port", "3410")} == {3410}
    assert {row["protocol"] for row in sandbox.rows("protocol", "tcp")} == {"tcp"}
    assert sandbox.rows("interface", "lo") == []
    assert {row["interface"] for row in sandbox.rows("interface", "sensor0")} == {"sensor0"}
