# SPDX-License-Identifier: GPL-2.0-only
"""Real scanners, and the word for what they send."""

import pytest
from netns import wait_for
from wire import tcp4

SCANS = (("-sS", "syn"), ("-sN", "null"), ("-sF", "finonly"), ("-sX", "xmas"), ("-sA", "ack"),
         ("-sM", "maimon"), ("-sU", "udp"))


def nmap(sandbox, *arguments):
    return sandbox.there.call("nmap", "-n", "-Pn", "--max-retries", "0", "-p", "3409", *arguments)


@pytest.mark.parametrize("scan,kind", SCANS)
def test_nmap_scan_of_a_closed_port_has_its_kind(sandbox, scan, kind):
    sandbox.start()
    nmap(sandbox, scan, "192.0.2.1")
    wait_for(f"kind {kind}", lambda: sandbox.kinds(3409))
    assert set(sandbox.kinds(3409)) == {kind}
    alert = sandbox.wait_alert(event_action="probe")
    assert set(alert["portsentinel"]["kinds"]) == {kind}
    assert alert["network"]["transport"] == ("udp" if kind == "udp" else "tcp")


@pytest.mark.parametrize("xdp", ["generic", "native"])
def test_maimon_is_told_by_xdp_too(sandbox, xdp):
    sandbox.start("--xdp", xdp)
    nmap(sandbox, "-sM", "192.0.2.1")
    wait_for("a packet", lambda: sandbox.kinds(3409))
    assert set(sandbox.kinds(3409)) == {"maimon"}


def test_nmap_over_ipv6(sandbox):
    sandbox.start()
    nmap(sandbox, "-6", "-sS", "2001:db8::1")
    alert = sandbox.wait_alert(event_action="probe")
    assert alert["source"]["ip"] == "2001:db8::2"
    assert alert["network"]["type"] == "ipv6"


def test_hping3_sends_as_many_as_are_counted(sandbox):
    sandbox.start()
    sandbox.there.call("hping3", "-q", "-S", "-p", "3409", "-c", "25", "-i", "u2000", "192.0.2.1")
    sandbox.wait_packets(3409, 25)
    assert sandbox.kinds(3409) == {"syn": 25}
    sandbox.wait_packets(3409, 25, "out", "from")


@pytest.mark.parametrize("flags,kind", [("SA", "synack"), ("R", "rst"), ("RA", "rst"),
                                        ("SF", "other"), ("SR", "other"), ("FPU", "xmas"),
                                        ("", "null"), ("F", "finonly"), ("A", "ack")])
def test_flags_have_their_kind(sandbox, flags, kind):
    sandbox.start()
    sandbox.wire.send(tcp4(3409, flags=flags))
    sandbox.wait_packets(3409, 1)
    assert sandbox.kinds(3409) == {kind: 1}


def test_a_closed_connection_is_no_maimon_scan(sandbox):
    sandbox.start()
    sandbox.here.start("nc", "-l", "3409")
    wait_for("nc listens", lambda: sandbox.here.listens("tcp", 3409))
    sandbox.there.call("nc", "-N", "192.0.2.1", "3409", input="hello\n")
    wait_for("the end", lambda: "fin" in sandbox.kinds(3409))
    kinds = sandbox.kinds(3409)
    assert kinds["syn"] == 1 and kinds["data"] == 1 and kinds["fin"] == 1
    assert "maimon" not in kinds
