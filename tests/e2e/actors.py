# SPDX-License-Identifier: GPL-2.0-only
"""The actor's scenarios on the sandbox's stage, and what the sensor said of them."""

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

from lines import read_lines
from netns import WAIT_SECONDS, stop, wait_for
from sandbox import PROGRAM
from test_accounting import EVERYTHING
from wire import PEER4, SENSOR4

ACTOR = str(Path(__file__).resolve().parents[2] / "build" / "tests" / "kernels" / "actor")
PORT = "3409"
PACE_US = 2500  # between two clients: the reader of the samples is to keep up
FLAGS = (*EVERYTHING, "--ring-size", "16M")

# Who plays where, the address of the server, and the interface that is watched.
PLACES = {"loopback": ("here", "here", "127.0.0.1", "lo"),
          "inbound": ("here", "there", SENSOR4, "sensor0"),
          "outbound": ("there", "here", PEER4, "sensor0")}


def judge(truth, samples, *options):
    """The checker's exit status and what it said."""
    done = subprocess.run((ACTOR, "check", *options, str(truth), str(samples)), check=False,
                          capture_output=True, text=True, timeout=WAIT_SECONDS)
    assert done.returncode in (0, 1), done.stderr
    return done.returncode, done.stdout


def is_chroot():
    """Then paths of other mount namespaces are told from elsewhere than this one's root."""
    roots = [line.split()[3] for line in Path("/proc/self/mountinfo").read_text().splitlines()
             if line.split()[4] == "/"]
    return roots != ["/"]


class Stage:
    """
    truth: what those did whom the sensor can know; what the silent side did is told nowhere.
    samples: every packet that the sensor saw since watch().
    """

    def __init__(self, sandbox, truth="truth", silent="there"):
        self.sandbox = sandbox
        self.silent = getattr(sandbox, silent) if silent else None
        self.truth = sandbox.directory / truth
        self.samples = sandbox.directory / "samples"
        self.players = []
        self.unread = 0  # samples from before the reader
        self.other = str(sandbox.directory / "other")
        shutil.copy(ACTOR, self.other)

    def command(self, namespace, *words):
        """In the namespace's network alone: `ip netns exec` would hide the cgroups, too."""
        told = ("-t", str(self.truth)) if namespace is not self.silent else ()
        return ("nsenter", f"--net=/run/netns/{namespace.name}", ACTOR, *told,
                *(str(word) for word in words))

    def start(self, namespace, *words):
        """A player who acts until it is told to stop, or is done."""
        player = subprocess.Popen(self.command(namespace, *words), stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        namespace.processes.append(player)
        self.players.append(player)
        return player

    def serve(self, namespace, *words, protocol="tcp", port=PORT):
        """The same, and it listens. With workers, the last one has told so, too."""
        before = len(self.listening())
        player = self.start(namespace, *words)
        tells = namespace is not self.silent
        wanted = before + (listeners(words) if tells else 0)

        def listens():
            assert player.poll() is None, player.stdout.read()
            return namespace.listens(protocol, int(port)) and len(self.listening()) >= wanted

        wait_for(f"{words} listens", listens)
        return player

    def listening(self):
        return [line for line in read_lines(self.truth) if line["did"] == "listening"]

    def play(self, namespace, *words):
        """Acts to the end."""
        done = subprocess.run(self.command(namespace, *words), check=False, capture_output=True,
                              timeout=2 * WAIT_SECONDS, text=True, stdin=subprocess.DEVNULL)
        assert done.returncode == 0, f"{words}: {done.returncode}: {done.stdout}{done.stderr}"

    def finish(self):
        """Those who serve a number of clients have served them."""
        for player in self.players:
            output, _ = player.communicate(timeout=WAIT_SECONDS)
            assert player.returncode == 0, f"{player.args}: {player.returncode}: {output}"
        self.players.clear()

    def dismiss(self):
        for player in self.players:
            stop(player)
        self.players.clear()

    def watch(self, interface, *flags, **options):
        """A sensor that samples every packet, and a reader that is there before the first."""
        self.sandbox.start(*FLAGS, *flags, interfaces=(interface,), **options)
        with open(self.samples, "wb") as output:
            reader = self.sandbox.here.start(PROGRAM, "-n", self.sandbox.instance, "-j", "sample",
                                             "watch", stdout=output)
        wait_for("the samples are read",
                 lambda: self.sandbox.status().get("sample_readers") == 1)
        self.unread = self.sandbox.accounting()["sampled"]
        return reader

    def hooks(self):
        """How the sensor meets processes on this kernel."""
        rungs = self.sandbox.cli("check", "host")["owner_hooks"]
        return next((rung["name"] for rung in rungs if rung["present"]), "none")

    def told(self):
        """Samples, and how many the reader missed."""
        return read_lines(self.samples)

    def lines(self):
        return [line for line in self.told() if "lost" not in line]

    def settle(self):
        """Waits until every packet's sample is there, and no packet comes any more."""
        sampled = told = -1

        def quiet():
            nonlocal sampled, told
            sensor = self.sandbox.sensors[-1]
            assert sensor.process.poll() is None, f"the sensor is dead: {sensor.complaints()}"
            before, sampled = sampled, self.sandbox.accounting()["sampled"]
            time.sleep(0.2)
            told = sum(line.get("lost", 1) for line in self.told())
            return before == sampled and told >= sampled - self.unread

        try:
            wait_for("a sample of every packet", quiet)
        except AssertionError as error:
            raise AssertionError(f"{error} ({told} of {sampled - self.unread})") from None
        accounting = self.sandbox.accounting()
        assert accounting["lost"] == 0 and accounting["suppressed"] == 0, accounting

    def check(self, *options, direction=None):
        """All is as it was told, one way or both."""
        self.settle()
        samples = self.samples
        if direction:
            samples = self.sandbox.directory / direction
            samples.write_text("".join(
                json.dumps(line) + "\n" for line in self.told()
                if "lost" in line or line["network"]["direction"] == direction))
        status, said = judge(self.truth, samples, *options)
        assert status == 0, said
        return said

    def run(self, place, server, client, count, *parallel, protocol="tcp"):
        """
        A server and its clients, `count` times; each is a list of words, options first, the last
        of them the scenario. Everything is named, and nothing wrongly.
        """
        server_side, client_side, address, interface = PLACES[place]
        self.watch(interface)
        self.serve(getattr(self.sandbox, server_side), *server, address, PORT, count,
                   protocol=protocol)
        self.play(getattr(self.sandbox, client_side), "-p", PACE_US, *client, address, PORT, count,
                  *parallel)
        self.finish()
        return self.check()


def listeners(words):
    """How many lines a scenario tells before it is ready."""
    scenario = next(word for word in words if not str(word).startswith("-") and
                    str(word)[0].isalpha())
    workers = 4
    return {"prefork": 1 + workers, "reuseport": 2 * workers, "reuseport-cbpf": 2 * workers,
            "udp-reuseport": workers, "udp-reuseport-cbpf": workers, "activate": 2}.get(scenario, 1)


def cgroup_folder():
    """Where process cgroups can be made here: the unified hierarchy, else the one of pids."""
    for folder in ("/sys/fs/cgroup/unified", "/sys/fs/cgroup/pids", "/sys/fs/cgroup"):
        if os.path.exists(f"{folder}/cgroup.procs"):
            return folder
    raise AssertionError("no cgroup file system")
