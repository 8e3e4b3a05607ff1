// SPDX-License-Identifier: GPL-2.0-only
/* test_out.c - the printer: what each kind of value looks like, and that nothing escapes it. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "../../user/base/util.h"
#include "../../user/view/out.h"

/* A steering sequence, a forged line, a C1 control, a bidirectional override, and a good letter. */
#define HOSTILE "\x1b[2J\n\xc2\x9b" "1m\xe2\x80\xae\x7f\\\xc3\xa9"
#define HOSTILE_SHOWN "\\x1b[2J\\n\\xc2\\x9b1m\\xe2\\x80\\xae\\x7f\\\\\xc3\xa9"

typedef int printer(enum out_format format, json_t *value);

static char printed[65536];

/* Prints with standard output going to a file; returns what stands there. */
static const char *show_value(printer *print, enum out_format format, json_t *value)
{
	FILE *file = tmpfile();
	int kept = dup(STDOUT_FILENO), r;
	size_t length;

	assert_non_null(file);
	assert_non_null(value);
	fflush(stdout);
	dup2(fileno(file), STDOUT_FILENO);
	r = print(format, value);
	dup2(kept, STDOUT_FILENO);
	close(kept);
	assert_int_equal(r, 0);
	rewind(file);
	length = fread(printed, 1, sizeof(printed) - 1, file);
	printed[length] = '\0';
	fclose(file);
	return printed;
}

static const char *show(enum out_format format, const char *text)
{
	return show_value(out_print, format, json_loads(text, JSON_DECODE_ANY, NULL));
}

static const char *show_line(enum out_format format, const char *text)
{
	return show_value(out_print_line, format, json_loads(text, JSON_DECODE_ANY, NULL));
}

static void scalars_stand_on_aligned_lines(void **state)
{
	(void)state;
	assert_string_equal(show(OUT_PLAIN, "{\"running\":true,\"pid\":12,\"keep\":false}"),
			    "running  yes\n"
			    "pid      12\n"
			    "keep     no\n");
}

static void what_is_not_known_takes_no_line(void **state)
{
	(void)state;
	assert_string_equal(show(OUT_PLAIN, "{\"a\":null,\"b\":\"\",\"c\":[],\"d\":{},\"e\":1}"),
			    "e  1\n");
	assert_string_equal(show(OUT_PLAIN, "{\"counters\":[]}"), "");
}

static void lists_are_joined(void **state)
{
	(void)state;
	assert_string_equal(show(OUT_PLAIN, "{\"ports\":[\"53/udp\",3409]}"),
			    "ports  53/udp, 3409\n");
}

static void the_only_table_has_no_title(void **state)
{
	(void)state;
	assert_string_equal(show(OUT_PLAIN, "{\"ports\":["
					    "{\"port\":53,\"protocol\":\"udp\",\"service\":null},"
					    "{\"port\":3409,\"protocol\":\"tcp\",\"service\":\"x\"}"
					    "]}"),
			    "PORT  PROTOCOL  SERVICE\n"
			    "  53  udp       -\n"
			    "3409  tcp       x\n");
}

static void a_column_without_values_is_left_out(void **state)
{
	(void)state;
	assert_string_equal(show(OUT_PLAIN, "[{\"name\":\"eth0\",\"why_not_better\":null},"
					    "{\"name\":\"lo\",\"why_not_better\":null}]"),
			    "NAME\n"
			    "eth0\n"
			    "lo\n");
}

static void columns_stand_in_order_of_appearance(void **state)
{
	(void)state;
	assert_string_equal(show(OUT_PLAIN, "[{\"a\":1},{\"why_not\":\"x\",\"a\":22}]"),
			    " A  WHY NOT\n"
			    " 1  -\n"
			    "22  x\n");
}

static void counters_are_readable(void **state)
{
	(void)state;
	assert_string_equal(
		show(OUT_PLAIN,
		     "{\"counters\":["
		     "{\"port\":3409,\"protocol\":\"tcp\",\"interface\":\"eth0\","
		     "\"direction\":\"in\",\"role\":\"to\",\"packets\":9,\"bytes\":540,"
		     "\"kinds\":{\"syn\":6,\"rst\":3}},"
		     "{\"port\":3410,\"protocol\":\"udp\",\"interface\":\"wlan0\","
		     "\"direction\":\"out\",\"role\":\"from\",\"packets\":10,\"bytes\":1200,"
		     "\"kinds\":{\"udp\":10}}],"
		     "\"accounting\":{\"seen\":100,\"unparsed\":{\"truncated\":0,\"not-ip\":2}}}"),
		"counters\n"
		"  PORT  PROTOCOL  INTERFACE  DIRECTION  ROLE  PACKETS  BYTES  KINDS\n"
		"  3409  tcp       eth0       in         to          9    540  syn 6, rst 3\n"
		"  3410  udp       wlan0      out        from       10   1200  udp 10\n"
		"\n"
		"accounting\n"
		"  seen      100\n"
		"  unparsed  truncated 0, not-ip 2\n");
}

