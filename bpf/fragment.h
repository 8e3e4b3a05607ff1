/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fragment.h - the ports of later fragments. A watched datagram's first fragment leaves its
 * ports in a bounded table; those behind it find them there. A fragment that overtakes the first
 * one is not tied to it.
 */
#ifndef PORTSENTINEL_FRAGMENT_H
#define PORTSENTINEL_FRAGMENT_H

#include <bpf/bpf_helpers.h>

#include "abi.h"
#include "parse.h"

struct fragment_key {
	__u64 source[2];
	__u64 destination[2];
	__u32 id;
	__u32 protocol; /* of struct fragment */
};

struct fragment_ports {
	__be16 source;
	__be16 destination;
	__u8 protocol;
	__u8 reserved[3];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct fragment_key);
	__type(value, struct fragment_ports);
} fragments SEC(".maps");

static __always_inline bool fragment_name(const struct packet *packet,
					  const struct fragment *fragment, const void *data,
					  const void *end, struct fragment_key *key)
{
	__builtin_memset(key, 0, sizeof(*key));
	key->id = fragment->id;
	key->protocol = fragment->protocol;
	return parse_addresses(packet->family, packet->network, data, end, key->source,
			       key->destination);
}

/* A watched first fragment. */
static __always_inline void fragment_remember(const struct packet *packet,
					      const struct fragment *fragment, const void *data,
					      const void *end)
{
	struct fragment_ports ports = {
		.source = packet->source_port,
		.destination = packet->destination_port,
		.protocol = packet->protocol,
	};
	struct fragment_key key;

	if (fragment_name(packet, fragment, data, end, &key))
		bpf_map_update_elem(&fragments, &key, &ports, BPF_ANY);
}

/* A later fragment: fills its ports. False if no watched datagram is known to which it belongs. */
static __always_inline bool fragment_recall(struct packet *packet, const struct fragment *fragment,
					    const void *data, const void *end)
{
	const struct fragment_ports *ports;
	struct fragment_key key;

	if (!fragment_name(packet, fragment, data, end, &key))
		return false;
	ports = bpf_map_lookup_elem(&fragments, &key);
	if (!ports)
		return false;
	packet->source_port = ports->source;
	packet->destination_port = ports->destination;
	packet->protocol = ports->protocol & 1; /* the verifier asks */
	return true;
}

#endif
