// SPDX-License-Identifier: GPL-2.0-only
/* budget.c - one bucket for all, one for what can be forged, and one a source. */
#include "budget.h"

#include <errno.h>
#include <stdlib.h>

#include "../base/table.h"
#include "../base/util.h"

struct budget {
	struct rate all;
	struct rate forgeable;
	struct table *sources; /* struct budget_source -> uint64_t, rate.spent_ns of its share */
};

int budget_new(struct budget **ret_budget, size_t capacity, uint64_t events, uint64_t per_ns)
{
	struct budget *budget = calloc(1, sizeof(*budget));
	int r;

	if (!budget)
		return -ENOMEM;
	budget_set(budget, events, per_ns);
	r = table_new(&budget->sources, sizeof(struct budget_source), sizeof(uint64_t), capacity,
		      NULL, NULL);
	if (r < 0) {
		free(budget);
		return r;
	}
	*ret_budget = budget;
	return 0;
}

void budget_free(struct budget *budget)
{
	if (!budget)
		return;
	table_free(budget->sources);
	free(budget);
}

void budget_set(struct budget *budget, uint64_t events, uint64_t per_ns)
{
	budget->all = (struct rate){ .events = events, .per_ns = per_ns };
	budget->forgeable = (struct rate){
		.events = events ? MAX(events / 2, 1) : 0,
		.per_ns = per_ns,
		.burst = MAX(events, 2) - rate_quarter(events),
	};
}

uint64_t budget_interval_ns(const struct budget *budget)
{
	return rate_interval_ns(&budget->all);
}

static struct rate budget_share(const struct budget *budget, const uint64_t *spent_ns)
{
	return (struct rate){
		.events = rate_quarter(budget->all.events),
		.per_ns = budget->all.per_ns,
		.spent_ns = spent_ns ? *spent_ns : 0,
	};
}

/* Takes one from the bucket that is its own, if there is one left; and says which rank that gives.
 */
static enum rate_rank budget_rank(struct rate *share, struct rate *forgeable, bool is_real,
				  uint64_t now_ns)
{
	bool has_share = rate_allows(share, RATE_KEPT, now_ns);

	if (!is_real && !rate_allows(forgeable, RATE_KEPT, now_ns))
		return RATE_FLOOD;
	if (!has_share)
		return RATE_OVER;
	return is_real ? RATE_KEPT : RATE_FAIR;
}

/* Only who got something is remembered, so that forged sources do not drive the others out. */
bool budget_allows(struct budget *budget, const struct budget_source *source, bool is_real,
		   uint64_t now_ns)
{
	struct rate share, forgeable = budget->forgeable;
	enum rate_rank rank;
	uint64_t *spent_ns;

	if (budget->all.events == 0)
		return true;
	spent_ns = table_get(budget->sources, source);
	share = budget_share(budget, spent_ns);
	rank = budget_rank(&share, &forgeable, is_real, now_ns);
	if (!rate_allows(&budget->all, rank, now_ns))
		return false;
	budget->forgeable = forgeable;
	if (!spent_ns)
		spent_ns = table_put(budget->sources, source, NULL);
	if (spent_ns)
		*spent_ns = share.spent_ns;
	return true;
}
