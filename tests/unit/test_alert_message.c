/* SPDX-License-Identifier: GPL-2.0-only */
/* test_alert_message.c - the line that people read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../user/base/text.h"
#include "../../user/base/util.h"
#include "alert_sample.h"

static char message[ALERT_MESSAGE_SIZE];

#define assert_message(alert, expected) \
	assert_string_equal(alert_format_message(alert, message), expected)

static struct alert first_packet(void)
{
	struct alert alert = sample_alert();

	alert.closing = false;
	alert.count = 1;
	return alert;
}

static void the_contracts_example_reads_so(void **state)
{
	struct alert alert = sample_alert();

	(void)state;
	assert_message(&alert, "Unexpected TCP SYN from 203.0.113.5 to closed port 3409 "
			       "(networklens) on eth0: 17 packets in 60 s");
}

static void a_first_packet_has_no_count(void **state)
{
	struct alert alert = first_packet();

	(void)state;
	assert_message(&alert, "Unexpected TCP SYN from 203.0.113.5 to closed port 3409 "
			       "(networklens) on eth0");
}

static void a_span_is_rounded_up_to_whole_seconds(void **state)
{
	struct alert alert = sample_alert();

	(void)state;
	alert.start_wall_ns = alert.end_wall_ns - 1;
	alert_format_message(&alert, message);
	assert_non_null(strstr(message, ": 17 packets in 1 s"));
	alert.start_wall_ns = alert.end_wall_ns - CLOCK_NS_PER_SECOND - 1;
	alert_format_message(&alert, message);
	assert_non_null(strstr(message, ": 17 packets in 2 s"));
	alert.start_wall_ns = alert.end_wall_ns + 5; /* the clock was set back */
	alert_format_message(&alert, message);
	assert_non_null(strstr(message, ": 17 packets in 1 s"));
}

static void what_was_held_back_and_who_holds_the_port_follow(void **state)
{
	struct alert alert = sample_alert();

	(void)state;
	sample_add_process(&alert);
	alert.suppressed = 1200;
	alert.verdict = VERDICT_LISTENING;
	assert_message(&alert, "Unexpected TCP SYN from 203.0.113.5 to listening port 3409 "
			       "(networklens) on eth0: 17 packets in 60 s, 1200 more held back, "
			       "held by nginx (pid 123, unit nginx.service)");
}

static void what_it_looks_like_comes_last(void **state)
{
	struct alert alert = first_packet();

	(void)state;
	sample_add_process(&alert);
	strcpy(alert.looks_like, "raw-syn");
	assert_message(&alert, "Unexpected TCP SYN from 203.0.113.5 to closed port 3409 "
			       "(networklens) on eth0, held by nginx (pid 123, unit "
			       "nginx.service), looks like raw-syn");
}

static void a_connection_is_served_by_its_process(void **state)
{
	struct alert alert = first_packet();

	(void)state;
	sample_add_process(&alert);
	alert.action = ACTION_CONNECTION;
	alert.verdict = VERDICT_UNKNOWN;
	alert.process.unit[0] = '\0';
	assert_message(&alert, "Unexpected TCP SYN from 203.0.113.5 to port 3409 (networklens) "
			       "on eth0, served by nginx (pid 123)");
}

static void an_outbound_packet_is_sent_by_its_process(void **state)
{
	struct alert alert = first_packet();
	struct endpoint source = alert.source;

	(void)state;
	sample_add_process(&alert);
	alert.action = ACTION_OUTBOUND;
	alert.direction = DIRECTION_OUT;
	alert.source = alert.destination;
	alert.destination = source;
	assert_message(&alert, "Unexpected TCP SYN from local 192.0.2.1 to 203.0.113.5 port 3409 "
			       "(networklens) on eth0, sent by nginx (pid 123, unit "
			       "nginx.service)");
}

static void backscatter_is_an_answer_to_nothing(void **state)
{
	struct alert alert = first_packet();

	(void)state;
	alert.action = ACTION_BACKSCATTER;
	alert.kind = KIND_SYNACK;
	alert.role = ROLE_FROM;
	assert_message(&alert, "Unexpected TCP SYN-ACK from 203.0.113.5 port 3409 (networklens) to "
			       "192.0.2.1 on eth0, an answer to nothing this host sent");
}

static void transit_is_forwarded(void **state)
{
	struct alert alert = first_packet();

	(void)state;
	alert.action = ACTION_TRANSIT;
	alert.verdict = VERDICT_FORWARDED;
	alert.protocol = PROTOCOL_UDP;
	alert.kind = KIND_UDP;
	assert_message(&alert, "Unexpected UDP packet forwarded from 203.0.113.5 to 192.0.2.1 port "
			       "3409 (networklens) on eth0");
}

