/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pipeline.h - a sample's way through the house: sighting, verdict, action, tool, owner, fold,
 * sinks. The only place that knows the order.
 */
#ifndef DAEMON_PIPELINE_H
#define DAEMON_PIPELINE_H

#include "../kernel/links.h"
#include "../kernel/tables.h"
#include "../model/config.h"
#include "../sink/sink.h"
#include "../who/owner.h"

#define PIPELINE_SINKS_MAX 8

struct pipeline;

/* What the stages work with; all the caller's, and outliving the pipeline. */
struct pipeline_parts {
	struct loop *loop; /* NULL: the packets' own time ends windows (replay) */
	const struct tables *tables;
	struct owners *owners; /* NULL: owners are not looked for */
};

/* 0 or -errno. */
int pipeline_new(struct pipeline **ret_pipeline, const struct pipeline_parts *parts,
		 const struct config *config);
void pipeline_free(struct pipeline *pipeline);

/* Where local addresses are asked for; NULL: no address is local. */
void pipeline_set_links(struct pipeline *pipeline, struct links *links);

/* New window and rate. */
void pipeline_configure(struct pipeline *pipeline, const struct config *config);

/* The name that sightings of an interface bear from now on. */
void pipeline_name_interface(struct pipeline *pipeline, uint32_t ifindex, const char *name);

/* The sinks that get each alert; the array is copied, the sinks stay the caller's. */
void pipeline_set_sinks(struct pipeline *pipeline, struct sink *const *sinks, size_t count);

/* One sample. */
void pipeline_take(struct pipeline *pipeline, const struct packet_event *event);

/* How many alerts of an action the sinks were given. */
uint64_t pipeline_emitted(const struct pipeline *pipeline, enum action action);

/* A `sensor` alert that says `text`. */
void pipeline_tell(struct pipeline *pipeline, uint64_t count, const char *text);

/*
 * Looks at the kernel's accounting; a `sensor` alert tells what was lost since the last look, at
 * once and then once a window. Call it now and then.
 */
void pipeline_watch_loss(struct pipeline *pipeline);

/* Sums up every open window. */
void pipeline_flush(struct pipeline *pipeline);

#endif
