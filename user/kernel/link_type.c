// SPDX-License-Identifier: GPL-2.0-only
/* link_type.c - link types in one table, numbered as at tcpdump.org/linktypes.html. */
#include "link_type.h"

#include <linux/if_ether.h>
#include <stddef.h>

#include "../base/util.h"

#define PPP_IPV4 0x0021
#define PPP_BRIDGED 0x0031
#define PPP_BRIDGED_ETHERNET 1
#define PPP_IPV6 0x0057
#define PPP_MPLS 0x0281
#define PPP_MPLS_MULTICAST 0x0283
#define LENGTH_MAX 1500 /* of an 802.3 frame: where its length stands, larger numbers are types */

/* Returns the ethertype of what is left, unless that is Ethernet. */
typedef uint16_t link_read(struct link_packet *packet);

struct link_type {
	int number;
	uint32_t header; /* octets that are there at least; a shorter packet is not IP */
	link_read *read;
};

static uint16_t read_be16(const uint8_t *data)
{
	return data[0] << 8 | data[1];
}

static uint32_t read_be32(const uint8_t *data)
{
	return (uint32_t)read_be16(data) << 16 | read_be16(data + 2);
}

/* A number of the capturing host. */
static uint16_t read_host16(const struct link_packet *packet, uint32_t offset)
{
	uint16_t value;

	memcpy(&value, packet->data + offset, sizeof(value));
	return packet->is_swapped ? __builtin_bswap16(value) : value;
}

static void link_skip(struct link_packet *packet, uint32_t octets)
{
	packet->data += octets;
	packet->length -= octets;
}

static uint16_t link_guess(const struct link_packet *packet, uint16_t version, uint16_t ethertype)
{
	return packet->data[0] >> 4 == version ? ethertype : LINK_TYPE_NOT_IP;
}

static uint16_t link_read_ipv4(struct link_packet *packet)
{
	return link_guess(packet, 4, ETH_P_IP);
}

static uint16_t link_read_ipv6(struct link_packet *packet)
{
	return link_guess(packet, 6, ETH_P_IPV6);
}

static uint16_t link_read_raw(struct link_packet *packet)
{
	return packet->data[0] >> 4 == 4 ? ETH_P_IP : link_guess(packet, 6, ETH_P_IPV6);
}

static uint16_t link_read_ethernet(struct link_packet *packet)
{
	packet->is_ethernet = true;
	return LINK_TYPE_NOT_IP;
}

static uint16_t link_read_pppoe(struct link_packet *packet)
{
	(void)packet;
	return ETH_P_PPP_SES;
}

static uint16_t link_read_mpls(struct link_packet *packet)
{
	(void)packet;
	return ETH_P_MPLS_UC;
}

/* Address, control, ethertype. */
static uint16_t link_read_hdlc(struct link_packet *packet)
{
	uint16_t ethertype = read_be16(packet->data + 2);

	link_skip(packet, 4);
	return ethertype;
}

/* Behind PPP_BRIDGED: flags, and the medium of the frame that follows. */
static uint16_t link_from_bridged(struct link_packet *packet)
{
	if (packet->length < 2 || packet->data[1] != PPP_BRIDGED_ETHERNET)
		return LINK_TYPE_NOT_IP;
	link_skip(packet, 2);
	return link_read_ethernet(packet);
}

/* A PPP protocol number of two octets, or compressed to one that is odd (RFC 1661, 6.5). */
static uint16_t link_from_ppp_protocol(struct link_packet *packet)
{
	uint32_t octets = packet->length && packet->data[0] & 1 ? 1 : 2;
	uint16_t protocol;

	if (packet->length < octets)
		return LINK_TYPE_NOT_IP;
	protocol = octets == 1 ? packet->data[0] : read_be16(packet->data);
	link_skip(packet, octets);
	switch (protocol) {
	case PPP_IPV4:
		return ETH_P_IP;
	case PPP_IPV6:
		return ETH_P_IPV6;
	case PPP_MPLS:
	case PPP_MPLS_MULTICAST:
		return ETH_P_MPLS_UC;
	case PPP_BRIDGED:
		return link_from_bridged(packet);
	default:
		return LINK_TYPE_NOT_IP;
	}
}

/* PPP in HDLC-like framing (RFC 1662), whose address and control may be left out. */
static uint16_t link_from_ppp(struct link_packet *packet)
{
	if (packet->length >= 2 && packet->data[0] == 0xff)
		link_skip(packet, 2);
	return link_from_ppp_protocol(packet);
}

/* The same, or Cisco's HDLC. */
static uint16_t link_read_ppp(struct link_packet *packet)
{
	if (packet->data[0] == 0x0f || packet->data[0] == 0x8f)
		return link_read_hdlc(packet);
	return link_from_ppp(packet);
}

/* An octet in front tells the way: zero, it was received. */
static void link_take_direction(struct link_packet *packet)
{
	packet->direction = packet->data[0] ? DIRECTION_OUT : DIRECTION_IN;
	link_skip(packet, 1);
}

static uint16_t link_read_ppp_with_direction(struct link_packet *packet)
{
	link_take_direction(packet);
	return link_read_ppp(packet);
}

static uint16_t link_read_hdlc_with_direction(struct link_packet *packet)
{
	link_take_direction(packet);
	return link_read_hdlc(packet);
}

#define COOKED_OUTGOING 4 /* PACKET_OUTGOING */

/* Linux cooked headers hold an ethertype, or a small number of if_ether.h for older frames. */
static uint16_t link_from_cooked(struct link_packet *packet, uint16_t protocol)
{
	switch (protocol) {
	case ETH_P_ALL:
		return link_read_ethernet(packet);
	case ETH_P_802_2:
		return MIN(packet->length, LENGTH_MAX);
	case ETH_P_WAN_PPP:
		return link_from_ppp(packet);
	default:
		return protocol > LENGTH_MAX ? protocol : LINK_TYPE_NOT_IP;
	}
}

