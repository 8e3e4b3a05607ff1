// SPDX-License-Identifier: GPL-2.0-only
/* container.c - the first process of a container, by its control group and its start. */
#include "container.h"

#include <errno.h>

#include "../base/util.h"
#include "proc.h"

bool container_is_there(const struct container_first *first)
{
	return first->pid && proc_began_at(first->pid, first->start_boot_ns);
}

struct container_search {
	const char *id;
	struct container_first first;
};

/* Of two that began in the same hundredth of a second, the lower number. */
static void container_look(void *argument, pid_t pid)
{
	struct container_search *search = argument;
	struct container_first *first = &search->first;
	uint64_t start_boot_ns;

	if (!proc_is_in_container(pid, search->id) || proc_read_start(pid, &start_boot_ns) < 0)
		return;
	if (!first->pid || start_boot_ns < first->start_boot_ns ||
	    (start_boot_ns == first->start_boot_ns && pid < first->pid))
		*first = (struct container_first){ pid, start_boot_ns };
}

int container_find(const char *id, struct container_first *ret_first)
{
	struct container_search search = { .id = id };

	proc_visit(container_look, &search);
	*ret_first = search.first;
	return search.first.pid ? 0 : -ESRCH;
}
