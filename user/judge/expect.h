/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * expect.h - is the traffic expected? The rules of a configuration, indexed: each is filed once,
 * under the values of that member of it which the fewest other rules share, so that a packet is
 * held against few of many. A function of (rules, sighting, now), but for the hits.
 */
#ifndef JUDGE_EXPECT_H
#define JUDGE_EXPECT_H

#include "../model/alert.h"
#include "../model/expectation.h"

struct expects;

/* What a rule made expected: sampled packets. */
struct expect_hits {
	uint64_t count;
	uint64_t last_wall_ns; /* 0: never */
};

/*
 * Holds `rules` (NULL: none). The hits of the rules of `before` (NULL: none) go on under the same
 * name. 0 or -errno.
 */
int expects_new(struct expects **ret_expects, struct expectations *rules,
		const struct expects *before);
void expects_free(struct expects *expects);

/* The rules; NULL: none. */
const struct expectations *expects_rules(const struct expects *expects);
/* Of the rule with that index, and of all. */
const struct expect_hits *expects_hits(const struct expects *expects, size_t index);
uint64_t expects_hits_total(const struct expects *expects);

/*
 * The first rule that the sighting meets, which counts as a hit of it; NULL: it is unexpected. A
 * question and its answers are one thing: both have the direction of the question.
 */
const struct expectation *expect_judge(struct expects *expects, const struct sighting *sighting,
				       enum action action, uint64_t now_wall_ns);

/*
 * Does the process execute the program at that path of the sensor's mount namespace, or of its
 * container's? NULL, where nobody can tell: the path that is told of it is believed.
 */
struct expect_programs {
	bool (*is_run)(void *argument, const struct process *process, const char *path,
		       bool is_container);
	void *argument;
};

/* From now on asked of a program. Borrowed. */
void expects_set_programs(struct expects *expects, const struct expect_programs *programs);

/* What a rule is held against. */
struct expect_question {
	const struct sighting *sighting;
	enum action action;
	unsigned int known; /* bits of the members that the sighting tells */
	uint64_t now_wall_ns;
	const struct expect_programs *programs; /* may be NULL */
};

/* The first member of the rule that fails; EXPECTATION_MEMBER_COUNT: none, the rule is met. */
enum expectation_member expect_find_failure(const struct expectation *rule,
					    const struct expect_question *question);

#endif
