# SPDX-License-Identifier: GPL-2.0-only
"""Address translation: the process that gets the packet, not the one that seems to."""

import pytest
from netns import batch, wait_for

HOST4, SERVER4 = "198.51.100.1", "198.51.100.2"
HOST6, SERVER6 = "2001:db8:1::1", "2001:db8:1::2"
HOST_MAC, SERVER_MAC = "02:00:00:00:01:01", "02:00:00:00:01:02"


@pytest.fixture
def container(sandbox):
    """A namespace behind the sensor's host."""
    namespace = sandbox.add_namespace("c")
    batch(None, f"link add far0 address {HOST_MAC} netns {sandbox.here.name} type veth "
                f"peer name end0 address {SERVER_MAC} netns {namespace.name}")
    sandbox.configure(sandbox.here, "far0", (HOST4, HOST6), (SERVER4, SERVER6), SERVER_MAC)
    sandbox.configure(namespace, "end0", (SERVER4, SERVER6), (HOST4, HOST6), HOST_MAC)
    batch(namespace, f"route add default via {HOST4}",
          f"route add 2001:db8::/64 via {HOST6}")
    sandbox.here.sysctl("net.ipv4.ip_forward", 1)
    sandbox.here.sysctl("net.ipv6.conf.all.forwarding", 1)
    return namespace


def translate(sandbox, rule):
    sandbox.here.call("nft", "-f", "-", input=f"""
        table inet translation {{
            chain prerouting {{
                type nat hook prerouting priority dstnat;
                {rule}
            }}
        }}""")


def listen(namespace, protocol, port, *options):
    udp = ("-u",) if protocol == "udp" else ()
    process = namespace.start("nc", *options, *udp, "-l", "-k", str(port))
    wait_for("nc listens", lambda: namespace.listens(protocol, port))
    return process


def named(sandbox):
    """The process numbers that alerts name."""
    return {alert["process"]["pid"] for alert in sandbox.alerts() if "process" in alert}


def recorded(sandbox):
    return sandbox.status()["owners"]["sockets_recorded"]


def send(sandbox, protocol, address):
    udp = ("-u",) if protocol == "udp" else ()
    sandbox.there.call("nc", *udp, "-w", "1", address, "3409", input="hello")


@pytest.mark.parametrize("protocol", ["tcp", "udp"])
@pytest.mark.parametrize("family, address, server", [
    ("-4", "192.0.2.1", f"ip to {SERVER4}:80"),
    ("-6", "2001:db8::1", f"ip6 to [{SERVER6}]:80"),
])
def test_a_translated_port_is_the_containers_not_the_decoys(
        sandbox, container, protocol, family, address, server):
    translate(sandbox, f"{protocol} dport 3409 dnat {server}")
    decoy = listen(sandbox.here, protocol, 3409, family)
    process = listen(container, protocol, 80, family)
    sandbox.start("--window", "1s")
    send(sandbox, protocol, address)
    wait_for("the container's process is named", lambda: process.pid in named(sandbox))
    assert decoy.pid not in named(sandbox)
    alert = [alert for alert in sandbox.alerts(process_pid=process.pid)][0]
    assert alert["portsentinel"]["verdict"] == "forwarded"


def test_a_redirected_port_is_the_process_behind_it(sandbox):
    translate(sandbox, "tcp dport 3409 redirect to :8080")
    process = listen(sandbox.here, "tcp", 8080)
    sandbox.start("--window", "1s")
    send(sandbox, "tcp", "192.0.2.1")
    wait_for("the process behind it is named", lambda: process.pid in named(sandbox))
    alert = [alert for alert in sandbox.alerts(process_pid=process.pid)][0]
    assert alert["portsentinel"]["verdict"] in ("listening", "connected")


def test_a_tracked_port_that_is_not_translated(sandbox):
    translate(sandbox, "tcp dport 1 redirect to :2")
    process = listen(sandbox.here, "tcp", 3409)
    sandbox.start("--window", "1s")
    send(sandbox, "tcp", "192.0.2.1")
    wait_for("the listener is named", lambda: process.pid in named(sandbox))


def test_rules_that_come_while_the_sensor_runs(sandbox):
    process = listen(sandbox.here, "tcp", 8080)
    sandbox.start("--window", "1s")
    assert not sandbox.status()["owners"]["all_sockets"]
    translate(sandbox, "tcp dport 3409 redirect to :8080")
    wait_for("the rules are noticed", lambda: sandbox.status()["owners"]["all_sockets"])
    send(sandbox, "tcp", "192.0.2.1")
    wait_for("the process behind it is named", lambda: process.pid in named(sandbox))


@pytest.mark.parametrize("translates", [False, True])
def test_sockets_away_from_watched_ports_are_noted_only_where_they_may_be_meant(
        sandbox, translates):
    if translates:
        translate(sandbox, "tcp dport 1 redirect to :2")
    listen(sandbox.here, "tcp", 8080)
    listen(sandbox.here, "tcp", 3409)
    sandbox.start()
    before = recorded(sandbox)
    for _ in range(100):
        sandbox.there.call("nc", "-z", "192.0.2.1", "8080")
    if translates:
        wait_for("they are noted", lambda: recorded(sandbox) >= before + 100)
    else:
        send(sandbox, "tcp", "192.0.2.1")
        wait_for("this one is noted", lambda: recorded(sandbox) > before)
        assert recorded(sandbox) < before + 20  # others on this machine have some
