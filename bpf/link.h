/* SPDX-License-Identifier: GPL-2.0-only */
/* link.h - from the first octet of a frame to its IP header. */
#ifndef PORTSENTINEL_LINK_H
#define PORTSENTINEL_LINK_H

#include <linux/if_ether.h>

#include <bpf/bpf_endian.h>

#include "cursor.h"

#define LINK_TAGS_SHALLOW 2 /* 802.1Q and 802.1ad tags in the data */
#define LINK_TAGS_DEEP 4
#define LINK_LABELS_MAX 4 /* MPLS */
#define ETHERTYPE_LENGTH_MAX 1500 /* at most: an 802.3 length, not a type */
#define ETHERTYPE_QINQ_OLD 0x9100
#define ETHERTYPE_TEB 0x6558 /* Ethernet inside GRE or Geneve */
#define PPP_IPV4 0x0021
#define PPP_IPV6 0x0057

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

static __always_inline enum parsed link_tags(struct cursor *cursor, enum depth depth,
					      __be16 *ethertype)
{
	int most = depth == PARSE_DEEP ? LINK_TAGS_DEEP : LINK_TAGS_SHALLOW;

#pragma unroll
	for (int tag = 0; tag < most; tag++) {
		const __be16 *control_and_type = cursor->pos;

		if (!link_is_tag(*ethertype))
			return PARSED_PORTS;
		if (!cursor_has(cursor, 4))
			return parse_failed(UNPARSED_TRUNCATED);
		*ethertype = control_and_type[1];
		cursor->pos += 4;
	}
	if (!link_is_tag(*ethertype))
		return PARSED_PORTS;
	return depth == PARSE_DEEP ? parse_failed(UNPARSED_TOO_DEEP) : PARSED_UNUSUAL;
}

/* IEEE 802.2 SNAP with an Ethernet type (RFC 1042, and 802.1H's own organization code). */
static __always_inline enum parsed link_snap(struct cursor *cursor, __be16 *ethertype)
{
	const __u8 *snap = cursor->pos;

	if (!cursor_has(cursor, 8))
		return parse_failed(UNPARSED_NOT_IP);
	if (snap[0] != 0xaa || snap[1] != 0xaa || snap[2] != 0x03 || snap[3] || snap[4] ||
	    (snap[5] && snap[5] != 0xf8))
		return parse_failed(UNPARSED_NOT_IP);
	*ethertype = *(const __be16 *)(snap + 6);
	cursor->pos += 8;
	return PARSED_PORTS;
}

/* A PPPoE session (RFC 2516) that carries IP. */
static __always_inline enum parsed link_pppoe(struct cursor *cursor, __be16 *ethertype)
{
	const __u8 *header = cursor->pos;
	__u16 protocol;

	if (!cursor_has(cursor, 8))
		return parse_failed(UNPARSED_TRUNCATED);
	/* A protocol number of two octets, or compressed to one that is odd (RFC 1661, 6.5). */
	protocol = header[6] & 1 ? header[6] : header[6] << 8 | header[7];
	if (protocol == PPP_IPV4)
		*ethertype = bpf_htons(ETH_P_IP);
	else if (protocol == PPP_IPV6)
		*ethertype = bpf_htons(ETH_P_IPV6);
	else
		return parse_failed(UNPARSED_NOT_IP);
	cursor->pos += header[6] & 1 ? 7 : 8;
	return PARSED_PORTS;
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

/* MPLS labels (RFC 3032), up to the one with the bottom-of-stack bit. */
static __always_inline enum parsed link_mpls(struct cursor *cursor, __be16 *ethertype)
{
#pragma unroll
	for (int label = 0; label < LINK_LABELS_MAX; label++) {
		const __u8 *entry = cursor->pos;

		if (!cursor_has(cursor, 4))
			return parse_failed(UNPARSED_TRUNCATED);
		cursor->pos += 4;
		if (entry[2] & 1)
			return link_guess_ip(cursor, ethertype);
	}
	return parse_failed(UNPARSED_TOO_DEEP);
}

/* What may stand between Ethernet and IP beside tags. */
static __always_inline enum parsed link_rest(struct cursor *cursor, __be16 *ethertype)
{
	enum parsed parsed = PARSED_PORTS;

	if (bpf_ntohs(*ethertype) <= ETHERTYPE_LENGTH_MAX)
		parsed = link_snap(cursor, ethertype);
	if (parsed != PARSED_PORTS)
		return parsed;
	if (*ethertype == bpf_htons(ETH_P_PPP_SES))
		return link_pppoe(cursor, ethertype);
	if (*ethertype == bpf_htons(ETH_P_MPLS_UC) || *ethertype == bpf_htons(ETH_P_MPLS_MC))
		return link_mpls(cursor, ethertype);
	return PARSED_PORTS;
}

static __always_inline bool link_is_ip(__be16 ethertype)
{
	return ethertype == bpf_htons(ETH_P_IP) || ethertype == bpf_htons(ETH_P_IPV6);
}

static __always_inline bool link_is_carrier(__be16 ethertype)
{
	return ethertype == bpf_htons(ETH_P_PPP_SES) || ethertype == bpf_htons(ETH_P_MPLS_UC) ||
	       ethertype == bpf_htons(ETH_P_MPLS_MC) ||
	       bpf_ntohs(ethertype) <= ETHERTYPE_LENGTH_MAX;
}

/* Ethernet and what follows it, up to the IP header; its type in network byte order. */
static __always_inline enum parsed link_ethernet(struct cursor *cursor, enum depth depth,
						  __be16 *ret_ethertype)
{
	const struct ethhdr *ethernet = cursor->pos;
	enum parsed parsed;

	if (!cursor_has(cursor, sizeof(*ethernet)))
		return parse_failed(UNPARSED_TRUNCATED);
	*ret_ethertype = ethernet->h_proto;
	cursor->pos += sizeof(*ethernet);
	parsed = link_tags(cursor, depth, ret_ethertype);
	if (parsed != PARSED_PORTS || link_is_ip(*ret_ethertype))
		return parsed;
	if (depth == PARSE_SHALLOW)
		return link_is_carrier(*ret_ethertype) ? PARSED_UNUSUAL :
							   parse_failed(UNPARSED_NOT_IP);
	parsed = link_rest(cursor, ret_ethertype);
	if (parsed != PARSED_PORTS || link_is_ip(*ret_ethertype))
		return parsed;
	return parse_failed(UNPARSED_NOT_IP);
}

#endif
