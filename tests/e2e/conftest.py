# SPDX-License-Identifier: GPL-2.0-only
"""One sandbox a test; a missing tool is a failure; no test takes more than three minutes."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

os.environ["PATH"] += ":/usr/local/sbin:/usr/sbin:/sbin"
BPFTOOL = subprocess.run([Path(__file__).resolve().parents[2] / "scripts" / "find-bpftool"],
                         check=False, capture_output=True, text=True).stdout.strip()
if BPFTOOL:
    os.environ["PATH"] = f"{os.path.dirname(BPFTOOL)}:{os.environ['PATH']}"
sys.dont_write_bytecode = True

from sandbox import PROGRAM, Sandbox  # noqa: E402 (after the path)

TOOLS = ("ip", "tc", "ss", "bpftool", "nmap", "hping3", "nc", "rsyslogd", "nsenter",
         "masscan", "zmap", "tcpdump", "tshark", "nft", "lsof", "openssl", "journalctl",
         "fail2ban-regex", "prometheus", "promtool", "setpriv",
         "systemd-analyze", "make", "unshare")
TEST_SECONDS = 180


def pytest_sessionstart():
    if os.geteuid() != 0:
        pytest.exit("the end-to-end tests need root", returncode=2)
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if not os.access(PROGRAM, os.X_OK):
        missing.append(PROGRAM)
    if missing:
        pytest.exit(f"missing: {' '.join(missing)}", returncode=2)


@pytest.fixture(autouse=True)
def time_limit():
    def too_long(_number, _frame):
        raise AssertionError(f"took more than {TEST_SECONDS} s")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(TEST_SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def sandbox(tmp_path):
    made = Sandbox(tmp_path)
    yield made
    made.close()
