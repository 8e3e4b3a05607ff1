/* SPDX-License-Identifier: GPL-2.0-only */
/* path.h - paths as the kernel's records and /proc spell them. Asks nobody. */
#ifndef WHO_PATH_H
#define WHO_PATH_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Turns a list of components, the last one first and each with its terminating zero, into a path:
 * "sshd\0sbin\0usr\0" is /usr/sbin/sshd. is_cut: upper components are missing. What is missing,
 * or has no room, is written as "..." in front: ".../sbin/sshd". False when it is not whole.
 */
bool path_from_components(const char *list, size_t length, bool is_cut, char *ret_path,
			  size_t size);

/* Copies a path; of one that has no room the end, with "..." in front. False when not whole. */
bool path_copy(const char *path, char *ret_path, size_t size);

/* Takes " (deleted)" off, as the kernel writes behind a file without a name. Was it there? */
bool path_strip_deleted(char *path);

/* A file that never had a name (memfd_create(2)) is "memfd:NAME", not "/memfd:NAME". */
void path_strip_memfd(char *path, bool is_unlinked);

/*
 * The kernel tells paths from its own root, and so does /proc those of other mount namespaces,
 * where this process lives in a chroot. told: its own program's path as the kernel told it; seen:
 * as it sees it itself. Kept for path_strip_root().
 */
void path_learn_root(const char *told, const char *seen);

/* As it would be seen from this process's root. */
void path_strip_root(char *path);

#endif
