/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * withheld.h - the alerts that max-rate kept back, told as one `flood` alert a window: how many,
 * and which ports and peers they were about.
 */
#ifndef JUDGE_WITHHELD_H
#define JUDGE_WITHHELD_H

#include "../model/alert.h"

/* All zero: nothing is withheld. */
struct withheld {
	struct alert sum; /* its count, ports and peers */
	uint64_t since_ns; /* the first of them; 0: none */
};

/* One is, for now. Times: of the fold's clock, and of the wall. */
void withheld_begin(struct withheld *withheld, uint64_t now_ns, uint64_t wall_ns);

/* It is for good: it was not told, in a window that is over. */
void withheld_add(struct withheld *withheld, const struct alert *alert);

/* The alert that tells them; false: there is nothing to tell. All zero afterwards. */
bool withheld_take(struct withheld *withheld, uint64_t wall_ns, struct alert *ret_alert);

#endif
