/* SPDX-License-Identifier: GPL-2.0-only */
/* test_text.c - numbers, units, lists, escapes, nearness and globs. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "../../user/base/text.h"
#include "../../user/base/util.h"

static void a_number_is_taken_whole_or_not_at_all(void **state)
{
	static const struct {
		const char *text;
		int result;
		uint64_t number;
	} rows[] = {
		{ "0", 0, 0 },
		{ "65535", 0, 65535 },
		{ "18446744073709551615", 0, UINT64_MAX },
		{ "18446744073709551616", -ERANGE, 7 },
		{ "99999999999999999999999", -ERANGE, 7 },
		{ "", -EINVAL, 7 },
		{ " 1", -EINVAL, 7 },
		{ "1 ", -EINVAL, 7 },
		{ "-1", -EINVAL, 7 },
		{ "+1", -EINVAL, 7 },
		{ "0x10", -EINVAL, 7 },
		{ "1.5", -EINVAL, 7 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t number = 7;

		assert_int_equal(text_parse_number(rows[i].text, 0, UINT64_MAX, &number),
				 rows[i].result);
		assert_int_equal(number, rows[i].number);
	}
}

static void a_number_outside_its_bounds_is_refused(void **state)
{
	uint64_t number = 7;

	(void)state;
	assert_int_equal(text_parse_number("9", 10, 20, &number), -ERANGE);
	assert_int_equal(text_parse_number("21", 10, 20, &number), -ERANGE);
	assert_int_equal(number, 7);
	assert_int_equal(text_parse_number("10", 10, 20, &number), 0);
	assert_int_equal(number, 10);
	assert_int_equal(text_parse_number("20", 10, 20, &number), 0);
	assert_int_equal(number, 20);
}

static void durations_know_their_units(void **state)
{
	static const struct {
		const char *text;
		int result;
		uint64_t ns;
	} rows[] = {
		{ "250ms", 0, 250000000ULL },
		{ "60s", 0, 60000000000ULL },
		{ "60", 0, 60000000000ULL },
		{ "5m", 0, 300000000000ULL },
		{ "12h", 0, 43200000000000ULL },
		{ "30d", 0, 2592000000000000ULL },
		{ "s", -EINVAL, 7 },
		{ "5 m", -EINVAL, 7 },
		{ "5x", -EINVAL, 7 },
		{ "5mm", -EINVAL, 7 },
		{ "213504d", -ERANGE, 7 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t ns = 7;

		assert_int_equal(text_parse_duration(rows[i].text, &ns), rows[i].result);
		assert_int_equal(ns, rows[i].ns);
	}
}

static void rates_are_events_over_a_time(void **state)
{
	static const struct {
		const char *text;
		int result;
		uint64_t events, per_ns;
	} rows[] = {
		{ "10/s", 0, 10, 1000000000ULL },
		{ "600/m", 0, 600, 60000000000ULL },
		{ "1/h", 0, 1, 3600000000000ULL },
		{ "0/s", 0, 0, 1000000000ULL },
		{ "10", -EINVAL, 7, 8 },
		{ "10/", -EINVAL, 7, 8 },
		{ "/s", -EINVAL, 7, 8 },
		{ "10/s/s", -EINVAL, 7, 8 },
		{ "10/2s", -EINVAL, 7, 8 },
		{ "99999999999999999999/s", -ERANGE, 7, 8 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t events = 7, per_ns = 8;

		assert_int_equal(text_parse_rate(rows[i].text, &events, &per_ns), rows[i].result);
		assert_int_equal(events, rows[i].events);
		assert_int_equal(per_ns, rows[i].per_ns);
	}
}

static void sizes_are_powers_of_1024(void **state)
{
	uint64_t octets = 7;

	(void)state;
	assert_int_equal(text_parse_size("128", &octets), 0);
	assert_int_equal(octets, 128);
	assert_int_equal(text_parse_size("64K", &octets), 0);
	assert_int_equal(octets, 65536);
	assert_int_equal(text_parse_size("256M", &octets), 0);
	assert_int_equal(octets, 268435456);
	assert_int_equal(text_parse_size("1G", &octets), 0);
	assert_int_equal(octets, 1073741824);
	assert_int_equal(text_parse_size("1GB", &octets), -EINVAL);
	assert_int_equal(text_parse_size("17179869184G", &octets), -ERANGE);
	assert_int_equal(octets, 1073741824);
}

static void a_bool_has_eight_words(void **state)
{
	static const char *const yes[] = { "yes", "true", "on", "1" };
	static const char *const no[] = { "no", "false", "off", "0" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(yes); i++) {
		bool value = false;

		assert_int_equal(text_parse_bool(yes[i], &value), 0);
		assert_true(value);
		assert_int_equal(text_parse_bool(no[i], &value), 0);
		assert_false(value);
		assert_int_equal(text_parse_bool("maybe", &value), -EINVAL);
		assert_int_equal(text_parse_bool("", &value), -EINVAL);
	}
}

static void a_list_is_cut_at_commas_and_trimmed(void **state)
{
	char text[] = "  a b ,, c\t";
	char *list = text;

	(void)state;
	assert_string_equal(text_next_item(&list), "a b");
	assert_string_equal(text_next_item(&list), "");
	assert_string_equal(text_next_item(&list), "c");
	assert_null(text_next_item(&list));
}

static void trimming_blank_text_leaves_nothing(void **state)
{
	char text[] = " \t\n ";

	(void)state;
	assert_string_equal(text_trim(text), "");
}

static void utf8_lengths_follow_table_3_7(void **state)
{
	static const struct {
		const char *text;
		size_t length;
	} rows[] = {
		{ "a", 1 },
		{ "\x7f", 1 },
		{ "\xc2\x80", 2 },
		{ "\xdf\xbf", 2 },
		{ "\xe0\xa0\x80", 3 },
		{ "\xed\x9f\xbf", 3 },
		{ "\xee\x80\x80", 3 },
		{ "\xf0\x90\x80\x80", 4 },
		{ "\xf4\x8f\xbf\xbf", 4 },
		{ "\x80", 0 }, /* a continuation alone */
		{ "\xc0\xaf", 0 }, /* overlong */
		{ "\xc1\xbf", 0 },
		{ "\xe0\x9f\xbf", 0 },
		{ "\xf0\x8f\xbf\xbf", 0 },
		{ "\xed\xa0\x80", 0 }, /* a surrogate */
		{ "\xf4\x90\x80\x80", 0 }, /* beyond U+10FFFF */
		{ "\xf5\x80\x80\x80", 0 },
		{ "\xff", 0 },
		{ "\xe2\x82", 0 }, /* cut short */
		{ "\xe2\x82\x41", 0 },
		{ "", 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(text_utf8_length(rows[i].text, strlen(rows[i].text)),
				 rows[i].length);
}

