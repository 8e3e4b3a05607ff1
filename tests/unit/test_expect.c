// SPDX-License-Identifier: GPL-2.0-only
/* test_expect.c - which rule a sighting meets, and that the index changes nothing but the time. */
#include <endian.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <cmocka.h>

#include "../../user/base/util.h"
#include "../../user/judge/expect.h"

#define NOW 1000

static struct expectations *rules;
static struct expects *expects;

static int tear_down(void **state)
{
	(void)state;
	expects_free(expects);
	expectations_release(rules);
	expects = NULL;
	rules = NULL;
	return 0;
}

static struct expectation *add_rule(const char *name)
{
	struct expectation *rule = expectations_add(&rules, name, "x:1");

	assert_non_null(rule);
	return rule;
}

static void set(struct expectation *rule, enum expectation_member member, const char *value)
{
	char why[512] = "";

	expectation_set(rule, member, value, why, sizeof(why));
	assert_string_equal(why, "");
}

static void add(const char *name, enum expectation_member member, const char *value)
{
	set(add_rule(name), member, value);
}

static void build(void)
{
	assert_int_equal(expects_new(&expects, rules, NULL), 0);
}

/* In, to port 3409/tcp of this host, from 10.0.0.7, to nc of www-data. */
static struct sighting make_sighting(void)
{
	static const struct packet_event event;
	struct sighting sighting = {
		.event = &event,
		.interface = "eth0",
		.direction = DIRECTION_IN,
		.role = ROLE_TO,
		.port = 3409,
		.process = {
			.pid = 7,
			.uid = 33,
			.executable = "/usr/bin/nc",
			.user = "www-data",
			.unit = "nc.service",
			.container = "0123abcd",
		},
	};

	addr_parse("10.0.0.7", &sighting.source.addr);
	addr_parse("192.0.2.1", &sighting.destination.addr);
	return sighting;
}

static const char *judge(const struct sighting *sighting, enum action action)
{
	const struct expectation *rule = expect_judge(expects, sighting, action, NOW);

	return rule ? rule->name : "";
}

/* A rule of this member alone is met by the sighting or is not. */
static void check_member(enum expectation_member member, const char *value, bool is_met)
{
	struct sighting sighting = make_sighting();

	add("a", member, value);
	build();
	assert_string_equal(judge(&sighting, ACTION_CONNECTION), is_met ? "a" : "");
	tear_down(NULL);
}

