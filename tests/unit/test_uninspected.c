// SPDX-License-Identifier: GPL-2.0-only
/* test_uninspected.c - few alerts of many packets, and no packet untold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../user/judge/uninspected.h"

#define WINDOW 1000

static struct uninspected_news packet_of(uint32_t peer)
{
	struct uninspected_news packet = {};

	packet.source = addr_from_ipv4(&peer);
	addr_parse("192.0.2.1", &packet.destination);
	return packet;
}

static void the_first_packet_of_a_peer_is_told_at_once(void **state)
{
	struct uninspected uninspected = {};
	struct uninspected_news packet, news;
	char text[UNINSPECTED_TEXT_SIZE];

	(void)state;
	packet = packet_of(0x0105a8c0);
	assert_true(uninspected_take(&uninspected, &packet, 0, 5, WINDOW, &news));
	assert_string_equal(uninspected_format(&news, text),
			    "a packet from 192.168.5.1 to 192.0.2.1 cannot be inspected: more "
			    "headers in front of the ports than are followed");
	assert_false(uninspected_look(&uninspected, 5 + WINDOW, &news));
	assert_true(uninspected_take(&uninspected, &packet, 0, 6 + WINDOW, WINDOW, &news));
}

static void what_follows_is_told_once_a_window(void **state)
{
	struct uninspected uninspected = {};
	struct uninspected_news packet, news;
	uint64_t told = 0, alerts = 0;
	char text[UNINSPECTED_TEXT_SIZE];

	(void)state;
	for (uint32_t i = 0; i < 1000; i++) {
		packet = packet_of(i % 100);
		if (!uninspected_take(&uninspected, &packet, 2, i, WINDOW + 1, &news))
			continue;
		told += news.count;
		alerts++;
	}
	assert_int_equal(alerts, UNINSPECTED_PEERS);
	assert_false(uninspected_look(&uninspected, WINDOW, &news));
	assert_true(uninspected_look(&uninspected, WINDOW + 1, &news));
	assert_int_equal(told + news.count, 3000);
	assert_memory_equal(&news.source, &packet.source, sizeof(news.source));
	assert_int_equal(strncmp(uninspected_format(&news, text),
				 "2996 more packets, the last from ", 33),
			 0);
	assert_false(uninspected_look(&uninspected, 9 * WINDOW, &news));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_packet_of_a_peer_is_told_at_once),
		cmocka_unit_test(what_follows_is_told_once_a_window),
	};

	return cmocka_run_group_tests_name("uninspected", tests, NULL, NULL);
}
