/* SPDX-License-Identifier: GPL-2.0-only */
/* test_alert_json.c - an alert under the Elastic Common Schema's names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../../user/model/ecs.h"
#include "alert_sample.h"

/* The alert's JSON is exactly this one. */
static void assert_json(const struct alert *alert, const char *hostname, const char *expected)
{
	json_t *wanted = json_loads(expected, 0, NULL);
	json_t *made = alert_to_json(alert, hostname);
	char *text = json_dumps(made, JSON_COMPACT);

	assert_non_null(wanted);
	assert_non_null(text);
	if (!json_equal(made, wanted))
		fail_msg("%s", text);
	free(text);
	json_decref(made);
	json_decref(wanted);
}

static void the_contracts_example_has_these_members(void **state)
{
	struct alert alert = sample_alert();

	(void)state;
	alert.suppressed = 1200;
	alert.has_mac = true;
	memcpy(alert.source_mac, "\x00\x00\x5e\x00\x53\xab", 6);
	alert.has_vlan = true;
	alert.vlan_id = 7;
	strcpy(alert.looks_like, "masscan");
	assert_json(&alert, "sensor1",
		    "{\"@timestamp\":\"2026-11-22T06:35:00.123456Z\","
		    "\"ecs\":{\"version\":\"" ECS_VERSION "\"},"
		    "\"message\":\"Unexpected TCP SYN from 203.0.113.5 to closed port 3409 "
		    "(networklens) on eth0: 17 packets in 60 s, 1200 more held back, "
		    "looks like masscan\","
		    "\"event\":{\"id\":\"00112233445566778899aabbccddeeff\",\"kind\":\"alert\","
		    "\"category\":[\"network\"],\"type\":[\"denied\"],\"outcome\":\"failure\","
		    "\"action\":\"probe\",\"severity\":4,"
		    "\"start\":\"2026-11-22T06:34:00.123456Z\","
		    "\"end\":\"2026-11-22T06:35:00.123456Z\",\"count\":17},"
		    "\"source\":{\"ip\":\"203.0.113.5\",\"port\":40000,"
		    "\"mac\":\"00-00-5E-00-53-AB\"},"
		    "\"destination\":{\"ip\":\"192.0.2.1\",\"port\":3409},"
		    "\"network\":{\"transport\":\"tcp\",\"type\":\"ipv4\","
		    "\"direction\":\"inbound\",\"vlan\":{\"id\":\"7\"},"
		    "\"community_id\":\"1:3fZIYCgDN1Q1xx7mlYydpoqBH40=\"},"
		    "\"observer\":{\"hostname\":\"sensor1\","
		    "\"ingress\":{\"interface\":{\"name\":\"eth0\"}}},"
		    "\"portsentinel\":{\"verdict\":\"closed\",\"kinds\":{\"syn\":17},"
		    "\"looks_like\":\"masscan\",\"quality\":\"none\",\"rule\":null,\"suppressed\":1200,"
		    "\"service\":\"networklens\"}}");
}

static void a_process_stands_with_its_user_unit_and_container(void **state)
{
	struct alert alert = sample_alert();
	json_t *made, *wanted;

	(void)state;
	sample_add_process(&alert);
	made = alert_to_json(&alert, NULL);
	wanted = json_loads("{\"pid\":123,\"name\":\"nginx\",\"executable\":\"/usr/sbin/nginx\","
			    "\"command_line\":\"nginx -g daemon off;\","
			    "\"user\":{\"id\":\"33\",\"name\":\"www-data\"},"
			    "\"start\":\"2026-11-22T06:30:00.000000Z\","
			    "\"parent\":{\"pid\":1,\"name\":\"systemd\"}}",
			    0, NULL);
	assert_non_null(wanted);
	assert_true(json_equal(json_object_get(made, "process"), wanted));
	json_decref(wanted);
	wanted = json_loads("{\"systemd\":{\"unit\":\"nginx.service\"},"
			    "\"container\":{\"id\":\"0123abcd\"}}",
			    0, NULL);
	assert_true(json_equal(json_object_get(made, "systemd"),
			       json_object_get(wanted, "systemd")));
	assert_true(json_equal(json_object_get(made, "container"),
			       json_object_get(wanted, "container")));
	json_decref(wanted);
	json_decref(made);
}

