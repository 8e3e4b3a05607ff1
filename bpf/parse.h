/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * parse.h - from the octets of a frame to `struct packet`. Pure: no map, no helper, so that the
 * same source is compiled natively for tests.
 */
#ifndef PORTSENTINEL_PARSE_H
#define PORTSENTINEL_PARSE_H

#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

#include <bpf/bpf_endian.h>

#include "cursor.h"
#include "link.h"

#define PARSE_EXTENSIONS_SHALLOW 2 /* extension headers before the transport header */
#define PARSE_EXTENSIONS_DEEP 48 /* at a time: each costs the verifier */
#define PARSE_CHAIN_STEPS 22 /* so many times as much, where a program goes on: 8 KB of headers */

#define IPV4_OFFSET_MASK 0x1fff
#define IPV4_MORE_FRAGMENTS 0x2000
#define IPV6_OFFSET_MASK 0xfff8
#define IPV6_MORE_FRAGMENTS 0x0001

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_PSH 0x08
#define TCP_ACK 0x10
#define TCP_URG 0x20
#define TCP_HEADER_MIN 20
#define UDP_HEADER 8
#define ICMP_HEADER 8

#define VXLAN_PORT 4789
#define GENEVE_PORT 6081

#define PACKET_LATER_FRAGMENT 0x01

/* Where a packet's headers lie and what they say: no pointer, so that it can cross a call. */
struct packet {
	__u16 network; /* offset of the IP header from the start of the data */
	__u16 transport; /* offset of the TCP or UDP header, or of a later fragment's data */
	__u32 transport_length; /* octets from there to the end of the datagram, by its headers */
	__be16 source_port;
	__be16 destination_port;
	__u16 quoted; /* offset of the IP header that an ICMP error quotes; 0: it is none */
	__u8 family; /* 4 or 6 */
	__u8 next_header; /* IPPROTO_TCP, IPPROTO_UDP or another */
	__u8 protocol; /* enum protocol */
	__u8 roles; /* bits of enum role, for who matches the ports */
	__u8 flags; /* PACKET_... */
	__u8 reserved[5];
};

/* A fragment's datagram (RFC 791, RFC 8200 section 4.5). */
struct fragment {
	__u32 id;
	__u8 protocol; /* IPv4: part of the datagram's name; else 0 */
	__u8 first; /* offset zero, and more to come; no bool, for the verifier */
};

/*
 * How long a header of a chain is: ((its second octet & mask) + add) * unit. A table, not
 * branches: to the verifier all kinds of headers are then one path. A mobility header is none of
 * them: nothing may follow it (RFC 6275 section 6.1.1), and the kernel drops what has it follow.
 */
static const struct extension {
	__u8 unit;
	__u8 add;
	__u8 mask;
} parse_extensions_known[256] = {
	[IPPROTO_HOPOPTS] = { 8, 1, 0xff }, /* RFC 8200 section 4 */
	[IPPROTO_ROUTING] = { 8, 1, 0xff },
	[IPPROTO_DSTOPTS] = { 8, 1, 0xff },
	[IPPROTO_FRAGMENT] = { 8, 1, 0 },
	[140] = { 8, 1, 0xff }, /* Shim6, RFC 5533 */
	[IPPROTO_AH] = { 4, 2, 0xff }, /* RFC 4302 */
};

#define PARSE_EXTENSION_MASK 0xfff /* the longest is 2,048 octets; for the verifier */

static __always_inline bool parse_is_extension(__u8 next_header)
{
	return parse_extensions_known[next_header].unit;
}

static __always_inline __u32 parse_be32(const __u8 *octets)
{
	return (__u32)octets[0] << 24 | octets[1] << 16 | octets[2] << 8 | octets[3];
}

