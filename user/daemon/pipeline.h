/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pipeline.h - a sample's way through the house: sighting, verdict, owner, tool, action, fold,
 * sinks. The only place that knows the order.
 */
#ifndef DAEMON_PIPELINE_H
#define DAEMON_PIPELINE_H

#include "../judge/expect.h"
#include "../kernel/links.h"
#include "../kernel/tables.h"
#include "../model/config.h"
#include "../sink/sink.h"
#include "witness.h"

#define PIPELINE_SINKS_MAX 8

struct pipeline;

/* What the stages work with; all the caller's, and outliving the pipeline. */
struct pipeline_parts {
	struct loop *loop; /* NULL: the packets' own time ends windows (replay) */
	const struct tables *tables;
	struct witness *witness; /* NULL: owners are not looked for */
	struct fates *fates; /* NULL: what becomes of packets is not told */
};

/* 0 or -errno. */
int pipeline_new(struct pipeline **ret_pipeline, const struct pipeline_parts *parts,
		 const struct config *config);
void pipeline_free(struct pipeline *pipeline);

/* Where local addresses are asked for; NULL: no address is local. */
void pipeline_set_links(struct pipeline *pipeline, struct links *links);

/* The expectations in force, and their hits; valid until they are configured anew. */
const struct expects *pipeline_expects(const struct pipeline *pipeline);

/* New window, rate, severities and expectations; a window that is open keeps its severity. */
void pipeline_configure(struct pipeline *pipeline, const struct config *config);

/* The name that sightings of an interface bear from now on. */
void pipeline_name_interface(struct pipeline *pipeline, uint32_t ifindex, const char *name);

/* The sinks that get each alert; the array is copied, the sinks stay the caller's. */
void pipeline_set_sinks(struct pipeline *pipeline, struct sink *const *sinks, size_t count);

/*
 * Gives every packet on, once, after its owner was looked for; under both roles "to" is told.
 * NULL: to nobody.
 */
typedef void pipeline_tap(void *argument, const struct sighting *sighting);
void pipeline_set_tap(struct pipeline *pipeline, pipeline_tap *tap, void *argument);

/* One sample. */
void pipeline_take(struct pipeline *pipeline, const struct packet_event *event);

/* A port began to be held, or packets pass the hooks by: needs the witness. */
void pipeline_take_socket(struct pipeline *pipeline, const struct listener_event *event);

/* How many alerts of an action the sinks were given. */
uint64_t pipeline_emitted(const struct pipeline *pipeline, enum action action);

/* A `sensor` alert that says `text`. */
void pipeline_tell(struct pipeline *pipeline, uint64_t count, const char *text);

/*
 * Looks at the kernel's accounting; a `sensor` alert tells what was lost since the last look, at
 * once and then once a window, and a `flood` alert that much was held back. Call it once a second.
 */
void pipeline_watch_loss(struct pipeline *pipeline);

/* Sums up every open window. */
void pipeline_flush(struct pipeline *pipeline);

#endif
