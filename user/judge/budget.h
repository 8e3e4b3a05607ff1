/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * budget.h - max-rate, shared out: a quarter of it to each source, which is a local user or a
 * network elsewhere, and half of it to what anybody can forge from afar, whose sources are as many
 * as he likes. More than that each gets while nobody else wants it. A function of (state, now),
 * bounded.
 */
#ifndef JUDGE_BUDGET_H
#define JUDGE_BUDGET_H

#include <stddef.h>
#include <sys/types.h>

#include "../model/addr.h"
#include "rate.h"

/* Whose doing an alert is about: compared as bytes. */
struct budget_source {
	struct addr network; /* the first address; all zero: this host */
	uint32_t user; /* this host's */
};

struct budget;

/* 0 or -errno. `capacity`: sources that are remembered; events per per_ns, 0: no limit. */
int budget_new(struct budget **ret_budget, size_t capacity, uint64_t events, uint64_t per_ns);
void budget_free(struct budget *budget);
/* A new limit, with nothing spent. */
void budget_set(struct budget *budget, uint64_t events, uint64_t per_ns);

/* May an alert go out? Then it is paid for. is_real: nobody forges from afar what it is about. */
bool budget_allows(struct budget *budget, const struct budget_source *source, bool is_real,
		   uint64_t now_ns);

/* How long one alert takes to be allowed again; 0: no limit. */
uint64_t budget_interval_ns(const struct budget *budget);

#endif
