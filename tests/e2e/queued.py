#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
Two processes, one packet socket each, that send UDP datagrams to port 3409 of 192.0.2.2 by an
interface; prints each one's pid and the length that its payloads have. Root only.

usage: queued.py INTERFACE DESTINATION_MAC COUNT
"""

import os
import socket
import sys
import time

from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether

LENGTHS = 10, 20


def send(interface, mac, count, length):
    frame = bytes(Ether(src="02:00:00:00:00:09", dst=mac) / IP(src="192.0.2.9", dst="192.0.2.2") /
                  UDP(sport=5000, dport=3409) / (b"x" * length))
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sender:
        sender.bind((interface, 0))
        for _ in range(count):
            try:
                sender.send(frame)
            except OSError:
                pass  # the queue is full
            time.sleep(0.001)


def main():
    interface, mac, count = sys.argv[1:]
    children = []
    for length in LENGTHS:
        child = os.fork()
        if child == 0:
            send(interface, mac, int(count), length)
            os._exit(0)
        print(child, length, flush=True)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
