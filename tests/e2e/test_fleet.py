# SPDX-License-Identifier: GPL-2.0-only
"""The recipe of scripts/fleet: sensors, rsyslogd beside each, and one that collects."""

import collections
import contextlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from authority import Authority
from lines import read_lines
from netns import WAIT_SECONDS, batch, stop, wait_for
from sandbox import PROGRAM, Sandbox
from wire import spoofed, tcp4

RECIPE = Path(__file__).resolve().parents[2] / "scripts" / "fleet"
SENSORS = 3
WINDOW = 16  # the recipe's
PLACE = "/etc/portsentinel/fleet"


class Daemon:
    """rsyslogd with a file of the recipe, its places moved into the test's own."""

    def __init__(self, namespace, directory, recipe, certificates, **moves):
        self.namespace = namespace
        self.directory = directory
        directory.mkdir()
        (directory / "spool").mkdir()
        (directory / "tls").mkdir()
        for name, path in certificates.items():
            shutil.copy(path, directory / "tls" / name)
        moves |= {PLACE: f"{directory}/tls", "/var/spool/rsyslog": f"{directory}/spool"}
        text = (RECIPE / recipe).read_text()
        for old, new in moves.items():
            assert old in text or old == "/var/spool/rsyslog", f"{old} is not in {recipe}"
            text = text.replace(old, new)
        # the pauses of the recipe are those of a network, not of a test
        text = re.sub(r'action.resumeInterval="\d+"', 'action.resumeInterval="1"', text)
        text = re.sub(r'action.resumeIntervalMax="\d+"', 'action.resumeIntervalMax="2"', text)
        self.configuration = directory / "rsyslog.conf"
        self.configuration.write_text(f'global(workDirectory="{directory}/spool")\n{text}')
        self.process = None

    def start(self):
        with open(self.directory / "errors", "ab") as errors:
            self.process = self.namespace.start("rsyslogd", "-n", "-f", str(self.configuration),
                                                "-i", str(self.directory / "pid"),
                                                stdout=errors, stderr=errors)
        return self

    def stop(self):
        assert stop(self.process) == 0


class Fleet:
    def __init__(self, directory):
        self.directory = directory
        self.sandboxes = []
        self.relays = []

    def close(self):
        with contextlib.ExitStack() as stack:  # the last one first, whatever became of it
            for sandbox in self.sandboxes:
                stack.callback(sandbox.close)

    def add_sandbox(self, number):
        directory = self.directory / f"sensor{number}"
        directory.mkdir()
        self.sandboxes.append(Sandbox(directory))
        return self.sandboxes[-1]

    def build(self):
        authority = Authority(self.directory)
        first = self.add_sandbox(1)
        centre = first.add_namespace("c")
        certificate, key = authority.issue("central", "DNS:central.example")
        self.files = self.directory / "filed"
        self.files.mkdir()
        self.centre = Daemon(centre, self.directory / "central", "central.conf",
                             {"ca.pem": authority.certificate, "central.pem": certificate,
                              "central.key": key}, **{"/var/log/portsentinel": str(self.files)})
        for number in range(1, SENSORS + 1):
            sandbox = first if number == 1 else self.add_sandbox(number)
            self.connect(sandbox, centre, number)
            self.add_sensor(sandbox, authority, number)

    @staticmethod
    def connect(sandbox, centre, number):
        batch(None, f"link add centre0 netns {sandbox.here.name} type veth peer name "
                    f"sensor{number} netns {centre.name}")
        batch(sandbox.here, f"addr add 10.77.{number}.2/24 dev centre0", "link set centre0 up")
        batch(centre, f"addr add 10.77.{number}.1/24 dev sensor{number}",
              f"link set sensor{number} up")

    def add_sensor(self, sandbox, authority, number):
        name = f"node{number}.sensors.example"
        certificate, key = authority.issue(f"node{number}", f"DNS:{name}")
        socket = sandbox.directory / "log"
        relay = Daemon(sandbox.here, sandbox.directory / "relay", "sensor.conf",
                       {"ca.pem": authority.certificate, "sensor.pem": certificate,
                        "sensor.key": key},
                       **{"/run/portsentinel.log": str(socket),
                          'target="central.example"': f'target="10.77.{number}.1"'}).start()
        self.relays.append(relay)
        wait_for("the relay's socket", socket.exists)
        sandbox.here.start(
            "unshare", "--uts", "sh", "-c", f"hostname {name} && exec {PROGRAM} -n "
            f"{sandbox.instance} -c /dev/null run --interfaces sensor0 --syslog unix:{socket} "
            f"--json-log {sandbox.log} --per-peer none --total none --max-rate none "
            "--window 2s", stdout=subprocess.DEVNULL)
        wait_for("it is attached", lambda: "sensor0" in sandbox.interfaces())

    def raised(self):
        """What the sensors raised: (host, id, count) of each alert."""
        return collections.Counter(
            (alert["observer"]["hostname"], alert["event"]["id"], alert["event"]["count"])
            for sandbox in self.sandboxes for alert in sandbox.alerts())

    def filed(self):
        """The same of what is filed, by file."""
        return {path.name: read_lines(path)
                for path in self.files.iterdir() if path.name != "other.log"}

    def collected(self):
        return collections.Counter((row["host"], row["alert"]["id"], int(row["alert"]["count"]))
                                   for rows in self.filed().values() for row in rows)

    def wait_all(self):
        """Every alert arrives; waits for those that are still open, too."""
        def all_there():
            raised = self.raised()
            return raised and set(raised) <= set(self.collected())
        wait_for("every alert is filed", all_there, seconds=2 * WAIT_SECONDS, pause=0.2)


