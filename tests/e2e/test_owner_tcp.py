# SPDX-License-Identifier: GPL-2.0-only
"""TCP: whoever connects, accepts or takes over is named, in every packet, and nobody else."""

from pathlib import Path

import pytest
from actors import PLACES, PORT, Stage, read_lines

SERVERS = {  # what serves, what its clients are, how many connections
    "alone": ((), "serve", (), "clients", 300),
    "prefork": ((), "prefork", (), "clients", 300),
    "reuseport": ((), "reuseport", (), "clients", 300),
    "reuseport by program": ((), "reuseport-cbpf", (), "clients", 300),
    "a child for each": ((), "fork-each", ("-g",), "clients", 300),
    "passed to a worker": ((), "pass-each", ("-g",), "clients", 300),
    "passed by the client": ((), "serve", (), "pass", 300),
    "passed by both": ((), "pass-each", ("-g",), "pass", 100),
    "no exec": ((), "serve", (), "fork-clients", 300),
    "renamed": ((), "serve", (), "rename", 30),
}


@pytest.fixture(name="stage")
def make_stage(sandbox):
    return Stage(sandbox)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", SERVERS)
def test_whoever_acts_is_named(stage, place, name):
    server_options, server, client_options, client, count = SERVERS[name]
    if name == "passed by both" and stage.hooks() == "tracepoint":
        pytest.skip("this kernel's tracepoints do not tell who was passed a descriptor until he "
                    "uses it")
    stage.run(place, (*server_options, server), (*client_options, client), count, 8)


@pytest.mark.parametrize("place", PLACES)
def test_a_thousand_short_clients_one_after_the_other(stage, place):
    stage.run(place, ("serve",), ("clients",), 1000, 1)


@pytest.mark.parametrize("place", PLACES)
def test_two_hundred_at_once(stage, place):
    """They are: each stays for long enough."""
    stage.run(place, ("prefork",), ("-d", 600, "clients"), 1000, 200)


@pytest.mark.parametrize("client", ["exec", "activate"])
def test_another_program_by_exec(sandbox, stage, client):
    """A process that was another program when it connected; a listener whose creator is dead."""
    other = ("-e", stage.other)
    stage.watch("lo")
    server = ("serve",) if client == "exec" else (*other, "activate")
    stage.serve(sandbox.here, *server, "127.0.0.1", PORT, 100)
    stage.play(sandbox.here, *other, "exec" if client == "exec" else "clients", "127.0.0.1", PORT,
               100)
    stage.finish()
    stage.check()


def test_threads_are_named_as_their_process(sandbox, stage):
    stage.watch("lo")
    stage.serve(sandbox.here, "serve", "127.0.0.1", PORT, 1)
    stage.play(sandbox.here, "threads", "127.0.0.1", PORT, 50)
    stage.finish()
    stage.check("--strict")


@pytest.mark.parametrize("server, client", [("::1", "::1"), ("127.0.0.1", "::ffff:127.0.0.1"),
                                            ("::", "::1"), ("::", "127.0.0.1")])
def test_ipv6_and_ipv4_through_ipv6_sockets(sandbox, stage, server, client):
    stage.watch("lo")
    stage.serve(sandbox.here, "prefork", server, PORT, 100)
    stage.play(sandbox.here, "clients", client, PORT, 100, 4)
    stage.finish()
    stage.check()


def test_what_was_unsent_when_the_sender_exited(sandbox, stage):
    stage.watch("lo")
    stage.serve(sandbox.here, "-d", 300, "serve", "127.0.0.1", PORT, 1)
    stage.play(sandbox.here, "unsent", "127.0.0.1", PORT)
    connected = next(line for line in read_lines(stage.truth) if line["did"] == "connected")
    stage.finish()
    stage.check()
    late = [line for line in stage.lines() if line["source"] == connected["local"]]
    assert len(late) > 20
    assert all(line["process"]["pid"] == connected["pid"] for line in late
               if line["network"]["direction"] == "outbound"
               and line["portsentinel"]["quality"] != "kernel")