static void what_ecs_has_no_name_for_is_told_of_the_owner(void **state)
{
	struct alert alert = sample_alert();
	json_t *made, *wanted, *own;
	const char *name;
	json_t *value;

	(void)state;
	sample_add_process(&alert);
	alert.process.netns = 4026531840;
	alert.process.executable_unlinked = true;
	strcpy(alert.process.cgroup, "/system.slice/nginx.service");
	alert.created_by = (struct process_brief){ .pid = 1, .name = "systemd" };
	alert.accepted_by = (struct process_brief){ .pid = 124, .name = "worker" };
	made = alert_to_json(&alert, NULL);
	own = json_object_get(made, "portsentinel");
	wanted = json_loads("{\"netns\":4026531840,\"executable_unlinked\":true,"
			    "\"cgroup\":\"/system.slice/nginx.service\","
			    "\"created_by\":{\"pid\":1,\"name\":\"systemd\"},"
			    "\"accepted_by\":{\"pid\":124,\"name\":\"worker\"}}",
			    0, NULL);
	assert_non_null(wanted);
	json_object_foreach(wanted, name, value)
		assert_true(json_equal(json_object_get(own, name), value));
	json_decref(wanted);
	json_decref(made);
}

static void what_is_not_known_is_left_out(void **state)
{
	struct alert alert = sample_alert();
	json_t *made, *own;

	(void)state;
	alert.port = 64999;
	alert.interface[0] = '\0';
	made = alert_to_json(&alert, "");
	assert_non_null(made);
	assert_null(json_object_get(made, "observer"));
	assert_null(json_object_get(made, "process"));
	assert_null(json_object_get(made, "systemd"));
	assert_null(json_object_get(made, "container"));
	assert_null(json_object_get(json_object_get(made, "source"), "mac"));
	assert_null(json_object_get(json_object_get(made, "network"), "vlan"));
	own = json_object_get(made, "portsentinel");
	assert_null(json_object_get(own, "service"));
	assert_null(json_object_get(own, "suppressed"));
	assert_null(json_object_get(own, "looks_like"));
	assert_null(json_object_get(own, "netns"));
	assert_null(json_object_get(own, "cgroup"));
	assert_null(json_object_get(own, "executable_unlinked"));
	assert_null(json_object_get(own, "created_by"));
	assert_null(json_object_get(own, "accepted_by"));
	assert_true(json_is_null(json_object_get(own, "rule")));
	json_decref(made);
}

static void what_leaves_is_outbound_at_the_egress(void **state)
{
	struct alert alert = sample_alert();
	json_t *made, *observer, *network;
	const char *interface, *direction, *type, *transport;

	(void)state;
	alert.direction = DIRECTION_OUT;
	alert.protocol = PROTOCOL_UDP;
	addr_parse("2001:db8::1", &alert.source.addr);
	addr_parse("2001:db8::2", &alert.destination.addr);
	made = alert_to_json(&alert, "sensor1");
	assert_non_null(made);
	observer = json_object_get(made, "observer");
	assert_null(json_object_get(observer, "ingress"));
	assert_int_equal(json_unpack(observer, "{s:{s:{s:s}}}", "egress", "interface", "name",
				     &interface),
			 0);
	assert_string_equal(interface, "eth0");
	network = json_object_get(made, "network");
	assert_int_equal(json_unpack(network, "{s:s,s:s,s:s}", "direction", &direction, "type",
				     &type, "transport", &transport),
			 0);
	assert_string_equal(direction, "outbound");
	assert_string_equal(type, "ipv6");
	assert_string_equal(transport, "udp");
	json_decref(made);
}

static void only_kinds_that_came_are_listed(void **state)
{
	struct alert alert = sample_alert();
	json_t *made, *kinds;

	(void)state;
	alert.kinds[KIND_XMAS] = 2;
	alert.kinds[KIND_ICMP] = 1;
	made = alert_to_json(&alert, NULL);
	kinds = json_object_get(json_object_get(made, "portsentinel"), "kinds");
	assert_int_equal(json_object_size(kinds), 3);
	assert_int_equal(json_integer_value(json_object_get(kinds, "syn")), 17);
	assert_int_equal(json_integer_value(json_object_get(kinds, "xmas")), 2);
	assert_int_equal(json_integer_value(json_object_get(kinds, "icmp")), 1);
	json_decref(made);
}

