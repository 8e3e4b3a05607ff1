// SPDX-License-Identifier: GPL-2.0-only
/*
 * drop.bpf.c - packets that the kernel drops, with where and why. Looks at drops alone, and notes
 * those with a watched port. The packet is found by the offsets that its buffer has, and may be
 * damaged, which is why some are dropped: every octet is read as a stranger's.
 */
#include "vmlinux.h"

#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "abi.h"
#include "mark.h"
#include "watch.h"

char LICENSE[] SEC("license") = "GPL";

#define DROP_HEADERS 8 /* behind IPv6's own, before the ports */
#define DROP_UDP_HEADER 8
#define DROP_FRAGMENT_OFFSET 0x1fff

/* Of the tracepoint's arguments; the reason is there from 5.17 on. */
enum drop_argument {
	DROP_BUFFER,
	DROP_LOCATION,
	DROP_REASON,
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct drop_key);
	__type(value, struct drop);
} drops SEC(".maps");

/* Where the transport header is, and which it is. */
struct drop_way {
	const __u8 *transport;
	__u8 next_header;
	__be16 id; /* IPv4's */
};

static __always_inline bool drop_read_ipv4(const __u8 *network, struct exchange_key *flow,
					   struct drop_way *way)
{
	struct iphdr ip;

	if (bpf_probe_read_kernel(&ip, sizeof(ip), network) < 0 ||
	    ip.frag_off & bpf_htons(DROP_FRAGMENT_OFFSET))
		return false;
	__builtin_memset(flow->remote + 10, 0xff, 2);
	__builtin_memcpy(flow->remote + 12, &ip.saddr, 4);
	__builtin_memset(flow->local + 10, 0xff, 2);
	__builtin_memcpy(flow->local + 12, &ip.daddr, 4);
	way->id = ip.id;
	way->next_header = ip.protocol;
	way->transport = network + ip.ihl * 4;
	return true;
}

static __always_inline bool drop_is_option(__u8 next_header)
{
	return next_header == IPPROTO_HOPOPTS || next_header == IPPROTO_ROUTING ||
	       next_header == IPPROTO_DSTOPTS;
}

static __always_inline bool drop_read_ipv6(const __u8 *network, struct exchange_key *flow,
					   struct drop_way *way)
{
	struct ipv6hdr ip;
	__u8 option[2];

	if (bpf_probe_read_kernel(&ip, sizeof(ip), network) < 0)
		return false;
	__builtin_memcpy(flow->remote, &ip.saddr, 16);
	__builtin_memcpy(flow->local, &ip.daddr, 16);
	way->next_header = ip.nexthdr;
	way->transport = network + sizeof(ip);
#pragma unroll
	for (int i = 0; i < DROP_HEADERS; i++) {
		if (!drop_is_option(way->next_header))
			break;
		if (bpf_probe_read_kernel(option, sizeof(option), way->transport) < 0)
			return false;
		way->next_header = option[0];
		way->transport += (option[1] + 1) * 8;
	}
	return true;
}

/* Also UDP-Lite's, which stands under UDP. */
static __always_inline bool drop_read_ports(const struct drop_way *way, struct exchange_key *flow)
{
	__be16 ports[2];

	if (way->next_header == IPPROTO_TCP)
		flow->protocol = PROTOCOL_TCP;
	else if (way->next_header == IPPROTO_UDP || way->next_header == IPPROTO_UDPLITE)
		flow->protocol = PROTOCOL_UDP;
	else
		return false;
	if (bpf_probe_read_kernel(ports, sizeof(ports), way->transport) < 0 ||
	    (!watch_find(flow->protocol, ports[0]) && !watch_find(flow->protocol, ports[1])))
		return false;
	flow->remote_port = bpf_ntohs(ports[0]);
	flow->local_port = bpf_ntohs(ports[1]);
	return true;
}

static __always_inline __u32 drop_mark(const struct drop_way *way, enum protocol protocol)
{
	__u8 payload[MARK_PAYLOAD] = {};
	__be32 sequence = 0;
	__be16 length = 0;
	__u32 left;

	if (protocol == PROTOCOL_TCP) {
		bpf_probe_read_kernel(&sequence, sizeof(sequence), way->transport + 4);
		return bpf_ntohl(sequence);
	}
	bpf_probe_read_kernel(&length, sizeof(length), way->transport + 4);
	left = bpf_ntohs(length) - DROP_UDP_HEADER;
	if (left >= MARK_PAYLOAD)
		bpf_probe_read_kernel(payload, MARK_PAYLOAD, way->transport + DROP_UDP_HEADER);
	else
		bpf_probe_read_kernel(payload, left & (MARK_PAYLOAD - 1),
				      way->transport + DROP_UDP_HEADER);
	return mark_of(way->id, length, mark_word(payload, payload + MARK_PAYLOAD),
		       mark_word(payload + 8, payload + MARK_PAYLOAD));
}

static __always_inline bool drop_read(struct sk_buff *skb, struct drop_key *key)
{
	const __u8 *network = BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, network_header);
	struct drop_way way = {};
	__u8 version = 0;

	bpf_probe_read_kernel(&version, sizeof(version), network);
	version >>= 4;
	if (!(version == 4 && drop_read_ipv4(network, &key->flow, &way)) &&
	    !(version == 6 && drop_read_ipv6(network, &key->flow, &way)))
		return false;
	if (!drop_read_ports(&way, &key->flow))
		return false;
	key->mark = drop_mark(&way, key->flow.protocol);
	key->netns = BPF_CORE_READ(skb, dev, nd_net.net, ns.inum);
	return true;
}

SEC("raw_tp/kfree_skb")
int drop_note(struct bpf_raw_tracepoint_args *ctx)
{
	struct trace_event_raw_kfree_skb *shape = NULL;
	struct drop_key key = {};
	struct drop drop = { .location = ctx->args[DROP_LOCATION] };

	if (!drop_read((struct sk_buff *)ctx->args[DROP_BUFFER], &key))
		return 0;
	if (bpf_core_field_exists(shape->reason))
		drop.reason = ctx->args[DROP_REASON];
	drop.boot_ns = bpf_ktime_get_boot_ns();
	bpf_map_update_elem(&drops, &key, &drop, BPF_ANY);
	return 0;
}
