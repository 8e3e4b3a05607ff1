/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rate.h - how many alerts may go out: so many at once, and as many again in the time they may
 * take. A quarter of them is kept for what nobody can forge from afar, so that a flood of probes
 * does not eat it; a limit of one alert has no quarter. Pure.
 */
#ifndef JUDGE_RATE_H
#define JUDGE_RATE_H

#include <stdbool.h>
#include <stdint.h>

/* All zero: no limit. */
struct rate {
	uint64_t events; /* per per_ns; 0: no limit */
	uint64_t per_ns;
	uint64_t spent_ns; /* when the bucket will be full again */
};

/* Takes one from the bucket. is_reserved: it may have the kept quarter, too. */
bool rate_allows(struct rate *rate, bool is_reserved, uint64_t now_ns);

#endif
