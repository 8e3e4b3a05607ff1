# SPDX-License-Identifier: GPL-2.0-only
"""What the sensor samples reaches readers: as lines and as JSON; losses are told."""

import json
import os
import shutil
import signal
import socket
import struct
import subprocess
from pathlib import Path

import pytest
from lines import read_lines
from netns import WAIT_SECONDS, stop, wait_for
from sandbox import PROGRAM
from test_robust import UNLIMITED
from wire import PEER_MAC, spoofed, tcp4, tcp6, udp4, udp6

HEADER = struct.Struct("=IIII32sQ")
MAGIC = 0x50415350
HELLO = 0


class Reader:
    """`sample ...` as a process of its own, connected."""

    def __init__(self, sandbox, *arguments):
        number = len(list(sandbox.directory.glob("reader.*.out")))
        self.output = sandbox.directory / f"reader.{number}.out"
        self.errors = sandbox.directory / f"reader.{number}.err"
        readers = sandbox.status()["sample_readers"]
        with open(self.output, "wb") as output, open(self.errors, "wb") as errors:
            self.process = sandbox.here.start(PROGRAM, "-n", sandbox.instance, *arguments,
                                              stdout=output, stderr=errors)
        wait_for("the reader is there", lambda: sandbox.status()["sample_readers"] > readers)

    def wait(self, status=0):
        assert self.process.wait(WAIT_SECONDS) == status, self.errors.read_text()
        return self.output.read_text()

    def objects(self):
        return read_lines(self.output)


def watch(sandbox, *arguments):
    return Reader(sandbox, "-j", "sample", "watch", *arguments)


def hold(sandbox, port=3409, program="nc"):
    process = sandbox.here.start(program, "-l", "-k", str(port))
    wait_for("nc listens", lambda: sandbox.here.listens("tcp", port))
    return process


def test_each_packet_is_one_object(sandbox):
    sandbox.start()
    reader = watch(sandbox, "count", "3", "direction", "in")
    frames = (tcp4(3409, vlan=7), udp6(3410), tcp6(3409, "FPU"))
    sandbox.wire.send(*frames)
    reader.wait()
    syn, datagram, xmas = reader.objects()
    assert syn["event"] == {"kind": "event", "category": ["network"], "type": ["info"]}
    assert syn["source"] == {"ip": "192.0.2.2", "port": 40000,
                             "mac": PEER_MAC.upper().replace(":", "-")}
    assert syn["destination"] == {"ip": "192.0.2.1", "port": 3409}
    assert syn["network"]["vlan"] == {"id": "7"} and syn["network"]["direction"] == "inbound"
    assert syn["observer"]["ingress"] == {"interface": {"name": "sensor0"}}
    assert "process" not in syn
    own = {"port": 3409, "role": "to", "kind": "syn", "verdict": "closed", "quality": "none",
           "service": "networklens", "looks_like": "scapy"}
    assert syn["portsentinel"].items() >= own.items()
    assert syn["portsentinel"]["fate"] == "dropped"  # there is no such VLAN here
    assert datagram["network"]["transport"] == "udp" and datagram["network"]["type"] == "ipv6"
    assert datagram["network"]["bytes"] == len(frames[1])
    assert datagram["source"]["ip"] == "2001:db8::2"
    assert xmas["portsentinel"]["kind"] == "xmas"
    assert syn["@timestamp"] < datagram["@timestamp"] < xmas["@timestamp"]


def test_the_owner_is_told_of_packets_that_fold_into_one_alert(sandbox):
    process = hold(sandbox)
    sandbox.start()
    reader = watch(sandbox, "count", "5", "direction", "in")
    sandbox.wire.send(*(tcp4(3409, sport=40000 + i) for i in range(5)))
    reader.wait()
    for sample in reader.objects():
        assert sample["process"]["pid"] == process.pid
        assert sample["portsentinel"]["verdict"] in ("listening", "connected")
        assert sample["portsentinel"]["quality"] != "none"
    assert len(sandbox.packet_alerts()) == 1


def test_between_two_watched_ports_a_packet_is_told_once(sandbox):
    sandbox.start()
    reader = watch(sandbox, "count", "2", "direction", "in")
    sandbox.wire.send(tcp4(3409, sport=3410), udp4(3410))
    reader.wait()
    first, second = reader.objects()
    assert (first["portsentinel"]["port"], first["portsentinel"]["role"]) == (3409, "to")
    assert second["network"]["transport"] == "udp"


@pytest.mark.parametrize("words, wanted", [
    (("port", "3410"), {(3410, "tcp"), (3410, "udp")}),
    (("protocol", "udp"), {(3409, "udp"), (3410, "udp")}),
    (("port", "3409", "protocol", "tcp", "interface", "sensor0"), {(3409, "tcp")}),
])
def test_a_reader_may_ask_for_some_packets_alone(sandbox, words, wanted):
    sandbox.start()
    reader = watch(sandbox, *words, "direction", "in")
    everything = watch(sandbox, "direction", "in", "count", "4")
    sandbox.wire.send(tcp4(3409), tcp4(3410), udp4(3409), udp4(3410))
    everything.wait()
    wait_for("the packets", lambda: len(reader.objects()) >= len(wanted))
    assert stop(reader.process, signal.SIGINT) == 0
    assert {(sample["destination"]["port"], sample["network"]["transport"])
            for sample in reader.objects()} == wanted


