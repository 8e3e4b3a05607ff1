// SPDX-License-Identifier: GPL-2.0-only
/* test_sighting.c - a sampled packet as JSON and as a line; what a frame begins with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../../user/base/util.h"
#include "../../user/model/ecs.h"
#include "sighting_sample.h"

#define HOSTILE "a\"]\n\x1b[31m\\\xff\xc2\x9b"

static void its_json_has_these_members(void **state)
{
	struct sighting_sample sample;
	json_t *made, *wanted;

	(void)state;
	sample_sighting(&sample);
	sample.sighting.looks_like = "masscan";
	made = sighting_to_json(&sample.sighting, "sensor1");
	wanted = json_loads(
		"{\"@timestamp\":\"2026-11-22T06:35:00.123456Z\","
		"\"ecs\":{\"version\":\"" ECS_VERSION "\"},"
		"\"event\":{\"kind\":\"event\",\"category\":[\"network\"],\"type\":[\"info\"]},"
		"\"source\":{\"ip\":\"203.0.113.5\",\"port\":40000,\"mac\":\"00-00-5E-00-53-AB\"},"
		"\"destination\":{\"ip\":\"192.0.2.1\",\"port\":3409},"
		"\"network\":{\"transport\":\"tcp\",\"type\":\"ipv4\",\"direction\":\"inbound\","
		"\"bytes\":54,\"community_id\":\"1:3fZIYCgDN1Q1xx7mlYydpoqBH40=\"},"
		"\"observer\":{\"hostname\":\"sensor1\","
		"\"ingress\":{\"interface\":{\"name\":\"eth0\"}}},"
		"\"process\":{\"pid\":123,\"name\":\"nginx\",\"executable\":\"/usr/sbin/nginx\","
		"\"command_line\":\"nginx -g daemon off;\","
		"\"user\":{\"id\":\"33\",\"name\":\"www-data\"},"
		"\"start\":\"2026-11-22T06:30:00.000000Z\","
		"\"parent\":{\"pid\":1,\"name\":\"systemd\"}},"
		"\"container\":{\"id\":\"0123abcd\"},\"systemd\":{\"unit\":\"nginx.service\"},"
		"\"portsentinel\":{\"port\":3409,\"role\":\"to\",\"kind\":\"syn\","
		"\"verdict\":\"listening\",\"quality\":\"exact\",\"service\":\"networklens\","
		"\"looks_like\":\"masscan\"}}",
		0, NULL);
	assert_non_null(made);
	assert_non_null(wanted);
	assert_true(json_equal(made, wanted));
	json_decref(wanted);
	json_decref(made);
}

/* As a sensor sees it from a pid namespace that the process is not in. */
static void a_process_without_a_number_keeps_its_name(void **state)
{
	struct sighting_sample sample;
	char line[SIGHTING_TEXT_SIZE];
	json_t *made, *wanted;

	(void)state;
	sample_sighting(&sample);
	sample.sighting.process.pid = sample.sighting.process.parent_pid = 0;
	strcpy(sample.sighting.created_by.name, "systemd");
	made = sighting_to_json(&sample.sighting, "sensor1");
	wanted = json_loads("{\"name\":\"nginx\",\"executable\":\"/usr/sbin/nginx\","
			    "\"command_line\":\"nginx -g daemon off;\","
			    "\"user\":{\"id\":\"33\",\"name\":\"www-data\"},"
			    "\"start\":\"2026-11-22T06:30:00.000000Z\","
			    "\"parent\":{\"name\":\"systemd\"}}", 0, NULL);
	assert_non_null(wanted);
	assert_true(json_equal(json_object_get(made, "process"), wanted));
	json_decref(wanted);
	wanted = json_loads("{\"name\":\"systemd\"}", 0, NULL);
	assert_true(json_equal(json_object_get(json_object_get(made, "portsentinel"),
					       "created_by"), wanted));
	json_decref(wanted);
	json_decref(made);
	assert_string_equal(sighting_format_comment(&sample.sighting, line),
			    "verdict listening, quality exact, process \"nginx\", "
			    "exe \"/usr/sbin/nginx\", unit \"nginx.service\", "
			    "container \"0123abcd\", created by \"systemd\"");
}

/* The kernel calls what started it "swapper/0". */
static void the_first_process_has_no_parent(void **state)
{
	struct sighting_sample sample;
	json_t *made;

	(void)state;
	sample_sighting(&sample);
	sample.sighting.process.pid = 1;
	sample.sighting.process.parent_pid = 0;
	strcpy(sample.sighting.process.parent_name, "swapper/0");
	made = sighting_to_json(&sample.sighting, "sensor1");
	assert_null(json_object_get(json_object_get(made, "process"), "parent"));
	json_decref(made);
}

static void hostile_names_stay_valid_json(void **state)
{
	struct sighting_sample sample;
	json_t *made, *read;
	const char *name;
	char *text;

	(void)state;
	sample_sighting(&sample);
	strcpy(sample.sighting.process.name, HOSTILE);
	strcpy(sample.sighting.interface, "e\xff\n");
	sample.sighting.created_by.pid = 7;
	strcpy(sample.sighting.created_by.name, HOSTILE);
	made = sighting_to_json(&sample.sighting, NULL);
	text = json_dumps(made, JSON_COMPACT | JSON_ENSURE_ASCII);
	assert_non_null(text);
	assert_null(strchr(text, '\n'));
	read = json_loads(text, 0, NULL);
	assert_int_equal(json_unpack(read, "{s:{s:s}}", "process", "name", &name), 0);
	assert_string_equal(name, "a\"]\\n\\x1b[31m\\\\\\xff\\xc2\\x9b");
	json_decref(read);
	json_decref(made);
	free(text);
}

