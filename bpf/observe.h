/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * observe.h - the story of a packet, the same at every door: see it, parse it, is a port of it
 * watched? That much is all that happens to nearly every packet of the machine, and it calls
 * nothing. Out of line follow the unusual packets, parsed to their depths, and the matched ones:
 * count, limit, sample. Never decide over a packet.
 */
#ifndef PORTSENTINEL_OBSERVE_H
#define PORTSENTINEL_OBSERVE_H

#include "abi.h"
#include "parse.h"
#include "tunnel.h"

#include "count.h"
#include "emit.h"
#include "exchange.h"
#include "fragment.h"
#include "limit.h"
#include "mark.h"
#include "replay.h"
#include "sender.h"
#include "socket.h"
#include "station.h"
#include "thing.h"
#include "watch.h"

/* Look into IPIP, 6in4, GRE, VXLAN and Geneve, too. Set before load. */
const volatile bool tunnels = false;

/* A packet at a door. */
struct view {
	void *ctx; /* XDP or tc */
	const void *data;
	const void *end;
	__u16 vlan; /* a tag that the device took off, or has yet to put on: tc */
	bool has_vlan;
	__u32 ifindex;
	__u32 frame_length; /* may be more than lies between data and end */
	enum hook hook;
	enum direction direction;
};

/* What is known of a matched packet once it was looked at closely. */
struct match {
	struct socket_ends ends; /* of the packet, or of the one that it quotes */
	__u64 source[2]; /* of the packet itself */
	__u64 destination[2];
	__u32 payload_length;
	enum kind kind;
	__u16 vlan; /* the outermost tag's control information */
	bool has_vlan;
	enum replay_answer answers;
};

/* A quoted packet went the other way. */
static __always_inline enum socket_state observe_socket(const struct view *view,
							const struct match *match)
{
	bool in = (view->direction == DIRECTION_IN) != (match->kind == KIND_ICMP);

	if (replaying)
		return SOCKET_UNASKED;
	return socket_ask(view->ctx, &match->ends, in ? DIRECTION_IN : DIRECTION_OUT);
}

/*
 * FIN+ACK belongs to a connection, or is a Maimon scan. Only there the kind depends on the
 * socket, so only there one is asked for before the sample.
 */
static __always_inline bool observe_is_maimon(const struct view *view, const struct match *match)
{
	enum socket_state state;

	if (replaying)
		return !replay_knows(&match->ends);
	if (view->direction == DIRECTION_OUT)
		return false;
	state = observe_socket(view, match);
	return (state == SOCKET_NONE || state == SOCKET_LISTENING) &&
	       exchange_is_stray(&match->ends, view->ifindex);
}

static __always_inline bool observe_look(const struct view *view, const struct packet *packet,
					 struct match *match)
{
	__u16 ends = packet->quoted ? packet->quoted : packet->network;

