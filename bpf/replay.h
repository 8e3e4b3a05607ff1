/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * replay.h - what a packet from a file cannot tell by itself: when it came, how long it was on
 * the wire, and whether its connection exists. All of it is compiled away in a live sensor.
 */
#ifndef PORTSENTINEL_REPLAY_H
#define PORTSENTINEL_REPLAY_H

#include <bpf/bpf_helpers.h>

#include "abi.h"
#include "socket.h"

/* Set before load. */
const volatile bool replaying = false;

/* The packet that runs next, written by user space before each run. */
struct replay replay SEC(".data.replay");

/* Connections that the file has shown, since there are no sockets to ask. One entry when live. */
struct replay_flow {
	__u64 low[2];
	__u64 high[2];
	__be16 low_port;
	__be16 high_port;
	__u32 reserved;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, struct replay_flow);
	__type(value, __u8);
} replay_flows SEC(".maps");

static __always_inline __u64 replay_jiffies(void)
{
	return replaying ? replay.jiffies : bpf_jiffies64();
}

/* Both directions of a connection have one key. */
static __always_inline void replay_name_flow(const struct socket_ends *ends,
					     struct replay_flow *flow)
{
	bool swap = ends->source[1] > ends->destination[1] ||
		    (ends->source[1] == ends->destination[1] &&
		     ends->source_port > ends->destination_port);

	__builtin_memset(flow, 0, sizeof(*flow));
	__builtin_memcpy(flow->low, swap ? ends->destination : ends->source, 16);
	__builtin_memcpy(flow->high, swap ? ends->source : ends->destination, 16);
	flow->low_port = swap ? ends->destination_port : ends->source_port;
	flow->high_port = swap ? ends->source_port : ends->destination_port;
}

static __always_inline bool replay_knows(const struct socket_ends *ends)
{
	struct replay_flow flow;

	replay_name_flow(ends, &flow);
	return bpf_map_lookup_elem(&replay_flows, &flow);
}

/* An acknowledgement shows a connection, a reset ends it. */
static __always_inline void replay_learn(const struct socket_ends *ends, enum kind kind)
{
	struct replay_flow flow;
	__u8 here = 1;

	replay_name_flow(ends, &flow);
	if (kind == KIND_SYNACK || kind == KIND_ACK || kind == KIND_DATA)
		bpf_map_update_elem(&replay_flows, &flow, &here, BPF_ANY);
	else if (kind == KIND_RST)
		bpf_map_delete_elem(&replay_flows, &flow);
}

#endif
