/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * owner_flow.h - which socket a packet reached, or came from. TCP's packets are joined by their
 * connection's flow; a datagram by itself, for the next one of its flow may be another socket's,
 * or nobody's when a firewall stands before it.
 */
#ifndef PORTSENTINEL_OWNER_FLOW_H
#define PORTSENTINEL_OWNER_FLOW_H

#include "owner_socket.h"

/* Two sockets that have the same flow within this time have it at once. */
#define FLOW_TOGETHER_NS 1000000000ULL

/* By flow_key. Sized before load. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, struct flow_key);
	__type(value, struct flow);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct passage_key);
	__type(value, struct passage);
} passages SEC(".maps");

/* The socket that a packet is at, and what is said of it. */
struct flow_end {
	__u64 cookie;
	__u32 netns;
	__u32 device; /* that it is bound to; 0: none */
	bool is_listener;
	bool is_sole;
	bool is_orphan; /* no process has it, or not yet */
	bool is_kernel;
	bool is_multipath;
};

static __always_inline void flow_update(struct flow *flow, const struct flow_end *end, __u64 now)
{
	if (end->is_listener) {
		flow->listener = end->cookie;
		flow->listener_boot_ns = now;
		return;
	}
	if (flow->cookie != end->cookie) {
		if (flow->cookie && now < flow->last_boot_ns + FLOW_TOGETHER_NS)
			flow->conflict_boot_ns = now;
		flow->boot_ns = now;
		flow->netns = end->netns;
		flow->kernel = end->is_kernel;
		flow->multipath = end->is_multipath;
		flow->cookie = end->cookie;
	}
	if (!end->is_orphan)
		flow->orphan_boot_ns = 0;
	else if (!flow->orphan_boot_ns)
		flow->orphan_boot_ns = now;
	flow->sole = end->is_sole;
	flow->last_boot_ns = now;
}

static __always_inline void flow_write(const struct flow_key *key, const struct flow_end *end,
				       __u64 now)
{
	struct flow *flow = bpf_map_lookup_elem(&flows, key);
	struct flow fresh = {};

	if (flow) {
		flow_update(flow, end, now);
		return;
	}
	fresh.netns = end->netns;
	flow_update(&fresh, end, now);
	if (bpf_map_update_elem(&flows, key, &fresh, BPF_ANY) < 0)
		process_count(&board.losses.flows_failed);
}

/*
 * The flow's packets go to and come from this socket. Those without a watched port are noted for
 * any namespace alone: the one in which they have another port is not known here.
 */
static __noinline int flow_note(struct flow_key *key, struct flow_end *end)
{
	__u64 now = bpf_ktime_get_boot_ns();

	if (!key || !end)
		return 0;
	key->netns = end->netns;
	key->device = 0;
	if (owner_is_watched(PROTOCOL_TCP, key->local_port) ||
	    owner_is_watched(PROTOCOL_TCP, key->remote_port)) {
		flow_write(key, end, now);
		if (end->device) {
			key->device = end->device;
			flow_write(key, end, now);
			key->device = 0;
		}
	}
	key->netns = 0;
	flow_write(key, end, now);
	return 0;
}

static __always_inline bool passage_is_other(const struct passage *a, const struct passage *b)
{
	return a->cookie != b->cookie || !process_is_same(&a->sender, &b->sender);
}

/* One just like it may have come a moment ago; long after, it is another. */
static __always_inline void passage_follow(const struct passage *known, struct passage *fresh)
{
	fresh->conflict_boot_ns = known->conflict_boot_ns;
	if (fresh->boot_ns >= known->boot_ns + FLOW_TOGETHER_NS)
		return;
	if (passage_is_other(known, fresh))
		fresh->conflict_boot_ns = fresh->boot_ns;
	else
		fresh->since_boot_ns = known->since_boot_ns;
}

/* A datagram is at this socket. fresh: all but the times. */
static __always_inline void passage_note(const struct passage_key *key, struct passage *fresh)
{
	struct passage *known = bpf_map_lookup_elem(&passages, key);

	fresh->boot_ns = fresh->since_boot_ns = bpf_ktime_get_boot_ns();
	if (known)
		passage_follow(known, fresh);
	if (bpf_map_update_elem(&passages, key, fresh, BPF_ANY) < 0)
		process_count(&board.losses.flows_failed);
}

#endif
