/* SPDX-License-Identifier: GPL-2.0-only */
/* cgroup_owner.h - which groups of a path root has given away, by those that are mounted. */
#ifndef WHO_CGROUP_OWNER_H
#define WHO_CGROUP_OWNER_H

#include <stddef.h>

/*
 * How many octets of the path, the first, are names that only root can have given: up to and with
 * the first group that belongs to another, or that others may write. A group that cannot be looked
 * at is one more such. `controllers`: as a line of /proc/PID/cgroup has them, "" is version 2.
 */
size_t cgroup_named(const char *controllers, const char *path);

#endif