static void who_is_behind_transit_holds_no_port(void **state)
{
	struct alert alert = first_packet();

	(void)state;
	sample_add_process(&alert);
	alert.action = ACTION_TRANSIT;
	alert.verdict = VERDICT_FORWARDED;
	assert_message(&alert, "Unexpected TCP SYN forwarded from 203.0.113.5 to 192.0.2.1 port "
			       "3409 (networklens) on eth0, for nginx (pid 123, unit nginx.service)");
	alert.direction = DIRECTION_OUT;
	assert_message(&alert, "Unexpected TCP SYN forwarded from 203.0.113.5 to 192.0.2.1 port "
			       "3409 (networklens) on eth0, from nginx (pid 123, unit nginx.service)");
}

static void a_frame_to_another_device_is_said_to_be_one(void **state)
{
	struct alert alert = first_packet();

	(void)state;
	alert.verdict = VERDICT_UNKNOWN;
	alert.is_foreign = true;
	assert_message(&alert, "Unexpected TCP SYN from 203.0.113.5 to port 3409 (networklens) of "
			       "192.0.2.1 on eth0, in a frame to another device");
}

static void a_listener_is_told_by_port_and_process(void **state)
{
	struct alert alert = first_packet();

	(void)state;
	sample_add_process(&alert);
	alert.action = ACTION_LISTENER;
	assert_message(&alert, "Unexpected listener on TCP port 3409 (networklens) of 192.0.2.1, "
			       "held by nginx (pid 123, unit nginx.service)");
	memset(&alert.destination.addr, 0, sizeof(alert.destination.addr));
	alert.has_packet = false;
	assert_message(&alert, "Unexpected listener on TCP port 3409 (networklens), held by nginx "
			       "(pid 123, unit nginx.service)");
}

static void owners_that_are_past_or_the_kernel_are_called_so(void **state)
{
	struct alert alert = first_packet();

	(void)state;
	sample_add_process(&alert);
	alert.quality = QUALITY_PAST;
	alert_format_message(&alert, message);
	assert_non_null(strstr(message, ", last held by nginx (pid 123"));
	alert.quality = QUALITY_KERNEL;
	alert.process = (struct process){};
	alert_format_message(&alert, message);
	assert_non_null(strstr(message, "on eth0, held by the kernel"));
}

static void a_process_without_a_number_is_named_still(void **state)
{
	struct alert alert = first_packet();

	(void)state;
	sample_add_process(&alert);
	alert.process.pid = 0;
	snprintf(alert.peer_process.name, sizeof(alert.peer_process.name), "nc");
	assert_message(&alert, "Unexpected TCP SYN from 203.0.113.5 to closed port 3409 "
			       "(networklens) on eth0, held by nginx (no pid here, unit "
			       "nginx.service), at the other end nc (no pid here)");
}

static void a_process_at_the_other_end_is_named_too(void **state)
{
	struct alert alert = first_packet();

	(void)state;
	alert.peer_process.pid = 77;
	snprintf(alert.peer_process.name, sizeof(alert.peer_process.name), "n\nc");
	alert_format_message(&alert, message);
	assert_non_null(strstr(message, " on eth0, at the other end n\\nc (pid 77)"));
}

static void every_kind_has_a_word_for_people(void **state)
{
	static const char *const words[KIND_COUNT] = {
		"TCP SYN",  "TCP SYN-ACK",  "TCP ACK",	  "TCP data",	"TCP FIN",
		"TCP RST",  "TCP NULL",	    "TCP Xmas",	  "TCP FIN-only", "TCP Maimon",
		"TCP packet", "TCP packet", "TCP fragment", "ICMP error about TCP",
	};
	struct alert alert = first_packet();
	unsigned int kind;
	char expected[64];

	(void)state;
	for (kind = 0; kind < KIND_COUNT; kind++) {
		alert.kind = kind;
		snprintf(expected, sizeof(expected), "Unexpected %s from ", words[kind]);
		alert_format_message(&alert, message);
		assert_memory_equal(message, expected, strlen(expected));
	}
}

static void ipv6_and_nameless_ports_are_plain(void **state)
{
	struct alert alert = first_packet();

	(void)state;
	addr_parse("2001:db8::1", &alert.source.addr);
	alert.port = 64999;
	assert_message(&alert, "Unexpected TCP SYN from 2001:db8::1 to closed port 64999 on eth0");
}

static void without_a_packet_the_text_is_the_message(void **state)
{
	struct alert alert = sample_alert();

	(void)state;
	alert.action = ACTION_SENSOR;
	alert.has_packet = false;
	strcpy(alert.text, "sink syslog fails: \x1b[2J");
	assert_message(&alert, "sink syslog fails: \\x1b[2J");
}

static void a_hostile_name_cannot_leave_the_line(void **state)
{
	struct alert alert = first_packet();

	(void)state;
	sample_add_process(&alert);
	strcpy(alert.process.name, "x\nJan 1 forged\x1b]0;\xe2\x80\xae\xff");
	strcpy(alert.process.unit, "\xc2\x9b.service");
	alert_format_message(&alert, message);
	assert_non_null(strstr(message, "held by x\\nJan 1 forged\\x1b]0;\\xe2\\x80\\xae\\xff (pid "
					"123, unit \\xc2\\x9b.service)"));
}

