/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * connector.h - one attempt at a target: look the name up, try each of its places, 10 s each at
 * most. Nothing here waits. Life: new -> begin -> (step ...) -> take or cancel -> begin ... -> free.
 */
#ifndef SINK_CONNECTOR_H
#define SINK_CONNECTOR_H

#include <poll.h>
#include <stdbool.h>

#include "../base/loop.h"
#include "target.h"

struct connector;

/* Called from the loop when an attempt that was in progress ended: 0 or -errno. */
typedef void connector_done(void *argument, int result);

/* Sockets that `local` tries, in this order. Static strings. */
#define CONNECTOR_LOCAL_PATHS 2
struct connector_local {
	const char *paths[CONNECTOR_LOCAL_PATHS];
};

/* Copies target and local. 0 or -errno. */
int connector_new(struct connector **ret_connector, struct loop *loop, const struct target *target,
		  const struct connector_local *local, connector_done *done, void *argument);
/* NULL is allowed. */
void connector_free(struct connector *connector);

/* 0 (connected, take it), -EINPROGRESS (`done` will be called) or another -errno. */
int connector_begin(struct connector *connector);

/* The same for an attempt in progress, without the loop; then `done` is not called. */
int connector_step(struct connector *connector);

/* What an attempt in progress waits for. */
struct pollfd connector_wait(const struct connector *connector);

/* The address taken last proved bad: the next attempt starts one further. */
void connector_distrust(struct connector *connector);

/* Gives up an attempt. */
void connector_cancel(struct connector *connector);

/* Hands the socket on. ret_path: which of the paths of `local` answered. */
int connector_take(struct connector *connector, bool *ret_is_stream, size_t *ret_path);

/* What it does, or why the last attempt failed. Valid until the next call. */
const char *connector_why(const struct connector *connector);

#endif
