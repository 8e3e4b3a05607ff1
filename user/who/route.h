/* SPDX-License-Identifier: GPL-2.0-only */
/* route.h - does an address belong to a network namespace? By its own routing tables. */
#ifndef WHO_ROUTE_H
#define WHO_ROUTE_H

#include <stdbool.h>

#include "../model/addr.h"

struct route;

/* netns: a descriptor of the namespace, the caller's; -1: this thread's own. 0 or -errno. */
int route_new(struct route **ret_route, int netns);
void route_free(struct route *route);

/* False also when it cannot be told. */
bool route_is_local(struct route *route, const struct addr *addr);

#endif