static void utf8_length_reads_no_further_than_it_may(void **state)
{
	char *text = malloc(2);

	(void)state;
	assert_non_null(text);
	memcpy(text, "\xe2\x82", 2);
	assert_int_equal(text_utf8_length(text, 2), 0);
	assert_int_equal(text_utf8_length(text, 1), 0);
	assert_int_equal(text_utf8_length(text, 0), 0);
	free(text);
}

static void escapes_leave_nothing_that_steers(void **state)
{
	static const struct {
		const char *text;
		const char *escaped;
	} rows[] = {
		{ "plain", "plain" },
		{ "a\nb\tc\rd", "a\\nb\\tc\\rd" },
		{ "\x1b[31m", "\\x1b[31m" },
		{ "\x7f", "\\x7f" },
		{ "back\\slash", "back\\\\slash" },
		{ "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80", "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80" },
		{ "\xc2\x9b", "\\xc2\\x9b" }, /* U+009B */
		{ "\xc2\xa0", "\xc2\xa0" }, /* U+00A0 is no control */
		{ "\xd8\x9c", "\\xd8\\x9c" }, /* U+061C */
		{ "\xe2\x80\x8e\xe2\x80\x8f", "\\xe2\\x80\\x8e\\xe2\\x80\\x8f" },
		{ "\xe2\x80\xa8\xe2\x80\xa9", "\\xe2\\x80\\xa8\\xe2\\x80\\xa9" },
		{ "\xe2\x80\xaa\xe2\x80\xae", "\\xe2\\x80\\xaa\\xe2\\x80\\xae" },
		{ "\xe2\x81\xa6\xe2\x81\xa9", "\\xe2\\x81\\xa6\\xe2\\x81\\xa9" },
		{ "\xef\xbb\xbf", "\\xef\\xbb\\xbf" },
		{ "\xe2\x80\xa7", "\xe2\x80\xa7" }, /* U+2027 */
		{ "\xff\xfe", "\\xff\\xfe" },
		{ "\xe2\x82x", "\\xe2\\x82x" },
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *escaped = text_escape_dup(rows[i].text);

		assert_non_null(escaped);
		assert_string_equal(escaped, rows[i].escaped);
	}
}

static void a_nul_octet_inside_is_escaped(void **state)
{
	char out[16];

	(void)state;
	assert_int_equal(text_escape(out, sizeof(out), "a\0b", 3), 6);
	assert_string_equal(out, "a\\x00b");
}

