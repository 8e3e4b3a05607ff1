/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * expect_file.h - the expectations in force and their hits, in the run directory, where the
 * command line reads them. The file takes a hundredth of the sensor's time at most: what took
 * 20 ms to write is not written again for two seconds.
 */
#ifndef DAEMON_EXPECT_FILE_H
#define DAEMON_EXPECT_FILE_H

#include "../judge/expect.h"

/* What the file holds; all zero in the beginning. */
struct expect_file {
	uint64_t total; /* hits written */
	uint64_t rest_until_ns; /* boot time */
};

/* Writes the file; a failure is logged. */
void expect_file_write(struct expect_file *file, const char *instance,
		       const struct expects *expects);

/* The same, if there were hits since and the rest is over. */
void expect_file_refresh(struct expect_file *file, const char *instance,
			 const struct expects *expects);

/*
 * Reads the file that the sensor `pid` wrote: its rules, as one holder of them (NULL: there are
 * none), and their hits, which the caller frees. 0, -ENOENT when there is no such file, -EINVAL
 * when it cannot be understood, or -ENOMEM.
 */
int expect_file_read(const char *instance, pid_t pid, struct expectations **ret_rules,
		     struct expect_hits **ret_hits);

#endif
