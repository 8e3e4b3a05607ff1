// SPDX-License-Identifier: GPL-2.0-only
/* expect.c - the rules in force, their index, and how often each was met. */
#include "expect.h"

#include <errno.h>

#include "../base/util.h"
#include "expect_index.h"

struct expects {
	struct expectations *rules; /* held; NULL: none */
	struct expect_index *index; /* NULL without rules */
	struct expect_hits *hits; /* one a rule */
	uint64_t total;
	const struct expect_programs *programs; /* borrowed; may be NULL */
};

static int expect_compare_name(const void *key, const void *element)
{
	const struct expectation *const *rule = element;

	return strcmp(key, (*rule)->name);
}

/* Rules keep their hits over a reload, by name. */
static int expects_inherit(struct expects *expects, const struct expects *before)
{
	_cleanup_free_ const struct expectation **sorted = NULL;
	const struct expectation *const *found;

	if (!before->rules || !expects->rules)
		return 0;
	sorted = expectations_by_name(before->rules);
	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < expects->rules->count; i++) {
		found = bsearch(expects->rules->rules[i].name, sorted, before->rules->count,
				sizeof(*sorted), expect_compare_name);
		if (found)
			expects->hits[i] = before->hits[*found - before->rules->rules];
	}
	return 0;
}

static int expects_build(struct expects *expects, const struct expects *before)
{
	const struct expectations *rules = expects->rules;
	int r;

	if (!rules)
		return 0;
	expects->hits = calloc(rules->count + 1, sizeof(*expects->hits));
	if (!expects->hits)
		return -ENOMEM;
	r = expect_index_new(&expects->index, rules);
	return r == 0 && before ? expects_inherit(expects, before) : r;
}

int expects_new(struct expects **ret_expects, struct expectations *rules,
		const struct expects *before)
{
	struct expects *expects = calloc(1, sizeof(*expects));
	int r;

	if (!expects)
		return -ENOMEM;
	expects->rules = expectations_hold(rules);
	r = expects_build(expects, before);
	if (r < 0) {
		expects_free(expects);
		return r;
	}
	*ret_expects = expects;
	return 0;
}

void expects_free(struct expects *expects)
{
	if (!expects)
		return;
	expect_index_free(expects->index);
	expectations_release(expects->rules);
	free(expects->hits);
	free(expects);
}

const struct expectations *expects_rules(const struct expects *expects)
{
	return expects->rules;
}

const struct expect_hits *expects_hits(const struct expects *expects, size_t index)
{
	return &expects->hits[index];
}

uint64_t expects_hits_total(const struct expects *expects)
{
	return expects->total;
}

void expects_set_programs(struct expects *expects, const struct expect_programs *programs)
{
	expects->programs = programs;
}

/* A listener is about no packet, so it has no peer and no interface. */
static unsigned int expect_known(const struct sighting *sighting)
{
	unsigned int known = EXPECTATION_BIT(EXPECTATION_MEMBER_COUNT) - 1;

	if (!sighting->event)
		known &= ~(EXPECTATION_BIT(EXPECTATION_PEER) |
			   EXPECTATION_BIT(EXPECTATION_INTERFACE));
	if (!expect_knows_owner(sighting))
		known &= ~EXPECTATION_OWNER_BITS;
	return known;
}

struct expect_search {
	const struct expects *expects;
	struct expect_question question;
	size_t best; /* the first rule that is met so far */
};

static void expect_try(void *argument, const uint32_t *rules, size_t count)
{
	struct expect_search *search = argument;
	const struct expectation *all = search->expects->rules->rules;

	for (size_t i = 0; i < count && rules[i] < search->best; i++)
		if (expect_find_failure(&all[rules[i]], &search->question) ==
		    EXPECTATION_MEMBER_COUNT)
			search->best = rules[i];
}

const struct expectation *expect_judge(struct expects *expects, const struct sighting *sighting,
				       enum action action, uint64_t now_wall_ns)
{
	struct expect_search search = {
		.expects = expects,
		.question = { sighting, action, expect_known(sighting), now_wall_ns,
			      expects->programs },
		.best = SIZE_MAX,
	};

	if (!expects->index)
		return NULL;
	expect_index_visit(expects->index, sighting, expect_try, &search);
	if (search.best == SIZE_MAX)
		return NULL;
	expects->total++;
	expects->hits[search.best].count++;
	expects->hits[search.best].last_wall_ns = now_wall_ns;
	return &expects->rules->rules[search.best];
}
