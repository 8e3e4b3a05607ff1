// SPDX-License-Identifier: GPL-2.0-only
/* expect.c - the expectations in force, and which of them a described packet meets. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "../base/text.h"
#include "../daemon/expect_file.h"
#include "../daemon/rundir.h"
#include "../model/words.h"
#include "cmd.h"
#include "match.h"
#include "settings.h"
#include "value.h"

#define EXPECT_WHY_SIZE 256

/* Rules with their hits; the hits are NULL where no sensor runs. */
struct expect_list {
	struct expectations *rules; /* held; NULL: none */
	struct expect_hits *hits;
};

static void expect_list_free(struct expect_list *list)
{
	expectations_release(list->rules);
	free(list->hits);
}
#define _cleanup_list_ __attribute__((cleanup(expect_list_free)))

/* The rules of the configuration's files. Returns an enum outcome. */
static int expect_read_config(const struct call *call, struct expect_list *list)
{
	_cleanup_free_ struct config *config = calloc(1, sizeof(*config));
	int r;

	if (!config)
		return failure_failed("out of memory");
	r = settings_read(call, config);
	if (r == 0)
		list->rules = expectations_hold(config->expectations);
	config_free(config);
	return r == 0 ? OUTCOME_DONE : OUTCOME_MISUSED;
}

/* The running sensor's rules, else the configuration's. Returns an enum outcome. */
static int expect_read(const struct call *call, struct expect_list *list)
{
	pid_t pid = rundir_holder(call->instance);
	int r = pid ? expect_file_read(call->instance, pid, &list->rules, &list->hits) : -ENOENT;

	if (r == -ENOENT)
		return expect_read_config(call, list);
	if (r == 0)
		return OUTCOME_DONE;
	log_error(r, "read the expectations of instance %s", call->instance);
	return OUTCOME_FAILED;
}

/* Those that have to match: {"port": "3409/tcp", ...} */
static json_t *expect_members(const struct expectation *rule)
{
	json_t *members = json_object();

	for (enum expectation_member member = 0; member < EXPECTATION_MEMBER_COUNT; member++)
		if ((rule->members & EXPECTATION_BIT(member)) &&
		    json_object_set_new(members, expectation_member_word(member),
					value_text(rule->texts[member]))) {
			json_decref(members);
			return NULL;
		}
	return members;
}

static bool expect_is_expired(const struct expectation *rule)
{
	return rule->until_wall_ns && clock_wall_ns() >= rule->until_wall_ns;
}

static json_t *expect_row(const struct expectation *rule, const struct expect_hits *hits)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:b, s:I, s:o}",
			 "name", value_text(rule->name),
			 "members", expect_members(rule),
			 "comment", value_text(rule->texts[EXPECTATION_COMMENT]),
			 "until", value_text(rule->texts[EXPECTATION_UNTIL]),
			 "expired", expect_is_expired(rule),
			 "hits", (json_int_t)(hits ? hits->count : 0),
			 "last_hit", value_time(hits ? hits->last_wall_ns : 0));
}

int cmd_expect_show(const struct call *call, json_t **ret_value)
{
	_cleanup_list_ struct expect_list list = {};
	int outcome = expect_read(call, &list);
	json_t *rows;

	if (outcome != OUTCOME_DONE)
		return outcome;
	rows = json_array();
	for (size_t i = 0; list.rules && i < list.rules->count; i++)
		rows = value_append(rows, expect_row(&list.rules->rules[i],
						     list.hits ? &list.hits[i] : NULL));
	return cmd_give(json_pack("{s:o}", "expectations", rows), ret_value);
}

/* What the words describe. */
struct expect_test {
	struct sighting sighting;
	struct expect_question question;
};

static bool take_text(char *out, size_t size, const char *value)
{
	return *value && (size_t)snprintf(out, size, "%s", value) < size;
}

/* "3409/tcp"; a bare number leaves the protocol open. */
static bool take_port(struct expect_test *test, const char *value)
{
	struct port_range range;

	if (port_range_parse(value, &range) < 0 || range.first != range.last)
		return false;
	test->sighting.port = range.first;
	if (range.protocols == PORT_SET_ALL)
		return true;
	test->sighting.protocol = range.protocols >> 1;
	test->question.known |= EXPECTATION_BIT(EXPECTATION_PROTOCOL);
	return true;
}

static bool take_protocol(struct expect_test *test, const char *value)
{
	int found = words_find_protocol(value);

	test->sighting.protocol = (enum protocol)found;
	return found >= 0;
}

static bool take_direction(struct expect_test *test, const char *value)
{
	int found = words_find_direction(value);

	test->sighting.direction = (enum direction)found;
	return found >= 0;
}

static bool take_action(struct expect_test *test, const char *value)
{
	int found = alert_find_action(value);

	test->question.action = (enum action)found;
	return found >= 0;
}

/* At both ends, whichever the peer's will be. */
static bool take_peer(struct expect_test *test, const char *value)
{
	if (addr_parse(value, &test->sighting.source.addr) < 0)
		return false;
	test->sighting.destination.addr = test->sighting.source.addr;
	return true;
}

static bool take_interface(struct expect_test *test, const char *value)
{
	return take_text(test->sighting.interface, sizeof(test->sighting.interface), value);
}

/* A number is a user id, all else a name. */
static bool take_user(struct expect_test *test, const char *value)
{
	struct process *process = &test->sighting.process;
	uint64_t uid = UINT32_MAX;
	bool is_number = text_parse_number(value, 0, UINT32_MAX - 1, &uid) == 0;

	process->uid = (uid_t)uid;
	return is_number || take_text(process->user, sizeof(process->user), value);
}

