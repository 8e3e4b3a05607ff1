# SPDX-License-Identifier: GPL-2.0-only
"""The journal's catalog: journalctl takes it, and it explains what a real sensor says."""

import re
from pathlib import Path

import pytest
from netns import call

CATALOG = Path(__file__).resolve().parents[2] / "scripts" / "portsentinel.catalog"


@pytest.fixture
def root(tmp_path):
    directory = tmp_path / "usr/lib/systemd/catalog"
    directory.mkdir(parents=True)
    (directory / CATALOG.name).write_text(CATALOG.read_text())
    (tmp_path / "var/lib/systemd/catalog").mkdir(parents=True)
    call("journalctl", f"--root={tmp_path}", "--update-catalog")
    return tmp_path


def test_journalctl_takes_the_catalog(root):
    wanted = set(re.findall(r"^-- ([0-9a-f]{32})$", CATALOG.read_text(), re.MULTILINE))
    listed = call("journalctl", f"--root={root}", "--list-catalog").splitlines()
    journal = (CATALOG.parents[1] / "user/sink/journal.c").read_text()
    assert wanted == set(re.findall(r'\[ACTION_\w+\] = "([0-9a-f]{32})"', journal)) != set()
    assert {line.split()[0] for line in listed} == wanted
    assert all(": portsentinel: " in line or "portsentinel" in line for line in listed)


def test_every_field_it_names_is_one_that_alerts_have(root):
    text = call("journalctl", f"--root={root}", "--dump-catalog")
    names = set(re.findall(r"@([A-Z_]+)@", text)) | set(re.findall(r"PORTSENTINEL_[A-Z]+", text))
    source = (CATALOG.parents[1] / "user/model/alert.c").read_text()
    fields = {f"PORTSENTINEL_{name.upper()}" for name in re.findall(r'to, "([a-z_]+)"', source)}
    assert names and names <= fields
