/* SPDX-License-Identifier: GPL-2.0-only */
/* cgroup.h - what a control group's path says of a process: systemd unit and container. Pure. */
#ifndef WHO_CGROUP_H
#define WHO_CGROUP_H

#include <stddef.h>

/* The last component that is a unit (.service, .scope, .socket ...); "" when there is none. */
void cgroup_unit(const char *path, char *ret_unit, size_t size);

/*
 * The container's id: 64 hexadecimal digits behind docker-, cri-containerd-, crio-, libpod-, or
 * as a component of its own; "" when there is none.
 */
void cgroup_container(const char *path, char *ret_id, size_t size);

#endif
