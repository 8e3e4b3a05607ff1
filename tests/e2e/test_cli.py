# SPDX-License-Identifier: GPL-2.0-only
"""The command line: words, JSON, errors, and from where it works."""

import json

import pytest
from netns import WAIT_SECONDS, call, wait_for
from sandbox import PROGRAM
from wire import udp4

COMMANDS = [("status", "show"), ("status",), ("port", "show"), ("counter", "show"),
            ("peer", "show"), ("owner", "show"), ("interface", "show"), ("check", "host"),
            ("check", "config"), ("help",), ("port", "help"), ("counter", "help"),
            ("counter", "show", "port", "3409", "direction", "in", "protocol", "tcp",
             "interface", "sensor0")]
NEED_A_SENSOR = {"counter", "port", "peer"}

WRONG = [("frobnicate",), ("counter", "shwo"), ("counter", "show", "port", "x"),
         ("counter", "show", "direction", "sideways"), ("port", "add"), ("--nonsense",),
         ("-n", "../x", "status", "show"), ("counter", "show", "port")]


def still(answer):
    """Without what goes on by itself: packets are seen at any time that nobody watches for."""
    for name in ("seen", "unparsed"):
        answer.get("accounting", {}).pop(name, None)
    return answer


def contract_error(text):
    return text.startswith("portsentinel: ") and text.endswith("\n") and "\x1b" not in text


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_gives_json_while_the_sensor_runs(sandbox, words):
    sandbox.start()
    sandbox.wire.send(udp4(3409))
    sandbox.wait_packets(3409, 1)
    assert isinstance(sandbox.cli(*words), dict)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_gives_text_without_json(sandbox, words):
    sandbox.start()
    done = sandbox.run(*words)
    assert done.returncode == 0 and done.stderr == ""
    assert not done.stdout.startswith("{")


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_gives_json_without_a_sensor(sandbox, words):
    fails = words[0] in NEED_A_SENSOR and words[-1] != "help"
    value = sandbox.cli(*words, expect=1 if fails else 0)
    assert ("no sensor" in value["error"]) if fails else ("error" not in value)


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_a_wrong_call_is_json_too(sandbox, words):
    assert set(sandbox.cli(*words, expect=2)) == {"error"}


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_a_wrong_call_is_told_on_standard_error(sandbox, words):
    done = sandbox.run(*words)
    assert done.returncode == 2 and done.stdout == ""
    assert contract_error(done.stderr), done.stderr


def test_pretty_is_json_over_lines(sandbox):
    done = sandbox.run("-p", "status", "show")
    assert len(done.stdout.splitlines()) > 1
    json.loads(done.stdout)


def test_words_may_be_shortened(sandbox):
    sandbox.start()
    assert still(sandbox.cli("cou", "sh")) == still(sandbox.cli("counter", "show"))


def test_an_ambiguous_word_lists_the_candidates(sandbox):
    error = sandbox.cli("p", expect=2)["error"]
    assert "port" in error and "peer" in error


def test_an_unknown_word_names_the_closest(sandbox):
    assert "counter" in sandbox.cli("conuter", "show", expect=2)["error"]


def test_counter_watch_streams_one_object_a_line(sandbox):
    sandbox.start()
    sandbox.wire.send(udp4(3409))
    sandbox.wait_packets(3409, 1)
    done = sandbox.run("-j", "counter", "watch", "count", "2", "interval", "100ms")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert len(lines) == 2 and all(isinstance(json.loads(line), dict) for line in lines)


def test_it_works_from_outside_and_inside_the_namespace(sandbox):
    sandbox.start()
    sandbox.wire.send(udp4(3409))
    sandbox.wait_packets(3409, 1)
    for words in (("counter", "show"), ("port", "show"), ("interface", "show")):
        assert still(sandbox.cli(*words, inside=True)) == still(sandbox.cli(*words))
    for inside in (False, True):
        assert sandbox.cli("status", "show", inside=inside)["running"] is True


def test_a_port_is_added_from_inside_the_namespace(sandbox):
    sandbox.start()
    sandbox.cli("port", "add", "5000", inside=True)
    sandbox.wire.send(udp4(5000))
    sandbox.wait_packets(5000, 1)