	match->ends.source_port = packet->source_port;
	match->ends.destination_port = packet->destination_port;
	match->ends.family = packet->family;
	match->ends.protocol = packet->protocol;
	if (!parse_addresses(packet->family, packet->network, view->data, view->end,
			     match->source, match->destination) ||
	    !parse_addresses(packet->family, ends, view->data, view->end, match->ends.source,
			     match->ends.destination))
		return false;
	match->kind = parse_kind(packet, view->data, view->end, &match->payload_length);
	if (match->kind == KIND_FIN && observe_is_maimon(view, match))
		match->kind = KIND_MAIMON;
	match->vlan = view->vlan;
	match->has_vlan = view->has_vlan ||
			  parse_vlan(packet, view->data, view->end, &match->vlan);
	if (replaying) {
		match->answers = replay_answers(&match->ends, match->kind);
		replay_learn(&match->ends, match->kind);
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

static __always_inline void observe_note(const struct view *view, struct peer *peer,
					 enum kind kind, __u64 now)
{
	peer->last = now;
	if (view->direction == DIRECTION_IN) {
		__sync_fetch_and_add(&peer->packets_in, 1);
		peer->kinds |= 1 << kind;
	} else {
		__sync_fetch_and_add(&peer->packets_out, 1);
	}
}

/* The thing of a type that a packet belongs to; of one with two watched ports the target is it. */
static __always_inline struct thing_at observe_thing(const struct view *view,
						     const struct match *match, __u8 roles,
						     enum thing_type type)
{
	bool in = view->direction == DIRECTION_IN, to = roles & ROLE_TO;
	__u16 source_port = bpf_ntohs(match->ends.source_port);
	__u16 destination_port = bpf_ntohs(match->ends.destination_port);
	__u16 other_port = to ? source_port : destination_port;

	return thing_find(in ? match->source : match->destination,
			  thing_name(type, to ? destination_port : source_port,
				     type == THING_PORT ? 0 : other_port, match->ends.protocol,
				     view->direction, to ? ROLE_TO : ROLE_FROM));
}

/*
 * Kinds that come with a connection: a socket is asked for these alone, and only of a peer that is
 * held back.
 */
static __always_inline bool observe_may_be_proven(const struct view *view,
						  const struct match *match)
{
	return !replaying && view->direction == DIRECTION_IN &&
	       (match->kind == KIND_ACK || match->kind == KIND_DATA || match->kind == KIND_FIN ||
		match->kind == KIND_SYNACK);
}

/*
 * Is it the first packet of a completed handshake, which nobody forges from afar? The one that
 * completes it comes while the kernel has but the request, which anybody's SYN makes: that one has
 * the share of first packets.
 */
static __always_inline bool observe_allows_proven(const struct view *view,
						  const struct match *match, struct peer *peer,
						  __u8 roles, __u64 now)
{
	struct thing_at flow = observe_thing(view, match, roles, THING_CONNECTED);
	enum socket_state state;

	if (!thing_is_new(&flow, now))
		return false;
	state = observe_socket(view, match);
	if (state == SOCKET_CONNECTED) {
		if (!limit_allows_proven(peer, now))
			return false;
	} else if (state == SOCKET_REQUESTED) {
		flow = observe_thing(view, match, roles, THING_REQUESTED);
		if (!thing_is_new(&flow, now) ||
		    !limit_allows_first(peer, DIRECTION_IN,
					bpf_ntohs(match->ends.destination_port), now))
			return false;
	} else {
		return false;
	}
	thing_note_sampled(&flow, now);
	return true;
}

/* This host's, to what came to a watched port. */
static __always_inline bool observe_is_answer(const struct view *view, __u8 roles)
{
	return view->direction == DIRECTION_OUT && !(roles & ROLE_TO);
}

static __always_inline bool observe_allows(const struct view *view, const struct match *match,
					   struct peer *peer, __u8 roles,
					   const struct thing_at *thing, __u64 now)
{
	bool is_answer = observe_is_answer(view, roles);
	__be16 port = roles & ROLE_TO ? match->ends.destination_port : match->ends.source_port;

	if (limit_allows(peer, is_answer, now))
		return true;
	if (is_answer)
		return false;
	if (thing_is_new(thing, now) &&
	    limit_allows_first(peer, view->direction, bpf_ntohs(port), now))
		return true;
	return observe_may_be_proven(view, match) && limit_has_proven(peer, now) &&
	       observe_allows_proven(view, match, peer, roles, now);
}

/* May the packet be sampled? Its peer and its thing know afterwards. */
static __always_inline bool observe_limit(const struct view *view, const struct match *match,
					  struct peer *peer, __u8 roles,
					  const struct thing_at *thing, __u64 now)
{
	observe_note(view, peer, match->kind, now);
	if (!observe_allows(view, match, peer, roles, thing, now)) {
		thing_note_suppressed(thing);
		return false;
	}
	thing_note_sampled(thing, now);
	__sync_fetch_and_add(&peer->allowed, 1);
	return true;
}

/* What tells the packet from others of its flow. */
static __always_inline void observe_mark(const struct view *view, const struct packet *packet,
					 const struct match *match, struct packet_event *event)
{
	const void *network = view->data + (packet->network & CURSOR_OFFSET_MASK);
	const void *transport = view->data + (packet->transport & CURSOR_OFFSET_MASK);
	const __u8 *payload = transport + UDP_HEADER;
	const void *end = view->end;
	__be16 id = 0;

	event->next_header = packet->next_header;
	if (packet->flags & PACKET_LATER_FRAGMENT || packet->quoted || transport + 8 > view->end)
		return;
	if (packet->protocol == PROTOCOL_TCP) {
		event->sequence = bpf_ntohl(*(const __be32 *)(transport + 4));
		return;
	}
	if (packet->family == 4 && network + sizeof(struct iphdr) <= view->end)
		id = ((const struct iphdr *)network)->id;
	/* The frame may be longer than its datagram: a short one is padded. */
	if (match->payload_length < MARK_PAYLOAD && (const void *)payload + MARK_PAYLOAD <= end)
		end = payload + (match->payload_length & (MARK_PAYLOAD - 1));
	event->mark = mark_of(id, *(const __be16 *)(transport + 4), mark_word(payload, end),
			      mark_word(payload + 8, end));
}

static __always_inline bool observe_emit(const struct view *view, const struct packet *packet,
					 const struct match *match, __u32 suppressed)
{
	struct packet_event *event = emit_begin();

	if (!event)
		return false;
	event->boot_ns = replaying ? replay.time_ns : bpf_ktime_get_boot_ns();
	event->hook = view->hook;
	event->direction = view->direction;
	if (view->hook != HOOK_XDP)
		sender_note(view->ctx, packet, view->direction, event);
	event->ifindex = view->ifindex;
	event->frame_length = view->frame_length;
	event->payload_length = match->payload_length;
	event->suppressed = suppressed;
	__builtin_memcpy(event->source, match->source, 16);
	__builtin_memcpy(event->destination, match->destination, 16);
	event->source_port = bpf_ntohs(packet->source_port);
	event->destination_port = bpf_ntohs(packet->destination_port);
	event->answers = match->answers;
	event->has_vlan = match->has_vlan;
	event->vlan = match->vlan;
	event->l3_offset = packet->network;
	event->l4_offset = packet->transport;
	event->roles = packet->roles;
	event->kind = match->kind;
	event->protocol = packet->protocol;
	event->family = packet->family;
	observe_mark(view, packet, match, event);
	event->snap_length = emit_copy(event->data, view->data, view->end);
	/* The look-up would find UDP's, which is another protocol's. */
	event->socket_state = packet->next_header == IPPROTO_UDPLITE ?
				      SOCKET_NONE :
				      observe_socket(view, match);
	emit_end(event);
	return true;
}

static __always_inline bool observe_is_foreign(const struct view *view)
{
	if (replaying || view->direction != DIRECTION_IN)
		return false;
	return view->hook == HOOK_XDP ? station_is_foreign(view->data, view->end) :
					station_is_foreign_at_tc(view->ctx, view->data, view->end);
}

static __always_inline void observe_suppress(struct accounting *here, const struct view *view,
					     __u8 roles)
{
	here->suppressed++;
	here->suppressed_answers += observe_is_answer(view, roles);
}

/* A packet with a watched port. */
static __always_inline void observe_match(const struct view *view, const struct packet *packet)
{
	struct accounting *here = count_here();
	__u64 now = replay_jiffies();
	struct match match = {};
	struct thing_at thing;
	struct peer *peer;

	if (!observe_look(view, packet, &match)) {
		here->unparsed[UNPARSED_TRUNCATED]++;
		return;
	}
	here->matched++;
	here->foreign += observe_is_foreign(view);
	observe_count(here, view, &match, packet->roles);
	if (!replaying)
		exchange_note(&match.ends, view->direction, match.kind, packet->roles);
	peer = limit_peer(here,
			  view->direction == DIRECTION_IN ? match.source : match.destination, now);
	thing = observe_thing(view, &match, packet->roles, THING_PORT);
	if (!peer || !observe_limit(view, &match, peer, packet->roles, &thing, now))
		observe_suppress(here, view, packet->roles);
	else if (observe_emit(view, packet, &match, thing_suppressed(&thing)))
		here->sampled++;
	else
		here->lost++;
}

static __always_inline __u8 observe_roles(const struct packet *packet)
{
	return watch_find(packet->protocol, packet->destination_port) * ROLE_TO |
	       watch_find(packet->protocol, packet->source_port) * ROLE_FROM;
}

enum observed {
	OBSERVED_NOTHING,
	OBSERVED_MATCH, /* a port is watched: on to observe_match() */
	OBSERVED_UNUSUAL, /* on to observe_link() and observe_network() */
};

static __always_inline void observe_unparsed(enum parsed failed)
{
	count_here()->unparsed[parse_reason(failed)]++;
}

/*
 * Any packet, of which `length` octets may be more than lie between data and end. `packet` is all
 * zero before.
 */
static __always_inline enum observed observe(const void *data, const void *end, __u32 length,
					     enum link link, struct packet *packet)
{
	struct cursor cursor = { .data = data, .pos = data, .end = end };
	struct accounting *here = count_here();
	struct fragment fragment = {};
	enum parsed parsed = parse_packet(&cursor, PARSE_SHALLOW, link, packet, &fragment);

	here->seen++;
	if (parsed == PARSED_PORTS) {
		packet->roles = observe_roles(packet);
		if (packet->roles)
			return OBSERVED_MATCH;
	} else if (parsed == PARSED_UNUSUAL ||
		   (parsed == parse_failed(UNPARSED_TRUNCATED) && end - data < length)) {
		return OBSERVED_UNUSUAL;
	} else if (parsed >= PARSED_UNPARSED) {
		here->unparsed[parse_reason(parsed)]++;
		return OBSERVED_NOTHING;
	}
	return tunnels && tunnel_is(packet) ? OBSERVED_UNUSUAL : OBSERVED_NOTHING;
}

/*
 * What the steps of an unusual packet return: a place to go on from (link.h), OBSERVED_OVER, or
 * a failure.
 */
#define OBSERVED_OVER 0

static __always_inline int observe_failed(enum parsed failed)
{
	return -(int)failed;
}

/* From a place in front of link headers to that of the IP header behind them. */
static __always_inline int observe_link(const void *data, const void *end, __u32 place)
{
	__be16 ethertype = place;
	struct cursor cursor;
	enum parsed parsed;

	if (!cursor_set(&cursor, data, end, place >> 16))
		return observe_failed(parse_failed(UNPARSED_TRUNCATED));
	parsed = link_headers(&cursor, &ethertype);
	return parsed == PARSED_PORTS ? link_place(&cursor, ethertype) : observe_failed(parsed);
}

/* The ports of a layer are known, or not: does it match? */
static __always_inline bool observe_layer(const void *data, const void *end, enum parsed parsed,
					  struct packet *packet, const struct fragment *fragment)
{
	if (parsed == PARSED_FRAGMENT) {
		if (!fragment_recall(packet, fragment, data, end))
			return false;
	} else if (parsed != PARSED_PORTS) {
		return false;
	}
	packet->roles = observe_roles(packet);
	if (packet->roles && parsed == PARSED_PORTS && fragment->first && !packet->quoted)
		fragment_remember(packet, fragment, data, end);
	return packet->roles;
}

/* What an unusual packet is found to be: a call takes three words, and gives one. */
struct observed_packet {
	struct packet packet;
	struct fragment fragment;
};

static struct observed_packet observed_packets[ABI_CPUS_MAX] SEC(".data.observed");

static __always_inline struct observed_packet *observed_here(void)
{
	return &observed_packets[bpf_get_smp_processor_id() & (ABI_CPUS_MAX - 1)];
}

/* The parser's next step from a place on, which is an IP header or amid the chain behind it. */
static __always_inline enum parsed observe_step(struct cursor *cursor, __be16 type,
						struct observed_packet *observed)
{
	enum parsed parsed = PARSED_PORTS;

	if (type != LINK_TYPE_CHAIN) {
		__builtin_memset(observed, 0, sizeof(*observed));
		parsed = parse_network(cursor, PARSE_DEEP, type, &observed->packet,
				       &observed->fragment);
	}
	return parsed == PARSED_PORTS ? parse_behind(cursor, PARSE_DEEP, &observed->packet,
						     &observed->fragment) :
					parsed;
}

/* Where it goes on behind a packet that did not match: in the chain, or in a tunnel. */
static __always_inline int observe_next(struct cursor *cursor, enum parsed parsed,
					const struct packet *packet)
{
	if (parsed == parse_failed(UNPARSED_TOO_DEEP) && parse_may_go_on(packet) &&
	    cursor_forget(cursor))
		return link_place(cursor, LINK_TYPE_CHAIN);
	if (parsed >= PARSED_UNPARSED)
		return observe_failed(parsed);
	return tunnels && tunnel_is(packet) ? tunnel_place(cursor, packet) : OBSERVED_OVER;
}

/*
 * From the IP header at a place to the ports. OBSERVED_OVER with roles where one is watched: on
 * to observe_match().
 */
static __always_inline int observe_network(const void *data, const void *end, __u32 place)
{
	struct observed_packet *observed = observed_here();
	struct cursor cursor;
	enum parsed parsed;

	if (!cursor_set(&cursor, data, end, place >> 16))
		return observe_failed(parse_failed(UNPARSED_TRUNCATED));
	parsed = observe_step(&cursor, place, observed);
	if (observe_layer(data, end, parsed, &observed->packet, &observed->fragment))
		return OBSERVED_OVER;
	return observe_next(&cursor, parsed, &observed->packet);
}

/* The steps that one packet may take, the packets inside it and parts of chains all told. */
#define OBSERVE_STEPS PARSE_CHAIN_STEPS

static __always_inline bool observe_is_chain(int place)
{
	return (__be16)place == LINK_TYPE_CHAIN;
}

/* Where an unusual frame begins. */
static __always_inline int observe_begin(void)
{
	observed_here()->packet = (struct packet){};
	return LINK_PLACE_START;
}

/* The same of a packet that begins with IP. */
static __always_inline int observe_begin_bare(const void *data, const void *end)
{
	struct cursor cursor = { .data = data, .pos = data, .end = end };
	__be16 ethertype;
	enum parsed parsed = link_guess_ip(&cursor, &ethertype);

	observed_here()->packet = (struct packet){};
	return parsed == PARSED_PORTS ? link_place(&cursor, ethertype) : observe_failed(parsed);
}

/* No step is left to take, or none wanted. True: on to observe_match(). */
static __always_inline bool observe_end(int place)
{
	if (place > 0)
		place = observe_failed(parse_failed(UNPARSED_TOO_DEEP));
	if (place < 0)
		observe_unparsed(-place);
	return place == OBSERVED_OVER && observed_here()->packet.roles;
}

#endif
