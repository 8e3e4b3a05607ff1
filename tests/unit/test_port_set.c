/* SPDX-License-Identifier: GPL-2.0-only */
/* test_port_set.c - lists of ports, read and written. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../user/model/config.h"

static struct port_set set;

static int empty_set(void **state)
{
	(void)state;
	memset(&set, 0, sizeof(set));
	return 0;
}

static void add(const char *list)
{
	char why[256] = "";

	assert_int_equal(port_set_add(&set, list, why, sizeof(why)), 0);
	assert_string_equal(why, "");
}

static void a_list_marks_ports_protocols_and_ranges(void **state)
{
	(void)state;
	add("3409, 53/udp,6000-6063/tcp, 65535");
	assert_int_equal(set.protocols[3409], PORT_SET_ALL);
	assert_int_equal(set.protocols[53], 1 << PROTOCOL_UDP);
	assert_int_equal(set.protocols[5999], 0);
	assert_int_equal(set.protocols[6000], 1 << PROTOCOL_TCP);
	assert_int_equal(set.protocols[6063], 1 << PROTOCOL_TCP);
	assert_int_equal(set.protocols[6064], 0);
	assert_int_equal(set.protocols[65535], PORT_SET_ALL);
	assert_int_equal(port_set_count(&set), 2 + 1 + 64 + 2);
}

static void adding_keeps_what_is_there(void **state)
{
	(void)state;
	add("53/udp");
	add("53/tcp");
	assert_int_equal(set.protocols[53], PORT_SET_ALL);
	assert_int_equal(port_set_count(&set), 2);
}

static void a_bad_list_changes_nothing_and_says_why(void **state)
{
	static const char *const rows[] = {
		"",	      "0",	"65536",     "1-65536",	 "http",    "80/sctp", "80/",
		"/tcp",	      "20-10",	"1-2-3",     "0-5",	 "-5",	    "5-",      "80/tcp/udp",
		"443,,444",   "443,",	"80 81",     "80/TCP",	 "0x50",    "+80",     "80;81",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char why[256] = "", list[64] = "7777, ";

		strcat(list, rows[i]);
		assert_int_equal(port_set_add(&set, list, why, sizeof(why)), -EINVAL);
		assert_string_not_equal(why, "");
		assert_int_equal(port_set_count(&set), 0);
	}
}

static void the_reason_names_the_bad_item(void **state)
{
	char why[256];

	(void)state;
	assert_int_equal(port_set_add(&set, "1, 99999 , 2", why, sizeof(why)), -EINVAL);
	assert_non_null(strstr(why, "'99999'"));
}

static void a_set_is_written_as_the_shortest_list(void **state)
{
	static const struct {
		const char *list;
		const char *shortest;
	} rows[] = {
		{ "3410, 3409", "3409-3410" },
		{ "3409-3410, 53/udp", "53/udp, 3409-3410" },
		{ "1-65535", "1-65535" },
		{ "10/tcp,11/tcp,10/udp,11/udp", "10-11" },
		{ "3409, 3410/tcp", "3409, 3410/tcp" },
		{ "10-20/tcp, 15/udp", "10-20/tcp, 15/udp" },
		{ "1/tcp, 2/udp, 3/tcp", "1/tcp, 2/udp, 3/tcp" },
		{ "65534-65535/udp", "65534-65535/udp" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *text;

		empty_set(NULL);
		add(rows[i].list);
		text = port_set_format(&set);
		assert_non_null(text);
		assert_string_equal(text, rows[i].shortest);
		free(text);
	}
}

static void an_empty_set_is_written_as_nothing(void **state)
{
	char *text = port_set_format(&set);

	(void)state;
	assert_non_null(text);
	assert_string_equal(text, "");
	free(text);
}

static void what_is_written_reads_back_the_same(void **state)
{
	struct port_set *before = malloc(sizeof(*before));
	unsigned int seed = 1, port, round;
	char *text;

	(void)state;
	assert_non_null(before);
	for (round = 0; round < 20; round++) {
		for (port = 1; port < 400; port++) {
			seed = seed * 1103515245 + 12345;
			set.protocols[port] = seed >> 24 & PORT_SET_ALL;
		}
		*before = set;
		text = port_set_format(&set);
		assert_non_null(text);
		empty_set(NULL);
		add(text);
		free(text);
		assert_memory_equal(&set, before, sizeof(set));
	}
	free(before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_list_marks_ports_protocols_and_ranges, empty_set),
		cmocka_unit_test_setup(adding_keeps_what_is_there, empty_set),
		cmocka_unit_test_setup(a_bad_list_changes_nothing_and_says_why, empty_set),
		cmocka_unit_test_setup(the_reason_names_the_bad_item, empty_set),
		cmocka_unit_test_setup(a_set_is_written_as_the_shortest_list, empty_set),
		cmocka_unit_test_setup(an_empty_set_is_written_as_nothing, empty_set),
		cmocka_unit_test_setup(what_is_written_reads_back_the_same, empty_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
