// SPDX-License-Identifier: GPL-2.0-only
/* expect_file.c - the rules as texts by member, from and to JSON. */
#include "expect_file.h"

#include <errno.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "../base/util.h"
#include "rundir.h"

#define REST_TIMES 100 /* as long as a write took */
#define WHY_SIZE 1024

static json_t *rule_to_json(const struct expectation *rule, const struct expect_hits *hits)
{
	json_t *members = json_object();

	for (enum expectation_member member = 0; member < EXPECTATION_MEMBER_COUNT; member++)
		if (rule->texts[member] &&
		    json_object_set_new(members, expectation_member_word(member),
					json_string(rule->texts[member]))) {
			json_decref(members);
			return NULL;
		}
	return json_pack("{s:s, s:s, s:o, s:I, s:I}", "name", rule->name, "where", rule->where,
			 "members", members, "hits", (json_int_t)hits->count, "last_ns",
			 (json_int_t)hits->last_wall_ns);
}

static json_t *rules_to_json(const struct expects *expects)
{
	const struct expectations *rules = expects_rules(expects);
	json_t *list = json_array();

	for (size_t i = 0; rules && i < rules->count; i++)
		if (json_array_append_new(list, rule_to_json(&rules->rules[i],
							     expects_hits(expects, i)))) {
			json_decref(list);
			return NULL;
		}
	return json_pack("{s:i, s:o}", "pid", (int)getpid(), "rules", list);
}

void expect_file_write(struct expect_file *file, const char *instance,
		       const struct expects *expects)
{
	uint64_t start_ns = clock_boot_ns(), end_ns;
	json_t *value = rules_to_json(expects);
	int r = value ? rundir_write_expectations(instance, value) : -ENOMEM;

	json_decref(value);
	end_ns = clock_boot_ns();
	if (r < 0)
		log_error(r, "write the expectations in force, ignoring");
	file->total = expects_hits_total(expects);
	file->rest_until_ns = end_ns + REST_TIMES * (end_ns - start_ns);
}

void expect_file_refresh(struct expect_file *file, const char *instance,
			 const struct expects *expects)
{
	if (expects_hits_total(expects) != file->total && clock_boot_ns() >= file->rest_until_ns)
		expect_file_write(file, instance, expects);
}

static int rule_from_json(json_t *value, struct expectations **rules)
{
	const char *name = json_string_value(json_object_get(value, "name"));
	const char *where = json_string_value(json_object_get(value, "where"));
	struct expectation *rule;
	char why[WHY_SIZE];
	const char *word;
	json_t *text;
	int member;

	if (!name || !where)
		return -EINVAL;
	rule = expectations_add(rules, name, where);
	if (!rule)
		return -ENOMEM;
	json_object_foreach(json_object_get(value, "members"), word, text) {
		member = expectation_find_member(word);
		if (member < 0 || !json_is_string(text) ||
		    expectation_set(rule, (enum expectation_member)member,
				    json_string_value(text), why, sizeof(why)) < 0)
			return -EINVAL;
	}
	return 0;
}

static int rules_from_json(json_t *list, struct expectations **rules, struct expect_hits *hits)
{
	json_t *value;
	size_t i;
	int r;

	json_array_foreach(list, i, value) {
		r = rule_from_json(value, rules);
		if (r < 0)
			return r;
		hits[i].count = (uint64_t)json_integer_value(json_object_get(value, "hits"));
		hits[i].last_wall_ns =
			(uint64_t)json_integer_value(json_object_get(value, "last_ns"));
	}
	return 0;
}

int expect_file_read(const char *instance, pid_t pid, struct expectations **ret_rules,
		     struct expect_hits **ret_hits)
{
	_cleanup_free_ struct expect_hits *hits = NULL;
	json_t *value = rundir_read_expectations(instance);
	json_t *list = json_object_get(value, "rules");
	struct expectations *rules = NULL;
	int r = -ENOENT;

	if (json_integer_value(json_object_get(value, "pid")) == pid) {
		hits = calloc(json_array_size(list) + 1, sizeof(*hits));
		r = hits ? rules_from_json(list, &rules, hits) : -ENOMEM;
	}
	json_decref(value);
	if (r < 0) {
		expectations_release(rules);
		return r;
	}
	*ret_rules = rules;
	*ret_hits = TAKE(hits);
	return 0;
}
