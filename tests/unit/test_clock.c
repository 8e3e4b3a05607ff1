/* SPDX-License-Identifier: GPL-2.0-only */
/* test_clock.c - the clocks and their text. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#include "../../user/base/clock.h"

static int go_back_to_real_clocks(void **state)
{
	(void)state;
	clock_set_fixed(0, 0);
	return 0;
}

static void a_fixed_clock_stands_still(void **state)
{
	(void)state;
	clock_set_fixed(5, 1000);
	assert_int_equal(clock_boot_ns(), 5);
	assert_int_equal(clock_wall_ns(), 1000);
}

static void the_real_clocks_come_back(void **state)
{
	uint64_t seconds, boot;

	(void)state;
	clock_set_fixed(5, 1000);
	clock_set_fixed(0, 0);
	seconds = clock_wall_ns() / CLOCK_NS_PER_SECOND;
	assert_in_range(seconds, (uint64_t)time(NULL) - 5, (uint64_t)time(NULL) + 5);
	boot = clock_boot_ns();
	assert_true(boot > 5);
	assert_true(clock_boot_ns() >= boot);
}

static void boot_time_is_told_by_the_wall_clock(void **state)
{
	(void)state;
	clock_set_fixed(100 * CLOCK_NS_PER_SECOND, 5000 * CLOCK_NS_PER_SECOND);
	assert_int_equal(clock_wall_from_boot(40 * CLOCK_NS_PER_SECOND),
			 4940 * CLOCK_NS_PER_SECOND);
	assert_int_equal(clock_wall_from_boot(100 * CLOCK_NS_PER_SECOND),
			 5000 * CLOCK_NS_PER_SECOND);
	assert_int_equal(clock_wall_from_boot(101 * CLOCK_NS_PER_SECOND),
			 5001 * CLOCK_NS_PER_SECOND);
}

static void a_wall_clock_in_1970_gives_no_time_before_it(void **state)
{
	(void)state;
	clock_set_fixed(100, 30);
	assert_int_equal(clock_wall_from_boot(50), 0);
	assert_int_equal(clock_wall_from_boot(80), 10);
}

static void a_time_is_written_as_rfc_3339_with_microseconds(void **state)
{
	char text[CLOCK_TEXT_SIZE];

	(void)state;
	clock_format(1795329300123456789ULL, text);
	assert_string_equal(text, "2026-11-22T06:35:00.123456Z");
	clock_format(0, text);
	assert_string_equal(text, "1970-01-01T00:00:00.000000Z");
	clock_format(951782400000001000ULL, text);
	assert_string_equal(text, "2000-02-29T00:00:00.000001Z");
	clock_format(UINT64_MAX, text);
	assert_string_equal(text, "2554-07-21T23:34:33.709551Z");
}

static void the_time_zone_does_not_matter(void **state)
{
	char text[CLOCK_TEXT_SIZE];

	(void)state;
	setenv("TZ", "XYZ-5:30", 1);
	tzset();
	clock_format(0, text);
	unsetenv("TZ");
	tzset();
	assert_string_equal(text, "1970-01-01T00:00:00.000000Z");
}

static void a_time_is_read_and_written_the_same(void **state)
{
	static const char *const texts[] = { "2026-11-22T06:35:00.123456Z",
					     "2000-02-29T23:59:59.000000Z",
					     "1970-01-01T00:00:00.000000Z" };
	char again[CLOCK_TEXT_SIZE];
	uint64_t ns;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(clock_parse(texts[i], &ns), 0);
		clock_format(ns, again);
		assert_string_equal(again, texts[i]);
	}
	assert_int_equal(clock_parse("2026-11-22T07:35:00.5+01:00", &ns), 0);
	assert_int_equal(ns, 1795329300500000000ULL);
	assert_int_equal(clock_parse("2026-11-21T23:05:00-07:30", &ns), 0);
	assert_int_equal(ns, 1795329300000000000ULL);
}

static void what_is_no_time_is_refused(void **state)
{
	static const char *const texts[] = {
		"", "2026-11-22", "2026-11-22T06:35:00", "2026-11-22 06:35:00Z",
		"2026-02-30T06:35:00Z", "2026-13-01T06:35:00Z", "2026-00-01T06:35:00Z",
		"2026-01-00T06:35:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
		"2026-01-01T00:00:60Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00z ",
		"2026-01-01T00:00:00+1:00", "2026-01-01T00:00:00+24:00", "1969-12-31T23:59:59Z",
		"1970-01-01T00:00:00+00:01", "9999-01-01T00:00:00Z", "-026-01-01T00:00:00Z",
	};
	uint64_t ns = 42;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(clock_parse(texts[i], &ns), -EINVAL);
	assert_int_equal(ns, 42);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_fixed_clock_stands_still, go_back_to_real_clocks),
		cmocka_unit_test_teardown(the_real_clocks_come_back, go_back_to_real_clocks),
		cmocka_unit_test_teardown(boot_time_is_told_by_the_wall_clock,
					  go_back_to_real_clocks),
		cmocka_unit_test_teardown(a_wall_clock_in_1970_gives_no_time_before_it,
					  go_back_to_real_clocks),
		cmocka_unit_test(a_time_is_written_as_rfc_3339_with_microseconds),
		cmocka_unit_test(the_time_zone_does_not_matter),
		cmocka_unit_test(a_time_is_read_and_written_the_same),
		cmocka_unit_test(what_is_no_time_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
