// SPDX-License-Identifier: GPL-2.0-only
/* expect_match.c - one rule against one sighting, member by member. */
#include "../base/text.h"
#include "../base/util.h"
#include "expect.h"

typedef bool member_meets(const struct expectation *rule, const struct expect_question *question);

/* An answer belongs to what asked for it, and a listener waits for what comes in. */
static bool meets_direction(const struct expectation *rule, const struct expect_question *question)
{
	enum direction direction = question->sighting->direction;

	if (question->action == ACTION_OUTBOUND)
		direction = DIRECTION_OUT;
	return rule->directions >> direction & 1;
}

static bool meets_protocol(const struct expectation *rule, const struct expect_question *question)
{
	return rule->protocols >> question->sighting->protocol & 1;
}

static bool meets_port(const struct expectation *rule, const struct expect_question *question)
{
	const struct sighting *sighting = question->sighting;

	for (size_t i = 0; i < rule->port_count; i++)
		if (sighting->port >= rule->ports[i].first &&
		    sighting->port <= rule->ports[i].last &&
		    (rule->ports[i].protocols >> sighting->protocol & 1))
			return true;
	return false;
}

static bool meets_action(const struct expectation *rule, const struct expect_question *question)
{
	return rule->actions >> question->action & 1;
}

static bool meets_peer(const struct expectation *rule, const struct expect_question *question)
{
	return prefix_set_contains(&rule->peers, &sighting_peer(question->sighting)->addr);
}

static bool meets_interface(const struct expectation *rule, const struct expect_question *question)
{
	const char *name = question->sighting->interface;
	bool included = false, has_include = false;

	for (const char *item = rule->interfaces; *item; item += strlen(item) + 1) {
		if (*item == '!' && text_glob(item + 1, name))
			return false;
		has_include |= *item != '!';
		included |= *item != '!' && text_glob(item, name);
	}
	return included || !has_include;
}

static bool meets_user(const struct expectation *rule, const struct expect_question *question)
{
	const struct process *process = &question->sighting->process;

	return rule->has_uid ? process->uid == rule->uid :
			       util_streq(rule->texts[EXPECTATION_USER], process->user);
}

static bool meets_unit(const struct expectation *rule, const struct expect_question *question)
{
	const char *unit = question->sighting->process.unit;
	const char *pattern = rule->texts[EXPECTATION_UNIT];

	/* Users call their own units as they like: a pattern of the system's does not mean them. */
	if (strchr(unit, '/') && !strchr(pattern, '/'))
		return false;
	return *unit && text_glob(pattern, unit);
}

static bool meets_container(const struct expectation *rule, const struct expect_question *question)
{
	const char *container = question->sighting->process.container;

	return *container && text_glob(rule->texts[EXPECTATION_CONTAINER], container);
}

static bool meets_executable(const struct expectation *rule,
			     const struct expect_question *question)
{
	const struct process *process = &question->sighting->process;
	const struct expect_programs *programs = question->programs;
	const char *path = rule->texts[EXPECTATION_EXECUTABLE];
	bool is_container = rule->members & EXPECTATION_BIT(EXPECTATION_CONTAINER);

	/* A pattern means the files that are called so: then what is told has to be true. */
	if (!programs || strpbrk(path, TEXT_GLOB_WILD)) {
		if (!*process->executable || !text_glob(path, process->executable))
			return false;
		path = process->executable;
	}
	return !programs || programs->is_run(programs->argument, process, path, is_container);
}

static member_meets *const meets[] = {
	[EXPECTATION_DIRECTION] = meets_direction,
	[EXPECTATION_PROTOCOL] = meets_protocol,
	[EXPECTATION_PORT] = meets_port,
	[EXPECTATION_ACTION] = meets_action,
	[EXPECTATION_PEER] = meets_peer,
	[EXPECTATION_INTERFACE] = meets_interface,
	[EXPECTATION_USER] = meets_user,
	[EXPECTATION_UNIT] = meets_unit,
	[EXPECTATION_CONTAINER] = meets_container,
	[EXPECTATION_EXECUTABLE] = meets_executable,
};

enum expectation_member expect_find_failure(const struct expectation *rule,
					    const struct expect_question *question)
{
	unsigned int left = rule->members;

	if (rule->until_wall_ns && question->now_wall_ns >= rule->until_wall_ns)
		return EXPECTATION_UNTIL;
	for (; left; left &= left - 1) {
		enum expectation_member member = (enum expectation_member)__builtin_ctz(left);

		if (!(question->known & EXPECTATION_BIT(member)) || !meets[member](rule, question))
			return member;
	}
	return EXPECTATION_MEMBER_COUNT;
}
