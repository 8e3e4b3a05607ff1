// SPDX-License-Identifier: GPL-2.0-only
/*
 * packet.bpf.c - the doors: where packets come by. Needs kernel UAPI headers alone, so that it
 * loads on kernels without BTF. Every door lets the packet go on as if it had not been here.
 *
 * Each door has a second half for packets with a watched port. It is a global function, which
 * the verifier checks once and by itself; a global function takes the context and numbers only,
 * hence the packet in three words.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

#include "observe.h"

char LICENSE[] SEC("license") = "GPL";

/* Set before load where the program may be given packets in several buffers (5.18, xdp.frags). */
const volatile bool xdp_frags = false;

/* Enough for every header that the parser follows. */
#define PULL_LENGTH 256

union packet_words {
	struct packet packet;
	__u64 words[3];
};
_Static_assert(sizeof(union packet_words) == 24, "struct packet crosses a call in three words");

__noinline int match_xdp(struct xdp_md *ctx, __u64 first, __u64 second, __u64 third)
{
	union packet_words packet = { .words = { first, second, third } };
	struct view view = {
		.ctx = ctx,
		.data = (void *)(long)ctx->data,
		.end = (void *)(long)ctx->data_end,
		.frame_length = xdp_frags ? bpf_xdp_get_buff_len(ctx) : ctx->data_end - ctx->data,
		.ifindex = ctx->ingress_ifindex,
		.hook = HOOK_XDP,
		.direction = DIRECTION_IN,
	};

	observe_match(&view, &packet.packet);
	return 0;
}

SEC("xdp")
int packet_xdp(struct xdp_md *ctx)
{
	union packet_words packet = {};

	if (observe((void *)(long)ctx->data, (void *)(long)ctx->data_end, &packet.packet))
		match_xdp(ctx, packet.words[0], packet.words[1], packet.words[2]);
	return XDP_PASS;
}

static __always_inline void match_tc(struct __sk_buff *skb, const struct packet *packet,
				     enum hook hook, enum direction direction)
{
	struct view view = {
		.ctx = skb,
		.data = (void *)(long)skb->data,
		.end = (void *)(long)skb->data_end,
		.cookie = direction == DIRECTION_OUT ? bpf_get_socket_cookie(skb) : 0,
		.frame_length = skb->len,
		.ifindex = skb->ifindex,
		.hook = hook,
		.direction = direction,
	};

	observe_match(&view, packet);
}

__noinline int match_in(struct __sk_buff *skb, __u64 first, __u64 second, __u64 third)
{
	union packet_words packet = { .words = { first, second, third } };

	match_tc(skb, &packet.packet, HOOK_TC_IN, DIRECTION_IN);
	return 0;
}

__noinline int match_out(struct __sk_buff *skb, __u64 first, __u64 second, __u64 third)
{
	union packet_words packet = { .words = { first, second, third } };

	match_tc(skb, &packet.packet, HOOK_TC_OUT, DIRECTION_OUT);
	return 0;
}

static __always_inline bool observe_tc(struct __sk_buff *skb, struct packet *packet)
{
	/* Headers may lie in fragments of the buffer; pulling moves octets, it changes none. */
	if (skb->data_end - skb->data < PULL_LENGTH && skb->data_end - skb->data < skb->len)
		bpf_skb_pull_data(skb, skb->len < PULL_LENGTH ? skb->len : PULL_LENGTH);
	return observe((void *)(long)skb->data, (void *)(long)skb->data_end, packet);
}

SEC("tc")
int packet_in(struct __sk_buff *skb)
{
	union packet_words packet = {};

	if (observe_tc(skb, &packet.packet))
		match_in(skb, packet.words[0], packet.words[1], packet.words[2]);
	return TC_ACT_UNSPEC; /* the next program or filter decides */
}

SEC("tc")
int packet_out(struct __sk_buff *skb)
{
	union packet_words packet = {};

	if (observe_tc(skb, &packet.packet))
		match_out(skb, packet.words[0], packet.words[1], packet.words[2]);
	return TC_ACT_UNSPEC;
}
