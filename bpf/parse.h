/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * parse.h - from the octets of a frame to `struct packet`. Pure: no map, no helper, so that the
 * same source is compiled natively for tests. Nothing a sender wrote is believed before it was
 * checked against the end of the data and against the length that encloses it.
 */
#ifndef PORTSENTINEL_PARSE_H
#define PORTSENTINEL_PARSE_H

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#include <bpf/bpf_endian.h>

#include "abi.h"

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif

#define PARSE_TAGS_MAX 2 /* 802.1Q and 802.1ad tags in the data */
#define PARSE_EXTENSIONS_MAX 8 /* extension headers before the transport header */

#define IPV4_OFFSET_MASK 0x1fff
#define IPV4_MORE_FRAGMENTS 0x2000
#define IPV6_OFFSET_MASK 0xfff8

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_PSH 0x08
#define TCP_ACK 0x10
#define TCP_URG 0x20
#define TCP_HEADER_MIN 20
#define UDP_HEADER 8

/* What parsing came to. From PARSED_UNPARSED on it failed; the reason is the difference. */
enum parsed {
	PARSED_PORTS, /* both ports are known */
	PARSED_NO_PORTS, /* IP without ports of ours: another transport, or a later fragment */
	PARSED_UNPARSED,
};

/* Where a packet's headers lie and what they say: no pointer, so that it can cross a call. */
struct packet {
	__u16 network; /* offset of the IP header from the start of the data */
	__u16 transport; /* offset of the TCP or UDP header */
	__u32 transport_length; /* octets from there to the end of the datagram, by its headers */
	__be16 source_port;
	__be16 destination_port;
	__u16 vlan; /* the outermost tag's control information, host byte order */
	__u8 has_vlan;
	__u8 family; /* 4 or 6 */
	__u8 next_header; /* IPPROTO_TCP, IPPROTO_UDP or another */
	__u8 protocol; /* enum protocol */
	__u8 roles; /* bits of enum role, for who matches the ports */
	__u8 reserved[5];
};

/* No header lies farther from the start: what the verifier must be told of an offset. */
#define PARSE_OFFSET_MASK 0x7fff

/* Where parsing stands: data <= pos <= end, always. */
struct cursor {
	const void *data;
	const void *pos;
	const void *end;
};

static __always_inline enum parsed parse_failed(enum unparsed reason)
{
	return PARSED_UNPARSED + reason;
}

/* Is there room for `size` octets here? */
static __always_inline bool parse_has(const struct cursor *cursor, __u32 size)
{
	return cursor->pos + size <= cursor->end;
}

/* Ethernet and its tags, up to the ethertype of what follows (network byte order). */
static __always_inline enum parsed parse_ethernet(struct cursor *cursor, struct packet *packet,
						  __be16 *ret_ethertype)
{
	const struct ethhdr *ethernet = cursor->pos;

	if (!parse_has(cursor, sizeof(*ethernet)))
		return parse_failed(UNPARSED_TRUNCATED);
	*ret_ethertype = ethernet->h_proto;
	cursor->pos += sizeof(*ethernet);

#pragma unroll
	for (int tag = 0; tag < PARSE_TAGS_MAX; tag++) {
		const __be16 *control_and_type = cursor->pos;

		if (*ret_ethertype != bpf_htons(ETH_P_8021Q) &&
		    *ret_ethertype != bpf_htons(ETH_P_8021AD))
			break;
		if (!parse_has(cursor, 4))
			return parse_failed(UNPARSED_TRUNCATED);
		if (!packet->has_vlan) {
			packet->has_vlan = 1;
			packet->vlan = bpf_ntohs(control_and_type[0]);
		}
		*ret_ethertype = control_and_type[1];
		cursor->pos += 4;
	}
	if (*ret_ethertype == bpf_htons(ETH_P_8021Q) || *ret_ethertype == bpf_htons(ETH_P_8021AD))
		return parse_failed(UNPARSED_TOO_DEEP);
	return PARSED_PORTS;
}

static __always_inline bool parse_is_extension(__u8 next_header)
{
	return next_header == IPPROTO_HOPOPTS || next_header == IPPROTO_ROUTING ||
	       next_header == IPPROTO_DSTOPTS || next_header == IPPROTO_FRAGMENT ||
	       next_header == IPPROTO_AH;
}

