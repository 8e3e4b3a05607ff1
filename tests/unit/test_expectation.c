/* SPDX-License-Identifier: GPL-2.0-only */
/* test_expectation.c - sections [expect "NAME"]: what is read, and what each fault is told as. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "../../user/base/clock.h"
#include "../../user/model/config.h"

static struct config config;
static char directory[64];
static char path[128];
static char faults[8192]; /* each on a line, the directory left out */

static void report(void *argument, const char *message)
{
	size_t used = strlen(faults);
	const char *rest;

	(void)argument;
	while ((rest = strstr(message, directory))) {
		used += (size_t)snprintf(faults + used, sizeof(faults) - used, "%.*s",
					 (int)(rest - message), message);
		message = rest + strlen(directory) + 1;
	}
	snprintf(faults + used, sizeof(faults) - used, "%s\n", message);
}

static int set_up(void **state)
{
	(void)state;
	config_init(&config);
	faults[0] = '\0';
	strcpy(directory, "/tmp/portsentinel-test.XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/c.conf", directory);
	return 0;
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	config_free(&config);
	snprintf(command, sizeof(command), "rm -rf '%s'", directory);
	return system(command);
}

static void write_file(const char *name, const char *text)
{
	char file_path[256];
	FILE *file;

	snprintf(file_path, sizeof(file_path), "%s/%s", directory, name);
	file = fopen(file_path, "w");
	assert_non_null(file);
	assert_int_equal(fputs(text, file) < 0, 0);
	fclose(file);
}

static int read_text(const char *text)
{
	config_free(&config);
	config_init(&config);
	faults[0] = '\0';
	write_file("c.conf", text);
	return config_read(&config, path, report, NULL);
}

static const struct expectation *take(const char *text)
{
	int r = read_text(text);

	assert_string_equal(faults, "");
	assert_int_equal(r, 0);
	assert_non_null(config.expectations);
	return config.expectations->rules;
}

static void refuse(const char *text, const char *expected)
{
	assert_int_equal(read_text(text), -EINVAL);
	assert_string_equal(faults, expected);
}

/* One rule with this line beside a port: refused with this reason. */
static void refuse_member(const char *line, const char *reason)
{
	char text[512], expected[1024];

	snprintf(text, sizeof(text), "[expect \"x\"]\n%s\n", line);
	snprintf(expected, sizeof(expected), "c.conf:2: %s\n", reason);
	refuse(text, expected);
}

static void a_rule_has_all_its_members(void **state)
{
	const struct expectation *rule;
	struct addr addr;

	(void)state;
	rule = take("[expect \"monitoring\"]\n"
		    "port = 3409/tcp, 6000-6003,\n"
		    "    53/udp\n"
		    "direction = in\n"
		    "peer = 10.0.0.0/8, fd00::/8\n"
		    "executable = /usr/sbin/zabbix_agentd\n"
		    "unit = zabbix-agent.service\n"
		    "user = zabbix\n"
		    "container = 0123*\n"
		    "interface = eth*, !eth3\n"
		    "protocol = tcp\n"
		    "action = connection, outbound\n"
		    "comment = asked for by Ada   # and a remark\n"
		    "until = 2026-12-01\n");
	assert_int_equal(config.expectations->count, 1);
	assert_string_equal(rule->name, "monitoring");
	assert_int_equal(rule->members, EXPECTATION_BIT(EXPECTATION_UNTIL) - 1);
	assert_int_equal(rule->port_count, 3);
	assert_int_equal(rule->ports[1].last, 6003);
	assert_int_equal(rule->ports[2].protocols, 1 << PROTOCOL_UDP);
	assert_int_equal(rule->directions, 1 << DIRECTION_IN);
	assert_int_equal(rule->protocols, 1 << PROTOCOL_TCP);
	addr_parse("10.1.2.3", &addr);
	assert_true(prefix_set_contains(&rule->peers, &addr));
	assert_memory_equal(rule->interfaces, "eth*\0!eth3\0", 12);
	assert_false(rule->has_uid);
	assert_string_equal(rule->texts[EXPECTATION_COMMENT], "asked for by Ada");
	assert_int_equal(rule->until_wall_ns, 1796169600ULL * CLOCK_NS_PER_SECOND);
}

