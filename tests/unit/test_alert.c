/* SPDX-License-Identifier: GPL-2.0-only */
/* test_alert.c - an alert's fields: which, in which order, and what is left out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "alert_sample.h"

static char fields[4096];

static void note(void *argument, const char *name, const char *value)
{
	size_t used = strlen(fields);

	assert_ptr_equal(argument, fields);
	snprintf(fields + used, sizeof(fields) - used, "%s=%s|", name, value);
}

static const char *visited(const struct alert *alert)
{
	fields[0] = '\0';
	alert_visit_fields(alert, note, fields);
	return fields;
}

static void the_contracts_fields_come_first_and_in_order(void **state)
{
	struct alert alert = sample_alert();

	(void)state;
	assert_string_equal(visited(&alert),
			    "action=probe|port=3409|protocol=tcp|src=203.0.113.5|srcport=40000|"
			    "dst=192.0.2.1|iface=eth0|direction=in|kind=syn|verdict=closed|"
			    "count=17|dstport=3409|id=00112233445566778899aabbccddeeff|"
			    "service=networklens|quality=none|");
}

static void a_known_process_and_tool_are_told(void **state)
{
	struct alert alert = sample_alert();

	(void)state;
	sample_add_process(&alert);
	alert.suppressed = 1200;
	strcpy(alert.looks_like, "masscan");
	assert_non_null(strstr(visited(&alert),
			       "|count=17|pid=123|exe=/usr/sbin/nginx|unit=nginx.service|"
			       "looks_like=masscan|dstport=3409|"
			       "id=00112233445566778899aabbccddeeff|suppressed=1200|"
			       "service=networklens|user=www-data|container=0123abcd|"
			       "quality=exact|"));
}

static void what_is_not_known_is_left_out(void **state)
{
	struct alert alert = sample_alert();

	(void)state;
	alert.verdict = VERDICT_UNKNOWN;
	alert.port = 64999;
	alert.interface[0] = '\0';
	visited(&alert);
	assert_null(strstr(fields, "verdict="));
	assert_null(strstr(fields, "service="));
	assert_null(strstr(fields, "iface="));
	assert_null(strstr(fields, "pid="));
	assert_null(strstr(fields, "user="));
	assert_null(strstr(fields, "suppressed="));
	assert_non_null(strstr(fields, "port=64999|"));
}

static void the_kind_is_the_first_packets(void **state)
{
	struct alert alert = sample_alert();

	(void)state;
	alert.kind = KIND_XMAS;
	alert.direction = DIRECTION_OUT;
	assert_non_null(strstr(visited(&alert), "|direction=out|kind=xmas|"));
}

static void values_are_raw(void **state)
{
	struct alert alert = sample_alert();

	(void)state;
	sample_add_process(&alert);
	strcpy(alert.process.executable, "/tmp/a\"]\n\xff");
	assert_non_null(strstr(visited(&alert), "|exe=/tmp/a\"]\n\xff|"));
}

static void an_alert_about_no_packet_has_few_fields(void **state)
{
	struct alert alert = sample_alert();

	(void)state;
	alert.action = ACTION_FLOOD;
	alert.has_packet = false;
	alert.suppressed = 9;
	assert_string_equal(visited(&alert), "action=flood|count=17|"
					     "id=00112233445566778899aabbccddeeff|suppressed=9|");
}

static void a_listener_has_its_own_end_and_no_packet(void **state)
{
	struct alert alert = sample_listener();

	(void)state;
	alert.quality = QUALITY_EXACT;
	assert_string_equal(visited(&alert),
			    "action=listener|port=3409|protocol=tcp|dst=192.0.2.1|count=1|"
			    "dstport=3409|id=00112233445566778899aabbccddeeff|"
			    "service=networklens|quality=exact|");
}

static void many_things_in_one_are_told_at_the_end(void **state)
{
	struct alert alert = sample_folded(0);

	(void)state;
	assert_non_null(strstr(visited(&alert),
			       "|quality=none|technique=xmas|ports=3409/tcp,3410/udp|"));
	assert_null(strstr(fields, "|peers="));
	alert = sample_folded(40);
	assert_non_null(strstr(visited(&alert), "|ports=3409/tcp,3410/udp|peers=40|"
						"prefix=203.0.113.0/24|"));
}

static void the_longest_list_of_ports_fits(void **state)
{
	struct alert alert = sample_alert();
	char ports[ALERT_PORTS_SIZE];

	(void)state;
	alert.ports = 65535;
	alert.top_port_count = ALERT_PORTS_MAX;
	for (unsigned int i = 0; i < ALERT_PORTS_MAX; i++)
		alert.top_ports[i].port = 65535;
	alert_format_ports(&alert, ports);
	assert_string_equal(ports + strlen(ports) - strlen("65535/tcp,..."), "65535/tcp,...");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_listener_has_its_own_end_and_no_packet),
		cmocka_unit_test(many_things_in_one_are_told_at_the_end),
		cmocka_unit_test(the_longest_list_of_ports_fits),
		cmocka_unit_test(the_contracts_fields_come_first_and_in_order),
		cmocka_unit_test(a_known_process_and_tool_are_told),
		cmocka_unit_test(what_is_not_known_is_left_out),
		cmocka_unit_test(the_kind_is_the_first_packets),
		cmocka_unit_test(values_are_raw),
		cmocka_unit_test(an_alert_about_no_packet_has_few_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