/* One header of a chain. PARSED_PORTS: go on behind it. */
static __always_inline enum parsed parse_extension(struct cursor *cursor, struct packet *packet)
{
	const struct extension *known = &parse_extensions_known[packet->next_header];
	const __u8 *header = cursor->pos;
	__u32 length;

	if (packet->transport_length < 8)
		return parse_failed(UNPARSED_BAD_HEADER);
	if (!cursor_has(cursor, 8))
		return parse_failed(UNPARSED_TRUNCATED);
	length = ((header[1] & known->mask) + known->add) * known->unit & PARSE_EXTENSION_MASK;
	if (packet->transport_length < length)
		return parse_failed(UNPARSED_BAD_HEADER);
	packet->next_header = header[0];
	packet->transport_length -= length;
	cursor_advance(cursor, length);
	return cursor->pos > cursor->end ? parse_failed(UNPARSED_TRUNCATED) : PARSED_PORTS;
}

/* As many extension headers as nearly every packet has. PARSED_UNUSUAL: more, or fragments. */
static __always_inline enum parsed parse_extensions(struct cursor *cursor, struct packet *packet)
{
	enum parsed parsed;

	for (int i = 0; i < PARSE_EXTENSIONS_SHALLOW; i++) {
		if (!parse_is_extension(packet->next_header) ||
		    packet->next_header == IPPROTO_FRAGMENT)
			break;
		parsed = parse_extension(cursor, packet);
		if (parsed != PARSED_PORTS)
			return parsed;
	}
	return parse_is_extension(packet->next_header) ? PARSED_UNUSUAL : PARSED_PORTS;
}

/*
 * What a fragment header says (RFC 8200 section 4.5). Of several, the first one of a datagram in
 * pieces names it; a later piece goes by its own.
 */
static __always_inline enum parsed parse_fragment(const __u8 *header, struct fragment *fragment)
{
	__u16 offset_and_more = header[2] << 8 | header[3];
	bool is_later = offset_and_more & IPV6_OFFSET_MASK;

	if (is_later || (offset_and_more & IPV6_MORE_FRAGMENTS && !fragment->first)) {
		fragment->id = parse_be32(header + 4);
		fragment->protocol = 0;
		fragment->first = !is_later;
	}
	return is_later ? PARSED_FRAGMENT : PARSED_PORTS;
}

/*
 * All that may stand between an IP header and the transport header, in any order, as the kernel
 * would follow it. UNPARSED_TOO_DEEP: more than are followed at a time; it may be called again.
 */
static __always_inline enum parsed parse_chain(struct cursor *cursor, struct packet *packet,
					       struct fragment *fragment)
{
	enum parsed parsed = PARSED_PORTS;

	CURSOR_FORGET_NUMBER(cursor, packet->family);
	CURSOR_FORGET_NUMBER(cursor, packet->transport_length);
	CURSOR_FORGET_NUMBER(cursor, fragment->first);
#pragma clang loop unroll(disable)
	for (int i = 0; i < PARSE_EXTENSIONS_DEEP; i++) {
		const __u8 *header;
		bool is_fragment = packet->next_header == IPPROTO_FRAGMENT;

		if (!parse_is_extension(packet->next_header))
			return PARSED_PORTS;
		if (!cursor_forget(cursor))
			return parse_failed(UNPARSED_TOO_DEEP);
		header = cursor->pos;
		parsed = parse_extension(cursor, packet);
		if (parsed == PARSED_PORTS && is_fragment)
			parsed = parse_fragment(header, fragment);
		if (parsed != PARSED_PORTS)
			return parsed;
		CURSOR_FORGET_NUMBER(cursor, packet->transport_length);
		CURSOR_FORGET_NUMBER(cursor, fragment->first);
	}
	return parse_is_extension(packet->next_header) ? parse_failed(UNPARSED_TOO_DEEP) :
							 PARSED_PORTS;
}

static __always_inline enum parsed parse_ipv6(struct cursor *cursor, enum depth depth,
					      struct packet *packet)
{
	const struct ipv6hdr *ip = cursor->pos;

