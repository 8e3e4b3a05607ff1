# SPDX-License-Identifier: GPL-2.0-only
"""Expectations trust only what their object cannot choose: programs by file, groups by who named them."""

import os
import secrets
import shutil
import subprocess
from pathlib import Path

import pytest

from actors import cgroup_folder
from netns import WAIT_SECONDS, wait_for
from test_expect import NC, rule
from wire import PEER4

SHELL = os.path.realpath("/bin/sh")
CONNECT = ("-w", "1", PEER4, "3409")  # nobody is there: the question is what counts
UNSHARE = ("unshare", "--map-root-user", "--mount", SHELL, "-c")
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")


@pytest.fixture(name="agent")
def _agent(sandbox):
    """The expected program: anybody may execute it, and root alone change it."""
    folder = sandbox.directory / "opt"
    folder.mkdir()
    for above in (folder, *folder.parents[:-2]):
        above.chmod(above.stat().st_mode | 0o755)
    path = folder / "busybox-agent"  # what busybox lets itself be called
    shutil.copy(NC, path)
    return path


def attempt(sandbox, *command):
    """The alerts of those who now connect with the command."""
    before = len(sandbox.alerts(event_action="outbound"))
    packets = sandbox.packets(3409, "out")
    done = subprocess.run(sandbox.here.command(*map(str, command)), check=False, timeout=WAIT_SECONDS,
                          capture_output=True, text=True, stdin=subprocess.DEVNULL)
    wait_for(f"it connects: {done.stderr}", lambda: sandbox.packets(3409, "out") > packets)
    judged(sandbox)
    return sandbox.alerts(event_action="outbound")[before:]


def judged(sandbox):
    """What was sampled has come to an end: a packet that waits for its owner does so for 0.1 s."""
    def settled():
        status = sandbox.status()
        return status["accounting"]["sampled"], sum(row["hits"] for row in sandbox.cli(
            "expect", "show")["expectations"]), len(sandbox.alerts())

    last = None
    for _ in range(100):
        now = settled()
        if now == last:
            return
        last = now
        subprocess.run(("sleep", "0.4"), check=True)
    raise AssertionError("it never settles")


def start(sandbox, rules):
    sandbox.start("--window", "1s", "--max-rate", "none", config=rules)


def test_a_path_that_is_mounted_over_is_not_the_program(sandbox, agent):
    start(sandbox, f'[expect "agent"]\nexecutable = {agent}\n'
                   f'[expect "folder"]\nexecutable = {agent.parent}/*\n')
    assert not attempt(sandbox, agent, *CONNECT)
    assert not attempt(sandbox, *NOBODY, agent, *CONNECT)
    assert attempt(sandbox, NC, *CONNECT)
    words = " ".join(CONNECT)
    for how in (f"mount --bind {NC} {agent}",
                f"mount -t tmpfs none {agent.parent} && cp {NC} {agent}"):
        alerts = attempt(sandbox, *UNSHARE, f"{how} && exec {agent} {words}")
        assert alerts, how
        assert alerts[0]["process"]["executable"] == str(agent)


def test_a_root_of_its_own_is_not_the_sensors(sandbox, agent):
    """A chroot, and pivot_root into it, in which the same path leads to another file."""
    start(sandbox, f'[expect "agent"]\nexecutable = {agent}\n')
    root = sandbox.directory / "root"
    (root / str(agent)[1:]).parent.mkdir(parents=True)
    shutil.copy("/usr/bin/busybox", root / str(agent)[1:])
    words = f"{agent} nc -w 1 {PEER4} 3409"
    assert attempt(sandbox, *UNSHARE, f"exec chroot {root} {words}")
    (root / "old").mkdir()
    assert attempt(sandbox, *UNSHARE, f"mount --bind {root} {root} && cd {root} && "
                                      f"pivot_root . old && exec {words}")


def test_a_link_leads_to_the_program_and_a_copy_does_not(sandbox, agent):
    link = sandbox.directory / "link"
    link.symlink_to(agent)
    start(sandbox, f'[expect "agent"]\nexecutable = {link}\n')
    assert not attempt(sandbox, agent, *CONNECT)
    assert not attempt(sandbox, link, *CONNECT)
    copy = sandbox.directory / "copy"
    shutil.copy(agent, copy)
    assert attempt(sandbox, copy, *CONNECT)