static uint16_t link_read_cooked(struct link_packet *packet)
{
	uint16_t protocol = read_be16(packet->data + 14);

	if (read_be16(packet->data) == COOKED_OUTGOING)
		packet->direction = DIRECTION_OUT;
	link_skip(packet, 16);
	return link_from_cooked(packet, protocol);
}

static uint16_t link_read_cooked2(struct link_packet *packet)
{
	uint16_t protocol = read_be16(packet->data);

	if (packet->data[10] == COOKED_OUTGOING)
		packet->direction = DIRECTION_OUT;
	link_skip(packet, 20);
	return link_from_cooked(packet, protocol);
}

static uint16_t link_from_family(uint32_t family)
{
	switch (family) {
	case 2:
		return ETH_P_IP;
	case 24: /* NetBSD, OpenBSD */
	case 28: /* FreeBSD */
	case 30: /* macOS */
		return ETH_P_IPV6;
	default:
		return LINK_TYPE_NOT_IP;
	}
}

/* LINKTYPE_LOOP: in network byte order. */
static uint16_t link_read_loop(struct link_packet *packet)
{
	uint32_t family = read_be32(packet->data);

	link_skip(packet, 4);
	return link_from_family(family);
}

/*
 * LINKTYPE_NULL: an address family of 16 or 32 bits in the byte order of whoever wrote the file,
 * which no family uses more than one octet of; or an ethertype, or PPP, from some writers.
 */
static uint16_t link_read_null(struct link_packet *packet)
{
	uint32_t family = read_be32(packet->data);

	if (family >> 16 == 0xff03)
		return link_from_ppp(packet);
	link_skip(packet, 4);
	if (family >> 16)
		family = __builtin_bswap32(family);
	if (family > LENGTH_MAX)
		return family <= UINT16_MAX ? family : LINK_TYPE_NOT_IP;
	return link_from_family(family & 0xff ? family : family >> 8);
}

#define NFLOG_HEADER 4 /* family, version, resource */
#define NFLOG_PACKET_HEADER 1 /* types: hardware protocol and hook */
#define NFLOG_PAYLOAD 9
#define NFLOG_HOOK_OUT 3 /* NF_INET_LOCAL_OUT, and the one behind it */
#define NFLOG_HOOK_POSTROUTING 4
#define NFLOG_FAMILY_IPV4 2
#define NFLOG_FAMILY_IPV6 10

/* Which hook, hence which way; and the protocol. */
static uint16_t link_nflog_hook(struct link_packet *packet, uint32_t length)
{
	if (length < NFLOG_HEADER + 3)
		return 0;
	if (packet->data[6] == NFLOG_HOOK_OUT || packet->data[6] == NFLOG_HOOK_POSTROUTING)
		packet->direction = DIRECTION_OUT;
	return read_be16(packet->data + 4);
}

static uint16_t link_nflog_type(uint8_t family, uint16_t protocol)
{
	switch (family) {
	case NFLOG_FAMILY_IPV4:
		return ETH_P_IP;
	case NFLOG_FAMILY_IPV6:
		return ETH_P_IPV6;
	default: /* bridge, netdev, inet */
		return protocol > LENGTH_MAX ? protocol : LINK_TYPE_NOT_IP;
	}
}

/* Netfilter's log: attributes, each of a length, a type and a value, padded to 4 octets. */
static uint16_t link_read_nflog(struct link_packet *packet)
{
	uint8_t family = packet->data[0];
	uint16_t protocol = 0;

	link_skip(packet, NFLOG_HEADER);
	while (packet->length >= 4) {
		uint32_t length = read_host16(packet, 0);
		uint16_t type = read_host16(packet, 2) & 0x7fff;

		if (length < 4)
			break;
		if (type == NFLOG_PAYLOAD) {
			link_skip(packet, 4);
			packet->length = MIN(packet->length, length - 4);
			return link_nflog_type(family, protocol);
		}
		if (length > packet->length)
			break;
		if (type == NFLOG_PACKET_HEADER)
			protocol = link_nflog_hook(packet, length);
		link_skip(packet, MIN((length + 3) & ~3U, packet->length));
	}
	return LINK_TYPE_NOT_IP;
}

static const struct link_type link_types[] = {
	{ 0, 4, link_read_null },
	{ 1, 0, link_read_ethernet },
	{ 9, 4, link_read_ppp },
	{ 12, 1, link_read_raw }, /* of those who wrote libpcap's own number */
	{ 14, 1, link_read_raw }, /* and OpenBSD's */
	{ 50, 4, link_read_ppp }, /* PPP_HDLC */
	{ 51, 6, link_read_pppoe },
	{ 101, 1, link_read_raw },
	{ 104, 4, link_read_hdlc },
	{ 108, 4, link_read_loop },
	{ 113, 16, link_read_cooked },
	{ 204, 5, link_read_ppp_with_direction },
	{ 205, 5, link_read_hdlc_with_direction },
	{ 219, 4, link_read_mpls },
	{ 228, 1, link_read_ipv4 },
	{ 229, 1, link_read_ipv6 },
	{ 239, 4, link_read_nflog },
	{ 276, 20, link_read_cooked2 },
};

const struct link_type *link_type_find(int number)
{
	for (size_t i = 0; i < ARRAY_SIZE(link_types); i++)
		if (link_types[i].number == number)
			return &link_types[i];
	return NULL;
}

uint16_t link_type_take(const struct link_type *type, struct link_packet *packet)
{
	return packet->length < type->header ? LINK_TYPE_NOT_IP : type->read(packet);
}