/* Length in octets of an extension header, by its second octet (RFC 8200 section 4, RFC 4302). */
static __always_inline __u32 parse_extension_length(__u8 next_header, __u8 length)
{
	if (next_header == IPPROTO_FRAGMENT)
		return 8;
	if (next_header == IPPROTO_AH)
		return ((__u32)length + 2) * 4;
	return ((__u32)length + 1) * 8;
}

/* IPv6 extension headers, up to the transport header or a later fragment. */
static __always_inline enum parsed parse_extensions(struct cursor *cursor, struct packet *packet)
{
#pragma unroll
	for (int depth = 0; depth < PARSE_EXTENSIONS_MAX; depth++) {
		const __u8 *header = cursor->pos;
		__u32 length;

		if (!parse_is_extension(packet->next_header))
			return PARSED_PORTS;
		if (packet->transport_length < 8)
			return parse_failed(UNPARSED_BAD_HEADER);
		if (!parse_has(cursor, 8))
			return parse_failed(UNPARSED_TRUNCATED);
		if (packet->next_header == IPPROTO_FRAGMENT &&
		    (header[2] << 8 | header[3]) & IPV6_OFFSET_MASK)
			return PARSED_NO_PORTS;
		length = parse_extension_length(packet->next_header, header[1]);
		if (packet->transport_length < length)
			return parse_failed(UNPARSED_BAD_HEADER);
		packet->next_header = header[0];
		packet->transport_length -= length;
		cursor->pos += length;
		if (cursor->pos > cursor->end)
			return parse_failed(UNPARSED_TRUNCATED);
	}
	return parse_is_extension(packet->next_header) ? parse_failed(UNPARSED_TOO_DEEP) :
							 PARSED_PORTS;
}

static __always_inline enum parsed parse_ipv6(struct cursor *cursor, struct packet *packet)
{
	const struct ipv6hdr *ip = cursor->pos;

	if (!parse_has(cursor, sizeof(*ip)))
		return parse_failed(UNPARSED_TRUNCATED);
	if (ip->version != 6)
		return parse_failed(UNPARSED_BAD_HEADER);
	packet->network = cursor->pos - cursor->data;
	packet->family = 6;
	packet->next_header = ip->nexthdr;
	packet->transport_length = bpf_ntohs(ip->payload_len);
	cursor->pos += sizeof(*ip);
	/* A jumbogram, or a large segment on its way to being split, says zero (RFC 2675). */
	if (packet->transport_length == 0)
		packet->transport_length = cursor->end - cursor->pos;
	return parse_extensions(cursor, packet);
}

static __always_inline enum parsed parse_ipv4(struct cursor *cursor, struct packet *packet)
{
	const struct iphdr *ip = cursor->pos;
	__u32 header_length, total_length;

	if (!parse_has(cursor, sizeof(*ip)))
		return parse_failed(UNPARSED_TRUNCATED);
	header_length = ip->ihl * 4;
	total_length = bpf_ntohs(ip->tot_len);
	/* A large segment on its way to being split says zero. */
	if (total_length == 0)
		total_length = cursor->end - cursor->pos;
	if (ip->version != 4 || header_length < sizeof(*ip) || total_length < header_length)
		return parse_failed(UNPARSED_BAD_HEADER);
	packet->network = cursor->pos - cursor->data;
	packet->family = 4;
	packet->next_header = ip->protocol;
	packet->transport_length = total_length - header_length;
	if (ip->frag_off & bpf_htons(IPV4_OFFSET_MASK))
		return PARSED_NO_PORTS;
	cursor->pos += header_length;
	if (cursor->pos > cursor->end)
		return parse_failed(UNPARSED_TRUNCATED);
	return PARSED_PORTS;
}

static __always_inline enum parsed parse_ports(struct cursor *cursor, struct packet *packet)
{
	const __be16 *ports = cursor->pos;

	if (packet->next_header != IPPROTO_TCP && packet->next_header != IPPROTO_UDP)
		return PARSED_NO_PORTS;
	if (packet->transport_length < 4)
		return parse_failed(UNPARSED_BAD_HEADER);
	if (!parse_has(cursor, 4))
		return parse_failed(UNPARSED_TRUNCATED);
	packet->protocol = packet->next_header == IPPROTO_TCP ? PROTOCOL_TCP : PROTOCOL_UDP;
	packet->transport = cursor->pos - cursor->data;
	packet->source_port = ports[0];
	packet->destination_port = ports[1];
	return PARSED_PORTS;
}

