/* SPDX-License-Identifier: GPL-2.0-only */
/* conntrack.h - address translation, as ctnetlink tells it. */
#ifndef WHO_CONNTRACK_H
#define WHO_CONNTRACK_H

#include "outside.h"

struct conntrack;

/* Of the network namespace that the caller is in. 0, or -errno: no connection tracking here. */
int conntrack_new(struct conntrack **ret_conntrack);
void conntrack_free(struct conntrack *conntrack);

/* As translate() of outside.h, without -EAGAIN. */
int conntrack_translate(struct conntrack *conntrack, const struct tuple *packet,
			struct tuple *ret_other);

#endif