/* Its id would be made of the error's type and code. */
static void an_icmp_error_has_no_community_id(void **state)
{
	struct alert alert = sample_alert();
	json_t *made;

	(void)state;
	alert.kind = KIND_ICMP;
	made = alert_to_json(&alert, NULL);
	assert_non_null(made);
	assert_null(json_object_get(json_object_get(made, "network"), "community_id"));
	assert_null(json_object_get(json_object_get(made, "source"), "port"));
	json_decref(made);
}

static void an_alert_about_no_packet_has_no_network(void **state)
{
	struct alert alert = sample_alert();

	(void)state;
	alert.action = ACTION_SENSOR;
	alert.severity = 3;
	alert.has_packet = false;
	alert.count = 2;
	strcpy(alert.text, "2 samples were lost");
	assert_json(&alert, "sensor1",
		    "{\"@timestamp\":\"2026-11-22T06:35:00.123456Z\","
		    "\"ecs\":{\"version\":\"" ECS_VERSION "\"},"
		    "\"message\":\"2 samples were lost\","
		    "\"event\":{\"id\":\"00112233445566778899aabbccddeeff\",\"kind\":\"alert\","
		    "\"category\":[\"network\"],\"type\":[\"info\"],\"outcome\":\"unknown\","
		    "\"action\":\"sensor\",\"severity\":3,"
		    "\"start\":\"2026-11-22T06:34:00.123456Z\","
		    "\"end\":\"2026-11-22T06:35:00.123456Z\",\"count\":2},"
		    "\"observer\":{\"hostname\":\"sensor1\"},"
		    "\"portsentinel\":{\"rule\":null}}");
}

static void a_name_that_is_no_utf8_is_escaped(void **state)
{
	struct alert alert = sample_alert();
	json_t *made, *process;

	(void)state;
	sample_add_process(&alert);
	strcpy(alert.process.name, "bad\xff\xed\xa0\x80");
	strcpy(alert.process.command_line, "gr\xc3\xbc\xc3\x9f \\ \x1b");
	made = alert_to_json(&alert, NULL);
	assert_non_null(made);
	process = json_object_get(made, "process");
	assert_string_equal(json_string_value(json_object_get(process, "name")),
			    "bad\\xff\\xed\\xa0\\x80");
	assert_string_equal(json_string_value(json_object_get(process, "command_line")),
			    "gr\xc3\xbc\xc3\x9f \\ \x1b");
	json_decref(made);
}

static size_t allocations_left;

static void *scarce_malloc(size_t size)
{
	return allocations_left && allocations_left-- ? malloc(size) : NULL;
}

static void out_of_memory_gives_nothing_and_leaks_nothing(void **state)
{
	struct alert alert = sample_folded(40);
	json_t *made = NULL;
	size_t allowed;

	(void)state;
	sample_add_process(&alert);
	json_set_alloc_funcs(scarce_malloc, free);
	for (allowed = 0; !made && allowed < 1000; allowed++) {
		allocations_left = allowed;
		made = alert_to_json(&alert, "sensor1");
	}
	json_set_alloc_funcs(malloc, free);
	assert_true(allowed > 50);
	assert_non_null(made);
	json_decref(made);
}

/* Its `portsentinel` member is exactly this one. */
static void assert_own(const struct alert *alert, const char *expected)
{
	json_t *wanted = json_loads(expected, 0, NULL);
	json_t *made = alert_to_json(alert, NULL);
	char *text = json_dumps(json_object_get(made, "portsentinel"), JSON_COMPACT);

	assert_non_null(wanted);
	if (!json_equal(json_object_get(made, "portsentinel"), wanted))
		fail_msg("%s", text);
	free(text);
	json_decref(made);
	json_decref(wanted);
}

static void many_things_in_one_are_listed(void **state)
{
	struct alert alert = sample_folded(40);

	(void)state;
	assert_own(&alert, "{\"verdict\":\"closed\",\"kinds\":{\"syn\":17},\"quality\":\"none\","
			   "\"technique\":\"xmas\",\"techniques\":[\"xmas\"],\"ports\":["
			   "{\"port\":3409,\"protocol\":\"tcp\",\"count\":12},"
			   "{\"port\":3410,\"protocol\":\"udp\",\"count\":5}],\"port_count\":2,"
			   "\"peers\":40,\"prefix\":\"203.0.113.0/24\","
			   "\"top_peers\":[{\"ip\":\"203.0.113.5\",\"count\":9}],"
			   "\"rule\":null,\"service\":\"networklens\"}");
}

