// SPDX-License-Identifier: GPL-2.0-only
/* above.c - a closure over masters and devices that stand on others. */
#include "above.h"

#include <string.h>

#include "../base/util.h"

static bool above_has(const uint32_t *indices, size_t count, uint32_t index)
{
	for (size_t i = 0; i < count; i++)
		if (indices[i] == index)
			return true;
	return false;
}

static void above_add(uint32_t *indices, size_t *count, uint32_t index, bool *grown)
{
	if (!index || *count == ABOVE_MAX || above_has(indices, *count, index))
		return;
	indices[(*count)++] = index;
	*grown = true;
}

void above_begin(struct above *above, uint32_t index, const uint8_t address[6])
{
	*above = (struct above){ .address = address };
	above_add(above->indices, &above->count, index, &above->has_grown);
}

/* A pair's other end is no device below. */
static bool above_stands_on(const struct above *above, const struct link *link)
{
	return link->lower && !link->lower_is_elsewhere && !util_streq(link->kind, "veth") &&
	       !util_streq(link->kind, "netkit") &&
	       above_has(above->indices, above->count, link->lower);
}

void above_meet(struct above *above, const struct link *link)
{
	if (above_stands_on(above, link))
		above_add(above->indices, &above->count, link->index, &above->has_grown);
	if (above_has(above->indices, above->count, link->index)) {
		above_add(above->indices, &above->count, link->master, &above->has_grown);
		if (util_streq(link->kind, "bridge"))
			above_add(above->bridges, &above->bridge_count, link->index,
				  &above->has_grown);
	} else if (!above_has(above->bridges, above->bridge_count, link->master)) {
		return;
	}
	above->is_found |= link->has_address &&
			   memcmp(link->address, above->address, sizeof(link->address)) == 0;
}

bool above_again(struct above *above)
{
	bool again = above->has_grown && !above->is_found;

	above->has_grown = false;
	return again;
}
