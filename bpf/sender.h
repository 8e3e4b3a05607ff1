/* SPDX-License-Identifier: GPL-2.0-only */
/* sender.h - the socket that a packet belongs to, as its buffer has it: tc only. */
#ifndef PORTSENTINEL_SENDER_H
#define PORTSENTINEL_SENDER_H

#include <linux/if_packet.h>

#include <bpf/bpf_helpers.h>

#include "abi.h"
#include "parse.h"

#define AF_PACKET 17
#define SOCK_RAW 3

static __always_inline bool sender_is_raw(struct bpf_sock *full)
{
	return full && (full->family == AF_PACKET || full->type == SOCK_RAW);
}

/* Did the socket that the packet belongs to make it? In a tunnel, one of another kind is inside. */
static __always_inline bool sender_is_own(struct bpf_sock *sock, struct bpf_sock *full,
					  const struct packet *packet)
{
	__u32 protocol = packet->next_header;

	if (sender_is_raw(full))
		return full->family == AF_PACKET || full->protocol == protocol ||
		       full->protocol == IPPROTO_RAW;
	if (full && full->protocol != protocol)
		return false;
	/* else a request or a TIME_WAIT: TCP's */
	return (full || protocol == IPPROTO_TCP) &&
	       sock->src_port == bpf_ntohs(packet->source_port);
}

static __always_inline void sender_note(struct __sk_buff *skb, const struct packet *packet,
					enum direction direction, struct packet_event *event)
{
	struct bpf_sock *sock = skb->sk, *full;

	event->addressed = skb->pkt_type == PACKET_OTHERHOST ? ADDRESSED_ELSEWHERE :
							       ADDRESSED_HERE;
	if (!sock)
		return;
	full = bpf_sk_fullsock(sock);
	event->cookie = bpf_get_socket_cookie(skb);
	event->is_raw = sender_is_raw(full);
	event->is_own = sender_is_own(sock, full, packet);
	/* A packet socket's frames pass the way out within its task's call. */
	if (full && full->family == AF_PACKET && direction == DIRECTION_OUT)
		event->task = bpf_get_current_task();
}

#endif