static void its_line_tells_the_packet_and_the_owner(void **state)
{
	struct sighting_sample sample;
	char line[SIGHTING_TEXT_SIZE];

	(void)state;
	sample_sighting(&sample);
	assert_string_equal(sighting_format_line(&sample.sighting, line),
			    "eth0 in 203.0.113.5:40000 > 192.0.2.1:3409 tcp syn 54 octets, "
			    "verdict listening, quality exact, process \"nginx\" pid 123, "
			    "exe \"/usr/sbin/nginx\", unit \"nginx.service\", "
			    "container \"0123abcd\"");
	sample.sighting.process = (struct process){};
	sample.sighting.quality = QUALITY_NONE;
	sample.sighting.verdict = VERDICT_CLOSED;
	sample.event.has_vlan = 1;
	sample.event.vlan = 0x2007;
	assert_string_equal(sighting_format_comment(&sample.sighting, line),
			    "verdict closed, quality none, vlan 7");
}

static void an_ipv6_end_stands_in_brackets_and_icmp_has_no_ports(void **state)
{
	struct sighting_sample sample;
	char line[SIGHTING_TEXT_SIZE];

	(void)state;
	sample_sighting(&sample);
	sample.sighting.process = (struct process){};
	sample.sighting.direction = DIRECTION_OUT;
	sample.sighting.protocol = PROTOCOL_UDP;
	sample.sighting.kind = KIND_UDP;
	addr_parse("2001:db8::1", &sample.sighting.source.addr);
	addr_parse("2001:db8::2", &sample.sighting.destination.addr);
	assert_string_equal(sighting_format_line(&sample.sighting, line),
			    "eth0 out [2001:db8::1]:40000 > [2001:db8::2]:3409 udp 54 octets, "
			    "verdict listening, quality exact");
	sample.sighting.kind = KIND_ICMP;
	assert_string_equal(sighting_format_line(&sample.sighting, line),
			    "eth0 out 2001:db8::1 > 2001:db8::2 udp icmp 54 octets, "
			    "verdict listening, quality exact");
}

static void a_hostile_name_forges_no_field_of_the_line(void **state)
{
	struct sighting_sample sample;
	char line[SIGHTING_TEXT_SIZE];

	(void)state;
	sample_sighting(&sample);
	sample.sighting.process = (struct process){ .pid = 9, .name = "x\", unit \"y\n\x1b\xff" };
	assert_string_equal(sighting_format_comment(&sample.sighting, line),
			    "verdict listening, quality exact, "
			    "process \"x\\\", unit \\\"y\\n\\x1b\\xff\" pid 9");
}

static void a_line_that_is_too_long_is_cut_at_a_whole_escape(void **state)
{
	struct sighting_sample sample;
	char line[SIGHTING_TEXT_SIZE];
	size_t length;

	(void)state;
	sample_sighting(&sample);
	memset(sample.sighting.process.executable, 0x1b, PROCESS_PATH_SIZE - 1);
	sighting_format_comment(&sample.sighting, line);
	length = strlen(line);
	assert_true(length > SIGHTING_TEXT_SIZE - 8 && length < SIGHTING_TEXT_SIZE);
	assert_string_equal(line + length - 4, "\\x1b");
}

static void a_frame_begins_with_ethernet_or_with_ip(void **state)
{
	struct sighting_sample sample;
	uint8_t mac[6];

	(void)state;
	sample_sighting(&sample);
	assert_true(sighting_has_ethernet(&sample.event));
	assert_true(sighting_source_mac(&sample.event, mac));
	memset(sample.event.data + 6, 0, 6); /* loopback */
	assert_false(sighting_source_mac(&sample.event, mac));

	sample.event.l3_offset = 0;
	assert_false(sighting_has_ethernet(&sample.event));
	/* a tunnel's inner header, behind an outer one that begins the frame */
	sample.event.l3_offset = 20;
	memcpy(sample.event.data, "\x45\0\0\x36", 4);
	assert_false(sighting_has_ethernet(&sample.event));
	sample.event.l3_offset = 40;
	memcpy(sample.event.data, "\x60\0\0\0\0\x0e", 6);
	assert_false(sighting_has_ethernet(&sample.event));
	assert_false(sighting_source_mac(&sample.event, mac));
	/* the same behind an Ethernet header whose address only looks so */
	memcpy(sample.event.data, "\x45\0\0\x37", 4);
	assert_true(sighting_has_ethernet(&sample.event));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_json_has_these_members),
		cmocka_unit_test(a_process_without_a_number_keeps_its_name),
		cmocka_unit_test(the_first_process_has_no_parent),
		cmocka_unit_test(hostile_names_stay_valid_json),
		cmocka_unit_test(its_line_tells_the_packet_and_the_owner),
		cmocka_unit_test(an_ipv6_end_stands_in_brackets_and_icmp_has_no_ports),
		cmocka_unit_test(a_hostile_name_forges_no_field_of_the_line),
		cmocka_unit_test(a_line_that_is_too_long_is_cut_at_a_whole_escape),
		cmocka_unit_test(a_frame_begins_with_ethernet_or_with_ip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
