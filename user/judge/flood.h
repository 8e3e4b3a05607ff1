/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * flood.h - a storm: so many packets that most were held back by the sample limits. It alerts
 * when more than a threshold were within a window, and then says once a window how many more,
 * and whose. A function of (state, the kernel's number, now).
 */
#ifndef JUDGE_FLOOD_H
#define JUDGE_FLOOD_H

#include "../model/alert.h"

struct flood_options {
	uint64_t threshold; /* packets; 0: never told */
	uint64_t window_ns;
	/* Takes each alert; valid during the call. */
	void (*emit)(void *argument, const struct alert *alert);
	/*
	 * All peers of which something was held back since they were first seen, and how much. The
	 * caller frees. 0 or -errno, said already.
	 */
	int (*read_peers)(void *argument, struct alert_peer **ret_peers, size_t *ret_count);
	void *argument;
};

/* All zero but the options in the beginning; flood_free() in the end. */
struct flood {
	struct flood_options options;
	bool has_begun; /* `seen` is the kernel's number, not nothing yet */
	bool is_on;
	uint64_t began_ns; /* the window */
	uint64_t began_wall_ns;
	uint64_t seen; /* the kernel's number when it began */
	struct alert_peer *before; /* the peers' numbers when it began, by address */
	size_t before_count;
};

void flood_free(struct flood *flood);

/* `suppressed`: all that was held back, ever. Call it now and then: once a second, or so. */
void flood_look(struct flood *flood, uint64_t suppressed, uint64_t now_ns, uint64_t wall_ns);

/* Tells what an open window of a flood has held back, for a clean end. */
void flood_end(struct flood *flood, uint64_t suppressed, uint64_t wall_ns);

#endif
