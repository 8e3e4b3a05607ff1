# SPDX-License-Identifier: GPL-2.0-only
"""Names of processes that are gone at once, whose pid is another's, or whose file is not there."""

import pytest
from actors import PORT, Stage, cgroup_folder, is_chroot, read_lines

HERE = "127.0.0.1"


@pytest.fixture(name="stage")
def make_stage(sandbox):
    return Stage(sandbox)


def connected(stage):
    """The clients' truths, each with the process of its first packet."""
    processes = {(line["source"]["ip"], line["source"]["port"]): line.get("process", {})
                 for line in reversed(stage.lines())
                 if line["network"]["direction"] == "outbound" and
                 line["destination"]["port"] == int(PORT)}
    return [(line, processes[line["local"]["ip"], line["local"]["port"]])
            for line in read_lines(stage.truth) if line["did"] == "connected"]


def test_two_programs_under_one_pid(sandbox, stage):
    """In turn, each gone before the next one is there."""
    stage.watch("lo")
    stage.serve(sandbox.here, "serve", HERE, PORT, 20)
    stage.play(sandbox.here, "-e", stage.other, "reuse-pid", HERE, PORT, 20)
    stage.finish()
    stage.check()
    clients = connected(stage)
    assert len({line["pid"] for line, _ in clients}) == 1
    assert {process["executable"] for _, process in clients} == {
        line["executable"] for line, _ in clients}
    assert sum(process["name"] == "other" for _, process in clients) == 10


@pytest.mark.parametrize("kind", ["memfd", "deleted", "bind", "overlay", "chroot", "long"])
def test_executables_that_are_not_where_they_seem(sandbox, stage, kind):
    if kind in ("bind", "overlay", "chroot") and is_chroot():
        pytest.skip("in a chroot, this program's own view of its path is not the sensor's")
    stage.watch("lo")
    folder = sandbox.directory / "exe"
    folder.mkdir()
    stage.serve(sandbox.here, "serve", HERE, PORT, 1)
    stage.play(sandbox.here, "-e", folder, f"exe-{kind}", HERE, PORT)
    stage.finish()
    stage.check()


def test_a_file_in_memory_is_called_so(sandbox, stage):
    stage.watch("lo")
    stage.serve(sandbox.here, "serve", HERE, PORT, 1)
    stage.play(sandbox.here, "exe-memfd", HERE, PORT)
    stage.finish()
    stage.check()
    assert all("memfd:no file" in process["executable"] for _, process in connected(stage))


def test_processes_whose_cgroup_is_removed_at_once(sandbox, stage):
    stage.watch("lo")
    stage.serve(sandbox.here, "serve", HERE, PORT, 300)
    stage.play(sandbox.here, "-e", cgroup_folder(), "cgroups", HERE, PORT, 300)
    stage.finish()
    stage.check()
    groups = set()
    for line in stage.lines():
        if line["network"]["direction"] == "outbound" and line["destination"]["port"] == int(PORT):
            groups.add(line["portsentinel"].get("cgroup", "").rsplit("/", 1)[-1])
    assert sum(group.startswith("actor-") for group in groups) == 300


def test_the_parent_is_named(sandbox, stage):
    stage.watch("lo")
    stage.serve(sandbox.here, "serve", HERE, PORT, 5)
    stage.play(sandbox.here, "clients", HERE, PORT, 5)
    stage.finish()
    stage.check()
    parents = {process["parent"]["pid"] for _, process in connected(stage)}
    assert len(parents) == 1
    assert all(process["parent"]["name"] == "actor" for _, process in connected(stage))
