# SPDX-License-Identifier: GPL-2.0-only
"""A sensor and a peer, each in a namespace of its own, joined by a wire."""

import contextlib
import datetime
import json
import os
import secrets
import shutil
import signal
import subprocess
from pathlib import Path

import kernel
from lines import read_lines, whole_lines
from netns import WAIT_SECONDS, Namespace, batch, exists, stop, wait_for
from wire import PEER4, PEER6, PEER_MAC, SENSOR4, SENSOR6, SENSOR_MAC, Wire

PROGRAM = os.environ.get("PORTSENTINEL") or str(
    Path(__file__).resolve().parents[2] / "build" / "portsentinel")
BPF_FS = Path("/sys/fs/bpf")


class Sensor:
    """One run of the program under test."""

    def __init__(self, sandbox, instance, arguments, stdout=None):
        self.sandbox = sandbox
        self.instance = instance
        self.launched = datetime.datetime.now(datetime.timezone.utc).strftime(
            "%Y-%m-%dT%H:%M:%S.%fZ")
        number = len(sandbox.sensors)
        self.output = sandbox.directory / f"{instance}.{number}.out"
        self.errors = sandbox.directory / f"{instance}.{number}.err"
        with open(self.output, "wb") as output, open(self.errors, "wb") as errors:
            self.process = sandbox.here.start(PROGRAM, "-n", instance, *arguments,
                                              stdout=output if stdout is None else stdout,
                                              stderr=errors)
        self.programs = set()

    def lines(self):
        return whole_lines(self.output)

    def complaints(self):
        return self.errors.read_text()

    def wait_ready(self, interfaces):
        def ready():
            assert self.process.poll() is None, \
                f"the sensor ended with {self.process.returncode}: {self.complaints()}"
            status = self.sandbox.status(self.instance)
            # a predecessor that crashed may have left its status and its interfaces
            return (status["pid"] == self.process.pid and
                    (status["since"] or "") >= self.launched and
                    set(interfaces) <= {row["name"] for row in status["interfaces"]})

        try:
            wait_for(f"the sensor runs on {interfaces}", ready)
        except AssertionError as error:
            raise AssertionError(f"{error}, but {self.sandbox.status(self.instance)} "
                                 f"{self.complaints()}") from None
        self.programs = kernel.programs_of(self.process.pid)
        return self

    def send_signal(self, number):
        self.process.send_signal(number)

    def stop(self, number=signal.SIGTERM):
        return stop(self.process, number)


