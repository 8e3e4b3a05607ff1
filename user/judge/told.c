// SPDX-License-Identifier: GPL-2.0-only
/* told.c - the last number told, by thing. */
#include "told.h"

#include <errno.h>

#include "../base/table.h"
#include "../base/util.h"

struct told {
	struct table *numbers; /* struct held_thing -> uint32_t */
};

int told_new(struct told **ret_told, size_t capacity)
{
	struct told *told = calloc(1, sizeof(*told));
	int r;

	if (!told)
		return -ENOMEM;
	r = table_new(&told->numbers, sizeof(struct held_thing), sizeof(uint32_t), capacity, NULL,
		      NULL);
	if (r < 0) {
		free(told);
		return r;
	}
	*ret_told = told;
	return 0;
}

void told_free(struct told *told)
{
	if (!told)
		return;
	table_free(told->numbers);
	free(told);
}

uint32_t told_take(struct told *told, const struct held_thing *thing, uint32_t before, uint32_t now)
{
	uint32_t more = held_since(before, now), *number;
	bool is_new;

	if (more == 0)
		return 0;
	number = table_put(told->numbers, thing, &is_new);
	if (!number)
		return 0;
	if (!is_new)
		more = MIN(more, held_since(*number, now));
	*number = now;
	return more;
}