	if (!cursor_has(cursor, sizeof(*ip)))
		return parse_failed(UNPARSED_TRUNCATED);
	if (ip->version != 6)
		return parse_failed(UNPARSED_BAD_HEADER);
	packet->family = 6;
	packet->next_header = ip->nexthdr;
	packet->transport_length = bpf_ntohs(ip->payload_len);
	cursor->pos += sizeof(*ip);
	/* A jumbogram, or a large segment on its way to being split, says zero (RFC 2675, section 3). */
	if (packet->transport_length == 0 && packet->next_header == IPPROTO_HOPOPTS)
		packet->transport_length = cursor->end - cursor->pos;
	return depth == PARSE_SHALLOW ? parse_extensions(cursor, packet) : PARSED_PORTS;
}

static __always_inline enum parsed parse_ipv4(struct cursor *cursor, enum depth depth,
					      struct packet *packet, struct fragment *fragment)
{
	const struct iphdr *ip = cursor->pos;
	__u32 header_length, total_length;

	if (!cursor_has(cursor, sizeof(*ip)))
		return parse_failed(UNPARSED_TRUNCATED);
	header_length = ip->ihl * 4;
	total_length = bpf_ntohs(ip->tot_len);
	/* A large segment on its way to being split says zero. */
	if (total_length == 0)
		total_length = cursor->end - cursor->pos;
	if (ip->version != 4 || header_length < sizeof(*ip) || total_length < header_length)
		return parse_failed(UNPARSED_BAD_HEADER);
	packet->family = 4;
	packet->next_header = ip->protocol;
	packet->transport_length = total_length - header_length;
	if (ip->frag_off & bpf_htons(IPV4_OFFSET_MASK | IPV4_MORE_FRAGMENTS)) {
		if (depth == PARSE_SHALLOW)
			return PARSED_UNUSUAL;
		fragment->id = ip->id;
		fragment->protocol = ip->protocol;
		fragment->first = true;
	}
	cursor_advance(cursor, header_length);
	if (cursor->pos > cursor->end)
		return parse_failed(UNPARSED_TRUNCATED);
	if (ip->frag_off & bpf_htons(IPV4_OFFSET_MASK))
		return PARSED_FRAGMENT;
	return depth == PARSE_SHALLOW && parse_is_extension(packet->next_header) ? PARSED_UNUSUAL :
										   PARSED_PORTS;
}

static __always_inline enum parsed parse_ip(struct cursor *cursor, enum depth depth,
					    __be16 ethertype, struct packet *packet,
					    struct fragment *fragment)
{
	return ethertype == bpf_htons(ETH_P_IP) ? parse_ipv4(cursor, depth, packet, fragment) :
						  parse_ipv6(cursor, depth, packet);
}

static __always_inline bool parse_has_ports(__u8 next_header)
{
	return next_header == IPPROTO_TCP || next_header == IPPROTO_UDP ||
	       next_header == IPPROTO_UDPLITE;
}

static __always_inline enum parsed parse_ports(struct cursor *cursor, struct packet *packet)
{
	const __be16 *ports = cursor->pos;

	if (packet->transport_length < 4)
		return parse_failed(UNPARSED_BAD_HEADER);
	if (!cursor_has(cursor, 4))
		return parse_failed(UNPARSED_TRUNCATED);
	packet->protocol = packet->next_header == IPPROTO_TCP ? PROTOCOL_TCP : PROTOCOL_UDP;
	packet->source_port = ports[0];
	packet->destination_port = ports[1];
	return PARSED_PORTS;
}

/* Is it an ICMP error, which quotes the packet that it is about (RFC 792, RFC 4443)? */
static __always_inline bool parse_is_icmp_error(__u8 next_header, __u8 type)
{
	if (next_header == IPPROTO_ICMP)
		return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
	return type >= 1 && type <= 4;
}

/*
 * The packet behind the ICMP header: its ports, its addresses' place. It ends where the datagram
 * does that quotes it, whatever the frame holds behind.
 */
