/* SPDX-License-Identifier: GPL-2.0-only */
/* test_rfc5424.c - the syslog message: exact form, escapes, nothing forged, bounded length. */
#include "../../user/sink/rfc5424.h"

#include "../../user/base/text.h"
#include "../../user/sink/visible.h"
#include "sink_help.h"

#define FIELDS_MAX 40
#define VALUE_SIZE 2048

struct parsed {
	size_t count;
	char names[FIELDS_MAX][33];
	char values[FIELDS_MAX][VALUE_SIZE];
	const char *message;
};

/* NAME="VALUE" by the grammar of RFC 5424 section 6; returns what follows. */
static const char *parse_field(const char *at, struct parsed *parsed)
{
	char *name = parsed->names[parsed->count];
	char *value = parsed->values[parsed->count];
	size_t length = strcspn(at, "=] \"");
	size_t used = 0;

	assert_in_range(length, 1, 32);
	memcpy(name, at, length);
	name[length] = '\0';
	at += length;
	assert_memory_equal(at, "=\"", 2);
	for (at += 2; *at != '"'; at++) {
		assert_int_not_equal(*at, ']');
		if (*at == '\\') {
			at++;
			assert_non_null(strchr("\"\\]", *at));
		}
		assert_int_not_equal(*at, '\0');
		value[used++] = *at;
		assert_true(used < VALUE_SIZE);
	}
	value[used] = '\0';
	parsed->count++;
	return at + 1;
}

static void parse(const char *text, struct parsed *parsed)
{
	const char *at = strstr(text, " [" RFC5424_SD_ID);

	memset(parsed, 0, sizeof(*parsed));
	assert_non_null(at);
	at += strlen(" [" RFC5424_SD_ID);
	while (*at == ' ')
		at = parse_field(at + 1, parsed);
	assert_memory_equal(at, "] ", 2);
	parsed->message = at + 2;
}

static const char *value_of(const struct parsed *parsed, const char *name)
{
	const char *found = NULL;

	for (size_t i = 0; i < parsed->count; i++) {
		if (!util_streq(parsed->names[i], name))
			continue;
		assert_null(found);
		found = parsed->values[i];
	}
	return found;
}

static void assert_clean(const char *text, size_t length)
{
	assert_int_equal(strlen(text), length);
	assert_in_range(length, 1, RFC5424_MAX);
	while (length) {
		size_t taken = text_utf8_length(text, length);

		assert_int_not_equal(taken, 0);
		assert_in_range((unsigned char)*text, 0x20, 0xff);
		assert_int_not_equal(*text, 0x7f);
		text += taken;
		length -= taken;
	}
}

static void has_the_contracts_form(void **state)
{
	struct alert alert = help_alert();
	char text[RFC5424_SIZE], expected[RFC5424_SIZE];
	size_t length = rfc5424_format(&alert, 16, "HOST", text);

	(void)state;
	snprintf(expected, sizeof(expected),
		 "<132>1 2026-11-22T06:35:00.123456Z HOST portsentinel %d probe "
		 "[alert@32473 action=\"probe\" port=\"3409\" protocol=\"tcp\" src=\"203.0.113.5\" "
		 "srcport=\"40000\" dst=\"192.0.2.1\" iface=\"eth0\" direction=\"in\" "
		 "kind=\"syn\" verdict=\"closed\" count=\"1\"",
		 (int)getpid());
	assert_clean(text, length);
	assert_memory_equal(text, expected, strlen(expected));
	assert_non_null(strstr(text, "\"] Unexpected TCP SYN from 203.0.113.5 to closed port "));
}

static void puts_facility_and_severity_together(void **state)
{
	struct alert alert = help_alert();
	char text[RFC5424_SIZE];

	(void)state;
	alert.severity = 7;
	rfc5424_format(&alert, 23, "-", text);
	assert_memory_equal(text, "<191>1 ", 7);
	alert.severity = 0;
	rfc5424_format(&alert, 0, "-", text);
	assert_memory_equal(text, "<0>1 ", 5);
}

static void names_every_action_as_message_id(void **state)
{
	char text[RFC5424_SIZE], expected[64];

	(void)state;
	for (int action = 0; action < ACTION_COUNT; action++) {
		struct alert alert = help_alert();
		struct parsed *parsed = calloc(1, sizeof(*parsed));

		assert_non_null(parsed);
		alert.action = (enum action)action;
		assert_clean(text, rfc5424_format(&alert, 3, "host", text));
		snprintf(expected, sizeof(expected), " portsentinel %d %s [", (int)getpid(),
			 alert_action_word(alert.action));
		assert_non_null(strstr(text, expected));
		parse(text, parsed);
		assert_string_equal(value_of(parsed, "action"), alert_action_word(alert.action));
		free(parsed);
	}
}

