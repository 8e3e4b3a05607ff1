/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rate.h - how many alerts may go out: so many at once, and as many again in the time they may
 * take. Who may spend the last of them is a matter of rank. Pure.
 */
#ifndef JUDGE_RATE_H
#define JUDGE_RATE_H

#include <stdbool.h>
#include <stdint.h>

/* All zero: no limit. */
struct rate {
	uint64_t events; /* per per_ns; 0: no limit */
	uint64_t per_ns;
	uint64_t burst; /* at once; 0: events */
	uint64_t spent_ns; /* when the bucket will be full again */
};

/*
 * Each rank leaves a quarter of the bucket to the next, so that a flood of probes does not eat what
 * is kept for things that nobody can forge from afar, nor one source what is left to others. A
 * limit of one alert has no quarters.
 */
enum rate_rank {
	RATE_FLOOD, /* anybody can forge it, and much of that went out already */
	RATE_OVER, /* its source has had its share */
	RATE_FAIR, /* anybody can forge it */
	RATE_KEPT,
};

/* The quarter of so many events, one at least. */
uint64_t rate_quarter(uint64_t events);

/* Takes one from the bucket. */
bool rate_allows(struct rate *rate, enum rate_rank rank, uint64_t now_ns);

/* How long one event takes to be allowed again; 0: no limit. */
uint64_t rate_interval_ns(const struct rate *rate);

#endif