def test_the_handshake_of_what_nobody_accepts_belongs_to_the_listener(sandbox, stage):
    stage.watch("lo")
    stage.serve(sandbox.here, "listen", "127.0.0.1", PORT)
    stage.play(sandbox.here, "-d", 50, "clients", "127.0.0.1", PORT, 20)
    stage.check("--demand", "connected,listening")
    holder = stage.listening()[0]
    inbound = [line for line in stage.lines() if line["network"]["direction"] == "inbound" and
               line["destination"]["port"] == int(PORT) and "process" in line]
    assert len(inbound) >= 20
    for line in inbound:
        assert line["process"]["pid"] == holder["pid"]
        assert line["portsentinel"]["quality"] in ("listener", "joined", "exact")


@pytest.mark.parametrize("server, client", [
    ("serve", "uring-clients"), ("serve", "uring-async"), ("serve", "uring-sqpoll"),
    ("uring-serve", "clients"), ("uring-direct", "clients"), ("uring-serve", "uring-sqpoll")])
def test_io_uring(sandbox, stage, server, client):
    disabled = Path("/proc/sys/kernel/io_uring_disabled")  # since 6.6
    if disabled.exists() and disabled.read_text().strip() != "0":
        pytest.skip("this kernel's administrator denies io_uring")
    stage.watch("lo")
    stage.serve(sandbox.here, server, "127.0.0.1", PORT, 50)
    stage.play(sandbox.here, client, "127.0.0.1", PORT, 50)
    stage.finish()
    stage.check()
    assert not any(line["process"]["name"].startswith("iou-") for line in stage.lines()
                   if "process" in line)


@pytest.mark.parametrize("place", PLACES)
def test_multipath_tcp(stage, place):
    probe = stage.sandbox.here.call("sysctl", "-n", "net.mptcp.enabled").strip()
    assert probe == "1"
    stage.run(place, ("-m", "serve"), ("-m", "clients"), 100, 4)


def test_every_member_of_a_sample_is_there(sandbox, stage):
    stage.watch("lo")
    stage.serve(sandbox.here, "serve", "127.0.0.1", PORT, 1)
    stage.play(sandbox.here, "clients", "127.0.0.1", PORT, 1)
    stage.finish()
    stage.check()
    line = next(line for line in stage.lines() if line["network"]["direction"] == "outbound" and
                line["destination"]["port"] == int(PORT))
    process = line["process"]
    assert process["name"] == "actor"
    assert " clients " not in process["command_line"] and " tcp " in process["command_line"]
    assert process["user"] == {"id": "0", "name": "root"}
    assert process["parent"]["pid"] > 0 and process["start"].endswith("Z")
    assert line["portsentinel"]["quality"] == "exact"
    assert line["portsentinel"]["kind"] == "syn" and line["portsentinel"]["role"] == "to"


def test_hostile_names_of_processes_stay_inside_their_member(sandbox, stage):
    """Every sample is a line, without control characters; the name is the one that was set."""
    stage.watch("lo")
    stage.serve(sandbox.here, "serve", "127.0.0.1", PORT, 5)
    stage.play(sandbox.here, "rename", "127.0.0.1", PORT, 5)
    stage.finish()
    stage.check()
    octets = stage.samples.read_bytes()
    assert not any(octet < 32 and octet != 10 for octet in octets)
    octets.decode("utf-8")
    names = {line["process"]["name"] for line in stage.lines()
             if line["network"]["direction"] == "outbound" and
             line["destination"]["port"] == int(PORT) and "process" in line}
    assert 'a"]\n<0>1 \\' in names and "pid=1 uid=0" in names


def test_accepted_by_one_used_by_another(sandbox, stage):
    """Both are said where they differ."""
    stage.watch("lo")
    stage.serve(sandbox.here, "pass-each", "127.0.0.1", PORT, 3)
    stage.play(sandbox.here, "-g", "clients", "127.0.0.1", PORT, 3)
    stage.finish()
    stage.check()
    acceptor = next(line["pid"] for line in read_lines(stage.truth) if line["did"] == "accepted")
    said = [line["portsentinel"].get("accepted_by", {}).get("pid") for line in stage.lines()
            if line["source"]["port"] == int(PORT) and line["portsentinel"]["kind"] == "data"
            and line["network"]["direction"] == "outbound"]
    assert said and set(said) == {acceptor}
