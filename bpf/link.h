/* SPDX-License-Identifier: GPL-2.0-only */
/* link.h - from the first octet of a frame to its IP header. */
#ifndef PORTSENTINEL_LINK_H
#define PORTSENTINEL_LINK_H

#include <linux/if_ether.h>

#include <bpf/bpf_endian.h>

#include "cursor.h"

#define LINK_TAGS_SHALLOW 2 /* 802.1Q and 802.1ad tags in the data */
#define LINK_HEADERS_MAX 32 /* in front of the IP header, of any kind, Ethernet's included */
#define ETHERTYPE_LENGTH_MAX 1500 /* at most: an 802.3 length, not a type */
#define ETHERTYPE_QINQ_OLD 0x9100
#define ETHERTYPE_TEB 0x6558 /* Ethernet inside: GRE, Geneve, a pseudowire */
#define ETHERTYPE_LLC 0x8870 /* LLC in a frame too long for 802.3's length */
#define ETHERTYPE_CMD 0x8909 /* Cisco MetaData */
#define ETHERTYPE_VNTAG 0x8926
#define ETHERTYPE_HSR 0x892f /* and PRP's successor, IEC 62439-3 */
#define ETHERTYPE_ETAG 0x893f /* 802.1BR */
#define ETHERTYPE_NSH 0x894f /* RFC 8300 */
#define ETHERTYPE_RTAG 0xf1c1 /* 802.1CB */

#define PPP_IPV4 0x0021
#define PPP_BRIDGED 0x0031 /* RFC 3518 */
#define PPP_BRIDGED_ETHERNET 1
#define PPP_IPV6 0x0057
#define PPP_MPLS 0x0281
#define PPP_MPLS_MULTICAST 0x0283

/*
 * A place in a packet as one number, so that it can cross a call: an offset, and the type of the
 * header there, in network byte order. Never negative as an int.
 */
#define LINK_PLACE_START ((int)bpf_htons(ETHERTYPE_TEB)) /* of a frame */
#define LINK_TYPE_CHAIN 0xffff /* no ethertype: amid the headers behind an IP header */

static __always_inline int link_place(const struct cursor *cursor, __be16 ethertype)
{
	return (cursor->pos - cursor->data) << 16 | ethertype;
}

/* What the first octets of a packet are, by the device that it is on. */
enum link {
	LINK_ETHERNET,
	LINK_NONE, /* it begins with IP: tun, WireGuard, PPP */
};

static __always_inline bool link_is_tag(__be16 ethertype)
{
	return ethertype == bpf_htons(ETH_P_8021Q) || ethertype == bpf_htons(ETH_P_8021AD) ||
	       ethertype == bpf_htons(ETHERTYPE_QINQ_OLD);
}

/* The tags of nearly every tagged packet. */
static __always_inline enum parsed link_tags(struct cursor *cursor, __be16 *ethertype)
{
#pragma unroll
	for (int tag = 0; tag < LINK_TAGS_SHALLOW; tag++) {
		const __be16 *control_and_type = cursor->pos;

		if (!link_is_tag(*ethertype))
			return PARSED_PORTS;
		if (!cursor_has(cursor, 4))
			return parse_failed(UNPARSED_TRUNCATED);
		*ethertype = control_and_type[1];
		cursor->pos += 4;
	}
	return link_is_tag(*ethertype) ? PARSED_UNUSUAL : PARSED_PORTS;
}

static __always_inline bool link_is_ip(__be16 ethertype)
{
	return ethertype == bpf_htons(ETH_P_IP) || ethertype == bpf_htons(ETH_P_IPV6);
}

/* Headers of one length, whose last two octets are the type of what follows; 0: it is another. */
static __always_inline __u32 link_length(__be16 ethertype)
{
	if (link_is_tag(ethertype))
		return 4;
	switch (bpf_ntohs(ethertype)) {
	case ETHERTYPE_TEB:
		return ETH_HLEN;
	case ETHERTYPE_CMD:
	case ETHERTYPE_ETAG:
		return 8;
	case ETHERTYPE_VNTAG:
	case ETHERTYPE_HSR:
	case ETHERTYPE_RTAG:
		return 6;
	case ETH_P_8021AH: /* the service's tag and the customer's Ethernet header */
		return 4 + ETH_HLEN;
	default:
		return 0;
	}
}

