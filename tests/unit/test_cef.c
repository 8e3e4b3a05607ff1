/* SPDX-License-Identifier: GPL-2.0-only */
/* test_cef.c - the Common Event Format: exact form, escapes, nothing forged, bounded length. */
#include <ctype.h>

#include "../../user/sink/cef.h"
#include "alert_sample.h"
#include "sink_help.h"

#define MEMBERS_MAX 48
#define VALUE_SIZE 8192

struct member {
	char name[32];
	char value[VALUE_SIZE];
};

struct parsed {
	size_t count;
	struct member members[MEMBERS_MAX];
};

static char text[RFC5424_SIZE];
static struct parsed parsed;

/* Where the `=` that is not escaped after `at` stands; NULL: none. */
static const char *find_equals(const char *at)
{
	for (; *at; at++) {
		if (*at == '\\')
			at++;
		else if (*at == '=')
			return at;
	}
	return NULL;
}

static const char *name_before(const char *equals, const char *from)
{
	const char *name = equals;

	while (name > from && isalnum((unsigned char)name[-1]))
		name--;
	assert_true(name == from || name[-1] == ' ');
	return name;
}

static void unescape(const char *at, const char *end, char *out)
{
	for (; at < end; at++) {
		assert_true((unsigned char)*at >= ' ' && *at != 0x7f);
		if (*at == '\\') {
			at++;
			assert_non_null(strchr("\\=nr", *at));
			*out++ = *at == 'n' ? '\n' : *at == 'r' ? '\r' : *at;
		} else {
			*out++ = *at;
		}
	}
	*out = '\0';
}

/* As receivers do it: a member begins where a word stands before `=`. */
static void parse_extension(const char *at)
{
	const char *equals = find_equals(at);

	parsed.count = 0;
	while (equals) {
		struct member *member = &parsed.members[parsed.count++];
		const char *name = name_before(equals, at);
		const char *next = find_equals(equals + 1);
		const char *end = next ? name_before(next, equals + 1) - 1 : at + strlen(at);

		assert_true(parsed.count < MEMBERS_MAX);
		assert_in_range(equals - name, 1, (long)sizeof(member->name) - 1);
		memcpy(member->name, name, (size_t)(equals - name));
		member->name[equals - name] = '\0';
		unescape(equals + 1, end, member->value);
		equals = next;
	}
}

static const char *value_of(const char *name)
{
	const char *value = NULL;

	for (size_t i = 0; i < parsed.count; i++) {
		if (!util_streq(parsed.members[i].name, name))
			continue;
		assert_null(value); /* once */
		value = parsed.members[i].value;
	}
	return value;
}

static void assert_value(const char *name, const char *wanted)
{
	const char *value = value_of(name);

	if (!value)
		fail_msg("there is no %s in %s", name, text);
	else
		assert_string_equal(value, wanted);
}

/* Writes and parses; returns where the extension begins. */
static const char *format(const struct alert *alert)
{
	size_t length = cef_format(alert, 3, "host", text);
	const char *at;

	assert_int_equal(length, strlen(text));
	assert_true(strlen(text) <= RFC5424_MAX);
	at = strstr(text, "CEF:0|");
	assert_non_null(at);
	for (int bars = 0; bars < 7; bars++)
		at = strchr(at, '|') + 1;
	parse_extension(at);
	return at;
}

static void the_header_is_exact(void **state)
{
	const struct alert alert = help_alert();
	char wanted[256];

	(void)state;
	format(&alert);
	snprintf(wanted, sizeof(wanted),
		 "<28>1 2026-11-22T06:35:00.123456Z host portsentinel %d probe - "
		 "CEF:0|portsentinel|portsentinel|" VERSION
		 "|probe|Probe of a closed watched port|5|rt=1795329300123 act=probe cnt=1 ",
		 (int)getpid());
	assert_memory_equal(text, wanted, strlen(wanted));
}

static void a_packet_has_its_members(void **state)
{
	struct alert alert = help_alert();

	(void)state;
	alert.kinds[KIND_SYN] = 17;
	alert.kinds[KIND_RST] = 2;
	alert.suppressed = 1200;
	strcpy(alert.looks_like, "masscan");
	format(&alert);
	assert_value("src", "203.0.113.5");
	assert_value("spt", "40000");
	assert_value("dst", "192.0.2.1");
	assert_value("dpt", "3409");
	assert_value("proto", "TCP");
	assert_value("deviceDirection", "0");
	assert_value("deviceInboundInterface", "eth0");
	assert_value("start", "1795329300123");
	assert_value("end", "1795329300123");
	assert_value("cs3Label", "verdict");
	assert_value("cs3", "closed");
	assert_value("cs5", "masscan");
	assert_value("cs6Label", "kinds");
	assert_value("cs6", "syn 17, rst 2");
	assert_value("cn1", "1200");
	assert_null(value_of("cs1"));
	assert_null(value_of("dpid"));
}

static void an_ipv6_address_has_members_of_its_own(void **state)
{
	struct alert alert = help_alert();

	(void)state;
	assert_int_equal(addr_parse("2001:db8::5", &alert.source.addr), 0);
	assert_int_equal(addr_parse("2001:db8::1", &alert.destination.addr), 0);
	format(&alert);
	assert_value("c6a2", "2001:db8::5");
	assert_value("c6a2Label", "Source IPv6 Address");
	assert_value("c6a3", "2001:db8::1");
	assert_null(value_of("src"));
	assert_null(value_of("dst"));
}

