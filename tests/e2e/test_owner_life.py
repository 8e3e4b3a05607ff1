# SPDX-License-Identifier: GPL-2.0-only
"""What was there before the sensor, who holds the ports now, and what the alerts say of them."""

import os
import re
import signal
import time

import pytest
from actors import PORT, Stage, is_chroot, read_lines
from netns import wait_for
from wire import PEER4, SENSOR4, tcp4

HERE = "127.0.0.1"


@pytest.fixture(name="stage")
def make_stage(sandbox):
    return Stage(sandbox)


def start_client(sandbox, stage, *words):
    """One that is at it while the test goes on."""
    return stage.start(sandbox.here, *words)


def test_the_start_amid_a_connection_a_millisecond(sandbox, stage):
    """Each lives for 12 ms: those that were there are found, those that come are seen."""
    stage.serve(sandbox.here, "-k", 16, "prefork", HERE, PORT, 5000)
    start_client(sandbox, stage, "-p", 1000, "-d", 12, "fork-clients", HERE, PORT, 5000, 1000)
    wait_for("connections", lambda: len(read_lines(stage.truth)) > 500)
    stage.watch("lo")
    before = sum(line["did"] == "connected" for line in read_lines(stage.truth))
    stage.finish()
    said = stage.check("--named", "1")
    assert before < 4800, "the sensor came too late to be amid"
    for way in ("inbound", "outbound"):
        right, unnamed = re.search(rf"{way}: (\d+) right, 0 wrong, (\d+) unnamed", said).groups()
        assert int(unnamed) <= int(right) / 50, said  # on a busy machine some come late


def signal_all(pids, number):
    for pid in pids:
        os.kill(pid, number)


@pytest.mark.parametrize("server", ["serve", "prefork", "reuseport"])
def test_a_connection_from_before_the_start(sandbox, stage, server):
    connections = 3 if server == "prefork" else 1  # that are accepted at once
    stage.serve(sandbox.here, server, HERE, PORT, connections)
    start_client(sandbox, stage, "-d", 5000, "clients", HERE, PORT, connections, 3)
    wait_for("connections", lambda: sum(line["did"] in ("accepted", "connected")
                                        for line in read_lines(stage.truth)) == 2 * connections)
    clients = [line["pid"] for line in read_lines(stage.truth) if line["did"] == "connected"]
    signal_all(clients, signal.SIGSTOP)
    try:
        stage.watch("lo")
        assert not stage.lines()
    finally:
        signal_all(clients, signal.SIGCONT)
    stage.finish()
    stage.check()


@pytest.mark.parametrize("server", ["serve", "prefork", "reuseport", "uring-serve"])
def test_a_listener_from_before_the_start(sandbox, stage, server):
    stage.serve(sandbox.here, server, HERE, PORT, 20)
    stage.watch("lo")
    stage.play(sandbox.here, "clients", HERE, PORT, 20, 4)
    stage.finish()
    stage.check()


def test_a_datagram_socket_from_before_the_start(sandbox, stage):
    stage.serve(sandbox.here, "udp-serve", HERE, PORT, 20, protocol="udp")
    stage.watch("lo")
    stage.play(sandbox.here, "senders", HERE, PORT, 20, 4)
    stage.finish()
    stage.check()


def holders(sandbox, protocol, *states):
    """Pids of this namespace alone: the port may be held in others, too."""
    netns = os.stat(f"/run/netns/{sandbox.here.name}").st_ino
    rows = sandbox.cli("owner", "show", "port", PORT, inside=True)["owners"]
    return {row["process"]["pid"] for row in rows
            if row["netns"] == netns and row["protocol"] == protocol and row["state"] in states}


def ss_pids(sandbox, option, *filters):
    return {int(pid) for pid in re.findall(r"pid=(\d+)",
                                           sandbox.here.call("ss", option, *filters))}


def lsof_pids(sandbox, *selection):
    shown = sandbox.here.call("lsof", "-nP", "-a", "-F", "p", *selection)
    return {int(pid) for pid in re.findall(r"^p(\d+)$", shown, re.MULTILINE)}


