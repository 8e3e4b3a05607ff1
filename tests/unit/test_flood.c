// SPDX-License-Identifier: GPL-2.0-only
/* test_flood.c - storms over a clock that the test moves, and the limit of alerts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/judge/flood.h"
#include "../../user/judge/rate.h"

#define SECOND 1000000000ULL

static struct alert emitted[100];
static size_t count;
static struct flood flood;
static uint64_t now, suppressed;
static uint64_t of_peer[2]; /* 10.0.0.1 and 10.0.0.2 */

static void take(void *argument, const struct alert *alert)
{
	(void)argument;
	assert_true(count < 100);
	emitted[count++] = *alert;
}

static unsigned int top(void *argument, struct alert_peer peers[ALERT_PEERS_MAX])
{
	(void)argument;
	for (unsigned int i = 0; i < 2; i++) {
		addr_parse(i ? "10.0.0.2" : "10.0.0.1", &peers[i].addr);
		peers[i].count = of_peer[i];
	}
	return 2;
}

static int set_up(void **state)
{
	(void)state;
	flood = (struct flood){ .options = { .threshold = 1000, .window_ns = 60 * SECOND,
					     .emit = take, .top = top } };
	count = 0;
	now = 1000 * SECOND;
	suppressed = 123456; /* what an earlier sensor's run left */
	of_peer[0] = of_peer[1] = 0;
	flood_look(&flood, suppressed, now, now);
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

static void none_switches_it_off(void **state)
{
	(void)state;
	flood.options.threshold = 0;
	for (int i = 0; i < 100; i++)
		pass_second(1000000, 0);
	assert_int_equal(count, 0);
}

/* How many of 1000 at once get through. */
static size_t spend(struct rate *rate, bool is_reserved, uint64_t at)
{
	size_t allowed = 0;

	for (int i = 0; i < 1000; i++)
		allowed += rate_allows(rate, is_reserved, at);
	return allowed;
}

static void a_quarter_of_the_rate_is_kept(void **state)
{
	struct rate rate = { .events = 20, .per_ns = SECOND };

	(void)state;
	assert_int_equal(spend(&rate, false, 10 * SECOND), 15);
	assert_int_equal(spend(&rate, true, 10 * SECOND), 5);
	assert_int_equal(spend(&rate, true, 10 * SECOND), 0);
	assert_int_equal(spend(&rate, false, 10 * SECOND + SECOND / 4), 0);
	assert_int_equal(spend(&rate, true, 10 * SECOND + SECOND / 4), 5);
	assert_int_equal(spend(&rate, true, 20 * SECOND), 20);
}

static void small_rates_and_none(void **state)
{
	struct rate rate = { .events = 2, .per_ns = SECOND };

	(void)state;
	assert_int_equal(spend(&rate, false, 10 * SECOND), 1);
	assert_int_equal(spend(&rate, true, 10 * SECOND), 1);
	rate = (struct rate){ .events = 1, .per_ns = SECOND };
	assert_int_equal(spend(&rate, false, 10 * SECOND), 1);
	assert_int_equal(spend(&rate, true, 10 * SECOND), 0);
	rate = (struct rate){};
	assert_int_equal(spend(&rate, false, 10 * SECOND), 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(little_is_no_flood, set_up),
		cmocka_unit_test_setup(a_flood_is_told_at_once_with_its_peers, set_up),
		cmocka_unit_test_setup(a_flood_that_goes_on_is_told_once_a_window_to_its_end,
				       set_up),
		cmocka_unit_test_setup(none_switches_it_off, set_up),
		cmocka_unit_test(a_quarter_of_the_rate_is_kept),
		cmocka_unit_test(small_rates_and_none),
	};

	return cmocka_run_group_tests_name("flood", tests, NULL, NULL);
}