static __always_inline bool link_is_llc(__be16 ethertype)
{
	return bpf_ntohs(ethertype) <= ETHERTYPE_LENGTH_MAX ||
	       ethertype == bpf_htons(ETHERTYPE_LLC);
}

static __always_inline bool link_is_mpls(__be16 ethertype)
{
	return ethertype == bpf_htons(ETH_P_MPLS_UC) || ethertype == bpf_htons(ETH_P_MPLS_MC);
}

/* May IP follow behind a header of this type? */
static __always_inline bool link_is_carrier(__be16 ethertype)
{
	return link_is_llc(ethertype) || link_is_mpls(ethertype) || link_length(ethertype) ||
	       ethertype == bpf_htons(ETH_P_PPP_SES) || ethertype == bpf_htons(ETH_P_MACSEC) ||
	       ethertype == bpf_htons(ETHERTYPE_NSH);
}

static __always_inline enum parsed link_fixed(struct cursor *cursor, __u32 length,
					      __be16 *ethertype)
{
	cursor_advance(cursor, length);
	if (cursor->pos > cursor->end)
		return parse_failed(UNPARSED_TRUNCATED);
	*ethertype = *(const __be16 *)(cursor->pos - 2);
	return PARSED_PORTS;
}

/* IEEE 802.2: SNAP with an Ethernet type (RFC 1042, and 802.1H's own organization code), or IP. */
static __always_inline enum parsed link_llc(struct cursor *cursor, __be16 *ethertype)
{
	const __u8 *llc = cursor->pos;

	if (!cursor_has(cursor, 8))
		return parse_failed(UNPARSED_NOT_IP);
	if (llc[0] == 0x06 && llc[1] == 0x06 && llc[2] == 0x03) {
		*ethertype = bpf_htons(ETH_P_IP);
		cursor->pos += 3;
		return PARSED_PORTS;
	}
	if (llc[0] != 0xaa || llc[1] != 0xaa || llc[2] != 0x03 || llc[3] || llc[4] ||
	    (llc[5] && llc[5] != 0xf8))
		return parse_failed(UNPARSED_NOT_IP);
	*ethertype = *(const __be16 *)(llc + 6);
	cursor->pos += 8;
	return PARSED_PORTS;
}

/* The type of what a PPP protocol number says; 0: none that leads to IP. */
static __always_inline __be16 link_ppp_type(__u16 protocol)
{
	switch (protocol) {
	case PPP_IPV4:
		return bpf_htons(ETH_P_IP);
	case PPP_IPV6:
		return bpf_htons(ETH_P_IPV6);
	case PPP_MPLS:
	case PPP_MPLS_MULTICAST:
		return bpf_htons(ETH_P_MPLS_UC);
	case PPP_BRIDGED:
		return bpf_htons(ETHERTYPE_TEB);
	default:
		return 0;
	}
}

/* Behind PPP_BRIDGED: flags, and the medium of the frame that follows. */
static __always_inline enum parsed link_bridged(struct cursor *cursor)
{
	const __u8 *header = cursor->pos;

	if (!cursor_has(cursor, 2))
		return parse_failed(UNPARSED_TRUNCATED);
	cursor->pos += 2;
	return header[1] == PPP_BRIDGED_ETHERNET ? PARSED_PORTS : parse_failed(UNPARSED_NOT_IP);
}

/* A PPPoE session (RFC 2516). */
static __always_inline enum parsed link_pppoe(struct cursor *cursor, __be16 *ethertype)
{
	const __u8 *header = cursor->pos;
	__u32 length;

	if (!cursor_has(cursor, 8))
		return parse_failed(UNPARSED_TRUNCATED);
	/* A protocol number of two octets, or compressed to one that is odd (RFC 1661, 6.5). */
	length = header[6] & 1 ? 7 : 8;
	*ethertype = link_ppp_type(header[6] & 1 ? header[6] : header[6] << 8 | header[7]);
	if (!*ethertype)
		return parse_failed(UNPARSED_NOT_IP);
	cursor_advance(cursor, length);
	return *ethertype == bpf_htons(ETHERTYPE_TEB) ? link_bridged(cursor) : PARSED_PORTS;
}

