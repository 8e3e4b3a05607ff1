// SPDX-License-Identifier: GPL-2.0-only
/* test_flood.c - storms over a clock that the test moves, and the limit of alerts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../user/judge/flood.h"
#include "../../user/judge/rate.h"

#define SECOND 1000000000ULL
#define PEERS 20

static struct alert emitted[100];
static size_t count;
static struct flood flood;
static uint64_t now, suppressed;
static uint64_t of_peer[PEERS]; /* 10.0.0.1 and so on */

static void take(void *argument, const struct alert *alert)
{
	(void)argument;
	assert_true(count < 100);
	emitted[count++] = *alert;
}

static int read_peers(void *argument, struct alert_peer **ret_peers, size_t *ret_count)
{
	struct alert_peer *peers = calloc(PEERS, sizeof(*peers));

	(void)argument;
	assert_non_null(peers);
	for (size_t i = 0; i < PEERS; i++) {
		char text[32];

		snprintf(text, sizeof(text), "10.0.0.%zu", i + 1);
		addr_parse(text, &peers[i].addr);
		peers[i].count = of_peer[i];
	}
	*ret_peers = peers;
	*ret_count = PEERS;
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	flood = (struct flood){ .options = { .threshold = 1000, .window_ns = 60 * SECOND,
					     .emit = take, .read_peers = read_peers } };
	count = 0;
	now = 1000 * SECOND;
	suppressed = 123456; /* what an earlier sensor's run left */
	memset(of_peer, 0, sizeof(of_peer));
	flood_look(&flood, suppressed, now, now);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	flood_free(&flood);
	return 0;
}

static void pass_second(uint64_t more_of_first, uint64_t more_of_second)
{
	of_peer[0] += more_of_first;
	of_peer[1] += more_of_second;
	suppressed += more_of_first + more_of_second;
	now += SECOND;
	flood_look(&flood, suppressed, now, now);
}

static void little_is_no_flood(void **state)
{
	(void)state;
	for (int i = 0; i < 600; i++)
		pass_second(10, 5);
	assert_int_equal(count, 0);
}

static void a_flood_is_told_at_once_with_its_peers(void **state)
{
	(void)state;
	pass_second(300, 2000);
	assert_int_equal(count, 1);
	assert_int_equal(emitted[0].action, ACTION_FLOOD);
	assert_int_equal(emitted[0].suppressed, 2300);
	assert_int_equal(emitted[0].top_peer_count, 2);
	assert_int_equal(emitted[0].top_peers[0].count, 2000);
	assert_string_equal(emitted[0].text,
			    "2300 packets held back by the sample limits in 1 s, but counted: "
			    "most from 10.0.0.2 (2000), 10.0.0.1 (300)");
}

static void a_flood_that_goes_on_is_told_once_a_window_to_its_end(void **state)
{
	uint64_t sum = 0;

	(void)state;
	for (int i = 0; i < 150; i++)
		pass_second(0, 2000);
	for (int i = 0; i < 600; i++)
		pass_second(0, 0);
	assert_int_equal(count, 4);
	for (size_t i = 0; i < count; i++)
		sum += emitted[i].suppressed;
	assert_int_equal(sum, 150 * 2000);
	assert_int_equal(emitted[1].top_peer_count, 1);
	assert_int_equal(emitted[1].top_peers[0].count, 120000); /* what was not told before */
	assert_true(emitted[3].closing);
}

static void those_of_this_window_are_named_not_those_of_all_time(void **state)
{
	(void)state;
	for (size_t i = 1; i < PEERS; i++)
		of_peer[i] = 2000000; /* trickled in windows that were no floods */
	now += 60 * SECOND;
	flood_look(&flood, suppressed, now, now);
	pass_second(10001, 3);
	assert_int_equal(count, 1);
	assert_int_equal(emitted[0].top_peer_count, 2);
	assert_int_equal(emitted[0].top_peers[0].count, 10001);
	assert_int_equal(emitted[0].top_peers[1].count, 3);
}

static void a_peer_that_was_forgotten_counts_from_nothing(void **state)
{
	(void)state;
	of_peer[0] = 5000;
	now += 60 * SECOND;
	flood_look(&flood, suppressed, now, now);
	of_peer[0] = 0;
	pass_second(2000, 0);
	assert_int_equal(emitted[0].top_peers[0].count, 2000);
}

static void the_end_tells_what_is_left(void **state)
{
	(void)state;
	flood_end(&flood, suppressed + 5, now);
	assert_int_equal(count, 0);
	pass_second(2000, 0);
	flood_end(&flood, suppressed + 5, now);
	assert_int_equal(count, 2);
	assert_int_equal(emitted[1].suppressed, 5);
}

static void none_switches_it_off(void **state)
{
	(void)state;
	flood.options.threshold = 0;
	for (int i = 0; i < 100; i++)
		pass_second(1000000, 0);
	assert_int_equal(count, 0);
}

/* How many of 1000 at once get through. */
static size_t spend(struct rate *rate, enum rate_rank rank, uint64_t at)
{
	size_t allowed = 0;

	for (int i = 0; i < 1000; i++)
		allowed += rate_allows(rate, rank, at);
	return allowed;
}

static void each_rank_leaves_a_quarter_to_the_next(void **state)
{
	struct rate rate = { .events = 20, .per_ns = SECOND };

	(void)state;
	assert_int_equal(spend(&rate, RATE_FLOOD, 10 * SECOND), 5);
	assert_int_equal(spend(&rate, RATE_OVER, 10 * SECOND), 5);
	assert_int_equal(spend(&rate, RATE_FAIR, 10 * SECOND), 5);
	assert_int_equal(spend(&rate, RATE_KEPT, 10 * SECOND), 5);
	assert_int_equal(spend(&rate, RATE_KEPT, 10 * SECOND), 0);
	assert_int_equal(spend(&rate, RATE_FAIR, 10 * SECOND + SECOND / 4), 0);
	assert_int_equal(spend(&rate, RATE_KEPT, 10 * SECOND + SECOND / 4), 5);
	assert_int_equal(spend(&rate, RATE_KEPT, 20 * SECOND), 20);
}

static void small_rates_and_none(void **state)
{
	struct rate rate = { .events = 2, .per_ns = SECOND };

	(void)state;
	assert_int_equal(spend(&rate, RATE_FAIR, 10 * SECOND), 1);
	assert_int_equal(spend(&rate, RATE_KEPT, 10 * SECOND), 1);
	rate = (struct rate){ .events = 1, .per_ns = SECOND };
	assert_int_equal(spend(&rate, RATE_FAIR, 10 * SECOND), 1);
	assert_int_equal(spend(&rate, RATE_KEPT, 10 * SECOND), 0);
	rate = (struct rate){};
	assert_int_equal(spend(&rate, RATE_FAIR, 10 * SECOND), 1000);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(little_is_no_flood),
		TEST(a_flood_is_told_at_once_with_its_peers),
		TEST(a_flood_that_goes_on_is_told_once_a_window_to_its_end),
		TEST(those_of_this_window_are_named_not_those_of_all_time),
		TEST(a_peer_that_was_forgotten_counts_from_nothing),
		TEST(the_end_tells_what_is_left),
		TEST(none_switches_it_off),
		cmocka_unit_test(each_rank_leaves_a_quarter_to_the_next),
		cmocka_unit_test(small_rates_and_none),
	};

	return cmocka_run_group_tests_name("flood", tests, NULL, NULL);
}