static void a_users_unit_is_none_of_the_systems(void **state)
{
	static const struct {
		const char *pattern;
		bool is_met;
	} cases[] = {
		{ "nc.service", false },
		{ "*nc.service", false },
		{ "*", false },
		{ "user@*", false },
		{ "user@1000.service/nc.service", true },
		{ "user@*/nc.service", true },
		{ "user@1001.service/nc.service", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sighting sighting = make_sighting();

		strcpy(sighting.process.unit, "user@1000.service/nc.service");
		add("a", EXPECTATION_UNIT, cases[i].pattern);
		build();
		assert_string_equal(judge(&sighting, ACTION_CONNECTION),
				    cases[i].is_met ? "a" : "");
		tear_down(NULL);
	}
}

static void each_member_matches_what_it_says(void **state)
{
	static const struct {
		enum expectation_member member;
		const char *value;
		bool is_met;
	} cases[] = {
		{ EXPECTATION_PORT, "3409", true },
		{ EXPECTATION_PORT, "3409/udp", false },
		{ EXPECTATION_PORT, "1-3408, 3410-65535", false },
		{ EXPECTATION_PORT, "1-65535", true },
		{ EXPECTATION_PROTOCOL, "tcp", true },
		{ EXPECTATION_PROTOCOL, "udp", false },
		{ EXPECTATION_DIRECTION, "in", true },
		{ EXPECTATION_DIRECTION, "out", false },
		{ EXPECTATION_DIRECTION, "out, in", true },
		{ EXPECTATION_ACTION, "probe, connection", true },
		{ EXPECTATION_ACTION, "probe", false },
		{ EXPECTATION_PEER, "fd00::/8, 10.0.0.0/8", true },
		{ EXPECTATION_PEER, "10.0.0.7", true },
		{ EXPECTATION_PEER, "10.0.0.8/29, 192.0.2.1", false },
		{ EXPECTATION_PEER, "0.0.0.0/0", true },
		{ EXPECTATION_PEER, "::/0", false },
		{ EXPECTATION_INTERFACE, "eth*", true },
		{ EXPECTATION_INTERFACE, "eth*, !eth0", false },
		{ EXPECTATION_INTERFACE, "!lo", true },
		{ EXPECTATION_INTERFACE, "wan", false },
		{ EXPECTATION_USER, "33", true },
		{ EXPECTATION_USER, "0", false },
		{ EXPECTATION_USER, "www-data", true },
		{ EXPECTATION_USER, "www", false },
		{ EXPECTATION_UNIT, "nc.service", true },
		{ EXPECTATION_UNIT, "nc*", true },
		{ EXPECTATION_UNIT, "ncat.service", false },
		{ EXPECTATION_CONTAINER, "0123*", true },
		{ EXPECTATION_CONTAINER, "0123", false },
		{ EXPECTATION_EXECUTABLE, "/usr/bin/nc", true },
		{ EXPECTATION_EXECUTABLE, "*/nc", true },
		{ EXPECTATION_EXECUTABLE, "/bin/nc", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_member(cases[i].member, cases[i].value, cases[i].is_met);
}

static void all_members_must_match(void **state)
{
	struct sighting sighting = make_sighting();
	struct expectation *rule = add_rule("a");

	(void)state;
	set(rule, EXPECTATION_PORT, "3409/tcp");
	set(rule, EXPECTATION_PEER, "10.0.0.0/8");
	set(rule, EXPECTATION_EXECUTABLE, "/usr/bin/nc");
	build();
	assert_string_equal(judge(&sighting, ACTION_CONNECTION), "a");
	sighting.port = 3410;
	assert_string_equal(judge(&sighting, ACTION_CONNECTION), "");
	sighting.port = 3409;
	addr_parse("11.0.0.7", &sighting.source.addr);
	assert_string_equal(judge(&sighting, ACTION_CONNECTION), "");
	addr_parse("10.0.0.7", &sighting.source.addr);
	strcpy(sighting.process.executable, "/usr/bin/ncat");
	assert_string_equal(judge(&sighting, ACTION_CONNECTION), "");
}

static void a_process_that_is_not_known_meets_no_rule_about_one(void **state)
{
	struct sighting sighting = make_sighting();

	(void)state;
	add("a", EXPECTATION_USER, "0");
	add("b", EXPECTATION_EXECUTABLE, "*");
	add("c", EXPECTATION_UNIT, "*");
	build();
	memset(&sighting.process, 0, sizeof(sighting.process));
	assert_string_equal(judge(&sighting, ACTION_CONNECTION), "");
	strcpy(sighting.process.executable, "/x"); /* outside the pid namespace, and root's */
	assert_string_equal(judge(&sighting, ACTION_CONNECTION), "a");
}

/* What a rule asks of a program, and the answer. */
static struct {
	char path[64];
	bool is_container;
	bool answer;
	size_t asked;
} programs_asked;

static bool programs_answer(void *argument, const struct process *process, const char *path,
			    bool is_container)
{
	(void)argument;
	assert_int_equal(process->pid, 7);
	snprintf(programs_asked.path, sizeof(programs_asked.path), "%s", path);
	programs_asked.is_container = is_container;
	programs_asked.asked++;
	return programs_asked.answer;
}

static void an_executable_is_the_file_at_its_path(void **state)
{
	static const struct expect_programs programs = { .is_run = programs_answer };
	static const struct {
		const char *path;
		const char *container;
		const char *asked; /* NULL: it is not */
	} cases[] = {
		{ "/usr/bin/nc", NULL, "/usr/bin/nc" },
		{ "/usr/bin/netcat", NULL, "/usr/bin/netcat" }, /* it may be a link to it */
		{ "/usr/bin/*", NULL, "/usr/bin/nc" },
		{ "/usr/sbin/*", NULL, NULL },
		{ "/usr/bin/nc", "0123*", "/usr/bin/nc" },
		{ "/usr/bin/nc", "4567*", NULL },
	};
	const struct sighting sighting = make_sighting();

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(cases); i++) {
		struct expectation *rule = add_rule("a");
		const char *asked = cases[i / 2].asked;

		set(rule, EXPECTATION_EXECUTABLE, cases[i / 2].path);
		if (cases[i / 2].container)
			set(rule, EXPECTATION_CONTAINER, cases[i / 2].container);
		build();
		expects_set_programs(expects, &programs);
		memset(&programs_asked, 0, sizeof(programs_asked));
		programs_asked.answer = i % 2;
		assert_string_equal(judge(&sighting, ACTION_CONNECTION),
				    asked && programs_asked.answer ? "a" : "");
		assert_int_equal(programs_asked.asked, asked ? 1 : 0);
		assert_string_equal(programs_asked.path, asked ? asked : "");
		assert_int_equal(programs_asked.is_container, asked && cases[i / 2].container);
		tear_down(NULL);
	}
}

static void the_first_of_those_that_are_met_counts(void **state)
{
	struct sighting sighting = make_sighting();

	(void)state;
	add("other", EXPECTATION_PORT, "3410");
	add("wide", EXPECTATION_PORT, "1-65535");
	add("port", EXPECTATION_PORT, "3409");
	add("peer", EXPECTATION_PEER, "10.0.0.7");
	build();
	assert_string_equal(judge(&sighting, ACTION_PROBE), "wide");
	assert_string_equal(judge(&sighting, ACTION_PROBE), "wide");
	assert_int_equal(expects_hits(expects, 1)->count, 2);
	assert_int_equal(expects_hits(expects, 1)->last_wall_ns, NOW);
	assert_int_equal(expects_hits(expects, 3)->count, 0);
	assert_int_equal(expects_hits_total(expects), 2);
}

static void past_its_end_a_rule_is_not_in_force(void **state)
{
	struct sighting sighting = make_sighting();
	struct expectation *rule = add_rule("a");
	uint64_t end_ns;

	(void)state;
	set(rule, EXPECTATION_PORT, "3409");
	set(rule, EXPECTATION_UNTIL, "2026-12-01");
	end_ns = rule->until_wall_ns;
	build();
	assert_non_null(expect_judge(expects, &sighting, ACTION_PROBE, end_ns - 1));
	assert_null(expect_judge(expects, &sighting, ACTION_PROBE, end_ns));
}

static void an_answer_has_the_direction_of_its_question(void **state)
{
	struct sighting sighting = make_sighting();
	struct expectation *rule = add_rule("a");

	(void)state;
	set(rule, EXPECTATION_DIRECTION, "out");
	set(rule, EXPECTATION_PEER, "10.0.0.7");
	build();
	sighting.role = ROLE_FROM;
	assert_string_equal(judge(&sighting, ACTION_OUTBOUND), "a");
	assert_string_equal(judge(&sighting, ACTION_BACKSCATTER), "");
}

static void a_listener_has_no_peer(void **state)
{
	struct sighting sighting = make_sighting();

	(void)state;
	add("peer", EXPECTATION_PEER, "0.0.0.0/0, ::/0");
	add("process", EXPECTATION_EXECUTABLE, "/usr/bin/nc");
	build();
	sighting.event = NULL;
	assert_string_equal(judge(&sighting, ACTION_LISTENER), "process");
}

static void hits_go_on_under_the_same_name_after_a_reload(void **state)
{
	struct sighting sighting = make_sighting();
	struct expects *fresh;

	(void)state;
	add("b", EXPECTATION_PORT, "1");
	add("a", EXPECTATION_PORT, "3409");
	build();
	judge(&sighting, ACTION_PROBE);
	expectations_release(rules);
	rules = NULL;
	add("a", EXPECTATION_PORT, "3409");
	add("c", EXPECTATION_PORT, "3409");
	assert_int_equal(expects_new(&fresh, rules, expects), 0);
	assert_int_equal(expects_hits(fresh, 0)->count, 1);
	assert_int_equal(expects_hits(fresh, 1)->count, 0);
	expects_free(fresh);
	assert_int_equal(expects_new(&fresh, NULL, expects), 0);
	assert_null(expect_judge(fresh, &sighting, ACTION_PROBE, NOW));
	expects_free(fresh);
}

/* A cheap source of chance that is the same every time. */
static uint32_t chance(uint32_t below)
{
	static uint64_t state = 88172645463325252ULL;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32) % below;
}

/* Ten prefixes of many lengths, some of which hold others. */
static void set_random_peers(struct expectation *rule)
{
	char list[512] = "";

	for (size_t i = 0; i < 10; i++) {
		unsigned int bits = 16 + chance(17);
		uint32_t address = (10U << 24 | chance(1 << 24)) & ~0U << (32 - bits);
		size_t used = strlen(list);

		snprintf(list + used, sizeof(list) - used, "%s%u.%u.%u.%u/%u", i ? ", " : "",
			 address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255,
			 bits);
	}
	set(rule, EXPECTATION_PEER, list);
}

static void set_random_text(struct expectation *rule, enum expectation_member member,
			    const char *format, uint32_t below)
{
	char text[64];

	snprintf(text, sizeof(text), format, chance(below));
	set(rule, member, text);
}

static void add_random_rule(size_t number)
{
	char name[32];
	bool has_peers = chance(10);
	struct expectation *rule;

	snprintf(name, sizeof(name), "r%zu", number);
	rule = add_rule(name);
	set(rule, EXPECTATION_DIRECTION, "in");
	if (has_peers)
		set_random_peers(rule);
	if (chance(3))
		set_random_text(rule, EXPECTATION_PORT, "34%02u/tcp", 50);
	if (!has_peers || chance(2))
		set_random_text(rule, EXPECTATION_EXECUTABLE, "/usr/bin/tool%u", 2000);
	if (!chance(3))
		set_random_text(rule, EXPECTATION_UNIT, "unit%u.service", 300);
	if (!chance(20))
		set_random_text(rule, EXPECTATION_USER, "%u", 5);
}

static struct sighting random_sighting(void)
{
	struct sighting sighting = make_sighting();
	uint32_t address = htobe32(10U << 24 | chance(1 << 24));

	sighting.source.addr = addr_from_ipv4(&address);
	sighting.port = (uint16_t)(3400 + chance(50));
	sighting.process.uid = chance(5);
	snprintf(sighting.process.executable, PROCESS_PATH_SIZE, "/usr/bin/tool%u", chance(2000));
	snprintf(sighting.process.unit, PROCESS_UNIT_SIZE, "unit%u.service", chance(300));
	return sighting;
}

/* The first rule that is met, found without the index. */
static const struct expectation *search(const struct sighting *sighting)
{
	struct expect_question question = { sighting, ACTION_PROBE, ~0U, NOW, NULL };

	for (size_t i = 0; i < rules->count; i++)
		if (expect_find_failure(&rules->rules[i], &question) == EXPECTATION_MEMBER_COUNT)
			return &rules->rules[i];
	return NULL;
}

static void the_index_finds_what_a_search_finds(void **state)
{
	size_t found = 0;

	(void)state;
	for (size_t i = 0; i < 2000; i++)
		add_random_rule(i);
	build();
	for (size_t i = 0; i < 5000; i++) {
		struct sighting sighting = random_sighting();
		const struct expectation *wanted = search(&sighting);

		found += wanted != NULL;
		assert_ptr_equal(expect_judge(expects, &sighting, ACTION_PROBE, NOW), wanted);
	}
	assert_in_range(found, 100, 4900);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
}

/* Prints what it costs, and only asks that the answers are right. */
static void ten_thousand_rules_with_a_hundred_thousand_prefixes(void **state)
{
	static struct sighting sightings[200];
	uint64_t start;
	size_t prefixes = 0, found = 0;

	(void)state;
	for (size_t i = 0; i < 10000; i++) {
		struct expectation *rule = add_rule("r");

		set(rule, EXPECTATION_PORT, "3409/tcp");
		set_random_peers(rule);
		set(rule, EXPECTATION_EXECUTABLE, i % 2 ? "/usr/bin/nc" : "/usr/bin/no");
		prefixes += rule->peers.count;
	}
	start = now_ns();
	build();
	print_message("%zu prefixes indexed in %llu us\n", prefixes,
		      (unsigned long long)(now_ns() - start) / 1000);
	for (size_t i = 0; i < ARRAY_SIZE(sightings); i++) {
		sightings[i] = random_sighting();
		sightings[i].port = 3409;
	}
	start = now_ns();
	for (size_t i = 0; i < 100 * ARRAY_SIZE(sightings); i++)
		found += expect_judge(expects, &sightings[i % ARRAY_SIZE(sightings)],
				      ACTION_PROBE, NOW) != NULL;
	print_message("%llu ns a decision\n",
		      (unsigned long long)(now_ns() - start) / (100 * ARRAY_SIZE(sightings)));
	assert_int_equal(found, 0); /* their executables are others */
	strcpy(sightings[0].process.executable, "/usr/bin/nc");
	assert_ptr_equal(expect_judge(expects, &sightings[0], ACTION_PROBE, NOW),
			 search(&sightings[0]));
}

#define TEST(test) cmocka_unit_test_teardown(test, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_member_matches_what_it_says),
		TEST(a_users_unit_is_none_of_the_systems),
		TEST(all_members_must_match),
		TEST(a_process_that_is_not_known_meets_no_rule_about_one),
		TEST(an_executable_is_the_file_at_its_path),
		TEST(the_first_of_those_that_are_met_counts),
		TEST(past_its_end_a_rule_is_not_in_force),
		TEST(an_answer_has_the_direction_of_its_question),
		TEST(a_listener_has_no_peer),
		TEST(hits_go_on_under_the_same_name_after_a_reload),
		TEST(the_index_finds_what_a_search_finds),
		TEST(ten_thousand_rules_with_a_hundred_thousand_prefixes),
	};

	return cmocka_run_group_tests_name("expect", tests, NULL, NULL);
}
