// SPDX-License-Identifier: GPL-2.0-only
/*
 * packet.bpf.c - the doors: where packets come by. Needs kernel UAPI headers alone, so that it
 * loads on kernels without BTF. Every door lets the packet go on as if it had not been here.
 *
 * Behind each door stand global functions, which the verifier checks once and by themselves: for
 * matched packets, and the steps of unusual ones. A global function takes the context and numbers
 * only, hence the packet in three words, and the way through an unusual one as a place (link.h).
 */
#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

#include "bridge.h"
#include "observe.h"
#include "uninspected.h"

char LICENSE[] SEC("license") = "GPL";

/* Set before load where the program may be given packets in several buffers (5.18, xdp.frags). */
const volatile bool xdp_frags = false;

#define PULL_LENGTH 256 /* enough for the headers of nearly every packet */
#define PULL_LENGTH_DEEP 8192 /* and of any that is followed */

union packet_words {
	struct packet packet;
	__u64 words[3];
};
_Static_assert(sizeof(union packet_words) == 24, "struct packet crosses a call in three words");

static __always_inline __u32 xdp_frame_length(struct xdp_md *ctx)
{
	if (replaying)
		return replay.frame_length;
	return xdp_frags ? bpf_xdp_get_buff_len(ctx) : ctx->data_end - ctx->data;
}

/* Read first, for the compiler must not choose between two addresses: the context allows none. */
static __always_inline __u32 xdp_ifindex(struct xdp_md *ctx)
{
	__u32 ifindex = ctx->ingress_ifindex;

	__asm__ volatile("" : "+r"(ifindex));
	return replaying ? replay.ifindex : ifindex;
}

static __always_inline struct view view_xdp(struct xdp_md *ctx)
{
	return (struct view){
		.ctx = ctx,
		.data = (void *)(long)ctx->data,
		.end = (void *)(long)ctx->data_end,
		.frame_length = xdp_frame_length(ctx),
		.ifindex = xdp_ifindex(ctx),
		.hook = HOOK_XDP,
		.direction = replaying ? replay.direction : DIRECTION_IN,
	};
}

__noinline int match_xdp(struct xdp_md *ctx, __u64 first, __u64 second, __u64 third)
{
	union packet_words packet = { .words = { first, second, third } };
	struct view view = view_xdp(ctx);

	observe_match(&view, &packet.packet);
	return 0;
}

/* What the steps of an unusual packet came to is seldom this. */
__noinline int uninspected_xdp(struct xdp_md *ctx, int place)
{
	struct view view = view_xdp(ctx);

	if (!replaying && uninspected_is(place, view.end - view.data < view.frame_length))
		uninspected_tell(&view);
	return 0;
}

__noinline int link_xdp(struct xdp_md *ctx, __u32 place)
{
	return observe_link((void *)(long)ctx->data, (void *)(long)ctx->data_end, place);
}

__noinline int network_xdp(struct xdp_md *ctx, __u32 place)
{
	return observe_network((void *)(long)ctx->data, (void *)(long)ctx->data_end, place);
}

__noinline int unusual_xdp(struct xdp_md *ctx)
{
	const union packet_words *packet = (void *)&observed_here()->packet;
	int place = observe_begin();

	for (int step = 0; step < OBSERVE_STEPS && place > 0; step++) {
		if (!observe_is_chain(place))
			place = link_xdp(ctx, place);
		if (place > 0)
			place = network_xdp(ctx, place);
	}
	if (observe_end(place))
		match_xdp(ctx, packet->words[0], packet->words[1], packet->words[2]);
	else if (place)
		uninspected_xdp(ctx, place);
	return 0;
}

SEC("xdp")
int packet_xdp(struct xdp_md *ctx)
{
	union packet_words packet = {};
	enum observed observed = observe((void *)(long)ctx->data, (void *)(long)ctx->data_end, 0,
					 LINK_ETHERNET, &packet.packet);

	if (observed == OBSERVED_MATCH)
		match_xdp(ctx, packet.words[0], packet.words[1], packet.words[2]);
	else if (observed == OBSERVED_UNUSUAL)
		unusual_xdp(ctx);
	return XDP_PASS;
}

static __always_inline struct view view_tc(struct __sk_buff *skb, enum hook hook,
					   enum direction direction)
{
	return (struct view){
		.ctx = skb,
		.data = (void *)(long)skb->data,
		.end = (void *)(long)skb->data_end,
		.vlan = skb->vlan_tci,
		.has_vlan = skb->vlan_present,
		.frame_length = skb->len,
		.ifindex = skb->ifindex,
		.hook = hook,
		.direction = direction,
	};
}

static __always_inline void match_tc(struct __sk_buff *skb, union packet_words packet,
				     enum hook hook, enum direction direction)
{
	struct view view = view_tc(skb, hook, direction);

	observe_match(&view, &packet.packet);
}

__noinline int match_in(struct __sk_buff *skb, __u64 first, __u64 second, __u64 third)
{
	match_tc(skb, (union packet_words){ .words = { first, second, third } }, HOOK_TC_IN,
		 DIRECTION_IN);
	return 0;
}

