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
	 * The peers of which most was held back since they were first seen, most first. Returns
	 * how many.
	 */
	unsigned int (*top)(void *argument, struct alert_peer peers[ALERT_PEERS_MAX]);
	void *argument;
};

/* All zero but the options in the beginning. */
struct flood {
	struct flood_options options;
	bool has_begun; /* `seen` is the kernel's number, not nothing yet */
	bool is_on;
	uint64_t began_ns; /* the window */
	uint64_t began_wall_ns;
	uint64_t seen; /* the kernel's number when it began */
	unsigned int before_count; /* what was told of peers: only more than that is news */
	struct alert_peer before[ALERT_PEERS_MAX];
};

/* `suppressed`: all that was held back, ever. Call it now and then: once a second, or so. */
void flood_look(struct flood *flood, uint64_t suppressed, uint64_t now_ns, uint64_t wall_ns);

#endif
