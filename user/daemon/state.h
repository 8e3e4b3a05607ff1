/* SPDX-License-Identifier: GPL-2.0-only */
/* state.h - the running sensor, for the two files that work on it: daemon.c and tell.c. */
#ifndef DAEMON_STATE_H
#define DAEMON_STATE_H

#include "../base/loop.h"
#include "../kernel/pins.h"
#include "daemon.h"
#include "expect_file.h"

struct daemon {
	const struct daemon_options *options;
	struct config config;
	char pins[PINS_PATH_SIZE];
	int lock;
	uint64_t since_wall_ns;
	size_t watched; /* interfaces, ever */
	char *status_written; /* the status file's text */
	struct watch asked; /* the ports whose holders were looked for */
	struct expect_file expect_file;

	struct loop *loop;
	struct loop_source *signals[3];
	struct loop_source *second;
	struct program *program;
	struct witness *witness;
	struct fates *fates;
	uint64_t ends_generation; /* of the addresses, as the packet programs know them */
	bool ends_translated; /* these are none: any may be another's */
	struct pipeline *pipeline;
	struct outlets *outlets;
	struct tap *tap;
	struct attacher *attacher;
	struct links *links;
	struct stations *stations;
	struct ring *ring;
	struct manager *manager;
	struct troubles *troubles;
	struct scrape *scrape; /* NULL: nobody may fetch the metrics */
};

#endif
