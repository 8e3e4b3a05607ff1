/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * station.h - to whom is a frame? One to a link address that no device of this namespace has is a
 * stranger's, which the device shows because it takes everything: the stack drops it.
 */
#ifndef PORTSENTINEL_STATION_H
#define PORTSENTINEL_STATION_H

#include <linux/if_packet.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>

#include "abi.h"

/* This namespace's link addresses, their octets in front of two zeros; written by user space. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, STATIONS_MAX);
	__type(key, __u64);
	__type(value, __u8);
} stations SEC(".maps");

/* The link address at the front of a frame that came in. */
static __always_inline bool station_is_foreign(const void *data, const void *end)
{
	__u64 address = 0, complete = STATIONS_COMPLETE;

	if (data + 6 > end || *(const __u8 *)data & 1)
		return false;
	__builtin_memcpy(&address, data, 6);
	return !bpf_map_lookup_elem(&stations, &address) &&
	       bpf_map_lookup_elem(&stations, &complete);
}

/* tc knows whose a frame is to its own device, and what begins with IP is nobody's else. */
static __always_inline bool station_is_foreign_at_tc(const struct __sk_buff *skb, const void *data,
						     const void *end)
{
	return skb->pkt_type == PACKET_OTHERHOST && station_is_foreign(data, end);
}

#endif
