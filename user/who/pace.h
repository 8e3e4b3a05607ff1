/* SPDX-License-Identifier: GPL-2.0-only */
/* pace.h - how often something dear may be done: once an interval, after a burst. Pure. */
#ifndef WHO_PACE_H
#define WHO_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct pace {
	uint64_t interval_ns;
	uint64_t burst; /* times that may be made up for */
	uint64_t due_ns;
};

/* May it be done now? Then it counts as done. */
static inline bool pace_allows(struct pace *pace, uint64_t now_ns)
{
	if (pace->due_ns > now_ns + pace->burst * pace->interval_ns)
		return false;
	pace->due_ns = (pace->due_ns > now_ns ? pace->due_ns : now_ns) + pace->interval_ns;
	return true;
}

/* It took this long: it shall not take more than a twentieth of the time. */
static inline void pace_charge(struct pace *pace, uint64_t now_ns, uint64_t took_ns)
{
	if (pace->due_ns < now_ns + 20 * took_ns)
		pace->due_ns = now_ns + 20 * took_ns;
}

#endif