static void a_listener_is_where_it_listens(void **state)
{
	struct alert alert = sample_listener();

	(void)state;
	sample_add_process(&alert);
	assert_json(&alert, "sensor1",
		    "{\"@timestamp\":\"2026-11-22T06:35:00.123456Z\","
		    "\"ecs\":{\"version\":\"" ECS_VERSION "\"},"
		    "\"message\":\"Unexpected listener on TCP port 3409 (networklens) of 192.0.2.1, "
		    "held by nginx (pid 123, unit nginx.service)\","
		    "\"event\":{\"id\":\"00112233445566778899aabbccddeeff\",\"kind\":\"alert\","
		    "\"category\":[\"network\"],\"type\":[\"start\"],\"outcome\":\"success\","
		    "\"action\":\"listener\",\"severity\":4,"
		    "\"start\":\"2026-11-22T06:34:00.123456Z\","
		    "\"end\":\"2026-11-22T06:35:00.123456Z\",\"count\":1},"
		    "\"destination\":{\"ip\":\"192.0.2.1\",\"port\":3409},"
		    "\"network\":{\"transport\":\"tcp\",\"type\":\"ipv4\"},"
		    "\"observer\":{\"hostname\":\"sensor1\"},"
		    "\"process\":{\"pid\":123,\"name\":\"nginx\",\"executable\":\"/usr/sbin/nginx\","
		    "\"command_line\":\"nginx -g daemon off;\","
		    "\"user\":{\"id\":\"33\",\"name\":\"www-data\"},"
		    "\"start\":\"2026-11-22T06:30:00.000000Z\",\"parent\":{\"pid\":1,\"name\":\"systemd\"}},"
		    "\"container\":{\"id\":\"0123abcd\"},\"systemd\":{\"unit\":\"nginx.service\"},"
		    "\"portsentinel\":{\"quality\":\"exact\",\"rule\":null,"
		    "\"service\":\"networklens\"}}");
}

static void what_cannot_be_inspected_has_ends_and_no_ports(void **state)
{
	struct alert alert = sample_alert();
	json_t *made;

	(void)state;
	alert.action = ACTION_SENSOR;
	alert.has_packet = false;
	alert.has_ends = true;
	strcpy(alert.text, "cannot be inspected");
	made = alert_to_json(&alert, "sensor1");
	assert_string_equal(json_string_value(json_object_get(json_object_get(made, "source"), "ip")),
			    "203.0.113.5");
	assert_string_equal(json_string_value(json_object_get(json_object_get(made, "destination"),
							      "ip")), "192.0.2.1");
	assert_null(json_object_get(json_object_get(made, "source"), "port"));
	assert_null(json_object_get(made, "network"));
	json_decref(made);
}

static void a_strangers_frame_is_marked(void **state)
{
	struct alert alert = sample_alert();
	json_t *made;

	(void)state;
	made = alert_to_json(&alert, "sensor1");
	assert_null(json_object_get(json_object_get(made, "portsentinel"), "foreign"));
	json_decref(made);
	alert.is_foreign = true;
	made = alert_to_json(&alert, "sensor1");
	assert_true(json_is_true(json_object_get(json_object_get(made, "portsentinel"), "foreign")));
	json_decref(made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_things_in_one_are_listed),
		cmocka_unit_test(a_listener_is_where_it_listens),
		cmocka_unit_test(the_contracts_example_has_these_members),
		cmocka_unit_test(a_process_stands_with_its_user_unit_and_container),
		cmocka_unit_test(what_ecs_has_no_name_for_is_told_of_the_owner),
		cmocka_unit_test(what_is_not_known_is_left_out),
		cmocka_unit_test(what_leaves_is_outbound_at_the_egress),
		cmocka_unit_test(only_kinds_that_came_are_listed),
		cmocka_unit_test(an_icmp_error_has_no_community_id),
		cmocka_unit_test(an_alert_about_no_packet_has_no_network),
		cmocka_unit_test(what_cannot_be_inspected_has_ends_and_no_ports),
		cmocka_unit_test(a_strangers_frame_is_marked),
		cmocka_unit_test(a_name_that_is_no_utf8_is_escaped),
		cmocka_unit_test(out_of_memory_gives_nothing_and_leaks_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
