# SPDX-License-Identifier: GPL-2.0-only
"""Real scanners, and the tool that their packets look like: as they come, and from a capture."""

import signal
import subprocess
import sys

import pytest
from netns import stop, wait_for
from wire import IP, PEER4, PEER6, SENSOR4, SENSOR6, SENSOR_MAC, TCP, UDP, ether

NMAP = ("nmap", "-n", "-Pn", "--max-retries", "0", "-p", "3409")
MASSCAN = ("masscan", "--interface", "peer0", "--router-mac", SENSOR_MAC, "--rate", "100",
           "--wait", "0", "-p", "3409")
ZMAP = ("zmap", "-i", "peer0", "-S", PEER4, "-G", SENSOR_MAC, "-p", "3409", "-r", "10", "-n", "1",
        "-c", "1", "-w", "{directory}/targets", "-b", "{directory}/excluded", "-o", "-",
        "--disable-syslog")
HPING = ("hping3", "-q", "-p", "3409", "-c", "3", "-i", "u2000", SENSOR4)
SCAPY = (sys.executable, "-c", "from scapy.all import *; send({packet}, verbose=False)")


def scapy(packet):
    return tuple(word.replace("{packet}", packet) for word in SCAPY)


SCANS = (
    ("nmap", "-sS", (*NMAP, "-sS", SENSOR4)),
    ("nmap", "-sS over IPv6", (*NMAP, "-6", "-sS", SENSOR6)),
    ("nmap", "-sN", (*NMAP, "-sN", SENSOR4)),
    ("nmap", "-sX", (*NMAP, "-sX", SENSOR4)),
    ("nmap", "-sM", (*NMAP, "-sM", SENSOR4)),
    ("nmap", "-sA", (*NMAP, "-sA", SENSOR4)),
    ("masscan", "IPv4", (*MASSCAN, "--adapter-ip", PEER4, SENSOR4)),
    ("masscan", "IPv6", (*MASSCAN, "--adapter-ip", PEER6, SENSOR6)),
    ("zmap", "tcp_synscan", ZMAP),
    ("zmap", "udp", (*ZMAP, "-M", "udp", "--probe-args=text:hello")),
    ("hping", "-S", (*HPING, "-S")),
    ("hping", "no flags", HPING),
    ("scapy", "TCP", scapy(f'IP(dst="{SENSOR4}") / TCP(dport=3409)')),
    ("scapy", "UDP", scapy(f'IP(dst="{SENSOR4}") / UDP(dport=3409)')),
    ("scapy", "TCP over IPv6", scapy(f'IPv6(dst="{SENSOR6}") / TCP(dport=3409)')),
)
EVERY_SCAN = pytest.mark.parametrize("word,command", [(word, command) for word, _, command in SCANS],
                                     ids=[f"{word} {name}" for word, name, _ in SCANS])

# From 203.0.113.5; the sequence number is 192.0.2.1 in Mirai's.
CRAFTED = (
    ("mirai", ether(IP(src="203.0.113.5", dst=SENSOR4, id=7, ttl=51) /
                    TCP(sport=40000, dport=3409, seq=0xc0000201, window=15711))),
    ("raw-syn", ether(IP(src="203.0.113.5", dst=SENSOR4, id=7, ttl=51) /
                      TCP(sport=40000, dport=3409, seq=1, window=5840))),
    ("zmap", ether(IP(src="203.0.113.5", dst=SENSOR4, id=7, ttl=51) /
                   TCP(sport=40000, dport=3409, seq=1, window=65535,
                       options=[("MSS", 1460), ("NOP", None), ("WScale", 8), ("NOP", None),
                                ("NOP", None), ("SAckOK", b"")]))),
    (None, ether(IP(src="203.0.113.5", dst=SENSOR4, id=7, ttl=51) / UDP(sport=53, dport=3409))),
)