/* What begins here without a type of its own: IP by its version. */
static __always_inline enum parsed link_guess_ip(struct cursor *cursor, __be16 *ethertype)
{
	const __u8 *version = cursor->pos;

	if (!cursor_has(cursor, 1))
		return parse_failed(UNPARSED_TRUNCATED);
	if (*version >> 4 == 4)
		*ethertype = bpf_htons(ETH_P_IP);
	else if (*version >> 4 == 6)
		*ethertype = bpf_htons(ETH_P_IPV6);
	else
		return parse_failed(UNPARSED_NOT_IP);
	return PARSED_PORTS;
}

/* Does an Ethernet header lie `offset` octets from here, with a carrier or a true IP behind it? */
static __always_inline bool link_looks_ethernet(const struct cursor *cursor, __u32 offset)
{
	const __u8 *header = cursor->pos + offset;
	__be16 type;

	if (!cursor_has(cursor, offset + ETH_HLEN + 1))
		return false;
	type = *(const __be16 *)(header + 2 * ETH_ALEN);
	if (type == bpf_htons(ETH_P_IP))
		return header[ETH_HLEN] >> 4 == 4;
	if (type == bpf_htons(ETH_P_IPV6))
		return header[ETH_HLEN] >> 4 == 6;
	return link_is_tag(type) || link_is_mpls(type) || type == bpf_htons(ETH_P_PPP_SES);
}

/* Is what looks like IP as long as it says? A pseudowire's address may begin like IP. */
static __always_inline bool link_fits_ip(const struct cursor *cursor)
{
	const __u8 *ip = cursor->pos;
	__u32 length;

	if (!cursor_has(cursor, 20))
		return true; /* too short for Ethernet and IP inside it, too */
	length = ip[0] >> 4 == 4 ? ip[2] << 8 | ip[3] : (ip[4] << 8 | ip[5]) + 40;
	return length <= cursor->end - cursor->pos && (ip[0] >> 4 == 6 || (ip[0] & 0xf) >= 5);
}

/*
 * Behind the last label: IP by its version, IP in an associated channel (RFC 4385), or a
 * pseudowire's Ethernet, with a control word in front or without (RFC 4448).
 */
static __always_inline enum parsed link_mpls_payload(struct cursor *cursor, __be16 *ethertype)
{
	const __u8 *first = cursor->pos;
	__u32 version, skip = 0;

	if (!cursor_has(cursor, 4))
		return parse_failed(UNPARSED_TRUNCATED);
	version = first[0] >> 4;
	if (version == 1) {
		*ethertype = link_ppp_type(first[2] << 8 | first[3]);
		cursor->pos += 4;
		return link_is_ip(*ethertype) ? PARSED_PORTS : parse_failed(UNPARSED_NOT_IP);
	}
	if (version == 0 && link_looks_ethernet(cursor, 4))
		skip = 4;
	else if (!link_looks_ethernet(cursor, 0) ||
		 ((version == 4 || version == 6) && link_fits_ip(cursor)))
		return link_guess_ip(cursor, ethertype);
	*ethertype = bpf_htons(ETHERTYPE_TEB);
	cursor_advance(cursor, skip);
	return PARSED_PORTS;
}

/* One MPLS label (RFC 3032); behind one with the bottom-of-stack bit, what it carries. */
static __always_inline enum parsed link_mpls(struct cursor *cursor, __be16 *ethertype)
{
	const __u8 *entry = cursor->pos;

	if (!cursor_has(cursor, 4))
		return parse_failed(UNPARSED_TRUNCATED);
	cursor->pos += 4;
	return entry[2] & 1 ? link_mpls_payload(cursor, ethertype) : PARSED_PORTS;
}

#define NSH_LENGTH_MASK 0x3f /* in 4 octets */

static __always_inline __be16 link_nsh_type(__u8 protocol)
{
	switch (protocol) {
	case 1:
		return bpf_htons(ETH_P_IP);
	case 2:
		return bpf_htons(ETH_P_IPV6);
	case 3:
		return bpf_htons(ETHERTYPE_TEB);
	case 4:
		return bpf_htons(ETHERTYPE_NSH);
	case 5:
		return bpf_htons(ETH_P_MPLS_UC);
	default:
		return 0;
	}
}

