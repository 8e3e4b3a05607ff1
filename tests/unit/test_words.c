/* SPDX-License-Identifier: GPL-2.0-only */
/* test_words.c - the contract's words, spelled as it spells them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../user/base/util.h"
#include "../../user/model/alert.h"
#include "../../user/model/words.h"

static void kinds_stand_in_the_order_of_the_border(void **state)
{
	static const char *const words[KIND_COUNT] = {
		"syn", "synack",  "ack",    "data",  "fin", "rst",	"null",
		"xmas", "finonly", "maimon", "other", "udp", "fragment", "icmp",
	};
	unsigned int kind;

	(void)state;
	for (kind = 0; kind < KIND_COUNT; kind++)
		assert_string_equal(words_kind(kind), words[kind]);
}

static void reasons_stand_in_the_order_of_the_border(void **state)
{
	static const char *const words[UNPARSED_COUNT] = { "truncated", "bad-header", "too-deep",
							   "not-ip" };
	unsigned int reason;

	(void)state;
	for (reason = 0; reason < UNPARSED_COUNT; reason++)
		assert_string_equal(words_unparsed(reason), words[reason]);
}

static void protocols_and_directions_go_both_ways(void **state)
{
	(void)state;
	assert_string_equal(words_protocol(PROTOCOL_TCP), "tcp");
	assert_string_equal(words_protocol(PROTOCOL_UDP), "udp");
	assert_int_equal(words_find_protocol("tcp"), PROTOCOL_TCP);
	assert_int_equal(words_find_protocol("udp"), PROTOCOL_UDP);
	assert_string_equal(words_direction(DIRECTION_IN), "in");
	assert_string_equal(words_direction(DIRECTION_OUT), "out");
	assert_int_equal(words_find_direction("in"), DIRECTION_IN);
	assert_int_equal(words_find_direction("out"), DIRECTION_OUT);
	assert_int_equal(words_find_protocol("sctp"), -EINVAL);
	assert_int_equal(words_find_direction(""), -EINVAL);
}

static void roles_verdicts_and_qualities_have_their_words(void **state)
{
	static const char *const verdicts[] = { "unknown", "listening", "connected", "closed",
						"forwarded" };
	static const char *const qualities[] = { "none", "exact",  "joined", "listener",
						 "past", "tunnel", "kernel" };
	unsigned int i;

	(void)state;
	assert_string_equal(words_role(ROLE_TO), "to");
	assert_string_equal(words_role(ROLE_FROM), "from");
	for (i = 0; i < ARRAY_SIZE(verdicts); i++)
		assert_string_equal(sighting_verdict_word(i), verdicts[i]);
	for (i = 0; i < ARRAY_SIZE(qualities); i++)
		assert_string_equal(sighting_quality_word(i), qualities[i]);
}

static void actions_have_their_words(void **state)
{
	static const char *const actions[ACTION_COUNT] = { "probe",    "connection",  "listener",
							   "outbound", "backscatter", "transit",
							   "flood",    "sensor" };
	unsigned int i;

	(void)state;
	for (i = 0; i < ACTION_COUNT; i++)
		assert_string_equal(alert_action_word(i), actions[i]);
}

static void a_number_without_a_word_is_unknown(void **state)
{
	(void)state;
	assert_string_equal(words_kind(KIND_COUNT), "unknown");
	assert_string_equal(words_protocol(77), "unknown");
	assert_string_equal(words_direction(77), "unknown");
	assert_string_equal(words_role(0), "unknown");
	assert_string_equal(words_role(ROLE_TO | ROLE_FROM), "unknown");
	assert_string_equal(words_unparsed(UNPARSED_COUNT), "unknown");
	assert_string_equal(sighting_verdict_word(77), "unknown");
	assert_string_equal(alert_action_word(ACTION_COUNT), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds_stand_in_the_order_of_the_border),
		cmocka_unit_test(reasons_stand_in_the_order_of_the_border),
		cmocka_unit_test(protocols_and_directions_go_both_ways),
		cmocka_unit_test(roles_verdicts_and_qualities_have_their_words),
		cmocka_unit_test(actions_have_their_words),
		cmocka_unit_test(a_number_without_a_word_is_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
