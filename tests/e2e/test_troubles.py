# SPDX-License-Identifier: GPL-2.0-only
"""What goes wrong with the sensor itself is told by an alert of its own."""

import os
import re
import time

import kernel
import pytest
from collectors import ADDRESS, PORT, TcpCollector
from netns import batch, call, wait_for
from sandbox import BPF_FS
from wire import spoofed, tcp4

TCP = f"tcp://{ADDRESS}:{PORT}"
UNLIMITED = ("--per-peer", "none", "--total", "none", "--max-rate", "none", "--ring-size", "4M")


def messages(sandbox):
    return [alert["message"] for alert in sandbox.alerts(event_action="sensor")]


def wait_message(sandbox, text):
    return wait_for(f"an alert that says '{text}'", lambda: [
        message for message in messages(sandbox) if text in message])[0]


def pins_of_links(sandbox):
    return [pin for pin in sandbox.pins() if pin.startswith("link_")]


def detach(sandbox, direction):
    """As somebody does who has no use for the pin: the link loses its interface."""
    pin = next(pin for pin in pins_of_links(sandbox) if pin.endswith(direction))
    call("bpftool", "link", "detach", "pinned", str(BPF_FS / sandbox.instance / pin))


@pytest.mark.parametrize("xdp", ["off", "generic"])
def test_a_program_that_somebody_detached_is_missed(sandbox, xdp):
    sandbox.start("--xdp", xdp)
    mode = sandbox.interfaces()["sensor0"]["ingress"]
    if mode == "clsact":
        sandbox.here.call("tc", "filter", "del", "dev", "sensor0", "ingress")
    else:
        detach(sandbox, "in")
    message = wait_message(sandbox, "somebody detached the program from sensor0")
    assert f"(in, {mode})" in message
    time.sleep(8)
    assert len(messages(sandbox)) == 1, messages(sandbox)  # said once


def test_a_pin_that_somebody_removed_is_missed(sandbox):
    sandbox.start("--xdp", "generic")
    os.unlink(BPF_FS / sandbox.instance / next(
        pin for pin in pins_of_links(sandbox) if pin.endswith("in")))
    wait_message(sandbox, "somebody detached the program from sensor0 (in, xdp-generic)")


def test_an_interface_that_goes_away_is_no_trouble(sandbox):
    sandbox.start(interfaces=("sensor0", "dummy*"), wait=["sensor0"])
    for _ in range(8):
        batch(sandbox.here, "link add dummy7 type veth peer name other7",
              "link set dummy7 up")
        wait_for("it is watched", lambda: "dummy7" in sandbox.interfaces())
        time.sleep(0.5)
        batch(sandbox.here, "link del dummy7")
    assert not messages(sandbox)


def test_other_peoples_programs_are_no_trouble(sandbox):
    sandbox.start()
    with kernel.attached(sandbox.here, "sensor0", kernel.PROG_XDP, kernel.XDP, kernel.XDP_PASS,
                         kernel.XDP_SKB_MODE):
        time.sleep(8)
    assert not messages(sandbox)


def test_a_sink_that_drops_is_told_of(sandbox):
    collector = TcpCollector(sandbox, stalled=True)
    sandbox.start("--syslog", TCP, "--window", "2s", *UNLIMITED)
    sandbox.wire.send(*spoofed(8000))
    message = wait_message(sandbox, "dropped")
    assert message.startswith(f"syslog {TCP} dropped ") and message.endswith(": connected")
    collector.close()


def test_all_that_two_sinks_drop_is_told(sandbox):
    """The JSON log drops whatever it gets, so what is told is read from standard output."""
    collector = TcpCollector(sandbox, stalled=True)
    sensor = sandbox.start("--syslog", TCP, "--json-log", "/dev/full", "--window", "2s",
                           *UNLIMITED)
    sandbox.wire.send(*spoofed(8000))

    def is_all_told():
        told = re.findall(r"sensor +((?:syslog|json-log) \S+) dropped (\d+) alerts", "\n".join(
            sensor.lines()))
        sums = {}
        for target, count in told:
            sums[target] = sums.get(target, 0) + int(count)
        dropped = {f"{sink['kind']} {sink['target']}": sink["dropped"]
                   for sink in sandbox.status()["sinks"] if sink["dropped"]}
        # what sinks drop of the telling itself is not told
        return len(dropped) == 2 and set(sums) == set(dropped) and all(
            0 <= dropped[target] - sums[target] <= len(told) for target in dropped)

    wait_for("the drops of both are told", is_all_told, seconds=20)
    collector.close()


def test_a_sink_that_stalls_is_told_of_once(sandbox):
    sandbox.start("--syslog", TCP, "--window", "1s")  # nobody is there
    sandbox.wire.send(tcp4(3409))
    message = wait_message(sandbox, "has taken nothing for")
    assert re.match(rf"syslog {TCP} has taken nothing for \d+ s, 1 alerts wait: Connection", message)
    time.sleep(4)
    assert len(messages(sandbox)) == 1, messages(sandbox)
    collector = TcpCollector(sandbox)
    wait_for("all is sent", lambda: len(collector.messages()) == 2)
    collector.close()
    sandbox.wire.send(tcp4(3410))
    wait_for("the next one is told", lambda: len(messages(sandbox)) == 2)