def test_lines_for_people_name_the_owner(sandbox):
    process = hold(sandbox)
    sandbox.start()
    reader = Reader(sandbox, "sample", "watch", "count", "1")
    sandbox.wire.send(tcp4(3409))
    line = reader.wait()
    assert line.count("\n") == 1
    assert "sensor0 in 192.0.2.2:40000 > 192.0.2.1:3409 tcp syn 54 octets" in line
    assert f'process "nc" pid {process.pid}' in line


NAME = b'n"\n\x1b[31m\\\xff\xc2\x9b'  # as a command's name, at most 15 octets


def test_a_hostile_name_forges_nothing(sandbox):
    path = os.fsencode(sandbox.directory) + b"/" + NAME
    shutil.copy(shutil.which("nc"), path)
    hold(sandbox, program=path)
    sandbox.start()
    plain = Reader(sandbox, "sample", "watch", "count", "1")
    reader = watch(sandbox, "count", "1")
    sandbox.wire.send(tcp4(3409))
    line = plain.wait()
    assert line.count("\n") == 1 and line.isascii()
    assert not any(ord(letter) < 32 for letter in line.rstrip("\n"))
    assert 'process "n\\"\\n\\x1b[31m\\\\\\xff\\xc2\\x9b" pid ' in line
    text = reader.wait()
    assert text.count("\n") == 1 and text.isascii()
    assert json.loads(text)["process"]["name"] == 'n"\\n\\x1b[31m\\\\\\xff\\xc2\\x9b'


def test_without_a_sensor_it_fails_and_says_so(sandbox):
    done = sandbox.run("sample", "watch")
    assert done.returncode == 1 and "no sensor" in done.stderr and not done.stdout
    assert "no sensor" in sandbox.cli("sample", "save", str(sandbox.directory / "x"),
                                      expect=1)["error"]
    assert not (sandbox.directory / "x").exists()


def test_the_sensor_s_end_is_told(sandbox):
    sensor = sandbox.start()
    reader = Reader(sandbox, "sample", "watch")
    sensor.stop()
    reader.wait(status=1)
    assert "has ended" in reader.errors.read_text()


MANY = 16000  # more than a reader's queue holds


def test_a_slow_reader_loses_packets_is_told_and_delays_nobody(sandbox):
    sandbox.start(*UNLIMITED, "--ring-size", "8M")
    reader = watch(sandbox)
    reader.process.send_signal(signal.SIGSTOP)
    quick = Reader(sandbox, "sample", "save", str(sandbox.directory / "x"), "count", "1000")
    sandbox.wire.send(*spoofed(MANY))
    sandbox.wait_packets(3409, MANY)
    sampled = sandbox.accounting()["sampled"]
    assert sampled >= MANY and "lost     0" in quick.wait()
    wait_for("the sensor is done with them",  # an alert each
             lambda: sandbox.status()["sinks"][1]["sent"] >= MANY, 30)
    reader.process.send_signal(signal.SIGCONT)

    def told():
        objects = reader.objects()
        lost = sum(entry.get("lost", 0) for entry in objects)
        return len([entry for entry in objects if "lost" not in entry]) + lost >= sampled and lost

    lost = wait_for("all packets came or are told as lost", told, 30)
    assert sum("lost" not in entry for entry in reader.objects()) + lost == sampled
    assert stop(reader.process, signal.SIGINT) == 0


def test_a_ninth_reader_is_refused(sandbox):
    sandbox.start()
    readers = [watch(sandbox) for _ in range(8)]
    done = sandbox.run("sample", "watch")
    assert done.returncode == 1 and "8 readers" in done.stderr
    assert stop(readers[0].process, signal.SIGINT) == 0
    wait_for("it has left", lambda: sandbox.status()["sample_readers"] == 7)
    watch(sandbox)


def test_the_socket_is_root_s_alone_and_goes_with_the_sensor(sandbox):
    path = Path("/run") / sandbox.instance / "samples"
    sensor = sandbox.start()
    assert path.is_socket() and path.stat().st_mode & 0o777 == 0o600
    sensor.process.kill()
    sensor.process.wait()
    assert path.exists()
    assert "no sensor" in sandbox.cli("sample", "watch", expect=1)["error"]
    sensor = sandbox.start()
    reader = watch(sandbox, "count", "1")
    sandbox.wire.send(tcp4(3409))
    reader.wait()
    sensor.stop()
    assert not path.exists()


@pytest.mark.parametrize("first, expected", [
    (HEADER.pack(MAGIC, HELLO, 1, 0, b"0.0.9", 0), "0.0.9"),
    (b"hello", "does not know"),
])
def test_a_sensor_of_another_build_is_refused(sandbox, first, expected):
    directory = Path("/run") / sandbox.instance
    directory.mkdir()
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server:
        server.bind(str(directory / "samples"))
        server.listen()
        reader = sandbox.here.start(PROGRAM, "-n", sandbox.instance, "sample", "watch",
                                    stderr=subprocess.PIPE)
        server.settimeout(WAIT_SECONDS)
        connection, _ = server.accept()
        with connection:
            connection.send(first)
            assert expected in reader.communicate(timeout=WAIT_SECONDS)[1].decode()
    assert reader.returncode == 1
