/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * installed.h - does a process execute the program that is installed at a path? Asked of the file
 * that lies there in this process's mount namespace, or in the container's; never of what the
 * process's own namespace shows there. Programs that lay there before are known since they were
 * seen there, so that an upgrade makes no stranger of a process that runs the older one.
 */
#ifndef WHO_INSTALLED_H
#define WHO_INSTALLED_H

#include "../model/sighting.h"

struct installed;

/* 0 or -errno. Remembers so many paths. */
int installed_new(struct installed **ret_installed, size_t capacity);
void installed_free(struct installed *installed);

/*
 * is_container: the path is one of the process's container, as the container's first process sees
 * it; else of this process's.
 */
bool installed_is_run(struct installed *installed, const struct process *process, const char *path,
		      bool is_container);

#endif
