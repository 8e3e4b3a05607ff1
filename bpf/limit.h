/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * limit.h - who may be sampled. A bounded table of peers, each with a token bucket, and buckets
 * for all together: the generic cell rate algorithm (ITU-T I.371 annex A), one number a bucket.
 * Whoever has spent his bucket, or finds that for all spent by others, still has the first packet
 * of each thing (thing.h) and of each completed handshake, within shares of their own.
 *
 * The table is shared by the CPUs. A peer's numbers are added to without a lock; a race may let
 * one sample too many through, never miscounts the accounting, and can credit one packet to the
 * peer that took a place in the same instant.
 */
#ifndef PORTSENTINEL_LIMIT_H
#define PORTSENTINEL_LIMIT_H

#include <bpf/bpf_helpers.h>

#include "abi.h"

struct limits limits SEC(".data.limits");

/* Sets in the table, a power of two; set before load, with max_entries the same. */
const volatile __u32 peer_sets = 16384;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct peer_set);
} peers SEC(".maps");

static __always_inline struct peer *limit_find_peer(struct peer_set *set, const __u64 addr[2])
{
#pragma unroll
	for (int way = 0; way < PEER_WAYS; way++)
		if (set->peers[way].addr[0] == addr[0] && set->peers[way].addr[1] == addr[1])
			return &set->peers[way];
	return NULL;
}

/* The way to take for a new peer: its own if another CPU was faster, else the one silent longest. */
static __always_inline __u32 limit_choose_way(struct peer_set *set, const __u64 addr[2])
{
	__u64 oldest = ~0ULL;
	__u32 chosen = 0;

#pragma unroll
	for (int way = 0; way < PEER_WAYS; way++) {
		struct peer *peer = &set->peers[way];

		if (peer->addr[0] == addr[0] && peer->addr[1] == addr[1])
			return way;
		if (peer->last < oldest) {
			oldest = peer->last;
			chosen = way;
		}
	}
	return chosen;
}

static __always_inline struct peer *limit_add_peer(struct accounting *here, struct peer_set *set,
						   const __u64 addr[2], __u64 now)
{
	struct peer *peer;
	bool evicted;

	bpf_spin_lock(&set->lock);
	peer = &set->peers[limit_choose_way(set, addr) & (PEER_WAYS - 1)];
	evicted = peer->last && (peer->addr[0] != addr[0] || peer->addr[1] != addr[1]);
	if (evicted || !peer->last) {
		peer->addr[0] = addr[0];
		peer->addr[1] = addr[1];
		peer->allowed_at = 0;
		peer->first = now;
		peer->last = now;
		peer->packets_in = 0;
		peer->packets_out = 0;
		peer->allowed = 0;
		peer->kinds = 0;
		peer->firsts_at = 0;
		peer->proven_at = 0;
	}
	bpf_spin_unlock(&set->lock);
	here->peers_evicted += evicted;
	return peer;
}

/* The peer's entry, made when absent. NULL only for the verifier's sake. */
static __always_inline struct peer *limit_peer(struct accounting *here, const __u64 addr[2],
					       __u64 now)
{
	__u32 index = peer_hash(addr, limits.peer_seed) & (peer_sets - 1);
	struct peer_set *set;
	struct peer *peer;

	set = bpf_map_lookup_elem(&peers, &index);
	if (!set)
		return NULL;
	peer = limit_find_peer(set, addr);
	return peer ? peer : limit_add_peer(here, set, addr, now);
}

static __always_inline bool limit_conforms(__u64 allowed_at, __u64 tolerance, __u64 ticks)
{
	return allowed_at <= ticks + tolerance;
}

static __always_inline __u64 limit_next(__u64 allowed_at, __u64 interval, __u64 ticks)
{
	return (allowed_at > ticks ? allowed_at : ticks) + interval;
}

/* What this host's answers may take of a burst: the questions come first. */
#define LIMIT_ANSWERS_SHARE 8

/*
 * Takes one sample out of a bucket of the peer and one of all: both pay or neither does. The shared
 * bucket is written only at the rate it allows, so that a flood on many CPUs only reads it.
 */
static __always_inline bool limit_take(__u64 *peer_at, __u64 peer_tolerance,
				       struct limit_bucket *share, __u64 ticks)
{
	if (!limit_conforms(*peer_at, peer_tolerance, ticks) ||
	    !limit_conforms(share->allowed_at, share->tolerance, ticks))
		return false;
	*peer_at = limit_next(*peer_at, limits.peer_interval, ticks);
	share->allowed_at = limit_next(share->allowed_at, share->interval, ticks);
	return true;
}

/* May any packet of the peer be sampled now? */
static __always_inline bool limit_allows(struct peer *peer, bool is_answer, __u64 now)
{
	__u64 tolerance = is_answer ? limits.peer_tolerance / LIMIT_ANSWERS_SHARE :
				      limits.peer_tolerance;

	return limit_take(&peer->allowed_at, tolerance, &limits.shares[SHARE_ANY],
			  now * LIMIT_TICKS_PER_JIFFY);
}

/* The first packet of a thing? What this host sends nobody forges from afar. */
static __always_inline bool limit_allows_first(struct peer *peer, enum direction direction,
					       __u16 port, __u64 now)
{
	struct limit_bucket *share = direction == DIRECTION_OUT ?
					     &limits.shares[SHARE_OWN] :
					     &limits.shares[SHARE_FIRST + port % SHARE_PORTS];

	return limit_take(&peer->firsts_at, limits.peer_extra_tolerance, share,
			  now * LIMIT_TICKS_PER_JIFFY);
}

/* Is anything left for a packet of a connected socket? Asked before the socket is. */
static __always_inline bool limit_has_proven(const struct peer *peer, __u64 now)
{
	const struct limit_bucket *share = &limits.shares[SHARE_PROVEN];
	__u64 ticks = now * LIMIT_TICKS_PER_JIFFY;

	return limit_conforms(peer->proven_at, limits.peer_extra_tolerance, ticks) &&
	       limit_conforms(share->allowed_at, share->tolerance, ticks);
}

static __always_inline bool limit_allows_proven(struct peer *peer, __u64 now)
{
	return limit_take(&peer->proven_at, limits.peer_extra_tolerance,
			  &limits.shares[SHARE_PROVEN], now * LIMIT_TICKS_PER_JIFFY);
}

#endif
