/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * troubles.h - what goes wrong with the sensor itself, told as `sensor` alerts: a program that
 * somebody detached, a sink that stalls or drops, a wall clock that jumped. Each kind, and each
 * sink, once a window at the most.
 */
#ifndef DAEMON_TROUBLES_H
#define DAEMON_TROUBLES_H

#include "../base/loop.h"
#include "outlets.h"
#include "pipeline.h"

struct troubles;

/* All borrowed, and outliving it. */
struct troubles_parts {
	struct loop *loop;
	struct pipeline *pipeline;
	const struct outlets *outlets;
	const char *pin_directory;
};

/* 0 or -errno. */
int troubles_new(struct troubles **ret_troubles, const struct troubles_parts *parts);
/* NULL is allowed. */
void troubles_free(struct troubles *troubles);

/* Looks at everything; to be called once a second. */
void troubles_look(struct troubles *troubles, uint64_t window_ns);

#endif