def test_who_runs_the_older_program_after_an_upgrade_stays_expected(sandbox, agent):
    """As long as the sensor has seen it there; a process of the newer one is expected at once."""
    start(sandbox, f'[expect "agent"]\nexecutable = {agent}\n')
    older = sandbox.here.start(agent, "-l", "-k", "3410")
    wait_for("it listens", lambda: sandbox.here.listens("tcp", 3410))
    wait_for("a hit", lambda: rule(sandbox, "agent")["hits"] == 1)
    fresh = agent.with_name("fresh")
    shutil.copy(NC, fresh)
    os.rename(fresh, agent)
    assert not attempt(sandbox, agent, *CONNECT)
    hits = rule(sandbox, "agent")["hits"]
    sandbox.there.call("nc", "-z", "-w", "2", "192.0.2.1", "3410")
    wait_for("hits of the older one", lambda: rule(sandbox, "agent")["hits"] > hits)
    judged(sandbox)
    assert not sandbox.packet_alerts()
    assert older.poll() is None


def enter(group, command):
    """A shell's words: as root into the group, then the command."""
    return ("sh", "-c", f"echo $$ > {group}/cgroup.procs && exec {command}")


@pytest.fixture(name="groups")
def _groups():
    """Makes groups, and removes them with those below."""
    made = []

    def make(path):
        group = Path(cgroup_folder())
        for name in path.split("/"):
            group = group / name
            if not group.exists():
                group.mkdir()
                made.append(group)
        return group

    yield make
    for group in reversed(made):
        group.rmdir()


def in_network(sandbox):
    """`ip netns exec` would hide the groups."""
    return ("nsenter", f"--net=/run/netns/{sandbox.here.name}")


def attempt_in(sandbox, group, command):
    namespace, sandbox.here.command = sandbox.here.command, lambda *words: (
        *in_network(sandbox), *enter(group, command))
    try:
        return attempt(sandbox)
    finally:
        sandbox.here.command = namespace


@pytest.mark.parametrize("given", ["chown", "chmod"])
def test_a_group_below_one_that_was_given_away_is_named_by_nobody(sandbox, groups, given):
    name = f"test{secrets.token_hex(4)}"
    container = secrets.token_hex(32)
    start(sandbox, f'[expect "unit"]\nunit = {name}.service\n'
                   f'[expect "container"]\ncontainer = {container}\n')
    top = groups(f"{name}.slice")
    system = groups(f"{name}.slice/{name}.service")
    assert not attempt_in(sandbox, system, f"{NC} {' '.join(CONNECT)}")
    if given == "chown":
        os.chown(top, 65534, 65534)
    else:
        top.chmod(0o777)
    for path in (f"{name}.service", f"system.slice/{name}.service", f"docker-{container}.scope",
                 container, f"lxc.payload.{container}"):
        assert attempt_in(sandbox, groups(f"{name}.slice/{path}"), f"{NC} {' '.join(CONNECT)}"), path


def test_a_containers_program_is_the_file_that_the_container_was_given(sandbox, groups, agent):
    """Another root, and in it the program; who mounts his own over it is not expected."""
    name = f"test{secrets.token_hex(4)}"
    group = groups(f"lxc.payload.{name}")
    root = sandbox.directory / "root"
    (root / "srv").mkdir(parents=True)
    for tool in ("busybox-agent", "busybox-other"):
        shutil.copy("/usr/bin/busybox", root / "srv" / tool)
    for above in (root, root / "srv"):
        above.chmod(0o755)
    start(sandbox, f'[expect "agent"]\ncontainer = {name}\nexecutable = /srv/busybox-agent\n'
                   f'[expect "host"]\nexecutable = {agent}\ncontainer = other-{name}\n')
    connect = f"nc -w 1 {PEER4} 3409"
    inside = f"unshare --mount --root={root}"
    first = subprocess.Popen((*in_network(sandbox), *enter(group, f"{inside} /srv/busybox-other sleep 600")))
    try:
        wait_for("the first is there", lambda: os.path.exists(f"/proc/{first.pid}/root/srv/busybox-other"))
        assert not attempt_in(sandbox, group, f"{inside} /srv/busybox-agent {connect}")
        assert attempt_in(sandbox, group, f"{inside} /srv/busybox-other {connect}")
        over = f"mount --bind {root}/srv/busybox-other {root}/srv/busybox-agent && exec chroot {root}"
        assert attempt_in(sandbox, group, f"unshare --mount sh -c '{over} /srv/busybox-agent {connect}'")
    finally:
        first.kill()
        first.wait()
