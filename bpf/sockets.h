/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sockets.h - who did what with which socket: written by the owner hooks in process context, read
 * where packets leave. Needs kernel UAPI headers alone, as the packet programs do; where no owner
 * hook can be loaded the maps stay empty.
 */
#ifndef PORTSENTINEL_SOCKETS_H
#define PORTSENTINEL_SOCKETS_H

#include <bpf/bpf_helpers.h>

#include "abi.h"

/* By socket cookie. Sized before load; the longest untouched gives its place to a new one. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, struct socket_record);
} sockets SEC(".maps");

/*
 * By task: who is sending from a packet socket that has no cookie yet. Such a socket's packets
 * pass tc before the call returns, so the current task is the sender there.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, struct process_key);
} senders SEC(".maps");

#endif
