/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * thing.h - what was sampled lately, by thing, and how much of each was held back. One place a
 * hash, without a lock: what loses its place is the first of its kind again, and its count is told
 * too low; two CPUs at one place in the same instant can credit a packet to the wrong one of the
 * two.
 */
#ifndef PORTSENTINEL_THING_H
#define PORTSENTINEL_THING_H

#include <bpf/bpf_helpers.h>

#include "abi.h"
#include "limit.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, THINGS);
	__type(key, __u32);
	__type(value, struct thing);
} things SEC(".maps");

/* A thing's place and the tag that tells whether it has it. */
struct thing_at {
	struct thing *place; /* NULL only for the verifier's sake */
	__u32 tag;
};

static __always_inline struct thing_at thing_find(const __u64 peer[2], __u64 name)
{
	__u64 hash = thing_hash(peer, name, limits.peer_seed);
	__u32 index = thing_place(hash);

	return (struct thing_at){ .place = bpf_map_lookup_elem(&things, &index),
				  .tag = thing_tag(hash) };
}

static __always_inline bool thing_has_place(const struct thing_at *at)
{
	return at->place && at->place->tag == at->tag;
}

/* Was no packet of it sampled lately? */
static __always_inline bool thing_is_new(const struct thing_at *at, __u64 now)
{
	return !thing_has_place(at) || (__u32)now - at->place->sampled_at >= limits.thing_memory;
}

static __always_inline void thing_note_sampled(const struct thing_at *at, __u64 now)
{
	if (!at->place)
		return;
	if (at->place->tag != at->tag) {
		at->place->suppressed = 0;
		at->place->tag = at->tag;
	}
	at->place->sampled_at = now;
}

static __always_inline void thing_note_suppressed(const struct thing_at *at)
{
	if (thing_has_place(at))
		__sync_fetch_and_add(&at->place->suppressed, 1);
}

static __always_inline __u32 thing_suppressed(const struct thing_at *at)
{
	return thing_has_place(at) ? at->place->suppressed : 0;
}

#endif
