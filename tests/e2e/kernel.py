# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's BPF objects: other people's programs for tests to attach, and what is loaded."""

import contextlib
import ctypes
import errno
import json
import os
import platform
import re
import struct

from netns import LIBC, call

SYS_BPF = {"x86_64": 321, "aarch64": 280, "riscv64": 280}[platform.machine()]

BPF_PROG_LOAD, BPF_PROG_QUERY, BPF_LINK_CREATE = 5, 16, 28
PROG_SCHED_CLS, PROG_XDP = 3, 6
XDP, TCX_INGRESS, TCX_EGRESS = 37, 46, 47
XDP_SKB_MODE, XDP_DRV_MODE = 2, 4
XDP_PASS, TCX_NEXT = 2, -1


def bpf(command, attributes):
    """bpf(2): a descriptor."""
    attributes = attributes.ljust(128, b"\0")
    fd = LIBC.syscall(SYS_BPF, command, attributes, len(attributes))
    if fd < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return fd


def load_program(kind, verdict):
    """A program that answers `verdict` to every packet."""
    instructions = struct.pack("<BBhi", 0xb7, 0, 0, verdict) + struct.pack("<BBhi", 0x95, 0, 0, 0)
    code = ctypes.create_string_buffer(instructions, len(instructions))
    text = ctypes.create_string_buffer(b"GPL")
    return bpf(BPF_PROG_LOAD, struct.pack("<IIQQ", kind, 2, ctypes.addressof(code),
                                          ctypes.addressof(text)))


@contextlib.contextmanager
def attached(namespace, interface, kind, place, verdict, flags=0, times=1):
    """
    Other people's programs on an interface, each by a link that lives as long as the block.
    times=None: as many as the kernel lets in.
    """
    fds = []
    try:
        with namespace.entered():
            index = int(call("ip", "-n", namespace.name, "-o", "link", "show", "dev",
                             interface).split(":")[0])
            while times is None or len(fds) < times:
                try:
                    fds.append(attach(kind, index, place, verdict, flags))
                except OSError as error:
                    if times is None and error.errno == errno.ERANGE:
                        break
                    raise
        yield
    finally:
        for fd in fds:
            os.close(fd)


def attach(kind, index, place, verdict, flags):
    """A link, which holds its program."""
    program = load_program(kind, verdict)
    try:
        return bpf(BPF_LINK_CREATE, struct.pack("<IIII", program, index, place, flags))
    finally:
        os.close(program)


def tc_mode(namespace, interface):
    """How tc programs are attached here: by tcx since Linux 6.6, before by filters of clsact."""
    try:
        with attached(namespace, interface, PROG_SCHED_CLS, TCX_INGRESS, TCX_NEXT):
            return "tcx"
    except OSError:
        return "clsact"


def count_tcx(index, place):
    """How many tcx programs are there? (bpftool before 7.4 does not tell.)"""
    attributes = ctypes.create_string_buffer(struct.pack("<IIIIQI", index, place, 0, 0, 0, 0), 128)
    if LIBC.syscall(SYS_BPF, BPF_PROG_QUERY, attributes, len(attributes)) < 0:
        return 0
    return struct.unpack_from("<I", attributes, 24)[0]


def programs_of(pid):
    """Ids of the programs that a process holds open."""
    ids = set()
    for fd in os.listdir(f"/proc/{pid}/fdinfo"):
        try:
            with open(f"/proc/{pid}/fdinfo/{fd}", encoding="ascii") as file:
                ids |= {int(found) for found in re.findall(r"^prog_id:\s+(\d+)$", file.read(),
                                                           re.MULTILINE)}
        except FileNotFoundError:
            pass
    return ids


def listed(kind):
    """bpftool's list of "prog", "map" or "link"."""
    return json.loads(call("bpftool", "-j", kind, "show"))


def programs_alive(ids):
    return {program["id"] for program in listed("prog")} & set(ids)


def is_attached(namespace, interface):
    """Is there an XDP program, a tcx program or a clsact qdisc on the interface?"""
    details = call("ip", "-n", namespace.name, "-d", "link", "show", "dev", interface)
    qdiscs = call("tc", "-n", namespace.name, "qdisc", "show", "dev", interface)
    index = int(details.split(":")[0])
    with namespace.entered():
        tcx = count_tcx(index, TCX_INGRESS) + count_tcx(index, TCX_EGRESS)
    return "xdp" in details or "clsact" in qdiscs or tcx > 0


def filters(namespace, interface):
    """The filters of clsact, both ways."""
    return [line for direction in ("ingress", "egress") for line in call(
        "tc", "-n", namespace.name, "filter", "show", "dev", interface, direction).splitlines()]
