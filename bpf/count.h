/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * count.h - what is never limited: the accounting of every packet and the counters of every
 * matched one. Both are sliced by CPU, and a slice is written by its CPU alone: the doors run
 * with bottom halves off, so one never interrupts another.
 */
#ifndef PORTSENTINEL_COUNT_H
#define PORTSENTINEL_COUNT_H

#include <bpf/bpf_helpers.h>

#include "abi.h"

struct accounting accounting[ABI_CPUS_MAX];

/* Counter sets a CPU, a power of two; set before load, with max_entries = CPUs * sets. */
const volatile __u32 counter_sets = 4096;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct counter_set);
} counters SEC(".maps");

static __always_inline struct accounting *count_here(void)
{
	return &accounting[bpf_get_smp_processor_id() & (ABI_CPUS_MAX - 1)];
}

/* Adds to the key's cell in one set, taking a free cell if it has none. False: the set is full. */
static __always_inline bool count_in_set(struct counter_set *set, __u64 key, __u32 bytes)
{
#pragma unroll
	for (int way = 0; way < COUNTER_WAYS; way++) {
		struct counter_cell *cell = &set->cells[way];

		if (cell->key != key) {
			if (cell->key)
				continue;
			cell->key = key;
		}
		cell->packets++;
		cell->bytes += bytes;
		return true;
	}
	return false;
}

static __always_inline struct counter_set *count_set(__u64 hash)
{
	__u32 index = bpf_get_smp_processor_id() * counter_sets + (hash & (counter_sets - 1));

	return bpf_map_lookup_elem(&counters, &index);
}

/* Both halves of the result depend on every bit (the finalizer of MurmurHash3, public domain). */
static __always_inline __u64 count_hash(__u64 key)
{
	key ^= key >> 33;
	key *= 0xff51afd7ed558ccdULL;
	key ^= key >> 33;
	key *= 0xc4ceb9fe1a85ec53ULL;
	return key ^ key >> 33;
}

/*
 * Each key has two sets it may stand in, the second tried when the first is full: with half of
 * all cells taken, less than one key in a million finds neither free.
 */
static __always_inline bool count_key(__u64 key, __u32 bytes)
{
	__u64 hash = count_hash(key);
	struct counter_set *set = count_set(hash);

	if (set && count_in_set(set, key, bytes))
		return true;
	set = count_set(hash >> 32);
	return set && count_in_set(set, key, bytes);
}

/* One row's packet; with no room for the row it stands under port 0, and that is counted too. */
static __always_inline void count_packet(struct accounting *here, __u64 key, __u32 bytes)
{
	if (count_key(key, bytes))
		return;
	here->uncounted++;
	count_key(key & ~(0xffffULL << 8), bytes);
}

#endif