static void a_short_buffer_is_cut_at_whole_characters(void **state)
{
	static const char text[] = "ab\n\xc3\xbc\x1bz";
	static const char *const cut[] = {
		"", "a", "ab", "ab", "ab\\n", "ab\\n", "ab\\n\xc3\xbc", "ab\\n\xc3\xbc",
		"ab\\n\xc3\xbc", "ab\\n\xc3\xbc", "ab\\n\xc3\xbc\\x1b", "ab\\n\xc3\xbc\\x1bz",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cut); i++) {
		char *out = malloc(i + 1); /* so that the sanitizer sees a write too far */

		assert_non_null(out);
		assert_int_equal(text_escape(out, i + 1, text, strlen(text)), 11);
		assert_string_equal(out, cut[i]);
		free(out);
	}
	assert_int_equal(text_escape(NULL, 0, text, strlen(text)), 11);
}

static void every_octet_pair_escapes_to_something_visible(void **state)
{
	unsigned int pair;

	(void)state;
	for (pair = 0; pair < 65536; pair++) {
		const char text[2] = { (char)(pair >> 8), (char)pair };
		char out[16];
		size_t length = text_escape(out, sizeof(out), text, 2), i, part;

		assert_true(length < sizeof(out));
		for (i = 0; i < length; i += part) {
			part = text_utf8_length(out + i, length - i);
			assert_int_not_equal(part, 0);
			assert_true((unsigned char)out[i] >= ' ' && out[i] != 0x7f);
			assert_false((unsigned char)out[i] == 0xc2 &&
				     (unsigned char)out[i + 1] < 0xa0);
		}
	}
}

static void the_nearest_word_is_found_or_none(void **state)
{
	static const char *const words[] = { "ports", "interfaces", "xdp", "keep" };
	static const struct {
		const char *word;
		const char *nearest;
	} rows[] = {
		{ "prots", "ports" }, { "port", "ports" },	{ "Ports", "ports" },
		{ "kep", "keep" },    { "interface", "interfaces" }, { "inerfacs", "interfaces" },
		{ "xpd", "xdp" },     { "ports", "ports" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *nearest = text_nearest(rows[i].word, words, ARRAY_SIZE(words));

		assert_non_null(nearest);
		assert_string_equal(nearest, rows[i].nearest);
	}
	assert_null(text_nearest("banana", words, ARRAY_SIZE(words)));
	assert_null(text_nearest("", words, ARRAY_SIZE(words)));
	assert_null(text_nearest("ports", words, 0));
}

static void of_two_near_words_the_nearer_wins(void **state)
{
	static const char *const words[] = { "snap-lengths", "snap-length", "snap-lenght" };

	(void)state;
	assert_string_equal(text_nearest("snap-lengt", words, ARRAY_SIZE(words)), "snap-length");
}

static void an_endless_word_is_near_to_nothing(void **state)
{
	static const char *const words[] = { "ports" };
	char word[4096];

	(void)state;
	memset(word, 'p', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	assert_null(text_nearest(word, words, 1));
}

static void a_glob_matches_the_whole_text(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool matches;
	} rows[] = {
		{ "eth0", "eth0", true },   { "eth0", "eth01", false }, { "eth*", "eth", true },
		{ "eth*", "eth12", true },  { "eth*", "veth1", false }, { "*", "", true },
		{ "", "", true },	    { "", "a", false },		{ "eth?", "eth1", true },
		{ "eth?", "eth", false },   { "*a*b", "xaxbxb", true }, { "*a*b", "xaxbxc", false },
		{ "a**b", "ab", true },	    { "[ab]", "a", false },	{ "*.s", "a.b.s", true },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(text_glob(rows[i].pattern, rows[i].text), rows[i].matches);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_is_taken_whole_or_not_at_all),
		cmocka_unit_test(a_number_outside_its_bounds_is_refused),
		cmocka_unit_test(durations_know_their_units),
		cmocka_unit_test(rates_are_events_over_a_time),
		cmocka_unit_test(sizes_are_powers_of_1024),
		cmocka_unit_test(a_bool_has_eight_words),
		cmocka_unit_test(a_list_is_cut_at_commas_and_trimmed),
		cmocka_unit_test(trimming_blank_text_leaves_nothing),
		cmocka_unit_test(utf8_lengths_follow_table_3_7),
		cmocka_unit_test(utf8_length_reads_no_further_than_it_may),
		cmocka_unit_test(escapes_leave_nothing_that_steers),
		cmocka_unit_test(a_nul_octet_inside_is_escaped),
		cmocka_unit_test(a_short_buffer_is_cut_at_whole_characters),
		cmocka_unit_test(every_octet_pair_escapes_to_something_visible),
		cmocka_unit_test(the_nearest_word_is_found_or_none),
		cmocka_unit_test(of_two_near_words_the_nearer_wins),
		cmocka_unit_test(an_endless_word_is_near_to_nothing),
		cmocka_unit_test(a_glob_matches_the_whole_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