static void objects_inside_cells_nest(void **state)
{
	(void)state;
	assert_string_equal(show(OUT_PLAIN, "[{\"process\":{\"pid\":1,\"exe\":null,"
					    "\"user\":{\"id\":\"0\",\"name\":\"root\"}}}]"),
			    "PROCESS\n"
			    "pid 1, user (id 0, name root)\n");
}

static size_t count_lines(const char *text)
{
	size_t count = 0;

	while ((text = strchr(text, '\n'))) {
		count++;
		text++;
	}
	return count;
}

static void hostile_bytes_stay_on_their_line(void **state)
{
	(void)state;
	assert_string_equal(show_value(out_print, OUT_PLAIN, json_pack("{s:s}", "n", HOSTILE)),
			    "n  " HOSTILE_SHOWN "\n");
	show_value(out_print, OUT_PLAIN, json_pack("[{s:s, s:i}]", "n", HOSTILE, HOSTILE, 1));
	assert_null(strchr(printed, 0x1b));
	assert_null(strstr(printed, "\xc2\x9b"));
	assert_null(strstr(printed, "\xe2\x80\xae"));
	assert_int_equal(count_lines(printed), 2);
}

static void an_embedded_nul_is_shown(void **state)
{
	(void)state;
	assert_string_equal(show_value(out_print, OUT_PLAIN,
				       json_pack("{s:o}", "n", json_stringn("a\0b", 3))),
			    "n  a\\x00b\n");
}

static void wide_text_is_counted_by_characters(void **state)
{
	(void)state;
	assert_string_equal(show(OUT_PLAIN, "[{\"n\":\"\xc3\xa9\xc3\xa9\",\"m\":\"x\"},"
					    "{\"n\":\"abc\",\"m\":\"y\"}]"),
			    "N    M\n"
			    "\xc3\xa9\xc3\xa9   x\n"
			    "abc  y\n");
}

static void json_is_one_line_of_ascii(void **state)
{
	(void)state;
	assert_string_equal(show(OUT_JSON, "{\"a\":[1,2],\"b\":null}"),
			    "{\"a\":[1,2],\"b\":null}\n");
	show_value(out_print, OUT_JSON, json_pack("{s:s}", "n", HOSTILE));
	for (const char *octet = printed; *octet; octet++)
		assert_in_range((unsigned char)*octet, *octet == '\n' ? '\n' : ' ', 0x7f);
}

static void pretty_json_is_indented_but_a_stream_is_not(void **state)
{
	(void)state;
	assert_string_equal(show(OUT_JSON_PRETTY, "{\"a\":1}"), "{\n  \"a\": 1\n}\n");
	assert_string_equal(show_line(OUT_JSON_PRETTY, "{\"a\":1}"), "{\"a\":1}\n");
}

static void a_plain_stream_has_a_line_an_object(void **state)
{
	(void)state;
	assert_string_equal(show_line(OUT_PLAIN, "{\"a\":\"x\",\"b\":null,\"c\":[1,2],\"d\":7}"),
			    "x (1, 2) 7\n");
}

static void the_greatest_counter_is_exact(void **state)
{
	(void)state;
	assert_string_equal(show_value(out_print, OUT_PLAIN,
				       json_pack("{s:I}", "n", (json_int_t)INT64_MAX)),
			    "n  9223372036854775807\n");
}

static void a_write_that_fails_is_told(void **state)
{
	int kept = dup(STDOUT_FILENO), full = open("/dev/full", O_WRONLY | O_CLOEXEC), r;

	(void)state;
	assert_true(full >= 0);
	fflush(stdout);
	dup2(full, STDOUT_FILENO);
	r = out_print(OUT_JSON, json_object());
	dup2(kept, STDOUT_FILENO);
	close(kept);
	close(full);
	assert_int_equal(r, -ENOSPC);
	assert_int_equal(out_print(OUT_JSON, NULL), -ENOMEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scalars_stand_on_aligned_lines),
		cmocka_unit_test(what_is_not_known_takes_no_line),
		cmocka_unit_test(lists_are_joined),
		cmocka_unit_test(the_only_table_has_no_title),
		cmocka_unit_test(a_column_without_values_is_left_out),
		cmocka_unit_test(columns_stand_in_order_of_appearance),
		cmocka_unit_test(counters_are_readable),
		cmocka_unit_test(objects_inside_cells_nest),
		cmocka_unit_test(hostile_bytes_stay_on_their_line),
		cmocka_unit_test(an_embedded_nul_is_shown),
		cmocka_unit_test(wide_text_is_counted_by_characters),
		cmocka_unit_test(json_is_one_line_of_ascii),
		cmocka_unit_test(pretty_json_is_indented_but_a_stream_is_not),
		cmocka_unit_test(a_plain_stream_has_a_line_an_object),
		cmocka_unit_test(the_greatest_counter_is_exact),
		cmocka_unit_test(a_write_that_fails_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
