/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rundir.h - /run/INSTANCE: the lock that says a sensor runs, and the files that it leaves for
 * `status show` and `expect show`. Whoever holds the lock is the sensor; a file without a lock is
 * a dead one's.
 */
#ifndef DAEMON_RUNDIR_H
#define DAEMON_RUNDIR_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

/* Letters, digits, '-', '_' and '.', not first; at most 64: a name is part of paths. */
bool rundir_instance_valid(const char *instance);

/* "/run/INSTANCE/NAME"; the directory itself where `name` is "". */
#define RUNDIR_PATH_SIZE 108 /* a socket's path is never longer */
void rundir_path(const char *instance, const char *name, char path[RUNDIR_PATH_SIZE]);

/* Takes the lock: a descriptor to keep open, or -errno; -EBUSY: a sensor of that name runs. */
int rundir_lock(const char *instance);

/* The running sensor's process id; 0 when none runs. */
pid_t rundir_holder(const char *instance);

/* Replaces the status file in one step. 0 or -errno. */
int rundir_write_status(const char *instance, const json_t *status);

/* A new reference; NULL when there is none that can be read. */
json_t *rundir_read_status(const char *instance);

/* The same for the file of the expectations in force. */
int rundir_write_expectations(const char *instance, const json_t *expectations);
json_t *rundir_read_expectations(const char *instance);

/* Removes both, at a clean end. */
void rundir_remove_status(const char *instance);

#endif
