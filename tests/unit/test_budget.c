// SPDX-License-Identifier: GPL-2.0-only
/* test_budget.c - who gets how much of max-rate, what is withheld of it, what is told once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../user/judge/budget.h"
#include "../../user/judge/told.h"
#include "../../user/judge/withheld.h"

#define SECOND 1000000000ULL

static struct budget *budget;

static int set_up(void **state)
{
	(void)state;
	return budget_new(&budget, 64, 20, SECOND);
}

static int tear_down(void **state)
{
	(void)state;
	budget_free(budget);
	return 0;
}

static struct budget_source user(uint32_t uid)
{
	return (struct budget_source){ .user = uid };
}

static struct budget_source network(uint32_t number)
{
	return (struct budget_source){ .network = addr_from_ipv4(&number) };
}

static size_t spend(struct budget_source source, bool is_real, size_t tries, uint64_t at)
{
	size_t allowed = 0;

	for (size_t i = 0; i < tries; i++)
		allowed += budget_allows(budget, &source, is_real, at);
	return allowed;
}

static void one_source_alone_leaves_half_at_once(void **state)
{
	(void)state;
	assert_int_equal(spend(user(1000), true, 20000, 10 * SECOND), 10);
	assert_int_equal(spend(user(1001), true, 1, 10 * SECOND), 1);
	assert_int_equal(spend(network(7), true, 1, 10 * SECOND), 1);
	assert_int_equal(spend(network(8), false, 1, 10 * SECOND), 1);
}

static void a_user_s_storm_does_not_silence_another_user_or_network(void **state)
{
	size_t others = 0;

	(void)state;
	for (uint64_t at = 10 * SECOND; at < 20 * SECOND; at += SECOND / 1000) {
		spend(user(1000), true, 20, at);
		if (at % (SECOND / 4) == 0)
			others += spend(user(1001), true, 1, at) + spend(network(7), false, 1, at);
	}
	assert_int_equal(others, 2 * 4 * 10);
}

static void forged_sources_without_end_leave_half_to_one_real_network(void **state)
{
	uint32_t forged = 0x1000000;
	size_t real = 0;

	(void)state;
	for (uint64_t at = 10 * SECOND; at < 20 * SECOND; at += SECOND / 1000) {
		for (int i = 0; i < 20; i++)
			spend(network(forged++), false, 1, at);
		real += spend(network(7), true, 1, at);
	}
	assert_in_range(real, 95, 110);
}

static void without_a_limit_all_may(void **state)
{
	(void)state;
	budget_set(budget, 0, 0);
	assert_int_equal(spend(user(0), false, 1000, SECOND), 1000);
}

static struct alert make_alert(uint32_t peer, uint16_t port)
{
	return (struct alert){
		.has_packet = true,
		.direction = DIRECTION_IN,
		.source.addr = addr_from_ipv4(&peer),
		.port = port,
	};
}

static void what_is_withheld_is_told_with_its_ports_and_peers(void **state)
{
	struct withheld withheld = {};
	struct alert alert, told;

	(void)state;
	withheld_begin(&withheld, 5, 7);
	withheld_begin(&withheld, 6, 8);
	assert_int_equal(withheld.since_ns, 5);
	for (uint32_t i = 0; i < 3; i++) {
		alert = make_alert(__builtin_bswap32(0xcb007101 + i % 2), (uint16_t)(3409 + i));
		withheld_add(&withheld, &alert);
	}
	assert_true(withheld_take(&withheld, 9, &told));
	assert_int_equal(told.action, ACTION_FLOOD);
	assert_int_equal(told.count, 3);
	assert_int_equal(told.ports, 3);
	assert_int_equal(told.top_peer_count, 2);
	assert_int_equal(told.top_peers[0].count, 2);
	assert_int_equal(told.start_wall_ns, 7);
	assert_string_equal(told.text, "3 alerts withheld by max-rate; their packets are counted: "
				       "ports 3409/tcp, 3410/tcp, 3411/tcp; peers 203.0.113.1, "
				       "203.0.113.2");
	assert_false(withheld_take(&withheld, 9, &told));
}

static void a_withheld_scan_tells_the_ports_that_it_knows(void **state)
{
	struct withheld withheld = {};
	struct alert told;

	(void)state;
	withheld_begin(&withheld, 5, 7);
	for (uint16_t port = 1; port <= 40; port++) {
		struct alert alert = make_alert(1, port);

		withheld_add(&withheld, &alert);
	}
	assert_true(withheld_take(&withheld, 9, &told));
	assert_int_equal(told.top_port_count, ALERT_PORTS_MAX);
	assert_true(told.ports > ALERT_PORTS_MAX);
	assert_non_null(strstr(told.text, ",..."));
}

static void what_two_alerts_saw_is_told_by_one(void **state)
{
	const struct held_thing thing = { .port = 3409 }, other = { .port = 3410 };
	struct told *told;

	(void)state;
	assert_int_equal(told_new(&told, 8), 0);
	assert_int_equal(told_take(told, &thing, 100, 150), 50);
	assert_int_equal(told_take(told, &thing, 100, 170), 20);
	assert_int_equal(told_take(told, &other, 100, 170), 70);
	assert_int_equal(told_take(told, &thing, 160, 170), 0);
	assert_int_equal(told_take(told, &thing, 170, 3), 3); /* the kernel forgot it meanwhile */
	assert_int_equal(held_since(UINT32_MAX - 1, 4), 6); /* numbers wrap */
	told_free(told);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_source_alone_leaves_half_at_once),
		TEST(a_user_s_storm_does_not_silence_another_user_or_network),
		TEST(forged_sources_without_end_leave_half_to_one_real_network),
		TEST(without_a_limit_all_may),
		cmocka_unit_test(what_is_withheld_is_told_with_its_ports_and_peers),
		cmocka_unit_test(a_withheld_scan_tells_the_ports_that_it_knows),
		cmocka_unit_test(what_two_alerts_saw_is_told_by_one),
	};

	return cmocka_run_group_tests_name("budget", tests, NULL, NULL);
}
