/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * links.h - the network interfaces and addresses of this namespace, as rtnetlink tells them, and
 * their coming and going.
 */
#ifndef KERNEL_LINKS_H
#define KERNEL_LINKS_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../base/loop.h"
#include "../model/addr.h"

#define LINK_KIND_SIZE 32

struct link {
	uint32_t index;
	uint32_t master; /* index of the bridge, bond or VRF it belongs to; 0: none */
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

/*
 * Is the link chosen by `pattern` ("auto", or names and globs with ! excluding, by comma)?
 * auto takes every link that is not stacked on others of this namespace (bridge, bond, VLAN, ...)
 * and no virtual port of a bridge: so each packet is seen once where it enters or leaves.
 */
bool link_matches(const struct link *link, const char *pattern);

struct links;

typedef void links_changed(void *argument, const struct link *link, bool gone);

/* Reads all links and follows changes; `changed` is called for each link now and later. */
int links_new(struct links **ret_links, struct loop *loop, links_changed *changed, void *argument);
void links_free(struct links *links);

/* Calls `changed` for every link that is there now, or no longer is. 0 or -errno. */
int links_rescan(struct links *links);

/* Is the link part of another one (bridge, bond, ...), which has sockets of its own? */
bool links_is_lower(struct links *links, uint32_t index);

/* Is this unicast link address another one's than the link's own? False: not known, too. */
bool links_is_elsewhere(struct links *links, uint32_t index, const uint8_t address[6]);

/* Is it an address of this namespace? Broadcast and multicast count as such. */
bool links_is_local(struct links *links, const struct addr *addr);

/* Is it one that an interface of this namespace has, or its broadcast address? */
bool links_has_address(struct links *links, const struct addr *addr);

/* Each address that links_has_address() knows. */
typedef void links_address_visitor(void *argument, const struct addr *addr);
void links_visit_addresses(struct links *links, links_address_visitor *visit, void *argument);

/* Grows with each change of the addresses. */
uint64_t links_addresses_generation(struct links *links);

#endif