static void a_user_may_be_a_number_and_an_end_a_time(void **state)
{
	const struct expectation *rule =
		take("[expect \"a\"]\nuser = 33\nuntil = 2026-12-01T07:00:00+01:00\n");

	(void)state;
	assert_true(rule->has_uid);
	assert_int_equal(rule->uid, 33);
	assert_int_equal(rule->until_wall_ns, 1796104800ULL * CLOCK_NS_PER_SECOND);
}

static void rules_of_all_files_are_one_list_among_other_sections(void **state)
{
	char name[256];

	(void)state;
	snprintf(name, sizeof(name), "%s.d", path);
	assert_int_equal(mkdir(name, 0700), 0);
	write_file("c.conf.d/1.conf", "[expect   \"c d\"]\nport = 3\n");
	take("[expect \"a\"]\nport = 1\n[sensor]\nxdp = off\n[expect \"b\"]\nport = 2\n");
	assert_int_equal(config.expectations->count, 3);
	assert_string_equal(config.expectations->rules[2].name, "c d");
	assert_int_equal(config.xdp, XDP_OFF);
}

static void a_section_s_faults_name_their_line(void **state)
{
	(void)state;
	refuse("[expect]\nport = 1\n",
	       "c.conf:1: [expect]: a name in quotes is missing: [expect \"NAME\"]\n");
	refuse("[expect a]\n", "c.conf:1: [expect a]: a name in quotes is missing: "
			       "[expect \"NAME\"]\n");
	refuse("[expect \"\"]\n", "c.conf:1: [expect \"\"]: a name in quotes is missing: "
				  "[expect \"NAME\"]\n");
	refuse("[expect \"a\"\"]\n", "c.conf:1: [expect \"a\"\"]: a name in quotes is missing: "
				     "[expect \"NAME\"]\n");
	refuse("[expected]\n", "c.conf:1: unknown section [expected]\n");
	refuse("[expect \"a\"]\n[alert]\nwindow = 5s\n",
	       "c.conf:1: [expect \"a\"] matches nothing: a port, a peer or the like is missing\n");
	refuse("[expect \"a\"]\ncomment = so\nuntil = 2026-12-01\n",
	       "c.conf:1: [expect \"a\"] matches nothing: a port, a peer or the like is missing\n");
}

static void a_name_is_given_once_in_all_files(void **state)
{
	char name[256];

	(void)state;
	snprintf(name, sizeof(name), "%s.d", path);
	assert_int_equal(mkdir(name, 0700), 0);
	write_file("c.conf.d/1.conf", "\n[expect \"b\"]\nport = 3\n");
	refuse("[expect \"b\"]\nport = 1\n[expect \"a\"]\nport = 2\n",
	       "c.conf.d/1.conf:2: duplicate section [expect \"b\"], first in c.conf:1\n");
}

static void an_unknown_or_duplicate_key_names_line_and_nearest(void **state)
{
	(void)state;
	refuse("[expect \"a\"]\nexecutabel = /x\n",
	       "c.conf:2: unknown key 'executabel' in [expect \"a\"], did you mean 'executable'?\n");
	refuse("[expect \"a\"]\nbanana = x\n", "c.conf:2: unknown key 'banana' in [expect \"a\"]\n");
	refuse("[expect \"a\"]\nport = 1\nport = 2\n",
	       "c.conf:3: duplicate key 'port', first set on line 2\n");
	refuse("[expect \"a\"]\nunit = a\n  b\n",
	       "c.conf:3: 'unit' takes one value, and is not continued on an indented line\n");
	take("[expect \"a\"]\nport = 1\n[expect \"b\"]\nport = 1\n");
}