def test_status_shows_what_the_contract_promises(sandbox):
    sensor = sandbox.start()
    status = sandbox.status()
    assert status["running"] is True
    assert status["pid"] == sensor.process.pid
    assert status["since"].endswith("Z")
    text = json.dumps(status)
    for word in ("sensor0", sandbox.tc_mode(), "3409", "matched", "json-log"):
        assert word in text, word


def test_an_interface_row_has_the_contracts_members(sandbox):
    sandbox.start()
    row = sandbox.cli("interface", "show")["interfaces"][0]
    index = int(call("ip", "-n", sandbox.here.name, "-o", "link", "show", "sensor0").split(":")[0])
    assert set(row) >= {"name", "index", "ingress", "egress", "why_not_better"}
    assert (row["name"], row["index"]) == ("sensor0", index)
    assert row["ingress"] == row["egress"] == sandbox.tc_mode()


def test_a_counter_row_has_the_contracts_members(sandbox):
    sandbox.start()
    frame = udp4(3409)
    sandbox.wire.send(frame)
    sandbox.wait_packets(3409, 1)
    answer = sandbox.cli("counter", "show", "direction", "in")
    assert answer["counters"] == [{
        "port": 3409, "protocol": "udp", "interface": "sensor0", "direction": "in", "role": "to",
        "packets": 1, "bytes": len(frame), "kinds": {"udp": 1}}]
    assert set(answer["accounting"]) >= {"seen", "matched", "sampled", "suppressed", "lost",
                                         "unparsed"}
    assert set(answer["accounting"]["unparsed"]) == {"truncated", "bad-header", "too-deep",
                                                     "not-ip"}


def test_peers_are_shown(sandbox):
    sandbox.start()
    sandbox.wire.send(udp4(3409), times=3)
    sandbox.wire.send(udp4(3409, source="192.0.2.9"))
    sandbox.wait_packets(3409, 4)
    text = json.dumps(sandbox.cli("peer", "show"))
    assert "192.0.2.2" in text and "192.0.2.9" in text


def test_owners_are_shown(sandbox):
    process = sandbox.here.start("nc", "-l", "-k", "3409")
    wait_for("nc listens", lambda: sandbox.here.listens("tcp", 3409))
    sandbox.start()
    owners = sandbox.cli("owner", "show", "port", "3409", inside=True)["owners"]
    row = next(row for row in owners if row.get("process", {}).get("pid") == process.pid)
    assert (row["port"], row["protocol"], row["state"]) == (3409, "tcp", "listen")
    assert row["local"] == "0.0.0.0:3409" and row["peer"] is None


def test_without_root_the_reason_is_told(sandbox):
    done = sandbox.here.start("setpriv", "--reuid", "65534", "--clear-groups", PROGRAM, "-n",
                              sandbox.instance, "run", stdout=-1, stderr=-1)
    _, errors = done.communicate(timeout=WAIT_SECONDS)
    assert done.returncode == 1
    assert b"root" in errors


def test_help_names_every_object(sandbox):
    text = sandbox.run("help").stdout
    for word in ("run", "status", "port", "counter", "peer", "interface", "check", "--json"):
        assert word in text


def test_help_shows_all_that_a_command_takes(sandbox):
    assert sandbox.cli("replay", "help")["commands"][0]["arguments"] == "FILE [FLAGS]"
    rows = sandbox.cli("expect", "help")["commands"]
    assert "[protocol " in next(row for row in rows if row["command"] == "test")["arguments"]


def test_a_kernel_that_lets_no_program_in_is_told_of(sandbox):
    """As root, for whom nobody would think of a missing right."""
    rungs = json.loads(sandbox.here.call("setpriv", "--bounding-set=-all", PROGRAM, "-j", "check",
                                         "host"))["owner_hooks"]
    assert rungs and not any(rung["present"] for rung in rungs)
    assert all("load the packet programs: " in rung["why_not"] for rung in rungs)


def test_version(sandbox):
    done = sandbox.run("--version")
    assert done.returncode == 0 and "portsentinel" in done.stdout


def test_a_full_standard_output_is_a_failure(sandbox):
    sandbox.start()
    done = call("sh", "-c", f"{PROGRAM} -n {sandbox.instance} counter show > /dev/full; echo $?")
    assert done.strip() == "1"
