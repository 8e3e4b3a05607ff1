/* SPDX-License-Identifier: GPL-2.0-only */
/* prefix_set.h - many address blocks, asked as one: a sorted array without overlaps. */
#ifndef MODEL_PREFIX_SET_H
#define MODEL_PREFIX_SET_H

#include <stddef.h>

#include "addr.h"

struct prefix_set {
	struct prefix *prefixes; /* IPv4 first, then by address; none is inside another */
	size_t count;
};

/* Is it a block of IPv4 addresses? */
bool prefix_is_ipv4(const struct prefix *prefix);

/*
 * Reads "10.0.0.0/8, fd00::/8" into a set that was empty. 0, or -EINVAL with a reason in ret_why,
 * and the set is empty still. prefix_set_free() in the end.
 */
int prefix_set_parse(struct prefix_set *set, const char *list, char *ret_why, size_t why_size);
void prefix_set_free(struct prefix_set *set);

bool prefix_set_contains(const struct prefix_set *set, const struct addr *addr);

#endif
