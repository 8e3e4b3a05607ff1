/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * link_type.h - what the packets of a capture file begin with, by its link type, and the way from
 * there to an ethertype and what follows it.
 */
#ifndef KERNEL_LINK_TYPE_H
#define KERNEL_LINK_TYPE_H

#include <stdbool.h>
#include <stdint.h>

#include "../../bpf/abi.h"

/* A packet of a file, while its link header is being taken off. */
struct link_packet {
	const uint8_t *data;
	uint32_t length;
	bool is_swapped; /* numbers in the capturing host's byte order are not in this one's */
	bool is_ethernet; /* what is left is a whole Ethernet frame */
	enum direction direction; /* set where the link header tells it */
};

#define LINK_TYPE_NOT_IP 0xffff /* an ethertype that is reserved (RFC 1701): neither IP nor else */

struct link_type;

/* NULL: not one that can be read. `number` is as files have it, or libpcap's own for RAW. */
const struct link_type *link_type_find(int number);

/* Takes the link header off. The ethertype of what is left, unless that is Ethernet. */
uint16_t link_type_take(const struct link_type *type, struct link_packet *packet);

#endif
