/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * observe.h - the story of a packet, the same at every door: see it, parse it, is a port of it
 * watched? That much is all that happens to nearly every packet of the machine, and it calls
 * nothing. Then, out of line: count it, limit it, sample it. Never decide over it.
 */
#ifndef PORTSENTINEL_OBSERVE_H
#define PORTSENTINEL_OBSERVE_H

#include "abi.h"
#include "parse.h"

#include "count.h"
#include "emit.h"
#include "limit.h"
#include "socket.h"
#include "watch.h"

/* A packet at a door. */
struct view {
	void *ctx; /* XDP or tc */
	const void *data;
	const void *end;
	__u64 cookie;
	__u32 ifindex;
	__u32 frame_length; /* may be more than lies between data and end */
	enum hook hook;
	enum direction direction;
};

/* What is known of a matched packet once it was looked at closely. */
struct match {
	struct socket_ends ends;
	__u32 payload_length;
	enum kind kind;
};

static __always_inline bool observe_look(const struct view *view, const struct packet *packet,
					 struct match *match)
{
	enum socket_state state;

	match->ends.source_port = packet->source_port;
	match->ends.destination_port = packet->destination_port;
	match->ends.family = packet->family;
	match->ends.protocol = packet->protocol;
	if (!parse_addresses(packet, view->data, view->end, match->ends.source,
			     match->ends.destination))
		return false;
	match->kind = parse_kind(packet, view->data, view->end, &match->payload_length);
	/*
	 * FIN+ACK belongs to a connection, or is a Maimon scan. Only there the kind depends on
	 * the socket, so only there one is asked for before the sample.
	 */
	if (match->kind == KIND_FIN && view->direction == DIRECTION_IN) {
		state = socket_ask(view->ctx, &match->ends, view->direction);
		if (state == SOCKET_NONE || state == SOCKET_LISTENING)
			match->kind = KIND_MAIMON;
	}
	return true;
}

static __always_inline void observe_count(struct accounting *here, const struct view *view,
					  const struct match *match, __u8 roles)
{
	if (roles & ROLE_TO)
		count_packet(here,
			     counter_key(bpf_ntohs(match->ends.destination_port),
					 match->ends.protocol, view->ifindex, view->direction,
					 ROLE_TO, match->kind),
			     view->frame_length);
	if (roles & ROLE_FROM)
		count_packet(here,
			     counter_key(bpf_ntohs(match->ends.source_port), match->ends.protocol,
					 view->ifindex, view->direction, ROLE_FROM, match->kind),
			     view->frame_length);
}

/* Notes the packet under its peer. May it be sampled? */
static __always_inline bool observe_peer(const struct view *view, struct peer *peer,
					 enum kind kind, __u64 now)
{
	peer->last = now;
	if (view->direction == DIRECTION_IN) {
		__sync_fetch_and_add(&peer->packets_in, 1);
		peer->kinds |= 1 << kind;
	} else {
		__sync_fetch_and_add(&peer->packets_out, 1);
	}
	if (limit_allows(peer, now))
		return true;
	__sync_fetch_and_add(&peer->suppressed, 1);
	return false;
}

static __always_inline bool observe_emit(const struct view *view, const struct packet *packet,
					 const struct match *match, const struct peer *peer)
{
	struct packet_event *event = emit_begin();

	if (!event)
		return false;
	event->hook = view->hook;
	event->direction = view->direction;
	event->cookie = view->cookie;
	event->ifindex = view->ifindex;
	event->frame_length = view->frame_length;
	event->payload_length = match->payload_length;
	event->peer_suppressed = peer->suppressed;
	__builtin_memcpy(event->source, match->ends.source, 16);
	__builtin_memcpy(event->destination, match->ends.destination, 16);
	event->source_port = bpf_ntohs(packet->source_port);
	event->destination_port = bpf_ntohs(packet->destination_port);
	event->vlan = packet->vlan;
	event->has_vlan = packet->has_vlan;
	event->l3_offset = packet->network;
	event->l4_offset = packet->transport;
	event->roles = packet->roles;
	event->kind = match->kind;
	event->protocol = packet->protocol;
	event->family = packet->family;
	event->snap_length = emit_copy(event->data, view->data, view->end);
	event->socket_state = socket_ask(view->ctx, &match->ends, view->direction);
	emit_end(event);
	return true;
}

/* A packet with a watched port. */
static __always_inline void observe_match(const struct view *view, const struct packet *packet)
{
	struct accounting *here = count_here();
	__u64 now = bpf_jiffies64();
	struct match match = {};
	struct peer *peer;

	if (!observe_look(view, packet, &match))
		return;
	here->matched++;
	observe_count(here, view, &match, packet->roles);
	peer = limit_peer(here,
			  view->direction == DIRECTION_IN ? match.ends.source :
							    match.ends.destination,
			  now);
	if (!peer || !observe_peer(view, peer, match.kind, now))
		here->suppressed++;
	else if (observe_emit(view, packet, &match, peer))
		here->sampled++;
	else
		here->lost++;
}

/* Any packet. True if it has a watched port: then `packet` is filled for observe_match(). */
static __always_inline bool observe(const void *data, const void *end, struct packet *packet)
{
	struct accounting *here = count_here();
	enum parsed parsed = parse_frame(data, end, packet);

	here->seen++;
	if (parsed >= PARSED_UNPARSED)
		here->unparsed[(parsed - PARSED_UNPARSED) & (UNPARSED_COUNT - 1)]++;
	if (parsed != PARSED_PORTS)
		return false;
	packet->roles = watch_find(packet->protocol, packet->destination_port) * ROLE_TO |
			watch_find(packet->protocol, packet->source_port) * ROLE_FROM;
	return packet->roles;
}

#endif
