// SPDX-License-Identifier: GPL-2.0-only
/* budget.c - one bucket for all, and one a source. */
#include "budget.h"

#include <errno.h>
#include <stdlib.h>

#include "../base/table.h"
#include "../base/util.h"

struct budget {
	struct rate all;
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
	budget->all = (struct rate){ events, per_ns, 0 };
}

uint64_t budget_interval_ns(const struct budget *budget)
{
	return rate_interval_ns(&budget->all);
}

static struct rate budget_share(const struct budget *budget, const uint64_t *spent_ns)
{
	return (struct rate){ rate_quarter(budget->all.events), budget->all.per_ns,
			      spent_ns ? *spent_ns : 0 };
}

/* Only who got something is remembered, so that forged sources do not drive the others out. */
bool budget_allows(struct budget *budget, const struct budget_source *source, bool is_real,
		   uint64_t now_ns)
{
	uint64_t *spent_ns;
	struct rate share;
	bool is_fair;

	if (budget->all.events == 0)
		return true;
	spent_ns = table_get(budget->sources, source);
	share = budget_share(budget, spent_ns);
	is_fair = rate_allows(&share, RATE_KEPT, now_ns);
	if (!rate_allows(&budget->all, !is_fair ? RATE_OVER : is_real ? RATE_KEPT : RATE_FAIR,
			 now_ns))
		return false;
	if (!spent_ns)
		spent_ns = table_put(budget->sources, source, NULL);
	if (spent_ns)
		*spent_ns = share.spent_ns;
	return true;
}
