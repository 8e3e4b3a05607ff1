# SPDX-License-Identifier: GPL-2.0-only
"""Network namespaces: made, entered by this thread, and taken down with all that runs there."""

import contextlib
import ctypes
import os
import signal
import subprocess
import time

CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)
WAIT_SECONDS = 40  # for what takes a moment on an idle machine, and long on a loaded one


def wait_for(what, condition, seconds=WAIT_SECONDS, pause=0.02):
    """Returns the condition's first true value; fails with `what` when there is none in time."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what}")
        time.sleep(pause)


def call(*command, **options):
    """Runs a command that has to succeed; returns what it printed."""
    done = subprocess.run(command, check=False, capture_output=True, text=True,
                          timeout=2 * WAIT_SECONDS, **options)
    assert done.returncode == 0, f"{' '.join(command)}: {done.returncode}: {done.stderr}"
    return done.stdout


def batch(namespace, *lines):
    """ip(8) commands, in a namespace or (None) in this process's own."""
    where = ("-n", namespace.name) if namespace else ()
    call("ip", *where, "-batch", "-", input="\n".join(lines) + "\n")


def set_netns(fd):
    if LIBC.setns(fd, CLONE_NEWNET) < 0:
        raise OSError(ctypes.get_errno(), "setns")


class Namespace:
    def __init__(self, name):
        self.name = name
        self.processes = []
        batch(None, f"netns add {name}")
        try:
            batch(self, "link set lo up")
        except BaseException:
            self.remove()
            raise

    @contextlib.contextmanager
    def entered(self):
        """Sockets and BPF links made inside belong to this namespace, also afterwards."""
        with open("/proc/self/ns/net", encoding="ascii") as before, \
                open(f"/run/netns/{self.name}", encoding="ascii") as inside:
            set_netns(inside.fileno())
            try:
                yield
            finally:
                set_netns(before.fileno())

    def command(self, *command):
        return ("ip", "netns", "exec", self.name, *command)

    def call(self, *command, **options):
        return call(*self.command(*command), **options)

    def start(self, *command, **options):
        """A process that is stopped with the namespace at the latest."""
        process = subprocess.Popen(self.command(*command), stdin=subprocess.DEVNULL, **options)
        self.processes.append(process)
        return process

    def listens(self, protocol, port):
        """Does a socket of this namespace listen on the port?"""
        option = "-ltnH" if protocol == "tcp" else "-lunH"
        return bool(self.call("ss", option, f"sport = :{port}").strip())

    def sysctl(self, name, value):
        with self.entered():
            path = "/proc/sys/" + name.replace(".", "/")
            with open(path, "w", encoding="ascii") as file:
                file.write(str(value))

    def remove(self):
        with contextlib.ExitStack() as stack:
            stack.callback(call, "ip", "netns", "del", self.name)
            for process in self.processes:
                stack.callback(stop, process)


def stop(process, number=signal.SIGTERM, seconds=WAIT_SECONDS):
    """Ends a process that this test started; returns its exit status."""
    if process.poll() is None:
        process.send_signal(signal.SIGCONT)
        process.send_signal(number)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"process {process.args} did not end by {number.name}") from None
    return process.returncode


def exists(name):
    return os.path.exists(f"/run/netns/{name}")
