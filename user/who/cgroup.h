/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cgroup.h - what a control group's path says of a process: systemd unit and container. Pure.
 *
 * Believed is what root has named alone. Below a unit its own service makes the groups, and below
 * user@N.service and inside a container others give any name they like. So the first unit and the
 * first container from the top count; a path whose top is cut off ("...") says nothing.
 */
#ifndef WHO_CGROUP_H
#define WHO_CGROUP_H

#include <stddef.h>

/*
 * `named`: how many octets of the path, the first, are root's own names; below that whoever was
 * given the group names groups as he likes.
 *
 * The unit (.service, .scope, .socket ...); one of a user's own manager is
 * "user@1000.service/NAME". "" when there is none.
 */
void cgroup_unit(const char *path, size_t named, char *ret_unit, size_t size);

/* The container's id, or its name where the path has only that; "" when there is none. */
void cgroup_container(const char *path, size_t named, char *ret_id, size_t size);

#endif
