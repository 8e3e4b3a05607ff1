/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * replay.h - what a packet from a file cannot tell by itself: when it came, by which interface and
 * which way, how long it was on the wire, whether its connection exists, and what it answers. All
 * of it is compiled away in a live sensor.
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

/* Flows that the file has shown, since there are no sockets to ask. One entry when live. */
struct replay_flow {
	__u64 low[2];
	__u64 high[2];
	__be16 low_port;
	__be16 high_port;
	__u32 protocol; /* enum protocol */
};

/* What was seen of one. */
#define REPLAY_CONNECTED 0x01
#define REPLAY_FROM_LOW 0x02 /* shifted by the packet's direction */
#define REPLAY_FROM_HIGH 0x08

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

/* Both directions of a flow have one key. True: the packet is from its high end. */
static __always_inline bool replay_name_flow(const struct socket_ends *ends,
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
	flow->protocol = ends->protocol;
	return swap;
}

static __always_inline bool replay_knows(const struct socket_ends *ends)
{
	struct replay_flow flow;
	const __u8 *seen;

	replay_name_flow(ends, &flow);
	seen = bpf_map_lookup_elem(&replay_flows, &flow);
	return seen && *seen & REPLAY_CONNECTED;
}

/* Of an ICMP error the quoted packet's flow is asked: it answers that very packet. */
static __always_inline enum replay_answer replay_answers(const struct socket_ends *ends,
							 enum kind kind)
{
	struct replay_flow flow;
	bool is_from_high = replay_name_flow(ends, &flow);
	const __u8 *seen = bpf_map_lookup_elem(&replay_flows, &flow);
	__u8 asked = is_from_high != (kind == KIND_ICMP) ? REPLAY_FROM_LOW : REPLAY_FROM_HIGH;

	if (seen && *seen & asked << DIRECTION_OUT)
		return ANSWERS_OUT;
	return seen && *seen & asked << DIRECTION_IN ? ANSWERS_IN : ANSWERS_NOTHING;
}

/* An acknowledgement shows a connection, a reset ends it. */
static __always_inline void replay_learn(const struct socket_ends *ends, enum kind kind)
{
	struct replay_flow flow;
	bool is_from_high = replay_name_flow(ends, &flow);
	const __u8 *before = bpf_map_lookup_elem(&replay_flows, &flow);
	__u8 seen = before ? *before : 0;

	if (kind == KIND_ICMP)
		return;
	seen |= (is_from_high ? REPLAY_FROM_HIGH : REPLAY_FROM_LOW) << (replay.direction & 1);
	if (kind == KIND_SYNACK || kind == KIND_ACK || kind == KIND_DATA)
		seen |= REPLAY_CONNECTED;
	else if (kind == KIND_RST)
		seen &= ~REPLAY_CONNECTED;
	bpf_map_update_elem(&replay_flows, &flow, &seen, BPF_ANY);
}

#endif
