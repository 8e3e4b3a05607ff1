# SPDX-License-Identifier: GPL-2.0-only
"""`format = cef`: what rsyslogd takes from it as the message, and what stands in that."""

import re

from collectors import ADDRESS, PORT, Rsyslog
from netns import wait_for
from wire import tcp4, tcp6


def members(message):
    """The extension's members, read as receivers do."""
    header, extension = re.fullmatch(r"(CEF:0(?:\|(?:[^|\\]|\\[|\\])*){6})\|(.*)", message).groups()
    found = re.findall(r"(?:^| )(\w+)=((?:[^=\\]|\\.)*)(?= \w+=|$)", extension)
    return header.split("|"), dict(found)


def test_rsyslogd_hands_on_cef(sandbox):
    collector = Rsyslog(sandbox)
    sandbox.start("--syslog", f"tcp://{ADDRESS}:{PORT}", "--syslog-format", "cef")
    sandbox.wire.send(tcp4(3409, sport=40123))
    message = collector.wait(1)[0]
    assert message["msgid"] == "probe" and message["data"] == "-"
    header, found = members(message["text"])
    assert header[1:3] == ["portsentinel", "portsentinel"]
    assert header[4] == "probe" and header[6] == "3"  # a notice
    alert = sandbox.wait_alert(event_action="probe")
    assert found.items() >= {
        "src": "192.0.2.2", "spt": "40123", "dst": "192.0.2.1", "dpt": "3409", "proto": "TCP",
        "deviceDirection": "0", "deviceInboundInterface": "sensor0", "cnt": "1",
        "act": "probe", "cs3Label": "verdict", "cs3": "closed", "app": "networklens",
        "externalId": alert["event"]["id"]}.items()


def test_ipv6_is_in_its_own_members(sandbox):
    collector = Rsyslog(sandbox)
    sandbox.start("--syslog", f"udp://{ADDRESS}:{PORT}", "--syslog-format", "cef")
    sandbox.wire.send(tcp6(3409))
    _, found = members(collector.wait(1)[0]["text"])
    assert found["c6a2"] == "2001:db8::2" and found["c6a3"] == "2001:db8::1"
    assert "src" not in found


def test_a_hostile_process_forges_nothing(sandbox):
    """A process whose name is made of what the format is made of listens, and is named."""
    collector = Rsyslog(sandbox)
    name = "x src=1.2.3.4|\\"
    program = sandbox.directory / name
    program.symlink_to("/usr/bin/python3")
    sandbox.here.start(str(program), "-c",
                       "import socket; s = socket.create_server(('', 3409)); s.accept()\n"
                       "import time; time.sleep(1000)")
    wait_for("it listens", lambda: sandbox.here.listens("tcp", 3409))
    sandbox.start("--syslog", f"tcp://{ADDRESS}:{PORT}", "--syslog-format", "cef")
    sandbox.there.call("nc", "-z", "192.0.2.1", "3409")
    message = collector.wait(1, lambda message: "|connection|" in message["text"])[0]
    _, found = members(message["text"])
    assert found["src"] == "192.0.2.2"
    assert found["dproc"] == "x src\\=1.2.3.4|\\\\"