static void keeps_hostile_values_inside_their_field(void **state)
{
	struct parsed *parsed = calloc(2, sizeof(*parsed));
	struct alert alert = help_alert();
	char text[RFC5424_SIZE];

	(void)state;
	assert_non_null(parsed);
	alert.process.pid = 77;
	strcpy(alert.process.executable, "/x");
	strcpy(alert.process.unit, "x");
	strcpy(alert.process.name, "x");
	strcpy(alert.process.user, "x");
	rfc5424_format(&alert, 3, "host", text);
	parse(text, &parsed[0]);
	strcpy(alert.process.executable, HELP_HOSTILE);
	strcpy(alert.process.unit, "x\"] [forged@1 a=\"b\"] no\n<1>1 - - - - - -");
	strcpy(alert.process.name, HELP_HOSTILE);
	strcpy(alert.process.user, "\" port=\"1");
	assert_clean(text, rfc5424_format(&alert, 3, "host", text));
	parse(text, &parsed[1]);
	assert_int_equal(parsed[1].count, parsed[0].count);
	assert_memory_equal(parsed[1].names, parsed[0].names, sizeof(parsed[0].names));
	assert_string_equal(value_of(&parsed[1], "exe"), HELP_HOSTILE_SHOWN);
	assert_string_equal(value_of(&parsed[1], "user"), "\" port=\"1");
	assert_string_equal(value_of(&parsed[1], "port"), "3409");
	free(parsed);
}

static void passes_backslashes_of_unit_names(void **state)
{
	struct parsed *parsed = calloc(1, sizeof(*parsed));
	struct alert alert = help_alert();
	char text[RFC5424_SIZE];

	(void)state;
	assert_non_null(parsed);
	strcpy(alert.process.unit, "my\\x2dapp@a.service");
	rfc5424_format(&alert, 3, "host", text);
	parse(text, parsed);
	assert_string_equal(value_of(parsed, "unit"), "my\\x2dapp@a.service");
	free(parsed);
}

static void fill(char *out, size_t size, const char *with)
{
	size_t length = strlen(with);
	size_t used = 0;

	for (; used + length < size; used += length)
		memcpy(out + used, with, length);
	out[used] = '\0';
}

static void cuts_values_at_whole_characters(void **state)
{
	static const char *const fillings[] = { "x", "]", "\\", "\xff", "\n", "\xc3\xa9",
						"\xf0\x9f\x98\x80", "\xe2\x80\xae" };
	struct parsed *parsed = calloc(1, sizeof(*parsed));
	char text[RFC5424_SIZE], host[SINK_HOSTNAME_SIZE];

	(void)state;
	assert_non_null(parsed);
	fill(host, sizeof(host), "h");
	for (size_t i = 0; i < ARRAY_SIZE(fillings); i++) {
		struct alert alert = help_alert();

		alert.process.pid = 4194304;
		fill(alert.process.executable, PROCESS_PATH_SIZE, fillings[i]);
		fill(alert.process.name, PROCESS_NAME_SIZE, fillings[i]);
		fill(alert.process.user, PROCESS_NAME_SIZE, fillings[i]);
		fill(alert.process.unit, PROCESS_UNIT_SIZE, fillings[i]);
		fill(alert.process.container, PROCESS_CONTAINER_SIZE, fillings[i]);
		fill(alert.interface, IF_NAMESIZE, fillings[i]);
		assert_clean(text, rfc5424_format(&alert, 3, host, text));
		parse(text, parsed);
		assert_non_null(value_of(parsed, "container"));
		assert_in_range(strlen(value_of(parsed, "exe")), 1, RFC5424_VALUE_MAX);
	}
	free(parsed);
}

static void marks_text_in_utf8_with_its_bom(void **state)
{
	struct parsed *parsed = calloc(1, sizeof(*parsed));
	struct alert alert = help_numbered_alert(1);
	char text[RFC5424_SIZE];

	(void)state;
	assert_non_null(parsed);
	rfc5424_format(&alert, 3, "host", text);
	parse(text, parsed);
	assert_string_equal(parsed->message, "number 1");
	strcpy(alert.text, "gr\xc3\xbc\xc3\x9f");
	rfc5424_format(&alert, 3, "host", text);
	parse(text, parsed);
	assert_string_equal(parsed->message, "\xef\xbb\xbfgr\xc3\xbc\xc3\x9f");
	free(parsed);
}

static void shows_every_octet_safely(void **state)
{
	(void)state;
	for (int octet = 1; octet < 256; octet++) {
		char in[2] = { (char)octet, '\0' };
		char out[VISIBLE_SIZE];

		assert_int_equal(visible_next(in, 1, out), 1);
		for (const char *c = out; *c; c++)
			assert_in_range(*c, ' ', '~');
	}
}

static void copies_no_half_character(void **state)
{
	char out[8];

	(void)state;
	assert_int_equal(visible_copy(out, sizeof(out), "abcdef\n"), 6);
	assert_string_equal(out, "abcdef");
	assert_int_equal(visible_copy(out, sizeof(out), "abcde\n\n"), 7);
	assert_string_equal(out, "abcde\\n");
	assert_int_equal(visible_copy(out, 1, "abc"), 0);
	assert_string_equal(out, "");
}

static void names_a_host(void **state)
{
	char name[SINK_HOSTNAME_SIZE];

	(void)state;
	assert_in_range(strlen(sink_hostname(name)), 1, 255);
	for (const char *c = name; *c; c++)
		assert_in_range(*c, '!', '~');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_the_contracts_form),
		cmocka_unit_test(puts_facility_and_severity_together),
		cmocka_unit_test(names_every_action_as_message_id),
		cmocka_unit_test(keeps_hostile_values_inside_their_field),
		cmocka_unit_test(passes_backslashes_of_unit_names),
		cmocka_unit_test(cuts_values_at_whole_characters),
		cmocka_unit_test(marks_text_in_utf8_with_its_bom),
		cmocka_unit_test(shows_every_octet_safely),
		cmocka_unit_test(copies_no_half_character),
		cmocka_unit_test(names_a_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