static __always_inline enum parsed link_nsh(struct cursor *cursor, __be16 *ethertype)
{
	const __u8 *header = cursor->pos;
	__u32 length;

	if (!cursor_has(cursor, 8))
		return parse_failed(UNPARSED_TRUNCATED);
	length = (header[1] & NSH_LENGTH_MASK) * 4;
	*ethertype = link_nsh_type(header[3]);
	if (length < 8)
		return parse_failed(UNPARSED_BAD_HEADER);
	if (!*ethertype)
		return parse_failed(UNPARSED_NOT_IP);
	cursor_advance(cursor, length);
	return PARSED_PORTS;
}

#define MACSEC_HIDDEN 0x0c /* encrypted, or changed */
#define MACSEC_HAS_CHANNEL 0x20

/* 802.1AE that protects, and does not hide. */
static __always_inline enum parsed link_macsec(struct cursor *cursor, __be16 *ethertype)
{
	const __u8 *header = cursor->pos;

	if (!cursor_has(cursor, 8))
		return parse_failed(UNPARSED_TRUNCATED);
	if (header[0] & MACSEC_HIDDEN)
		return parse_failed(UNPARSED_NOT_IP);
	return link_fixed(cursor, header[0] & MACSEC_HAS_CHANNEL ? 16 : 8, ethertype);
}

/* One header of the type told, up to the next, whose type is told. That may lie behind the end. */
static __always_inline enum parsed link_header(struct cursor *cursor, __be16 *ethertype)
{
	__u32 length = link_length(*ethertype);

	if (length)
		return link_fixed(cursor, length, ethertype);
	if (link_is_mpls(*ethertype))
		return link_mpls(cursor, ethertype);
	if (link_is_llc(*ethertype))
		return link_llc(cursor, ethertype);
	if (*ethertype == bpf_htons(ETH_P_PPP_SES))
		return link_pppoe(cursor, ethertype);
	if (*ethertype == bpf_htons(ETHERTYPE_NSH))
		return link_nsh(cursor, ethertype);
	if (*ethertype == bpf_htons(ETH_P_MACSEC))
		return link_macsec(cursor, ethertype);
	return parse_failed(UNPARSED_NOT_IP);
}

/* All headers from one of the type told to the IP header, whose type is told. */
static __always_inline enum parsed link_headers(struct cursor *cursor, __be16 *ethertype)
{
	enum parsed parsed;

#pragma clang loop unroll(disable)
	for (int header = 0; header < LINK_HEADERS_MAX; header++) {
		if (link_is_ip(*ethertype))
			return PARSED_PORTS;
		parsed = link_header(cursor, ethertype);
		if (parsed != PARSED_PORTS)
			return parsed;
		if (cursor->pos > cursor->end)
			return parse_failed(UNPARSED_TRUNCATED);
		if (!cursor_forget(cursor))
			return parse_failed(UNPARSED_TOO_DEEP);
		CURSOR_FORGET_NUMBER(cursor, *ethertype);
	}
	return link_is_ip(*ethertype) ? PARSED_PORTS : parse_failed(UNPARSED_TOO_DEEP);
}

/* Ethernet and what follows it, up to the IP header; its type in network byte order. */
static __always_inline enum parsed link_ethernet(struct cursor *cursor, enum depth depth,
						  __be16 *ret_ethertype)
{
	const struct ethhdr *ethernet = cursor->pos;
	enum parsed parsed;

	*ret_ethertype = bpf_htons(ETHERTYPE_TEB);
	if (depth == PARSE_DEEP)
		return link_headers(cursor, ret_ethertype);
	if (!cursor_has(cursor, sizeof(*ethernet)))
		return parse_failed(UNPARSED_TRUNCATED);
	*ret_ethertype = ethernet->h_proto;
	cursor->pos += sizeof(*ethernet);
	parsed = link_tags(cursor, ret_ethertype);
	if (parsed != PARSED_PORTS || link_is_ip(*ret_ethertype))
		return parsed;
	return link_is_carrier(*ret_ethertype) ? PARSED_UNUSUAL : parse_failed(UNPARSED_NOT_IP);
}

#endif
