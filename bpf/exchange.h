/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * exchange.h - what this host has said at watched ports, and who began. A firewall stands behind
 * the packet programs: that somebody listens does not tell that a packet was let in, the answer
 * does. Asked for no more than that: what a connection says afterwards is not noted.
 */
#ifndef PORTSENTINEL_EXCHANGE_H
#define PORTSENTINEL_EXCHANGE_H

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "abi.h"
#include "socket.h"

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 32768);
	__type(key, struct exchange_key);
	__type(value, struct exchange);
} exchanges SEC(".maps");

/* Addresses of this namespace; none where any may be translated to another one's. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u8[16]);
	__type(value, __u8);
} own_addresses SEC(".maps");

/* Interfaces that are part of another: a look-up there finds no socket bound to that one. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, __u8);
} lower_interfaces SEC(".maps");

/* local_sent: the packet of these ends left its local end. */
static __always_inline void exchange_name(const struct socket_ends *ends, bool local_sent,
					  struct exchange_key *key)
{
	__builtin_memset(key, 0, sizeof(*key));
	__builtin_memcpy(key->local, local_sent ? ends->source : ends->destination, 16);
	__builtin_memcpy(key->remote, local_sent ? ends->destination : ends->source, 16);
	key->local_port = bpf_ntohs(local_sent ? ends->source_port : ends->destination_port);
	key->remote_port = bpf_ntohs(local_sent ? ends->destination_port : ends->source_port);
	key->protocol = ends->protocol;
}

/* The flow's entry; a new one is all zero. */
static __always_inline struct exchange *exchange_open(const struct exchange_key *key,
						      bool is_peers)
{
	struct exchange fresh = { .is_peers = is_peers }, *exchange;

	exchange = bpf_map_lookup_elem(&exchanges, key);
	if (exchange)
		return exchange;
	bpf_map_update_elem(&exchanges, key, &fresh, BPF_NOEXIST);
	return bpf_map_lookup_elem(&exchanges, key);
}

static __always_inline void exchange_note_sent(const struct socket_ends *ends, enum kind kind)
{
	/* An error quotes what it refuses, which came. */
	bool is_icmp = kind == KIND_ICMP;
	struct exchange *exchange;
	struct exchange_key key;

	if (kind != KIND_SYNACK && kind != KIND_UDP && kind != KIND_RST && !is_icmp)
		return;
	exchange_name(ends, !is_icmp, &key);
	exchange = exchange_open(&key, false);
	if (!exchange)
		return;
	if (kind == KIND_SYNACK || kind == KIND_UDP)
		exchange->answered_boot_ns = bpf_ktime_get_boot_ns();
	else
		exchange->refused_boot_ns = bpf_ktime_get_boot_ns();
}

/* Who asks from a watched port is not answering, whatever he is told. */
static __always_inline void exchange_note_came(const struct socket_ends *ends, enum kind kind,
					       __u8 roles)
{
	struct exchange_key key;

	if (!(roles & ROLE_FROM) || (kind != KIND_UDP && kind != KIND_SYN))
		return;
	exchange_name(ends, false, &key);
	exchange_open(&key, true);
}

static __always_inline void exchange_note(const struct socket_ends *ends, enum direction direction,
					  enum kind kind, __u8 roles)
{
	if (direction == DIRECTION_OUT)
		exchange_note_sent(ends, kind);
	else
		exchange_note_came(ends, kind, roles);
}

/*
 * Is it certain that a packet for which no socket was found is of no connection? What passes on
 * to another host or namespace, or is translated, can be of any.
 */
static __always_inline bool exchange_is_stray(const struct socket_ends *ends, __u32 ifindex)
{
	const struct exchange *exchange;
	struct exchange_key key;

	if (!bpf_map_lookup_elem(&own_addresses, ends->destination) ||
	    bpf_map_lookup_elem(&lower_interfaces, &ifindex))
		return false;
	exchange_name(ends, false, &key);
	exchange = bpf_map_lookup_elem(&exchanges, &key);
	return !exchange || !exchange->answered_boot_ns;
}

#endif
