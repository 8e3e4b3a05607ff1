/* SPDX-License-Identifier: GPL-2.0-only */
/* link.h - one network interface, as rtnetlink tells it. */
#ifndef KERNEL_LINK_H
#define KERNEL_LINK_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#define LINK_KIND_SIZE 32

struct link {
	uint32_t index;
	uint32_t master; /* index of the bridge, bond or VRF it belongs to; 0: none */
	uint32_t lower; /* of the device that it stands on, or of a pair's other end; 0: none */
	bool lower_is_elsewhere; /* that one is in another network namespace */
	uint32_t flags; /* IFF_UP ... */
	uint16_t type; /* ARPHRD_ETHER ... */
	char name[IF_NAMESIZE];
	bool has_address; /* of Ethernet's length */
	uint8_t address[6];
	char kind[LINK_KIND_SIZE]; /* "veth", "bridge", "vlan", ...; "" for hardware and lo */
};

/* Frames with an Ethernet header? */
bool link_has_ethernet(const struct link *link);

/* Packets that begin with an Ethernet or with an IP header? */
bool link_carries_ip(const struct link *link);

/* A network card, or what a hypervisor shows as one. */
bool link_is_hardware(const struct link *link);

#endif
