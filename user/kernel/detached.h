/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * detached.h - the kernel's own file systems, mounted for this process alone and in no place:
 * nobody else sees it, and it goes with its descriptor.
 */
#ifndef KERNEL_DETACHED_H
#define KERNEL_DETACHED_H

/* type: "cgroup2", "tracefs". A descriptor of its root, the caller's, or -errno. */
int detached_mount(const char *type);

#endif