static void a_bad_value_names_its_line_and_reason(void **state)
{
	(void)state;
	refuse_member("port = 0", "port: '0' is no port (1 to 65535), range or PORT/tcp, PORT/udp");
	refuse_member("port = 1,,2",
		      "port: '' is no port (1 to 65535), range or PORT/tcp, PORT/udp");
	refuse_member("direction = up", "direction: 'up' is none of in out");
	refuse_member("protocol = sctp", "protocol: 'sctp' is none of tcp udp");
	refuse_member("peer = 10.0.0.1/8",
		      "peer: '10.0.0.1/8' is no address or prefix, such as 10.0.0.0/8 or fd00::/8 "
		      "(host bits zero)");
	refuse_member("action = flood", "action: 'flood' is none of probe connection listener "
					"outbound backscatter transit");
	refuse_member("interface = auto", "interface: auto is no name: leave the member out");
	refuse_member("interface = a/b", "interface: 'a/b' is no interface name or pattern");
	refuse_member("executable = nc",
		      "executable: 'nc' is no full path: it would never match, */nc would");
	refuse_member("user = 99999999999", "user: '99999999999' is no user id");
	refuse_member("until = 2026-02-30",
		      "until: '2026-02-30' is no time, such as 2026-12-01 or 2026-12-01T06:00:00Z");
	refuse_member("unit =", "unit: a value is missing");
	refuse_member("unit = \xff", "unit: it holds a control character, or is no UTF-8");
}

static void a_copy_holds_the_rules_until_both_are_freed(void **state)
{
	struct config copy;

	(void)state;
	take("[expect \"a\"]\nport = 1\n");
	config_copy(&copy, &config);
	config_free(&config);
	assert_string_equal(copy.expectations->rules[0].name, "a");
	config_free(&copy);
	assert_null(copy.expectations);
}

static void blocks_inside_others_add_nothing(void **state)
{
	static const struct {
		const char *address;
		bool is_inside;
	} cases[] = {
		{ "10.0.0.0", true },	{ "10.255.255.255", true }, { "11.0.0.0", false },
		{ "9.255.255.255", false }, { "192.0.2.7", true },  { "192.0.2.8", false },
		{ "192.0.2.9", true },	{ "2001:db8::1", true },    { "2001:db9::1", false },
		{ "::1", true },	{ "::2", false },
	};
	struct prefix_set set = {};
	struct addr addr;
	char why[256];

	(void)state;
	assert_int_equal(prefix_set_parse(&set, "10.1.0.0/16, 2001:db8::/32, 10.0.0.0/8, 10.2.3.4, "
						"192.0.2.7, ::1, 192.0.2.9, 2001:db8:1::/48", why,
					  sizeof(why)), 0);
	assert_int_equal(set.count, 5);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(addr_parse(cases[i].address, &addr), 0);
		assert_int_equal(prefix_set_contains(&set, &addr), cases[i].is_inside);
	}
	prefix_set_free(&set);
	assert_int_equal(prefix_set_parse(&set, "::/0, 10.0.0.0/8", why, sizeof(why)), 0);
	addr_parse("10.0.0.1", &addr);
	assert_true(prefix_set_contains(&set, &addr));
	addr_parse("11.0.0.1", &addr);
	assert_false(prefix_set_contains(&set, &addr));
	prefix_set_free(&set);
}

#define FILE_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST(a_rule_has_all_its_members),
		FILE_TEST(a_user_may_be_a_number_and_an_end_a_time),
		FILE_TEST(rules_of_all_files_are_one_list_among_other_sections),
		FILE_TEST(a_section_s_faults_name_their_line),
		FILE_TEST(a_name_is_given_once_in_all_files),
		FILE_TEST(an_unknown_or_duplicate_key_names_line_and_nearest),
		FILE_TEST(a_bad_value_names_its_line_and_reason),
		FILE_TEST(a_copy_holds_the_rules_until_both_are_freed),
		cmocka_unit_test(blocks_inside_others_add_nothing),
	};

	return cmocka_run_group_tests_name("expectation", tests, NULL, NULL);
}
