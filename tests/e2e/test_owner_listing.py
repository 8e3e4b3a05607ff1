# SPDX-License-Identifier: GPL-2.0-only
"""Everything that holds a port is listed, wherever its socket is and whoever has it open."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from netns import stop, wait_for

HOLDER = str(Path(__file__).with_name("holder.py"))
EMPTY_NAMESPACES = ("mounted", "mounted-unseen", "descriptor", "socket-alone")
THREADS = ("thread-table", "thread-netns", "first-thread-gone")


class Holder:
    """A process that holds TCP and UDP port 3409 in a namespace of their own."""

    def __init__(self, manner, folder):
        self.folder = folder
        self.process = subprocess.Popen((sys.executable, HOLDER, manner, str(folder)), text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        told = self.process.stdout.readline()
        assert told, f"{manner}: {self.process.wait()}"
        self.netns = int(told)

    def close(self):
        self.process.stdin.close()
        stop(self.process)
        self.process.stdout.close()
        place = self.folder / "a place"
        if os.path.ismount(place) or place.exists():
            subprocess.run(("umount", str(place)), check=False, capture_output=True)


@pytest.fixture(name="hold")
def make_hold(tmp_path):
    made = []

    def hold(manner):
        made.append(Holder(manner, tmp_path))
        return made[-1]

    yield hold
    for holder in made:
        holder.close()


def rows(sandbox, holder):
    return [row for row in sandbox.cli("owner", "show", "port", "3409")["owners"]
            if row["netns"] == holder.netns]


@pytest.mark.parametrize("manner", EMPTY_NAMESPACES + THREADS)
def test_the_holder_is_listed(sandbox, hold, manner):
    holder = hold(manner)
    listed = rows(sandbox, holder)
    assert {(row["protocol"], row["local"]) for row in listed} == {
        ("tcp", "127.0.0.1:3409"), ("udp", "127.0.0.1:3409")}
    assert len(listed) == 2
    for row in listed:
        assert row["process"]["pid"] == holder.process.pid
        assert row["process"]["executable"] == os.path.realpath(sys.executable)
        assert "holder.py" in row["process"]["command_line"]


def test_a_socket_on_its_way_is_listed_without_a_process(sandbox, hold):
    listed = rows(sandbox, hold("in-flight"))
    assert {(row["protocol"], row["state"]) for row in listed} == {
        ("tcp", "listen"), ("udp", "unconnected")}
    assert not any("process" in row for row in listed)


def test_udplite_is_another_socket_than_udp(sandbox, hold):
    try:
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_UDPLITE).close()
    except OSError as error:
        pytest.skip(f"no UDP-Lite in this kernel: {error}")
    holder = hold("udplite")
    listed = [row for row in rows(sandbox, holder) if row["protocol"] == "udp"]
    assert sorted(row.get("udplite", False) for row in listed) == [False, True]
    assert {row["process"]["pid"] for row in listed} == {holder.process.pid}
    assert "UDPLITE" in sandbox.run("owner", "show", "port", "3409").stdout


@pytest.mark.parametrize("manner", EMPTY_NAMESPACES + THREADS)
def test_a_sensor_that_starts_late_tells_the_holder(sandbox, hold, manner):
    holder = hold(manner)
    sensor = sandbox.start("--ports", "3409")

    def told():
        lines = sensor.output.read_text().splitlines()
        return sum("is held already, by " in line and f"(pid {holder.process.pid}," in line
                   for line in lines) == 2

    wait_for("both sockets are told", told)