/* A whole frame that begins with an Ethernet header. `packet` is all zero before. */
static __always_inline enum parsed parse_frame(const void *data, const void *end,
					       struct packet *packet)
{
	struct cursor cursor = { .data = data, .pos = data, .end = end };
	enum parsed parsed;
	__be16 ethertype;

	parsed = parse_ethernet(&cursor, packet, &ethertype);
	if (parsed != PARSED_PORTS)
		return parsed;
	if (ethertype == bpf_htons(ETH_P_IP))
		parsed = parse_ipv4(&cursor, packet);
	else if (ethertype == bpf_htons(ETH_P_IPV6))
		parsed = parse_ipv6(&cursor, packet);
	else
		return parse_failed(UNPARSED_NOT_IP);
	return parsed == PARSED_PORTS ? parse_ports(&cursor, packet) : parsed;
}

static __always_inline enum kind parse_flags_kind(__u8 flags, bool has_payload)
{
	switch (flags & (TCP_SYN | TCP_FIN | TCP_RST | TCP_ACK)) {
	case TCP_SYN:
		return KIND_SYN;
	case TCP_SYN | TCP_ACK:
		return KIND_SYNACK;
	case TCP_RST:
	case TCP_RST | TCP_ACK:
		return KIND_RST;
	case TCP_ACK:
		return has_payload ? KIND_DATA : KIND_ACK;
	case TCP_FIN | TCP_ACK:
		return KIND_FIN;
	case TCP_FIN:
		return (flags & (TCP_PSH | TCP_URG)) == (TCP_PSH | TCP_URG) ? KIND_XMAS :
									     KIND_FINONLY;
	case 0:
		return flags & (TCP_PSH | TCP_URG) ? KIND_OTHER : KIND_NULL;
	default:
		return KIND_OTHER;
	}
}

/*
 * The kind of a packet whose ports are known, and its payload's length by the headers. A TCP
 * header that is cut or whose length field is wrong makes KIND_OTHER.
 */
static __always_inline enum kind parse_kind(const struct packet *packet, const void *data,
					    const void *end, __u32 *ret_payload_length)
{
	const __u8 *header = data + (packet->transport & PARSE_OFFSET_MASK);
	__u32 header_length;
	__u8 flags;

	*ret_payload_length = 0;
	if (packet->protocol == PROTOCOL_UDP) {
		if (packet->transport_length > UDP_HEADER)
			*ret_payload_length = packet->transport_length - UDP_HEADER;
		return KIND_UDP;
	}
	if ((const void *)header + TCP_HEADER_MIN > end)
		return KIND_OTHER;
	header_length = (header[12] >> 4) * 4;
	flags = header[13];
	if (header_length < TCP_HEADER_MIN || packet->transport_length < header_length)
		return KIND_OTHER;
	*ret_payload_length = packet->transport_length - header_length;
	return parse_flags_kind(flags, *ret_payload_length > 0);
}

/* An address as struct packet_event has it: 16 octets, IPv4 mapped. */
static __always_inline void parse_map_ipv4(__be32 address, __u64 out[2])
{
	out[0] = 0;
	out[1] = (__u64)address << 32 | bpf_htonl(0x0000ffff);
}

/* The addresses of a parsed packet. False if its network header is not within the data. */
static __always_inline bool parse_addresses(const struct packet *packet, const void *data,
					    const void *end, __u64 source[2],
					    __u64 destination[2])
{
	const void *network = data + (packet->network & PARSE_OFFSET_MASK);

	if (packet->family == 4) {
		const struct iphdr *ip = network;

		if (network + sizeof(*ip) > end)
			return false;
		parse_map_ipv4(ip->saddr, source);
		parse_map_ipv4(ip->daddr, destination);
	} else {
		const struct ipv6hdr *ip = network;

		if (network + sizeof(*ip) > end)
			return false;
		__builtin_memcpy(source, &ip->saddr, 16);
		__builtin_memcpy(destination, &ip->daddr, 16);
	}
	return true;
}

#endif
