// SPDX-License-Identifier: GPL-2.0-only
/* rate.c - a token bucket, as the time at which it is full again. */
#include "rate.h"

#include "../base/util.h"

uint64_t rate_quarter(uint64_t events)
{
	return MAX(events / 4, 1);
}

uint64_t rate_interval_ns(const struct rate *rate)
{
	return rate->events ? rate->per_ns / rate->events : 0;
}

bool rate_allows(struct rate *rate, enum rate_rank rank, uint64_t now_ns)
{
	uint64_t burst = rate->burst ? rate->burst : rate->events;
	uint64_t interval = rate_interval_ns(rate), kept, room;

	if (rate->events == 0)
		return true;
	kept = rate_quarter(burst) * (uint64_t)(RATE_KEPT - rank);
	room = burst - 1 - MIN(kept, burst - 1);
	if (rate->spent_ns > now_ns + room * interval)
		return false;
	rate->spent_ns = MAX(rate->spent_ns, now_ns) + interval;
	return true;
}