static void the_process_is_at_this_end(void **state)
{
	struct alert alert = help_alert();

	(void)state;
	alert.process.pid = 77;
	strcpy(alert.process.name, "nc");
	strcpy(alert.process.user, "root");
	format(&alert);
	assert_value("dpid", "77");
	assert_value("dproc", "nc");
	assert_value("duser", "root");
	alert.direction = DIRECTION_OUT;
	format(&alert);
	assert_value("spid", "77");
	assert_value("sproc", "nc");
	assert_value("suser", "root");
	assert_value("deviceDirection", "1");
	assert_value("deviceOutboundInterface", "eth0");
	assert_null(value_of("dpid"));
	assert_null(value_of("deviceInboundInterface"));
	alert.process.pid = 0; /* it has none in this pid namespace */
	format(&alert);
	assert_null(value_of("spid"));
	assert_value("sproc", "nc");
}

static void severities_are_of_ten(void **state)
{
	static const char *const wanted[] = { "|10|", "|9|", "|8|", "|7|",
					      "|5|",  "|3|", "|1|", "|0|" };
	struct alert alert = help_alert();

	(void)state;
	for (alert.severity = 0; alert.severity < 8; alert.severity++)
		assert_memory_equal(format(&alert) - strlen(wanted[alert.severity]),
				    wanted[alert.severity], strlen(wanted[alert.severity]));
}

static void nothing_is_forged(void **state)
{
	struct alert alert = help_alert();
	size_t count;

	(void)state;
	alert.process.pid = 1;
	strcpy(alert.process.name, "x");
	strcpy(alert.process.executable, "x");
	strcpy(alert.process.unit, "x");
	format(&alert);
	count = parsed.count;
	strcpy(alert.process.name, "x src=10.0.0.1 act=none");
	strcpy(alert.process.executable, "/a\\ src=10.0.0.1|b\nCEF:0|x|x|x|x|x|9|src=1 \x1b[2J\xff\\");
	strcpy(alert.process.unit, "a\\x2db=c\\=d\r\ne");
	format(&alert);
	assert_int_equal(parsed.count, count);
	assert_value("src", "203.0.113.5");
	assert_value("act", "probe");
	assert_value("dproc", "x src=10.0.0.1 act=none");
	assert_value("filePath",
		     "/a\\ src=10.0.0.1|b\nCEF:0|x|x|x|x|x|9|src=1 \\x1b[2J\\xff\\");
	assert_value("cs1", "a\\x2db=c\\=d\r\ne");
}

static void the_longest_alert_fits_and_keeps_its_members(void **state)
{
	struct alert alert = help_alert();

	(void)state;
	memset(alert.text, '=', sizeof(alert.text) - 1);
	memset(alert.interface, '\\', sizeof(alert.interface) - 1);
	memset(alert.process.name, '\xff', sizeof(alert.process.name) - 1);
	memset(alert.process.executable, '\xff', sizeof(alert.process.executable) - 1);
	memset(alert.process.user, '\x01', sizeof(alert.process.user) - 1);
	memset(alert.process.unit, '=', sizeof(alert.process.unit) - 1);
	memset(alert.process.container, '\x7f', sizeof(alert.process.container) - 1);
	alert.process.pid = 1;
	for (unsigned int kind = 0; kind < KIND_COUNT; kind++)
		alert.kinds[kind] = UINT64_MAX;
	format(&alert);
	assert_non_null(value_of("msg"));
	assert_value("externalId", alert.id);
}

static void an_alert_about_no_packet_has_no_addresses(void **state)
{
	struct alert alert = help_numbered_alert(1);

	(void)state;
	format(&alert);
	assert_value("msg", "number 1");
	assert_null(value_of("src"));
	assert_null(value_of("proto"));
	assert_null(value_of("cs3"));
	assert_null(value_of("start"));
}

static void a_listener_has_its_own_end(void **state)
{
	struct alert alert = sample_listener();

	(void)state;
	sample_add_process(&alert);
	format(&alert);
	assert_value("dst", "192.0.2.1");
	assert_value("dpt", "3409");
	assert_value("proto", "TCP");
	assert_value("app", "networklens");
	assert_value("cs4Label", "quality");
	assert_value("cs4", "exact");
	assert_value("dpid", "123");
	assert_null(value_of("src"));
	assert_null(value_of("spt"));
	assert_null(value_of("cs3"));
	assert_null(value_of("deviceDirection"));
}

static void a_folded_alert_tells_how_many(void **state)
{
	struct alert alert = sample_folded(40);

	(void)state;
	format(&alert);
	assert_value("flexString1Label", "ports");
	assert_value("flexString1", "3409/tcp,3410/udp");
	assert_value("cn3Label", "port_count");
	assert_value("cn3", "2");
	assert_value("cn2Label", "peers");
	assert_value("cn2", "40");
	assert_value("flexString2Label", "prefix");
	assert_value("flexString2", "203.0.113.0/24");
	alert = sample_alert();
	format(&alert);
	assert_null(value_of("flexString1"));
	assert_null(value_of("cn2"));
}

static void a_flood_is_named_one(void **state)
{
	struct alert alert = help_numbered_alert(1);

	(void)state;
	alert.action = ACTION_FLOOD;
	format(&alert);
	assert_non_null(strstr(text, "|flood|Flood|"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_header_is_exact),
		cmocka_unit_test(a_packet_has_its_members),
		cmocka_unit_test(an_ipv6_address_has_members_of_its_own),
		cmocka_unit_test(the_process_is_at_this_end),
		cmocka_unit_test(severities_are_of_ten),
		cmocka_unit_test(nothing_is_forged),
		cmocka_unit_test(the_longest_alert_fits_and_keeps_its_members),
		cmocka_unit_test(an_alert_about_no_packet_has_no_addresses),
		cmocka_unit_test(a_listener_has_its_own_end),
		cmocka_unit_test(a_folded_alert_tells_how_many),
		cmocka_unit_test(a_flood_is_named_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