static bool take_unit(struct expect_test *test, const char *value)
{
	return take_text(test->sighting.process.unit, PROCESS_UNIT_SIZE, value);
}

static bool take_container(struct expect_test *test, const char *value)
{
	return take_text(test->sighting.process.container, PROCESS_CONTAINER_SIZE, value);
}

static bool take_executable(struct expect_test *test, const char *value)
{
	return take_text(test->sighting.process.executable, PROCESS_PATH_SIZE, value);
}

static bool (*const takers[])(struct expect_test *test, const char *value) = {
	[EXPECTATION_DIRECTION] = take_direction, [EXPECTATION_PROTOCOL] = take_protocol,
	[EXPECTATION_PORT] = take_port,		  [EXPECTATION_ACTION] = take_action,
	[EXPECTATION_PEER] = take_peer,		  [EXPECTATION_INTERFACE] = take_interface,
	[EXPECTATION_USER] = take_user,		  [EXPECTATION_UNIT] = take_unit,
	[EXPECTATION_CONTAINER] = take_container, [EXPECTATION_EXECUTABLE] = take_executable,
};

/* A member by its word, which may be shortened; -EINVAL: none, said already. */
static int test_find_member(const char *word)
{
	const char *words[ARRAY_SIZE(takers)];
	char text[MATCH_TEXT_SIZE];
	int found;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		words[i] = expectation_member_word(i);
	found = match_word(word, words, ARRAY_SIZE(words));
	if (found >= 0)
		return found;
	failure_misused("expect test: %s",
			match_explain("argument", word, words, ARRAY_SIZE(words), text));
	return -EINVAL;
}

static int test_take(struct expect_test *test, const char *word, const char *value)
{
	int member = test_find_member(word);

	if (member < 0)
		return OUTCOME_MISUSED;
	word = expectation_member_word((enum expectation_member)member);
	if (!value)
		return failure_misused("expect test: '%s' needs a value", word);
	if (!takers[member](test, value))
		return failure_misused("expect test: %s: bad value '%s'", word, value);
	test->question.known |= EXPECTATION_BIT(member);
	return OUTCOME_DONE;
}

/* There is no process to ask: the path that is described is taken to be what one executes. */
static bool test_is_run(void *argument, const struct process *process, const char *path,
			bool is_container)
{
	struct stat wanted, told;

	(void)argument;
	if (util_streq(path, process->executable))
		return true;
	return !is_container && stat(path, &wanted) == 0 &&
	       stat(process->executable, &told) == 0 && wanted.st_dev == told.st_dev &&
	       wanted.st_ino == told.st_ino;
}

static int test_read(const struct call *call, struct expect_test *test)
{
	static const struct expect_programs programs = { .is_run = test_is_run };
	int outcome = OUTCOME_DONE;

	if (call->word_count == 0)
		return failure_misused("expect test: what traffic? (port 3409/tcp peer 10.0.0.1 ...)");
	test->question.programs = &programs;
	test->question.sighting = &test->sighting;
	test->question.now_wall_ns = clock_wall_ns();
	for (size_t i = 0; i < call->word_count && outcome == OUTCOME_DONE; i += 2)
		outcome = test_take(test, call->words[i],
				    i + 1 < call->word_count ? call->words[i + 1] : NULL);
	/* Without a word on either, a question that comes in. */
	if (!(test->question.known & EXPECTATION_BIT(EXPECTATION_ACTION)))
		test->question.action = ACTION_PROBE;
	return outcome;
}

/* Why the rule is not met; NULL: it is. */
static json_t *test_explain(const struct expectation *rule, const struct expect_question *question)
{
	enum expectation_member failed = expect_find_failure(rule, question);
	char why[EXPECT_WHY_SIZE];
	bool is_known;

	if (failed == EXPECTATION_MEMBER_COUNT)
		return json_null();
	is_known = question->known & EXPECTATION_BIT(failed);
	snprintf(why, sizeof(why), "%s = %.160s%s", expectation_member_word(failed),
		 rule->texts[failed],
		 failed == EXPECTATION_UNTIL ? ": is past" :
		 is_known		     ? ": is another" :
					       ": is not told");
	return value_text(why);
}

static json_t *test_rows(const struct expectations *rules, const struct expect_question *question,
			 const char **ret_first)
{
	json_t *rows = json_array();

	for (size_t i = 0; rules && i < rules->count; i++) {
		json_t *why = test_explain(&rules->rules[i], question);
		bool is_met = json_is_null(why);

		if (is_met && !*ret_first)
			*ret_first = rules->rules[i].name;
		rows = value_append(rows, json_pack("{s:s, s:b, s:o}", "name",
						    rules->rules[i].name, "met", is_met,
						    "why_not", why));
	}
	return rows;
}

int cmd_expect_test(const struct call *call, json_t **ret_value)
{
	_cleanup_list_ struct expect_list list = {};
	struct expect_test test = {};
	const char *first = NULL;
	int outcome = test_read(call, &test);
	json_t *rows, *value;

	/* A file that is named is tried before it is in force. */
	if (outcome == OUTCOME_DONE)
		outcome = call->config_path ? expect_read_config(call, &list) :
					      expect_read(call, &list);
	if (outcome != OUTCOME_DONE)
		return outcome;
	rows = test_rows(list.rules, &test.question, &first);
	value = json_pack("{s:b, s:s?, s:o}", "expected", first != NULL, "rule", first, "rules",
			  rows);
	if (cmd_give(value, ret_value) != OUTCOME_DONE || first)
		return value ? OUTCOME_DONE : OUTCOME_FAILED;
	/* The answer no is an exit status, and an answer all the same. */
	if (call->format == OUT_PLAIN)
		failure_of_output(out_print(call->format, json_incref(value)));
	return OUTCOME_FAILED;
}