static void an_endless_name_is_cut_at_a_whole_escape(void **state)
{
	struct alert alert = first_packet();
	size_t length, i;

	(void)state;
	sample_add_process(&alert);
	memset(alert.process.name, '\x1b', sizeof(alert.process.name) - 1);
	for (i = 0; i < 4; i++) {
		memset(alert.process.unit, '\x1b', sizeof(alert.process.unit) - 1);
		memset(alert.process.unit, 'u', i);
		alert_format_message(&alert, message);
		length = strlen(message);
		assert_in_range(length, ALERT_MESSAGE_SIZE - 4, ALERT_MESSAGE_SIZE - 1);
		assert_string_equal(message + length - 4, "\\x1b");
	}
}

static void what_many_sent_is_told_by_their_number(void **state)
{
	struct alert alert = sample_folded(0);

	(void)state;
	assert_message(&alert, "Unexpected TCP SYN from 203.0.113.5 to 2 ports "
			       "(3409/tcp,3410/udp) on eth0: 17 packets in 60 s, as in an Xmas scan");
	alert = sample_folded(40);
	alert.ports = 1;
	alert.techniques = technique_bit(TECHNIQUE_SYN);
	assert_message(&alert, "Unexpected TCP SYN from 40 peers of 203.0.113.0/24 to port 3409 "
			       "(networklens) on eth0: 17 packets in 60 s, as in a SYN scan");
	alert.count = 1;
	alert.peers = 1;
	assert_message(&alert, "Unexpected TCP SYN from 203.0.113.5 to closed port 3409 "
			       "(networklens) on eth0, as in a SYN scan, one more peer of "
			       "203.0.113.0/24: others are summed up in this alert");
}

static void trouble_that_a_process_made_names_it(void **state)
{
	struct alert alert = { .action = ACTION_SENSOR, .text = "packets pass by" };

	(void)state;
	assert_message(&alert, "packets pass by");
	sample_add_process(&alert);
	assert_message(&alert, "packets pass by, asked for by nginx (pid 123, unit nginx.service)");
	strcpy(alert.process.name, "\x1b[2J");
	alert.process.unit[0] = '\0';
	assert_message(&alert, "packets pass by, asked for by \\x1b[2J (pid 123)");
}

static void a_technique_is_told_of_packets_that_no_system_sends(void **state)
{
	struct alert alert = first_packet();

	(void)state;
	alert.kind = KIND_XMAS;
	alert.techniques = technique_bit(TECHNIQUE_XMAS);
	assert_message(&alert, "Unexpected TCP Xmas from 203.0.113.5 to closed port 3409 "
			       "(networklens) on eth0, as in an Xmas scan");
	alert.kind = KIND_SYN;
	alert.techniques = technique_bit(TECHNIQUE_SYN);
	assert_message(&alert, "Unexpected TCP SYN from 203.0.113.5 to closed port 3409 "
			       "(networklens) on eth0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_many_sent_is_told_by_their_number),
		cmocka_unit_test(a_technique_is_told_of_packets_that_no_system_sends),
		cmocka_unit_test(the_contracts_example_reads_so),
		cmocka_unit_test(a_first_packet_has_no_count),
		cmocka_unit_test(a_span_is_rounded_up_to_whole_seconds),
		cmocka_unit_test(what_was_held_back_and_who_holds_the_port_follow),
		cmocka_unit_test(what_it_looks_like_comes_last),
		cmocka_unit_test(a_connection_is_served_by_its_process),
		cmocka_unit_test(an_outbound_packet_is_sent_by_its_process),
		cmocka_unit_test(backscatter_is_an_answer_to_nothing),
		cmocka_unit_test(transit_is_forwarded),
		cmocka_unit_test(who_is_behind_transit_holds_no_port),
		cmocka_unit_test(a_frame_to_another_device_is_said_to_be_one),
		cmocka_unit_test(a_listener_is_told_by_port_and_process),
		cmocka_unit_test(owners_that_are_past_or_the_kernel_are_called_so),
		cmocka_unit_test(a_process_without_a_number_is_named_still),
		cmocka_unit_test(a_process_at_the_other_end_is_named_too),
		cmocka_unit_test(every_kind_has_a_word_for_people),
		cmocka_unit_test(ipv6_and_nameless_ports_are_plain),
		cmocka_unit_test(trouble_that_a_process_made_names_it),
		cmocka_unit_test(without_a_packet_the_text_is_the_message),
		cmocka_unit_test(a_hostile_name_cannot_leave_the_line),
		cmocka_unit_test(an_endless_name_is_cut_at_a_whole_escape),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