static __always_inline enum parsed parse_quote(struct cursor *cursor, struct packet *packet)
{
	__be16 ethertype = packet->family == 4 ? bpf_htons(ETH_P_IP) : bpf_htons(ETH_P_IPV6);
	__u32 length = packet->transport_length - ICMP_HEADER, used;
	struct fragment fragment = {};
	enum parsed parsed;

	if (!cursor_has(cursor, ICMP_HEADER))
		return parse_failed(UNPARSED_TRUNCATED);
	cursor->pos += ICMP_HEADER;
	packet->quoted = cursor->pos - cursor->data;
	parsed = parse_ip(cursor, PARSE_DEEP, ethertype, packet, &fragment);
	if (parsed == PARSED_PORTS)
		parsed = parse_chain(cursor, packet, &fragment);
	if (parsed != PARSED_PORTS)
		return parsed == PARSED_FRAGMENT ? PARSED_NO_PORTS : parsed;
	if (!cursor_forget(cursor))
		return parse_failed(UNPARSED_TOO_DEEP);
	used = cursor->pos - cursor->data - packet->quoted;
	if (!parse_has_ports(packet->next_header))
		return used > length ? parse_failed(UNPARSED_TRUNCATED) : PARSED_NO_PORTS;
	return used + 4 > length ? parse_failed(UNPARSED_TRUNCATED) : parse_ports(cursor, packet);
}

static __always_inline enum parsed parse_icmp(struct cursor *cursor, enum depth depth,
					      struct packet *packet)
{
	const __u8 *type = cursor->pos;

	if (packet->transport_length < ICMP_HEADER)
		return parse_failed(UNPARSED_BAD_HEADER);
	if (!cursor_has(cursor, 1))
		return parse_failed(UNPARSED_TRUNCATED);
	if (!parse_is_icmp_error(packet->next_header, *type))
		return PARSED_NO_PORTS;
	return depth == PARSE_SHALLOW ? PARSED_UNUSUAL : parse_quote(cursor, packet);
}

/* What follows the IP header. */
static __always_inline enum parsed parse_transport(struct cursor *cursor, enum depth depth,
						   struct packet *packet)
{
	if (depth != PARSE_SHALLOW && !cursor_forget(cursor))
		return parse_failed(UNPARSED_TOO_DEEP);
	packet->transport = cursor->pos - cursor->data;
	if (parse_has_ports(packet->next_header))
		return parse_ports(cursor, packet);
	if (packet->next_header == IPPROTO_ICMP || packet->next_header == IPPROTO_ICMPV6)
		return parse_icmp(cursor, depth, packet);
	return PARSED_NO_PORTS;
}

static __always_inline enum parsed parse_later_fragment(const struct cursor *cursor,
							struct packet *packet)
{
	packet->transport = cursor->pos - cursor->data;
	packet->flags |= PACKET_LATER_FRAGMENT;
	return PARSED_FRAGMENT;
}

/* What follows the IP header, or the headers that were followed before (UNPARSED_TOO_DEEP). */
static __always_inline enum parsed parse_behind(struct cursor *cursor, enum depth depth,
						struct packet *packet, struct fragment *fragment)
{
	enum parsed parsed = depth == PARSE_SHALLOW ? PARSED_PORTS :
						      parse_chain(cursor, packet, fragment);

	if (parsed == PARSED_FRAGMENT)
		return parse_later_fragment(cursor, packet);
	return parsed == PARSED_PORTS ? parse_transport(cursor, depth, packet) : parsed;
}

/* Can parse_behind() go on, where it came to UNPARSED_TOO_DEEP? */
static __always_inline bool parse_may_go_on(const struct packet *packet)
{
	return packet->family && !packet->quoted;
}

/* The IP header alone, shallowly with what follows it at times. PARSED_PORTS: go on behind it. */
static __always_inline enum parsed parse_network(struct cursor *cursor, enum depth depth,
						 __be16 ethertype, struct packet *packet,
						 struct fragment *fragment)
{
	enum parsed parsed;

	if (depth != PARSE_SHALLOW && !cursor_forget(cursor))
		return parse_failed(UNPARSED_TOO_DEEP);
	packet->network = cursor->pos - cursor->data;
	parsed = parse_ip(cursor, depth, ethertype, packet, fragment);
	return parsed == PARSED_FRAGMENT ? parse_later_fragment(cursor, packet) : parsed;
}

/*
 * The shape of most packets: Ethernet, IPv4 without options, no fragment, TCP or UDP with both
 * ports inside. One check of the end, and a load for several fields at once; what it says is what
 * parse_packet() would say.
 */
