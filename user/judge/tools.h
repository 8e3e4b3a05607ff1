/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tools.h - the tool that a packet looks as if it came from, told by one header. All of it can be
 * forged: it is what a packet looks like, never what it is. Pure.
 */
#ifndef JUDGE_TOOLS_H
#define JUDGE_TOOLS_H

#include "../../bpf/abi.h"

/*
 * "mirai", "masscan", "zmap", "scapy", "nmap", "hping", or "raw-syn" for a SYN that no system's
 * own stack sends. Static; NULL when the packet looks like none of them, and for what this host
 * sent.
 */
const char *tools_look_like(const struct packet_event *event);

#endif
