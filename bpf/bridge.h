/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bridge.h - what a bridge passes from port to port was seen where it came in, and is not seen
 * again where it leaves.
 */
#ifndef PORTSENTINEL_BRIDGE_H
#define PORTSENTINEL_BRIDGE_H

#include <stdbool.h>

#include <bpf/bpf_helpers.h>

#include "abi.h"

/* Ports that are watched, by interface index -> their bridge's; written by user space. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, BRIDGE_PORTS_MAX);
	__type(key, __u32);
	__type(value, __u32);
} bridge_ports SEC(".maps");

/*
 * Did the packet, which leaves, come in by a watched port of the same bridge? The kernel notes
 * where a packet came in; one that it routed into the bridge came from elsewhere, and may have
 * other ports by now.
 */
static __always_inline bool bridge_has_seen(const struct __sk_buff *skb)
{
	__u32 in = skb->ingress_ifindex, out = skb->ifindex, translates = BRIDGE_TRANSLATES;
	__u32 *bridge, *from;

	if (!in)
		return false;
	bridge = bpf_map_lookup_elem(&bridge_ports, &out);
	if (!bridge)
		return false;
	from = bpf_map_lookup_elem(&bridge_ports, &in);
	return from && *from == *bridge && !bpf_map_lookup_elem(&bridge_ports, &translates);
}

#endif