__noinline int uninspected_in(struct __sk_buff *skb, int place)
{
	struct view view = view_tc(skb, HOOK_TC_IN, DIRECTION_IN);

	if (uninspected_is(place, view.end - view.data < view.frame_length))
		uninspected_tell(&view);
	return 0;
}

__noinline int match_out(struct __sk_buff *skb, __u64 first, __u64 second, __u64 third)
{
	match_tc(skb, (union packet_words){ .words = { first, second, third } }, HOOK_TC_OUT,
		 DIRECTION_OUT);
	return 0;
}

static __always_inline void match_direction(struct __sk_buff *skb, enum direction direction,
					    const union packet_words *packet)
{
	if (direction == DIRECTION_IN)
		match_in(skb, packet->words[0], packet->words[1], packet->words[2]);
	else
		match_out(skb, packet->words[0], packet->words[1], packet->words[2]);
}

__noinline int link_tc(struct __sk_buff *skb, __u32 place)
{
	return observe_link((void *)(long)skb->data, (void *)(long)skb->data_end, place);
}

__noinline int network_tc(struct __sk_buff *skb, __u32 place)
{
	return observe_network((void *)(long)skb->data, (void *)(long)skb->data_end, place);
}

static __always_inline int steps_tc(struct __sk_buff *skb, enum link link)
{
	int place = link == LINK_ETHERNET ? observe_begin() :
					    observe_begin_bare((void *)(long)skb->data,
							       (void *)(long)skb->data_end);

	for (int step = 0; step < OBSERVE_STEPS && place > 0; step++) {
		if (!observe_is_chain(place))
			place = link_tc(skb, place);
		if (place > 0)
			place = network_tc(skb, place);
	}
	return place;
}

/* Octets of a packet that headers may lie in, as one piece. False: they were, or cannot be. */
static __always_inline bool pull_tc(struct __sk_buff *skb, __u32 length)
{
	__u32 wanted = skb->len < length ? skb->len : length;

	return skb->data_end - skb->data < wanted && bpf_skb_pull_data(skb, wanted) == 0;
}

/* Headers that go on where the packet's first piece ends are worth a larger one. */
static __always_inline void unusual_tc(struct __sk_buff *skb, enum direction direction,
				       enum link link)
{
	const union packet_words *packet = (void *)&observed_here()->packet;
	int place = steps_tc(skb, link);

	if (place == observe_failed(parse_failed(UNPARSED_TRUNCATED)) &&
	    pull_tc(skb, PULL_LENGTH_DEEP))
		place = steps_tc(skb, link);
	if (observe_end(place))
		match_direction(skb, direction, packet);
	else if (place && direction == DIRECTION_IN)
		uninspected_in(skb, place);
}

__noinline int unusual_in(struct __sk_buff *skb)
{
	unusual_tc(skb, DIRECTION_IN, LINK_ETHERNET);
	return 0;
}

__noinline int unusual_out(struct __sk_buff *skb)
{
	unusual_tc(skb, DIRECTION_OUT, LINK_ETHERNET);
	return 0;
}

__noinline int unusual_in_bare(struct __sk_buff *skb)
{
	unusual_tc(skb, DIRECTION_IN, LINK_NONE);
	return 0;
}

__noinline int unusual_out_bare(struct __sk_buff *skb)
{
	unusual_tc(skb, DIRECTION_OUT, LINK_NONE);
	return 0;
}

/* True when the packet is unusual. */
static __always_inline bool door_tc(struct __sk_buff *skb, enum direction direction,
				    enum link link)
{
	union packet_words packet = {};
	enum observed observed;

	/* Headers may lie in fragments of the buffer; pulling moves octets, it changes none. */
	pull_tc(skb, PULL_LENGTH);
	observed = observe((void *)(long)skb->data, (void *)(long)skb->data_end, skb->len, link,
			   &packet.packet);
	if (observed == OBSERVED_MATCH)
		match_direction(skb, direction, &packet);
	return observed == OBSERVED_UNUSUAL;
}

/* The verdict of each: the next program or filter decides. */

SEC("tc")
int packet_in(struct __sk_buff *skb)
{
	if (door_tc(skb, DIRECTION_IN, LINK_ETHERNET))
		unusual_in(skb);
	return TC_ACT_UNSPEC;
}

SEC("tc")
int packet_out(struct __sk_buff *skb)
{
	if (bridge_has_seen(skb))
		return TC_ACT_UNSPEC;
	if (door_tc(skb, DIRECTION_OUT, LINK_ETHERNET))
		unusual_out(skb);
	return TC_ACT_UNSPEC;
}

/* For devices whose packets begin with IP. */

SEC("tc")
int packet_in_bare(struct __sk_buff *skb)
{
	if (door_tc(skb, DIRECTION_IN, LINK_NONE))
		unusual_in_bare(skb);
	return TC_ACT_UNSPEC;
}

SEC("tc")
int packet_out_bare(struct __sk_buff *skb)
{
	if (door_tc(skb, DIRECTION_OUT, LINK_NONE))
		unusual_out_bare(skb);
	return TC_ACT_UNSPEC;
}
