# SPDX-License-Identifier: GPL-2.0-only
"""The judge of the owner tests: what a good sensor would say passes, and no lie does."""

import datetime
import json

import pytest
from actors import PORT, Stage, judge, read_lines

HERE = "127.0.0.1"


@pytest.fixture(name="stage")
def make_stage(sandbox):
    return Stage(sandbox)


def later(line, seconds):
    """The time of a truth, moved."""
    text = line["@timestamp"]
    moment = datetime.datetime.fromisoformat(text[:26] + "+00:00")
    moment += datetime.timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def sample_of(line, outbound=True, seconds=0.001, process=True):
    """What a good sensor would say of a packet a moment after the truth's time."""
    source, destination = line["local"], line["remote"]
    if not outbound:
        source, destination = destination, source
    sample = {"@timestamp": later(line, seconds), "source": source, "destination": destination,
              "network": {"transport": line["transport"],
                          "direction": "outbound" if outbound else "inbound"},
              "portsentinel": {"quality": "exact"}}
    if process:
        sample["process"] = {"pid": line["pid"], "executable": line["executable"]}
    return sample


def judged(stage, samples, *options):
    stage.samples.write_text("".join(json.dumps(sample) + "\n" for sample in samples))
    return judge(stage.truth, stage.samples, *options)


@pytest.fixture(name="truth")
def make_truth(sandbox, stage):
    """Ten clients of one server; its truth, the listener's excepted."""
    stage.serve(sandbox.here, "serve", HERE, PORT, 10)
    stage.play(sandbox.here, "clients", HERE, PORT, 10, 2)
    stage.finish()
    return [line for line in read_lines(stage.truth) if line["did"] != "listening"]


def test_the_truth_is_what_happened(truth):
    assert sum(line["did"] == "connected" for line in truth) == 10
    assert sum(line["did"] == "accepted" for line in truth) == 10
    assert len({line["pid"] for line in truth}) == 11


def test_a_good_sensor_passes(stage, truth):
    status, said = judged(stage, [sample_of(line, way) for line in truth for way in (True, False)])
    assert status == 0, said
    assert "inbound: 20 right, 0 wrong, 0 unnamed" in said
    assert "connected: 10 of 10 named" in said


@pytest.mark.parametrize("lie", ["pid", "executable"])
def test_one_wrong_name_fails(stage, truth, lie):
    samples = [sample_of(line) for line in truth]
    wrong = sample_of(truth[3])
    wrong["process"][lie] = {"pid": 1, "executable": "/usr/bin/true"}[lie]
    status, said = judged(stage, [*samples, wrong])
    assert status == 1 and "1 wrong" in said
    assert json.dumps(wrong["process"]["pid"]) in said


def test_a_name_without_executable_fails(stage, truth):
    samples = [sample_of(line) for line in truth]
    del samples[0]["process"]["executable"]
    assert judged(stage, samples)[0] == 1


def test_one_that_was_never_named_fails(stage, truth):
    samples = [sample_of(line, process=line is not truth[5]) for line in truth]
    status, said = judged(stage, samples)
    assert status == 1 and "1 unnamed" in said
    assert judged(stage, samples, "--named", "90")[0] == 0


def test_no_samples_fail(stage, truth):
    assert len(truth) == 20
    assert judged(stage, [])[0] == 1


def test_a_line_that_cannot_be_read_fails(stage, truth):
    samples = [sample_of(line) for line in truth]
    assert judged(stage, [*samples, {"process": {"pid": 1}}])[0] == 1


def test_the_server_may_be_named_for_what_came_before_it_accepted(stage, truth):
    samples = [sample_of(line) for line in truth]
    accepted = next(line for line in truth if line["did"] == "accepted")
    early = [sample_of(accepted, way, seconds=-1) for way in (True, False)]
    assert judged(stage, [*samples, *early])[0] == 0


def test_a_client_is_not_behind_what_was_sent_before_it_connected(stage, truth):
    samples = [sample_of(line) for line in truth]
    connected = next(line for line in truth if line["did"] == "connected")
    assert judged(stage, [*samples, sample_of(connected, seconds=-1)])[0] == 1


def test_a_name_without_a_truth_is_wrong_only_if_asked(stage, truth):
    samples = [sample_of(line) for line in truth]
    stray = sample_of(truth[0])
    stray["source"] = {"ip": HERE, "port": 9}
    assert judged(stage, [*samples, stray])[0] == 0
    assert judged(stage, [*samples, stray], "--strict")[0] == 1


def test_a_listener_is_right_until_the_connection_is_accepted(sandbox, stage):
    stage.serve(sandbox.here, "prefork", HERE, PORT, 5)
    stage.play(sandbox.here, "clients", HERE, PORT, 5)
    stage.finish()
    lines = read_lines(stage.truth)
    truth = [line for line in lines if line["did"] != "listening"]
    accepted = next(line for line in truth if line["did"] == "accepted")
    other = next(line for line in lines if line["did"] == "listening" and
                 line["pid"] != accepted["pid"])
    samples = [sample_of(line) for line in truth]
    before, after = (sample_of(accepted, False, seconds) for seconds in (-0.01, 0.01))
    before["process"]["pid"] = after["process"]["pid"] = other["pid"]
    assert judged(stage, [*samples, before])[0] == 0
    assert judged(stage, [*samples, after])[0] == 1


@pytest.mark.parametrize("server, first", [("fork-each", "accepted"), ("pass-each", "accepted"),
                                           ("serve", "connected")])
def test_after_a_hand_over_only_the_new_holder_is_right(sandbox, stage, server, first):
    client = "pass" if server == "serve" else "clients"
    greeted = () if server == "serve" else ("-g",)
    stage.serve(sandbox.here, server, HERE, PORT, 3)
    stage.play(sandbox.here, *greeted, client, HERE, PORT, 3)
    stage.finish()
    truth = [line for line in read_lines(stage.truth) if line["did"] != "listening"]
    old = next(line for line in truth if line["did"] == first)
    new = next(line for line in truth if line["did"] == "sent" and line["local"] == old["local"]
               and line["remote"] == old["remote"])
    samples = [sample_of(line, seconds=0.00001) for line in truth]
    assert old["pid"] != new["pid"] and judged(stage, samples)[0] == 0
    late = sample_of(new)
    late["process"]["pid"] = old["pid"]
    assert judged(stage, [*samples, late])[0] == 1
    early = sample_of(new, seconds=-0.001)
    assert judged(stage, [*samples, early])[0] == 1


def test_datagrams_belong_to_the_member_that_took_them(sandbox, stage):
    stage.serve(sandbox.here, "udp-reuseport", HERE, PORT, 8, protocol="udp")
    stage.play(sandbox.here, "senders", HERE, PORT, 8)
    stage.finish()
    lines = read_lines(stage.truth)
    truth = [line for line in lines if line["did"] != "listening"]
    samples = [sample_of(line) for line in truth]
    assert judged(stage, samples)[0] == 0
    received = next(line for line in truth if line["did"] == "received")
    wrong = sample_of(received, False)
    wrong["process"]["pid"] = next(line["pid"] for line in lines if line["did"] == "listening" and
                                   line["pid"] != received["pid"])
    assert judged(stage, [*samples, wrong])[0] == 1
