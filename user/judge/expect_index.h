/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * expect_index.h - where a sighting's rules are found: a hash of (member, value) gives the rules
 * that are filed there. What it gives has still to be matched, so a collision costs time alone.
 */
#ifndef JUDGE_EXPECT_INDEX_H
#define JUDGE_EXPECT_INDEX_H

#include "../model/expectation.h"
#include "../model/sighting.h"

struct expect_index;

static inline bool expect_knows_owner(const struct sighting *sighting)
{
	return process_is_known(&sighting->process);
}

/* 0 or -errno. The rules are not kept. */
int expect_index_new(struct expect_index **ret_index, const struct expectations *rules);
void expect_index_free(struct expect_index *index);

/*
 * Shows each list of rules that the sighting might meet: indices, rising. The visitor returns
 * nothing that would end the visit.
 */
typedef void expect_index_visitor(void *argument, const uint32_t *rules, size_t count);
void expect_index_visit(const struct expect_index *index, const struct sighting *sighting,
			expect_index_visitor *visit, void *argument);

#endif