class Sandbox:
    """
    here:  the sensor's namespace, interface sensor0
    there: the peer's, interface peer0
    Addresses and MACs are wire.py's; neighbours are known, so nobody asks for them.
    """

    def __init__(self, directory):
        self.directory = directory
        self.instance = f"ps-{secrets.token_hex(4)}"
        self.instances = {self.instance}
        self.sensors = []
        self.collectors = []
        self.wires = []
        self.namespaces = []
        try:
            self.here = self.add_namespace("a")
            self.there = self.add_namespace("b")
            batch(None, f"link add sensor0 address {SENSOR_MAC} netns {self.here.name} type veth "
                        f"peer name peer0 address {PEER_MAC} netns {self.there.name}")
            self.configure(self.here, "sensor0", (SENSOR4, SENSOR6), (PEER4, PEER6), PEER_MAC)
            self.configure(self.there, "peer0", (PEER4, PEER6), (SENSOR4, SENSOR6), SENSOR_MAC)
            self.wire = self.add_wire(self.there, "peer0")
        except BaseException:
            self.close()
            raise

    @staticmethod
    def configure(namespace, interface, addresses, neighbours, mac):
        batch(namespace, f"link set {interface} addrgenmode none",
              f"addr add {addresses[0]}/24 dev {interface}",
              f"addr add {addresses[1]}/64 dev {interface} nodad",
              f"link set {interface} up",
              *(f"neigh replace {neighbour} lladdr {mac} dev {interface}"
                for neighbour in neighbours))

    def add_namespace(self, suffix):
        namespace = Namespace(f"{self.instance}-{suffix}")
        self.namespaces.append(namespace)
        return namespace

    def add_wire(self, namespace, interface):
        wire = Wire(namespace, interface)
        self.wires.append(wire)
        return wire

    def launch(self, *flags, config="", instance=None, stdout=None):
        """Starts `run`, with a configuration of the test's own in place of the host's."""
        instance = instance or self.instance
        self.instances.add(instance)
        path = self.directory / f"{instance}.conf"
        path.write_text(config)
        sensor = Sensor(self, instance, ("-c", str(path), "run", *flags), stdout)
        self.sensors.append(sensor)
        return sensor

    def start(self, *flags, interfaces=("sensor0",), wait=None, **options):
        """A sensor that watches, writes its alerts where alerts() looks, and is ready."""
        flags = ("--syslog", "none", "--json-log", str(self.log), "--interfaces",
                 ",".join(interfaces), *flags)
        return self.launch(*flags, **options).wait_ready(wait or interfaces)

    @property
    def log(self):
        return self.directory / "alerts.json"

    def run(self, *arguments, instance=None, inside=False):
        """The program as a command; inside: in the sensor's namespace."""
        command = (PROGRAM, "-n", instance or self.instance, *arguments)
        return subprocess.run(self.here.command(*command) if inside else command, check=False,
                              capture_output=True, text=True, timeout=WAIT_SECONDS,
                              stdin=subprocess.DEVNULL)

    def cli(self, *arguments, expect=0, **options):
        """The same under -j: its one JSON value."""
        done = self.run("-j", *arguments, **options)
        assert done.returncode == expect, \
            f"{arguments}: {done.returncode}: {done.stdout} {done.stderr}"
        return json.loads(done.stdout)

    def status(self, instance=None):
        return self.cli("status", "show", instance=instance)

    def interfaces(self, instance=None):
        """Name -> row of `interface show`."""
        done = self.run("-j", "interface", "show", instance=instance)
        rows = json.loads(done.stdout).get("interfaces", [])
        return {row["name"]: row for row in rows}

    def rows(self, *filters, **options):
        return self.cli("counter", "show", *filters, **options)["counters"]

    def accounting(self):
        return self.cli("counter", "show")["accounting"]

    def kinds(self, port, direction="in", role="to"):
        """Kind -> packets, summed over protocols and interfaces."""
        sums = {}
        for row in self.rows("port", str(port), "direction", direction):
            if row["role"] == role:
                for kind, packets in row["kinds"].items():
                    sums[kind] = sums.get(kind, 0) + packets
        return sums

    def packets(self, port, direction="in", role="to"):
        return sum(self.kinds(port, direction, role).values())

    def wait_packets(self, port, packets, direction="in", role="to"):
        """Waits until the counter is there, and finds that it is not more."""
        wait_for(f"{packets} packets {direction} {role} {port}",
                 lambda: self.packets(port, direction, role) >= packets)
        assert self.packets(port, direction, role) == packets

    def alerts(self, **wanted):
        """The alerts of the log so far, those that have all the wanted `a_b=value` members."""
        return [alert for alert in read_lines(self.log)
                if all(member(alert, path) == value for path, value in wanted.items())]

    def packet_alerts(self):
        """Without those of `listener`, which come from every namespace of the machine."""
        return [alert for alert in self.alerts()
                if alert["event"]["action"] not in ("listener", "sensor")]

    def wait_alert(self, **wanted):
        return wait_for(f"an alert with {wanted}", lambda: self.alerts(**wanted))[0]

    def tc_mode(self):
        return kernel.tc_mode(self.here, "sensor0")

    def pins(self, instance=None):
        directory = BPF_FS / (instance or self.instance)
        return sorted(os.listdir(directory)) if directory.exists() else []

    def close(self):
        """Takes everything down, and finds that nothing is left."""
        with contextlib.ExitStack() as stack:  # each is done whatever became of the others
            stack.callback(self.check_nothing_left)
            for instance in self.instances:
                stack.callback(shutil.rmtree, f"/run/{instance}", ignore_errors=True)
            for namespace in self.namespaces:
                stack.callback(namespace.remove)
            for wire in self.wires:
                stack.callback(wire.close)
            for instance in self.instances:
                stack.callback(self.detach, instance)
            for collector in self.collectors:
                stack.callback(collector.close)
            for sensor in self.sensors:
                stack.callback(sensor.stop)

    def detach(self, instance):
        """What a sensor left on purpose, or because it was killed."""
        if self.pins(instance):
            self.run("interface", "detach", instance=instance, inside=True)

    def check_nothing_left(self):
        for namespace in self.namespaces:
            assert not exists(namespace.name)
        programs = set().union(*(sensor.programs for sensor in self.sensors))
        wait_for("no program of ours is loaded", lambda: not kernel.programs_alive(programs))
        for instance in self.instances:
            assert not self.pins(instance), f"pins left: {self.pins(instance)}"


def member(alert, path):
    """member(alert, "event_action") -> alert["event"]["action"], None where there is none."""
    value = alert
    for name in path.split("_"):
        value = value.get(name) if isinstance(value, dict) else None
    return value
