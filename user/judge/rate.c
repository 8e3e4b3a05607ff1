// SPDX-License-Identifier: GPL-2.0-only
/* rate.c - a token bucket, as the time at which it is full again. */
#include "rate.h"

#include "../base/util.h"

#define RATE_SHARE 4 /* of it one part is kept */

bool rate_allows(struct rate *rate, bool is_reserved, uint64_t now_ns)
{
	uint64_t interval, kept, room;

	if (rate->events == 0)
		return true;
	interval = rate->per_ns / rate->events;
	kept = rate->events == 1 ? 0 : MAX(rate->events / RATE_SHARE, 1);
	room = rate->events - 1 - (is_reserved ? 0 : kept);
	if (rate->spent_ns > now_ns + room * interval)
		return false;
	rate->spent_ns = MAX(rate->spent_ns, now_ns) + interval;
	return true;
}
