/* SPDX-License-Identifier: GPL-2.0-only */
/* tunnel.h - the way from an outer packet to the one inside it. Pure, like parse.h. */
#ifndef PORTSENTINEL_TUNNEL_H
#define PORTSENTINEL_TUNNEL_H

#include "parse.h"

#define GRE_CHECKSUM 0x8000
#define GRE_ROUTING 0x4000
#define GRE_KEY 0x2000
#define GRE_SEQUENCE 0x1000
#define GRE_VERSION 0x0007

#define VXLAN_HEADER 8
#define VXLAN_HAS_ID 0x08

/* Could the packet, whose own ports are not watched or that has none, carry another? */
static __always_inline bool tunnel_is(const struct packet *packet)
{
	if (packet->quoted || packet->flags & PACKET_LATER_FRAGMENT)
		return false;
	if (packet->next_header == IPPROTO_UDP)
		return packet->destination_port == bpf_htons(VXLAN_PORT) ||
		       packet->destination_port == bpf_htons(GENEVE_PORT);
	return packet->next_header == IPPROTO_IPIP || packet->next_header == IPPROTO_IPV6 ||
	       packet->next_header == IPPROTO_GRE;
}

/* RFC 2784, RFC 2890. */
static __always_inline bool tunnel_enter_gre(struct cursor *cursor, __be16 *ret_ethertype)
{
	const __be16 *header = cursor->pos;
	__u16 flags;

	if (!cursor_has(cursor, 4))
		return false;
	flags = bpf_ntohs(header[0]);
	if (flags & (GRE_ROUTING | GRE_VERSION))
		return false;
	*ret_ethertype = header[1];
	cursor_advance(cursor, 4 + !!(flags & GRE_CHECKSUM) * 4 + !!(flags & GRE_KEY) * 4 +
				      !!(flags & GRE_SEQUENCE) * 4);
	return cursor->pos <= cursor->end;
}

/* RFC 7348 and RFC 8926, behind UDP. */
static __always_inline bool tunnel_enter_udp(struct cursor *cursor, const struct packet *packet,
					     __be16 *ret_ethertype)
{
	const __u8 *header = cursor->pos + UDP_HEADER;

	if (!cursor_has(cursor, UDP_HEADER + VXLAN_HEADER))
		return false;
	if (packet->destination_port == bpf_htons(VXLAN_PORT)) {
		*ret_ethertype = bpf_htons(ETHERTYPE_TEB);
		cursor->pos += UDP_HEADER + VXLAN_HEADER;
		return header[0] & VXLAN_HAS_ID;
	}
	if (header[0] >> 6) /* Geneve's version */
		return false;
	*ret_ethertype = *(const __be16 *)(header + 2);
	cursor_advance(cursor, UDP_HEADER + VXLAN_HEADER + (header[0] & 0x3f) * 4);
	return cursor->pos <= cursor->end;
}

/*
 * Moves the cursor from the outer transport header to the inner packet, whose type is told
 * (ETHERTYPE_TEB: an Ethernet frame). False: there is none after all.
 */
static __always_inline bool tunnel_enter(struct cursor *cursor, const struct packet *packet,
					 __be16 *ret_ethertype)
{
	switch (packet->next_header) {
	case IPPROTO_IPIP:
		*ret_ethertype = bpf_htons(ETH_P_IP);
		return true;
	case IPPROTO_IPV6:
		*ret_ethertype = bpf_htons(ETH_P_IPV6);
		return true;
	case IPPROTO_GRE:
		return tunnel_enter_gre(cursor, ret_ethertype);
	default:
		return tunnel_enter_udp(cursor, packet, ret_ethertype);
	}
}

/* The place of the inner packet; 0: there is none that could have ports. */
static __always_inline int tunnel_place(struct cursor *cursor, const struct packet *packet)
{
	__be16 ethertype;

	if (!tunnel_enter(cursor, packet, &ethertype) || !cursor_forget(cursor))
		return 0;
	if (!link_is_ip(ethertype) && !link_is_carrier(ethertype))
		return 0;
	return link_place(cursor, ethertype);
}

#endif
