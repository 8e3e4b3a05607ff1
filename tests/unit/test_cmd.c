// SPDX-License-Identifier: GPL-2.0-only
/* test_cmd.c - words that may be shortened, and keyword arguments. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../bpf/abi.h"
#include "../../user/base/util.h"
#include "../../user/cli/arguments.h"
#include "../../user/cli/match.h"

static const char *const words[] = { "run", "status", "port", "counter", "peer", "portal" };

static int match(const char *word)
{
	return match_word(word, words, ARRAY_SIZE(words));
}

static void explain(const char *word, const char *wanted)
{
	char text[MATCH_TEXT_SIZE];

	assert_string_equal(match_explain("object", word, words, ARRAY_SIZE(words), text), wanted);
}

static void a_prefix_of_one_word_is_that_word(void **state)
{
	(void)state;
	assert_int_equal(match("cou"), 3);
	assert_int_equal(match("counter"), 3);
	assert_int_equal(match("pe"), 4);
	assert_int_equal(match("porta"), 5);
}

static void a_whole_word_wins_over_a_longer_one(void **state)
{
	(void)state;
	assert_int_equal(match("port"), 2);
	assert_int_equal(match("por"), -ENOTUNIQ);
}

static void what_begins_nothing_is_nothing(void **state)
{
	(void)state;
	assert_int_equal(match("p"), -ENOTUNIQ);
	assert_int_equal(match("counters"), -ENOENT);
	assert_int_equal(match("Counter"), -ENOENT);
	assert_int_equal(match(""), -ENOENT);
}

static void a_refusal_helps_on(void **state)
{
	(void)state;
	explain("p", "ambiguous object 'p': port, peer, portal");
	explain("cuonter", "unknown object 'cuonter', did you mean 'counter'?");
	explain("zzzzzz", "unknown object 'zzzzzz', known: run, status, port, counter, peer, portal");
}

static void a_refusal_of_a_long_word_fits(void **state)
{
	char text[MATCH_TEXT_SIZE];
	char word[4096];

	(void)state;
	memset(word, 'x', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	match_explain("object", word, words, ARRAY_SIZE(words), text);
	assert_true(strlen(text) < 200);
}

#define ALL (ARGUMENT_PORT | ARGUMENT_INTERFACE | ARGUMENT_DIRECTION | ARGUMENT_PROTOCOL | \
	     ARGUMENT_LIMIT | ARGUMENT_INTERVAL | ARGUMENT_COUNT)

static void keywords_are_read(void **state)
{
	static const char *const given[] = { "port",	 "3409", "interface", "eth0", "dir",
					     "out",	 "pr",	 "udp",	      "limit", "5",
					     "interval", "2s",	 "count",     "7" };
	struct arguments arguments;
	char why[256];

	(void)state;
	assert_int_equal(arguments_parse(given, 6, ALL, &arguments, why, sizeof(why)), 0);
	assert_int_equal(arguments.given, ARGUMENT_PORT | ARGUMENT_INTERFACE | ARGUMENT_DIRECTION);
	assert_int_equal(arguments_parse(given, ARRAY_SIZE(given), ALL, &arguments, why,
					 sizeof(why)), 0);
	assert_int_equal(arguments.given, ALL);
	assert_int_equal(arguments.port, 3409);
	assert_string_equal(arguments.interface, "eth0");
	assert_int_equal(arguments.direction, DIRECTION_OUT);
	assert_int_equal(arguments.protocol, PROTOCOL_UDP);
	assert_int_equal(arguments.limit, 5);
	assert_int_equal(arguments.interval_ns, 2000000000);
	assert_int_equal(arguments.count, 7);
}

/* Refused, with `wanted` for a reason. */
static void refuse(unsigned int accepted, const char *first, const char *second,
		   const char *wanted)
{
	const char *const given[] = { first, second, "port", "1" };
	struct arguments arguments = { .port = 99 };
	char why[256] = "";

	assert_int_equal(arguments_parse(given, second ? ARRAY_SIZE(given) : 1, accepted,
					 &arguments, why, sizeof(why)), -EINVAL);
	assert_string_equal(why, wanted);
	assert_int_equal(arguments.port, 99);
}

static void bad_arguments_are_refused(void **state)
{
	(void)state;
	refuse(ALL, "port", NULL, "'port' needs a value (N)");
	refuse(ALL, "port", "2", "'port' is given twice");
	refuse(ALL, "port", "65536", "port: bad value '65536' (wanted: N)");
	refuse(ALL, "port", "3409x", "port: bad value '3409x' (wanted: N)");
	refuse(ALL, "direction", "up", "direction: bad value 'up' (wanted: in|out)");
	refuse(ALL, "protocol", "sctp", "protocol: bad value 'sctp' (wanted: tcp|udp)");
	refuse(ALL, "interval", "0", "interval: bad value '0' (wanted: 1s)");
	refuse(ALL, "count", "0", "count: bad value '0' (wanted: N)");
	refuse(ALL, "interface", "", "interface: bad value '' (wanted: NAME)");
	refuse(ALL, "int", "x", "ambiguous argument 'int': interface, interval");
	refuse(ARGUMENT_PORT, "limit", "5", "unknown argument 'limit', known: port");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_prefix_of_one_word_is_that_word),
		cmocka_unit_test(a_whole_word_wins_over_a_longer_one),
		cmocka_unit_test(what_begins_nothing_is_nothing),
		cmocka_unit_test(a_refusal_helps_on),
		cmocka_unit_test(a_refusal_of_a_long_word_fits),
		cmocka_unit_test(keywords_are_read),
		cmocka_unit_test(bad_arguments_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
