/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * socket.h - does a socket of this namespace take the packet? Classifies only: under reuseport
 * programs and address translation the look-up can find another socket than the one that will
 * get the packet, so no process is ever named by it.
 */
#ifndef PORTSENTINEL_SOCKET_H
#define PORTSENTINEL_SOCKET_H

#include <bpf/bpf_helpers.h>

#include "abi.h"

/* Of the kernel's net/tcp_states.h. */
#define SOCKET_STATE_LISTEN 10
#define SOCKET_STATE_NEW_SYN_RECV 12

/* The two ends of a packet, in network byte order; addresses as in struct packet_event. */
struct socket_ends {
	__u64 source[2];
	__u64 destination[2];
	__be16 source_port;
	__be16 destination_port;
	__u8 family;
	__u8 protocol; /* enum protocol */
};

/* The tuple as a packet towards this host has it. Returns its length. */
static __always_inline __u32 socket_tuple(const struct socket_ends *ends, enum direction direction,
					  struct bpf_sock_tuple *tuple)
{
	bool in = direction == DIRECTION_IN;
	const __u64 *remote = in ? ends->source : ends->destination;
	const __u64 *local = in ? ends->destination : ends->source;
	__be16 remote_port = in ? ends->source_port : ends->destination_port;
	__be16 local_port = in ? ends->destination_port : ends->source_port;

	if (ends->family == 4) {
		tuple->ipv4.saddr = remote[1] >> 32;
		tuple->ipv4.daddr = local[1] >> 32;
		tuple->ipv4.sport = remote_port;
		tuple->ipv4.dport = local_port;
		return sizeof(tuple->ipv4);
	}
	__builtin_memcpy(tuple->ipv6.saddr, remote, 16);
	__builtin_memcpy(tuple->ipv6.daddr, local, 16);
	tuple->ipv6.sport = remote_port;
	tuple->ipv6.dport = local_port;
	return sizeof(tuple->ipv6);
}

static __always_inline enum socket_state socket_ask_tcp(void *ctx, struct bpf_sock_tuple *tuple,
							__u32 length)
{
	struct bpf_sock *sock = bpf_skc_lookup_tcp(ctx, tuple, length, BPF_F_CURRENT_NETNS, 0);
	enum socket_state state;

	if (!sock)
		return SOCKET_NONE;
	switch (sock->state) {
	case SOCKET_STATE_LISTEN:
		state = SOCKET_LISTENING;
		break;
	case SOCKET_STATE_NEW_SYN_RECV:
		state = SOCKET_REQUESTED;
		break;
	default:
		state = SOCKET_CONNECTED;
	}
	bpf_sk_release(sock);
	return state;
}

static __always_inline enum socket_state socket_ask_udp(void *ctx, struct bpf_sock_tuple *tuple,
							__u32 length)
{
	struct bpf_sock *sock = bpf_sk_lookup_udp(ctx, tuple, length, BPF_F_CURRENT_NETNS, 0);
	enum socket_state state;

	if (!sock)
		return SOCKET_NONE;
	state = sock->dst_port ? SOCKET_CONNECTED : SOCKET_LISTENING;
	bpf_sk_release(sock);
	return state;
}

/* ctx: an XDP or tc context. */
static __always_inline enum socket_state socket_ask(void *ctx, const struct socket_ends *ends,
						    enum direction direction)
{
	struct bpf_sock_tuple tuple = {};
	__u32 length;

	length = socket_tuple(ends, direction, &tuple);
	return ends->protocol == PROTOCOL_TCP ? socket_ask_tcp(ctx, &tuple, length) :
						  socket_ask_udp(ctx, &tuple, length);
}

#endif