@pytest.fixture
def fleet(tmp_path):
    made = Fleet(tmp_path)
    with contextlib.closing(made):
        made.build()
        yield made


def send(fleet, count, port=3409):
    for sandbox in fleet.sandboxes:
        before = len(sandbox.alerts())
        sandbox.wire.send(*spoofed(count, port))
        wait_for("the alerts are raised",
                 lambda sandbox=sandbox, before=before: len(sandbox.alerts()) >= before + count)


def test_nothing_is_lost_while_the_centre_is_down(fleet):
    fleet.centre.start()
    send(fleet, 50)
    fleet.wait_all()
    fleet.centre.stop()
    send(fleet, 200, 3410)
    assert set(fleet.raised()) - set(fleet.collected())
    fleet.centre.start()
    send(fleet, 50)
    fleet.wait_all()
    raised, collected = fleet.raised(), fleet.collected()
    assert set(raised) == set(collected)
    # twice is what was under way when the centre went, and no more
    assert sum((collected - raised).values()) <= SENSORS * WINDOW
    assert not (fleet.files / "other.log").exists()


def test_what_a_relay_holds_outlives_it(fleet):
    """But for what it had sent and the centre had not acknowledged: RELP keeps that in memory."""
    fleet.centre.start()
    send(fleet, 10)
    fleet.wait_all()
    fleet.centre.stop()
    send(fleet, 200, 3410)
    fleet.relays[0].stop()
    assert list((fleet.relays[0].directory / "spool").iterdir())
    fleet.relays[0].start()
    fleet.centre.start()
    send(fleet, 10)
    wait_for("all is filed but the window",
             lambda: len(set(fleet.raised()) - set(fleet.collected())) <= WINDOW, pause=0.2)


def test_alerts_are_filed_by_host_and_action(fleet):
    fleet.centre.start()
    fleet.sandboxes[0].here.start("nc", "-l", "-k", "3410")
    wait_for("nc listens", lambda: fleet.sandboxes[0].here.listens("tcp", 3410))
    for sandbox in fleet.sandboxes:
        sandbox.wire.send(tcp4(3409), tcp4(3410))
    fleet.wait_all()
    # listeners are told of whatever their namespace, so of the other nodes', too
    assert {name for name in fleet.filed() if ".listener." not in name} == {
        "node1.sensors.example.connection.log"} | {
        f"node{number}.sensors.example.probe.log" for number in range(1, SENSORS + 1)}
    row = fleet.filed()["node2.sensors.example.probe.log"][0]
    assert row["host"] == "node2.sensors.example"
    assert row["alert"]["src"] == "192.0.2.2" and row["alert"]["port"] in ("3409", "3410")
    assert row["message"].startswith("Unexpected TCP SYN from 192.0.2.2")


def test_a_stranger_is_not_let_in(fleet, tmp_path):
    fleet.centre.start()
    sandbox = fleet.sandboxes[0]
    stranger = Authority(tmp_path, "stranger")
    certificate, key = stranger.issue("node9", "DNS:node9.sensors.example")
    fleet.relays[0].stop()
    for name, path in {"sensor.pem": certificate, "sensor.key": key}.items():
        shutil.copy(path, fleet.relays[0].directory / "tls" / name)
    fleet.relays[0].start()
    sandbox.wire.send(tcp4(3409))
    fleet.sandboxes[1].wire.send(tcp4(3409))
    sandbox.wait_alert(event_action="probe")
    wait_for("the centre refuses it",
             lambda: "authentication error" in (fleet.centre.directory / "errors").read_text())
    wait_for("the other is let in", lambda: fleet.collected())
    assert {host for host, _, _ in fleet.collected()} == {"node2.sensors.example"}
