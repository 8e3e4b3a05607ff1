/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * container.h - the first process of a container: what it sees is what the container was given. A
 * later one may have unshared a mount namespace of its own, and show there what it likes.
 */
#ifndef WHO_CONTAINER_H
#define WHO_CONTAINER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct container_first {
	pid_t pid; /* 0: nobody */
	uint64_t start_boot_ns;
};

/* Does it live still? */
bool container_is_there(const struct container_first *first);

/*
 * Finds the one that began first of those in the container, as cgroup_container() names it. It
 * looks at every process. 0, or -ESRCH: nobody is in it; then ret_first is nobody.
 */
int container_find(const char *id, struct container_first *ret_first);

#endif