#define PLAIN_PORTS 34 /* offset */
#define PLAIN_TYPE_VERSION_MASK 0xffffff00 /* of ethertype, version and ihl, type of service */
#define PLAIN_TYPE_VERSION 0x08004500
#define PLAIN_FRAGMENT_PROTOCOL_MASK 0x3fff00ff /* of flags and offset, time to live, protocol */

static __always_inline bool parse_is_plain(const void *data, const void *end,
					   struct packet *packet)
{
	__be32 type_version, fragment_protocol;
	__u16 total_length;

	if (data + PLAIN_PORTS + 4 > end)
		return false;
	type_version = *(const __be32 *)(data + 12);
	fragment_protocol = *(const __be32 *)(data + 20) & bpf_htonl(PLAIN_FRAGMENT_PROTOCOL_MASK);
	total_length = bpf_ntohs(*(const __be16 *)(data + 16));
	if ((type_version & bpf_htonl(PLAIN_TYPE_VERSION_MASK)) != bpf_htonl(PLAIN_TYPE_VERSION) ||
	    total_length < sizeof(struct iphdr) + 4)
		return false;
	if (fragment_protocol == bpf_htonl(IPPROTO_TCP))
		packet->protocol = PROTOCOL_TCP;
	else if (fragment_protocol == bpf_htonl(IPPROTO_UDP))
		packet->protocol = PROTOCOL_UDP;
	else
		return false;
	packet->next_header = bpf_ntohl(fragment_protocol);
	packet->source_port = *(const __be16 *)(data + PLAIN_PORTS);
	packet->destination_port = *(const __be16 *)(data + PLAIN_PORTS + 2);
	packet->network = ETH_HLEN;
	packet->transport = PLAIN_PORTS;
	packet->transport_length = total_length - sizeof(struct iphdr);
	packet->family = 4;
	return true;
}

/* A whole packet, to the first IP header's ports. `packet` and `fragment` are all zero before. */
static __always_inline enum parsed parse_packet(struct cursor *cursor, enum depth depth,
						enum link link, struct packet *packet,
						struct fragment *fragment)
{
	enum parsed parsed;
	__be16 ethertype;

	if (depth == PARSE_SHALLOW && link == LINK_ETHERNET &&
	    __builtin_expect(parse_is_plain(cursor->data, cursor->end, packet), true))
		return PARSED_PORTS;
	if (link == LINK_ETHERNET)
		parsed = link_ethernet(cursor, depth, &ethertype);
	else
		parsed = link_guess_ip(cursor, &ethertype);
	if (parsed == PARSED_PORTS)
		parsed = parse_network(cursor, depth, ethertype, packet, fragment);
	return parsed == PARSED_PORTS ? parse_behind(cursor, depth, packet, fragment) : parsed;
}

/* The outermost tag in the data, for a parsed packet: its control information, host byte order. */
static __always_inline bool parse_vlan(const struct packet *packet, const void *data,
				       const void *end, __u16 *ret_vlan)
{
	const __be16 *type = data + 2 * ETH_ALEN;

	if (packet->network < ETH_HLEN + 4 || data + ETH_HLEN + 2 > end || !link_is_tag(type[0]))
		return false;
	*ret_vlan = bpf_ntohs(type[1]);
	return true;
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
	const __u8 *header = data + (packet->transport & CURSOR_OFFSET_MASK);
	__u32 header_length;
	__u8 flags;

	*ret_payload_length = 0;
	if (packet->quoted)
		return KIND_ICMP;
	if (packet->flags & PACKET_LATER_FRAGMENT) {
		*ret_payload_length = packet->transport_length;
		return KIND_FRAGMENT;
	}
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

/* The addresses in an IP header. False if it is not within the data. */
static __always_inline bool parse_addresses(__u8 family, __u16 offset, const void *data,
					    const void *end, __u64 source[2],
					    __u64 destination[2])
{
	const void *network = data + (offset & CURSOR_OFFSET_MASK);

	if (family == 4) {
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
