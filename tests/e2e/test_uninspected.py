# SPDX-License-Identifier: GPL-2.0-only
"""Chains of extension headers longer than what is followed: for this host they are told of."""

import pytest
from netns import batch, wait_for
from wire import PEER6, PEER_MAC, SENSOR6, SENSOR_MAC, Ether, IPv6, tcp4

FOLLOWED = 1056
HEADER = b"\x3c\x00\x01\x04\x00\x00\x00\x00"  # destination options: one that pads, another follows
LAST = b"\x06" + HEADER[1:]
SYN = bytes.fromhex("9c400d51000000010000000050022000 00000000".replace(" ", ""))


def chain(headers, destination=SENSOR6, source=PEER6, mac=SENSOR_MAC):
    return bytes(Ether(src=PEER_MAC, dst=mac) / IPv6(src=source, dst=destination, nh=60) /
                 (HEADER * (headers - 1) + LAST + SYN))


def start(sandbox, xdp, *flags):
    for namespace, device in ((sandbox.here, "sensor0"), (sandbox.there, "peer0")):
        batch(namespace, f"link set {device} mtu 9000")
    sandbox.start("--xdp", xdp, *flags)


def unparsed(sandbox):
    return sum(sandbox.accounting()["unparsed"].values())


def complaints(sandbox):
    return [alert for alert in sandbox.alerts(event_action="sensor")
            if "cannot be inspected" in alert["message"]]


@pytest.mark.parametrize("xdp", ["off", "generic"])
def test_a_chain_for_this_host_that_is_too_long_is_told_with_its_peer(sandbox, xdp):
    start(sandbox, xdp)
    before = unparsed(sandbox)
    sandbox.wire.send(chain(FOLLOWED + 40))
    wait_for("it is told", lambda: complaints(sandbox))
    alert, = complaints(sandbox)
    assert alert["message"] == (f"a packet from {PEER6} to {SENSOR6} cannot be inspected: more "
                                "headers in front of the ports than are followed")
    assert (alert["source"]["ip"], alert["destination"]["ip"]) == (PEER6, SENSOR6)
    assert unparsed(sandbox) > before
    assert not sandbox.rows()


def test_one_that_is_followed_to_its_end_is_an_ordinary_packet(sandbox):
    start(sandbox, "off")
    sandbox.wire.send(chain(180))
    sandbox.wait_alert(event_action="probe", destination_port=3409)
    assert not complaints(sandbox)


def test_those_for_others_are_counted_alone(sandbox):
    start(sandbox, "off")
    batch(sandbox.here, "link set sensor0 promisc on")
    before = unparsed(sandbox)
    sandbox.wire.send(chain(FOLLOWED + 40, mac="02:00:00:00:00:99"))
    sandbox.wire.send(chain(FOLLOWED + 40, destination="2001:db8:9::9"))
    wait_for("both are counted", lambda: unparsed(sandbox) >= before + 2)
    sandbox.wire.send(tcp4(3409))  # what came before it was judged before it
    sandbox.wait_alert(event_action="probe", destination_port=3409)
    assert not complaints(sandbox)


def test_a_thousand_make_few_alerts_that_tell_of_all(sandbox):
    start(sandbox, "off", "--window", "3s")
    before = unparsed(sandbox)
    for i in range(1000):
        sandbox.wire.send(chain(FOLLOWED + 40, source=f"2001:db8::{i % 50 + 16:x}"))
    wait_for("all are counted", lambda: unparsed(sandbox) >= before + 1000)
    # all but those that the kernel held back behind the last one that it showed
    wait_for("nearly all are told", lambda: sum(a["event"]["count"] for a in complaints(sandbox))
             > 900)
    assert sum(a["event"]["count"] for a in complaints(sandbox)) <= 1000
    assert len(complaints(sandbox)) <= 25