@pytest.mark.parametrize("server", ["serve", "prefork", "reuseport", "fork-each"])
def test_owner_show_is_what_ss_and_lsof_show(sandbox, stage, server):
    stage.serve(sandbox.here, server, HERE, PORT, 5)
    start_client(sandbox, stage, "-g", "-d", 20000, "tcp", HERE, PORT)
    wait_for("a connection", lambda: any(line["did"] == "accepted"
                                         for line in read_lines(stage.truth)))
    sandbox.start(interfaces=("lo",))
    listening = holders(sandbox, "tcp", "listen")
    assert listening and listening == ss_pids(sandbox, "-tlnpH", f"sport = :{PORT}")
    assert listening == lsof_pids(sandbox, f"-iTCP:{PORT}", "-sTCP:LISTEN")
    connected = holders(sandbox, "tcp", "established")
    served = ss_pids(sandbox, "-tnpH", f"sport = :{PORT}")
    assert served <= connected
    assert connected <= served | ss_pids(sandbox, "-tnpH", f"dport = :{PORT}")
    stage.dismiss()


def test_owner_show_is_what_ss_shows_of_udp(sandbox, stage):
    stage.serve(sandbox.here, "udp-reuseport", HERE, PORT, 5, protocol="udp")
    sandbox.start(interfaces=("lo",))
    pids = holders(sandbox, "udp", "listen", "unconnected")
    assert len(pids) == 4
    assert pids == ss_pids(sandbox, "-ulnpH", f"sport = :{PORT}")
    assert pids == lsof_pids(sandbox, f"-iUDP:{PORT}")
    stage.dismiss()


def test_one_that_begins_to_listen_is_told(sandbox, stage):
    sandbox.start(interfaces=("lo",))
    stage.serve(sandbox.here, "listen", HERE, PORT)
    holder = stage.listening()[0]
    alert = sandbox.wait_alert(event_action="listener", process_pid=holder["pid"])
    assert alert["process"]["executable"] == holder["executable"]
    assert "listen" in alert["process"]["command_line"]
    stage.dismiss()


def test_one_that_listens_for_a_moment_only_is_told(sandbox, stage):
    sandbox.start(interfaces=("lo",))
    player = stage.start(sandbox.here, "listen", HERE, PORT)
    wait_for("it listens", stage.listening)
    player.kill()
    player.wait()
    sandbox.wait_alert(event_action="listener", process_pid=stage.listening()[0]["pid"])


def test_an_outbound_alert_names_one_that_is_gone(sandbox, stage):
    sandbox.start()
    stage.play(sandbox.here, "udp", PEER4, PORT)
    alert = sandbox.wait_alert(event_action="outbound")
    sent = read_lines(stage.truth)[0]
    assert alert["process"]["pid"] == sent["pid"]
    assert alert["process"]["executable"] == sent["executable"]


def test_a_connection_alert_names_the_worker_that_accepted(sandbox, stage):
    stage.serve(sandbox.here, "prefork", SENSOR4, PORT, 1)
    sandbox.start()
    stage.play(sandbox.there, "clients", SENSOR4, PORT, 1)
    stage.finish()
    accepted = next(line for line in read_lines(stage.truth) if line["did"] == "accepted")
    wait_for("the acceptor in the alert", lambda: any(
        alert.get("process", {}).get("pid") == accepted["pid"]
        for alert in sandbox.alerts(event_action="connection")))


def test_a_probe_names_nobody(sandbox):
    sandbox.start()
    sandbox.wire.send(tcp4(int(PORT)))
    assert "process" not in sandbox.wait_alert(event_action="probe")


def test_the_hooks_are_told(sandbox):
    sandbox.start()
    owners = sandbox.status()["owners"]
    assert owners["hooks"] in ("kprobe", "lsm", "fentry", "tracepoint")
    assert owners["sockets_evicted"] == 0


def test_without_the_hooks_nobody_is_named_wrongly(sandbox, stage):
    """Who holds a listener that several share is all that /proc tells: so one alone serves."""
    if is_chroot():
        pytest.skip("in a chroot, /proc alone tells paths from elsewhere")
    stage.watch("lo", "--owner-hooks", "none")
    assert sandbox.status()["owners"]["hooks"] == "none"
    stage.serve(sandbox.here, "serve", HERE, PORT, 100)
    stage.play(sandbox.here, "clients", HERE, PORT, 100, 8)
    stage.finish()
    time.sleep(0.2)
    stage.check("--named", "0")