def scan(sandbox, command, is_seen):
    """Runs it to its end, or masscan, which waits on while nothing comes in, until it is seen."""
    (sandbox.directory / "targets").write_text(f"{SENSOR4}/32\n")
    (sandbox.directory / "excluded").write_text("")
    command = [word.replace("{directory}", str(sandbox.directory)) for word in command]
    if command[0] != "masscan":
        sandbox.there.call(*command, stdin=subprocess.DEVNULL)
        return
    process = sandbox.there.start(*command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for("masscan's packet", is_seen)
    stop(process)


class Capture:
    """tcpdump of what the peer sends."""

    def __init__(self, sandbox, *expression):
        self.path = sandbox.directory / "sent.pcap"
        said = sandbox.directory / "tcpdump.err"
        with open(said, "wb") as errors:
            self.process = sandbox.there.start(
                "tcpdump", "-i", "peer0", "-Q", "out", "-U", "--immediate-mode", "-Z", "root",
                "-w", str(self.path), *expression, stderr=errors)
        wait_for("tcpdump listens", lambda: "listening on" in said.read_text())

    def is_filled(self):
        return self.path.stat().st_size > 24  # the file's header

    def close(self):
        wait_for("a captured packet", self.is_filled)
        stop(self.process, signal.SIGINT)


def looks(alerts):
    return {alert["portsentinel"].get("looks_like") for alert in alerts}


@EVERY_SCAN
def test_a_scan_looks_like_its_tool(sandbox, word, command):
    sandbox.start()
    scan(sandbox, command, sandbox.alerts)
    alert = sandbox.wait_alert(event_action="probe")
    assert alert["portsentinel"]["looks_like"] == word
    assert alert["message"].endswith(f", looks like {word}")


@EVERY_SCAN
def test_a_captured_scan_looks_like_its_tool(sandbox, word, command):
    capture = Capture(sandbox, "port", "3409")
    scan(sandbox, command, capture.is_filled)
    capture.close()
    answer = sandbox.cli("replay", str(capture.path))
    assert looks(answer["alerts"]) == {word}
    assert [peer["looks_like"] for peer in answer["peers"]] == [word]


@pytest.mark.parametrize("family,target", [("-4", SENSOR4), ("-6", SENSOR6)])
def test_nmap_s_system_detection_looks_like_nmap(sandbox, family, target):
    sandbox.here.start("nc", family, "-l", "-k", "3410")
    wait_for("nc listens", lambda: sandbox.here.listens("tcp", 3410))
    window = 54 if family == "-6" else 34
    # not the port scan before it, whose window is 1024, and not the kernel's resets
    capture = Capture(sandbox, f"tcp and ether[{window + 14}:2] != 1024 and "
                               f"ether[{window + 13}] & 4 = 0")
    sandbox.there.call("nmap", *(["-6"] if family == "-6" else []), "-n", "-Pn", "-O",
                       "--max-os-tries", "1", "--max-retries", "0", "-p", "3409,3410", target)
    capture.close()
    answer = sandbox.cli("replay", str(capture.path))
    assert {alert["destination"]["port"] for alert in answer["alerts"]} == {3409, 3410}
    assert looks(answer["alerts"]) == {"nmap"}


@pytest.mark.parametrize("word,frame", CRAFTED, ids=[str(word) for word, _ in CRAFTED])
def test_a_crafted_packet_looks_like_its_tool(sandbox, word, frame):
    sandbox.start()
    sandbox.wire.send(frame)
    assert looks([sandbox.wait_alert(source_ip="203.0.113.5")]) == {word}


@pytest.mark.parametrize("target", [SENSOR4, SENSOR6])
def test_an_ordinary_connection_looks_like_no_tool(sandbox, target):
    sandbox.here.start("nc", "-6" if ":" in target else "-4", "-l", "3409")
    wait_for("nc listens", lambda: sandbox.here.listens("tcp", 3409))
    sandbox.start()
    capture = Capture(sandbox, "port", "3409")
    sandbox.there.call("nc", "-N", target, "3409", input="hello\n")
    alert = sandbox.wait_alert(event_action="connection")
    capture.close()
    answer = sandbox.cli("replay", str(capture.path))
    assert looks([alert, *answer["alerts"]]) == {None}
    assert "looks like" not in alert["message"]
    assert not any("looks_like" in peer for peer in answer["peers"])


def test_a_connect_scan_looks_like_the_system_that_makes_it(sandbox):
    sandbox.start()
    scan(sandbox, (*NMAP, "-sT", SENSOR4), sandbox.alerts)
    assert looks([sandbox.wait_alert(event_action="probe")]) == {None}


def test_people_read_what_a_peer_looks_like(sandbox):
    capture = Capture(sandbox, "port", "3409")
    scan(sandbox, (*HPING, "-S"), capture.is_filled)
    capture.close()
    done = sandbox.run("replay", str(capture.path))
    assert done.returncode == 0
    assert "LOOKS LIKE" in done.stdout
    assert ", looks like hping" in done.stdout
