/* SPDX-License-Identifier: GPL-2.0-only */
/* outlets.h - the sinks that a configuration asks for, kept while it does not change. */
#ifndef DAEMON_OUTLETS_H
#define DAEMON_OUTLETS_H

#include <jansson.h>

#include "../model/config.h"
#include "pipeline.h"

struct outlets;

/* 0 or -errno. */
int outlets_new(struct outlets **ret_outlets, struct loop *loop, struct pipeline *pipeline);

/* Waits up to drain_ns for what is queued; says what is lost. NULL is allowed. */
void outlets_free(struct outlets *outlets, uint64_t drain_ns);

/*
 * Opens, closes and reopens sinks, and hands them to the pipeline. 0 or -errno, said already; a
 * sink that cannot be opened leaves the one before it in place. What waited for a sink that makes
 * room for another is lost, and said to be; the numbers go on.
 */
int outlets_configure(struct outlets *outlets, const struct config *config);

/*
 * Says a line, which is safe to show, where the alerts for people go, in turn with them. False:
 * they go nowhere. outlets: NULL is allowed.
 */
bool outlets_say(struct outlets *outlets, const char *line);

/* Does a sink take packets? */
bool outlets_want_packets(const struct outlets *outlets);

/* Gives a packet to the sinks that take packets. */
void outlets_take(struct outlets *outlets, const struct sighting *sighting);

/* One a sink, in a place of its own; kind NULL: off. Returns how many places there are. */
size_t outlets_read_status(const struct outlets *outlets, struct sink_status *ret_statuses,
			   size_t size);

/* [{"kind", "target", "state", "sent", "dropped", "queued"}]; a new reference. */
json_t *outlets_status(const struct outlets *outlets);

#endif
