/* SPDX-License-Identifier: GPL-2.0-only */
/* daemon.h - the sensor: built from a configuration, run until a signal, taken down. */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include <stdbool.h>

#include "../model/config.h"

struct daemon_options {
	const char *instance;
	/*
	 * Reads the configuration anew, files and flags, into a fresh struct; reports faults
	 * itself. 0 or -errno.
	 */
	int (*read_config)(void *argument, struct config *ret_config);
	void *argument;
};

/* Runs in the foreground until SIGINT or SIGTERM. SIGHUP reloads. 0 or -errno, said already. */
int daemon_run(const struct daemon_options *options, const struct config *config);

#endif
