/* SPDX-License-Identifier: GPL-2.0-only */
/* test_addr.c - addresses and prefixes. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../user/base/util.h"
#include "../../user/model/addr.h"

static struct addr parsed(const char *text)
{
	struct addr addr;

	assert_int_equal(addr_parse(text, &addr), 0);
	return addr;
}

static void an_address_is_written_in_its_shortest_form(void **state)
{
	static const char *const rows[][2] = {
		{ "203.0.113.5", "203.0.113.5" },
		{ "::ffff:203.0.113.5", "203.0.113.5" },
		{ "2001:DB8:0:0:0:0:0:1", "2001:db8::1" },
		{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
		{ "2001:0:0:1:0:0:0:1", "2001:0:0:1::1" },
		{ "::", "::" },
		{ "fe80::1", "fe80::1" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct addr addr = parsed(rows[i][0]);
		char text[ADDR_TEXT_SIZE];

		assert_string_equal(addr_format(&addr, text), rows[i][1]);
	}
}

static void octets_of_the_wire_become_an_address(void **state)
{
	const uint8_t ipv4[] = { 192, 0, 2, 1 };
	const uint8_t ipv6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 9 };
	struct addr four = addr_from_ipv4(ipv4), six = addr_from_ipv6(ipv6);
	char text[ADDR_TEXT_SIZE];

	(void)state;
	assert_string_equal(addr_format(&four, text), "192.0.2.1");
	assert_string_equal(addr_format(&six, text), "2001:db8::9");
	assert_true(addr_is_ipv4(&four));
	assert_false(addr_is_ipv4(&six));
}

static void what_is_no_address_is_refused(void **state)
{
	static const char *const rows[] = { "",	   "1.2.3", "1.2.3.4.5",    "1.2.3.256",
					    "1.2.3.4x", ":::",   "fe80::1%eth0", "host",
					    " 1.2.3.4" };
	struct addr addr;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(addr_parse(rows[i], &addr), -EINVAL);
}

static void loopback_and_multicast_are_known(void **state)
{
	static const struct {
		const char *text;
		bool is_loopback, is_multicast;
	} rows[] = {
		{ "127.0.0.1", true, false },	  { "127.255.255.254", true, false },
		{ "128.0.0.1", false, false },	  { "::1", true, false },
		{ "::2", false, false },	  { "224.0.0.1", false, true },
		{ "239.255.255.255", false, true }, { "240.0.0.1", false, false },
		{ "223.255.255.255", false, false }, { "255.255.255.255", false, true },
		{ "255.255.255.254", false, false }, { "ff02::1", false, true },
		{ "fe80::1", false, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct addr addr = parsed(rows[i].text);

		assert_int_equal(addr_is_loopback(&addr), rows[i].is_loopback);
		assert_int_equal(addr_is_multicast(&addr), rows[i].is_multicast);
	}
}

static void a_prefix_holds_its_block_and_no_more(void **state)
{
	static const struct {
		const char *prefix;
		unsigned int bits;
		const char *inside, *outside;
	} rows[] = {
		{ "10.0.0.0/8", 104, "10.255.255.255", "11.0.0.0" },
		{ "192.0.2.128/25", 121, "192.0.2.255", "192.0.2.127" },
		{ "192.0.2.7", 128, "192.0.2.7", "192.0.2.6" },
		{ "0.0.0.0/0", 96, "255.255.255.255", "::1" },
		{ "fd00::/8", 8, "fdff::1", "fe00::" },
		{ "2001:db8::/33", 33, "2001:db8:7fff::", "2001:db8:8000::" },
		{ "::1", 128, "::1", "::2" },
		{ "::/0", 0, "ffff::", "10.0.0.1" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct addr inside = parsed(rows[i].inside), outside = parsed(rows[i].outside);
		struct prefix prefix;

		assert_int_equal(prefix_parse(rows[i].prefix, &prefix), 0);
		assert_int_equal(prefix.bits, rows[i].bits);
		assert_true(prefix_contains(&prefix, &inside));
		assert_false(prefix_contains(&prefix, &outside));
	}
}

static void what_is_no_prefix_is_refused(void **state)
{
	static const char *const rows[] = {
		"10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/",  "10.0.0.0/-1", "10.0.0.0/8x", "/8", "",
		"fd00::/129",  "fd00::1/64", "10.0.0.0/8/8",
		"1111111111222222222233333333334444444444555555/8",
	};
	struct prefix prefix;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(prefix_parse(rows[i], &prefix), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_is_written_in_its_shortest_form),
		cmocka_unit_test(octets_of_the_wire_become_an_address),
		cmocka_unit_test(what_is_no_address_is_refused),
		cmocka_unit_test(loopback_and_multicast_are_known),
		cmocka_unit_test(a_prefix_holds_its_block_and_no_more),
		cmocka_unit_test(what_is_no_prefix_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
