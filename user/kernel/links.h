/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * links.h - the network interfaces and addresses of this namespace, as rtnetlink tells them, and
 * their coming and going.
 */
#ifndef KERNEL_LINKS_H
#define KERNEL_LINKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../base/loop.h"
#include "../model/addr.h"
#include "choose.h"

struct links;

/* Of a link that is gone, the view has nothing but its index and name. */
typedef void links_changed(void *argument, const struct link_view *view, bool gone);

/*
 * Reads all links and follows changes; `changed` is called for each link now, and later for those
 * that change or whose view does.
 */
int links_new(struct links **ret_links, struct loop *loop, links_changed *changed, void *argument);
void links_free(struct links *links);

/* Calls `changed` for every link that is there now, or no longer is. 0 or -errno. */
int links_rescan(struct links *links);

/* Is the link part of another one (bridge, bond, ...), which has sockets of its own? */
bool links_is_lower(struct links *links, uint32_t index);

/* Is it a bridge's port, so that frames to others go on? */
bool links_is_bridged(struct links *links, uint32_t index);

/*
 * Is a frame to this link address, that came by the link, for nobody in this namespace: neither the
 * link nor what stands on it? False: not known, too.
 */
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
