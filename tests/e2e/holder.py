#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
Holds a TCP listener and a UDP socket on port 3409 of a network namespace of its own, as MANNER
says; prints the namespace's inode and stays until its input ends. Root only.

usage: holder.py MANNER FOLDER
"""

import array
import ctypes
import os
import socket
import sys
import threading

PORT = 3409
CLONE_NEWNS, CLONE_FILES, CLONE_NEWNET = 0x20000, 0x400, 0x40000000
MS_BIND, MS_PRIVATE, MS_REC = 0x1000, 0x40000, 0x4000
SYS_EXIT = {"x86_64": 60, "aarch64": 93}[os.uname().machine]
LIBC = ctypes.CDLL(None, use_errno=True)
KEPT = []


def must(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def make_sockets():
    tcp = socket.create_server(("127.0.0.1", PORT))
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", PORT))
    KEPT.extend((tcp, udp))


def own_netns():
    return os.stat("/proc/thread-self/ns/net").st_ino


def say():
    print(own_netns(), flush=True)


def in_empty_namespace(keep):
    """Makes the sockets there and comes back; keep() is called there."""
    with open("/proc/self/ns/net", encoding="ascii") as before:
        must(LIBC.unshare(CLONE_NEWNET))
        make_sockets()
        keep()
        say()
        must(LIBC.setns(before.fileno(), CLONE_NEWNET))


def mount_in(folder):
    path = f"{folder}/a place"
    with open(path, "w", encoding="ascii"):
        pass
    must(LIBC.mount(b"/proc/self/ns/net", path.encode(), None, MS_BIND, None))


def mount_unseen(folder):
    must(LIBC.unshare(CLONE_NEWNS))
    must(LIBC.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None))
    mount_in(folder)


def in_thread(flags, ends_first=False):
    def act():
        must(LIBC.unshare(flags))
        make_sockets()
        say()
        sys.stdin.read()
        os._exit(0)

    threading.Thread(target=act).start()
    if ends_first:
        LIBC.syscall(SYS_EXIT, 0)  # this thread alone, and what it has open
    threading.Event().wait()


def in_flight():
    """Sent to nobody who would take it."""
    must(LIBC.unshare(CLONE_NEWNET))
    make_sockets()
    KEPT.extend(socket.socketpair())
    descriptors = array.array("i", [held.fileno() for held in KEPT[:2]])
    KEPT[2].sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptors)])
    for held in KEPT[:2]:
        held.close()
    say()


def udplite():
    must(LIBC.unshare(CLONE_NEWNET))
    make_sockets()
    lite = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_UDPLITE)
    lite.bind(("127.0.0.1", PORT))
    KEPT.append(lite)
    say()


def main():
    manner, folder = sys.argv[1:]
    {
        "mounted": lambda: in_empty_namespace(lambda: mount_in(folder)),
        "mounted-unseen": lambda: in_empty_namespace(lambda: mount_unseen(folder)),
        "descriptor": lambda: in_empty_namespace(
            lambda: KEPT.append(os.open("/proc/self/ns/net", os.O_RDONLY))),
        "socket-alone": lambda: in_empty_namespace(lambda: None),
        "thread-table": lambda: in_thread(CLONE_FILES | CLONE_NEWNET),
        "thread-netns": lambda: in_thread(CLONE_NEWNET),
        "first-thread-gone": lambda: in_thread(CLONE_NEWNET, ends_first=True),
        "in-flight": in_flight,
        "udplite": udplite,
    }[manner]()
    sys.stdin.read()


if __name__ == "__main__":
    main()
