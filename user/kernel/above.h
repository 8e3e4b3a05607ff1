/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * above.h - whose link addresses a frame can bear that came by one link and is for this namespace:
 * the link's own, and those of all that stands on it. Walk all links until above_again() says no
 * more.
 */
#ifndef KERNEL_ABOVE_H
#define KERNEL_ABOVE_H

#include <stddef.h>

#include "link.h"

#define ABOVE_MAX 64

struct above {
	const uint8_t *address; /* looked for */
	uint32_t indices[ABOVE_MAX]; /* the link and what was found to stand on it */
	size_t count;
	uint32_t bridges[ABOVE_MAX]; /* those of them that are bridges: their ports' addresses are
					theirs */
	size_t bridge_count;
	bool has_grown; /* another walk is wanted */
	bool is_found;
};

void above_begin(struct above *above, uint32_t index, const uint8_t address[6]);
/* Meets one link; all of them, in any order, in each walk. */
void above_meet(struct above *above, const struct link *link);
/* True: meet them all once more. */
bool above_again(struct above *above);

#endif
