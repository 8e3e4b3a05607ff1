// SPDX-License-Identifier: GPL-2.0-only
/* test_tools.c - headers of scanners and of ordinary systems, from the IP header on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "../../user/base/util.h"
#include "../../user/judge/tools.h"

#define FRAME_MAX 256
#define LINK_MAX 22 /* Ethernet with two tags */
#define ROUNDS 200000

struct header_case {
	const char *name;
	const char *expected;
	const char *octets; /* in hexadecimal */
};

#include "tools_headers.inc"

struct frame {
	uint8_t octets[FRAME_MAX];
	size_t length;
	size_t link; /* length of the link header */
};

static void frame_make(struct frame *frame, const char *octets, size_t link)
{
	unsigned int octet;

	memset(frame, 0xa5, sizeof(*frame));
	frame->link = link;
	frame->length = link;
	for (; sscanf(octets, "%2x", &octet) == 1; octets += 2)
		frame->octets[frame->length++] = (uint8_t)octet;
}

/* A sample of the frame that ends where its memory does, the caller's. */
static struct packet_event *sample(const struct frame *frame, size_t snap_length)
{
	struct packet_event *event = calloc(1, sizeof(*event) + snap_length);
	const uint8_t *network = frame->octets + frame->link;
	bool is_ipv4 = network[0] >> 4 == 4;

	assert_non_null(event);
	event->version = ABI_VERSION;
	event->size = (uint32_t)(sizeof(*event) + snap_length);
	event->snap_length = (uint16_t)snap_length;
	event->direction = DIRECTION_IN;
	event->roles = ROLE_TO;
	event->family = is_ipv4 ? 4 : 6;
	event->protocol = network[is_ipv4 ? 9 : 6] == 17 ? PROTOCOL_UDP : PROTOCOL_TCP;
	event->kind = event->protocol == PROTOCOL_UDP ? KIND_UDP : KIND_SYN;
	event->l3_offset = (uint16_t)frame->link;
	event->l4_offset = (uint16_t)(frame->link + (is_ipv4 ? 4 * (network[0] & 15) : 40));
	memcpy(event->data, frame->octets, snap_length);
	return event;
}

static void assert_looks(const struct header_case *wanted, const char *found)
{
	const char *expected = wanted->expected ?: "nothing";

	found = found ?: "nothing";
	if (!util_streq(found, expected))
		fail_msg("%s looks like %s, not like %s", wanted->name, found, expected);
}

static void assert_all_look(const struct header_case *cases, size_t count)
{
	static const size_t links[] = { 0, 14, 18, LINK_MAX };

	for (size_t i = 0; i < count * ARRAY_SIZE(links); i++) {
		const struct header_case *wanted = &cases[i / ARRAY_SIZE(links)];
		_cleanup_free_ struct packet_event *event = NULL;
		struct frame frame;

		frame_make(&frame, wanted->octets, links[i % ARRAY_SIZE(links)]);
		event = sample(&frame, frame.length);
		assert_looks(wanted, tools_look_like(event));
	}
}

static void every_scanner_is_told_by_one_header(void **state)
{
	(void)state;
	assert_all_look(scanners, ARRAY_SIZE(scanners));
}

static void no_ordinary_system_looks_like_a_tool(void **state)
{
	(void)state;
	assert_all_look(ordinary, ARRAY_SIZE(ordinary));
}

static void one_trait_more_or_less_decides(void **state)
{
	(void)state;
	assert_all_look(near_misses, ARRAY_SIZE(near_misses));
}

static void ethernet_s_padding_changes_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(scanners); i++) {
		_cleanup_free_ struct packet_event *event = NULL;
		struct frame frame;

		frame_make(&frame, scanners[i].octets, 14);
		frame.length += 18;
		event = sample(&frame, frame.length);
		assert_looks(&scanners[i], tools_look_like(event));
	}
}

static void assert_cut_is_harmless(const struct header_case *wanted)
{
	struct frame frame;

	frame_make(&frame, wanted->octets, 14);
	for (size_t length = 0; length < frame.length; length++) {
		_cleanup_free_ struct packet_event *event = sample(&frame, length);
		const char *found = tools_look_like(event);

		if (found)
			assert_looks(wanted, found);
	}
}

static void a_header_cut_short_looks_like_nothing_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(scanners); i++)
		assert_cut_is_harmless(&scanners[i]);
	for (size_t i = 0; i < ARRAY_SIZE(ordinary); i++)
		assert_cut_is_harmless(&ordinary[i]);
}

/* A first fragment that holds 8 octets of the TCP header; the padding looks like the rest. */
static void padding_is_not_the_header_s_rest(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(scanners); i++) {
		_cleanup_free_ struct packet_event *event = NULL;
		struct frame frame;

		frame_make(&frame, scanners[i].octets, 14);
		event = sample(&frame, frame.length);
		if (event->protocol != PROTOCOL_TCP)
			continue;
		event->data[14 + (event->family == 4 ? 2 : 4)] = 0;
		event->data[14 + (event->family == 4 ? 3 : 5)] = event->family == 4 ? 28 : 8;
		assert_null(tools_look_like(event));
	}
}

static void only_packets_that_came_are_looked_at(void **state)
{
	_cleanup_free_ struct packet_event *event = NULL;
	struct frame frame;

	(void)state;
	frame_make(&frame, scanners[0].octets, 14);
	event = sample(&frame, frame.length);
	event->direction = DIRECTION_OUT;
	assert_null(tools_look_like(event));
	event->direction = DIRECTION_IN;
	event->kind = KIND_ICMP;
	assert_null(tools_look_like(event));
	event->kind = KIND_FRAGMENT;
	assert_null(tools_look_like(event));
	event->kind = KIND_SYN;
	assert_non_null(tools_look_like(event));
}

static void offsets_that_lie_are_refused(void **state)
{
	static const uint16_t offsets[] = { 0, 1, 13, 15, 34, 53, 54, 55, 58, 255, 32767, 65535 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(offsets) * ARRAY_SIZE(offsets); i++) {
		_cleanup_free_ struct packet_event *event = NULL;
		struct frame frame;

		frame_make(&frame, scanners[0].octets, 14);
		event = sample(&frame, frame.length);
		event->l3_offset = offsets[i / ARRAY_SIZE(offsets)];
		event->l4_offset = offsets[i % ARRAY_SIZE(offsets)];
		event->family = i % 2 ? 4 : 6;
		tools_look_like(event);
		if (event->l4_offset <= event->l3_offset || event->l4_offset > 38)
			assert_null(tools_look_like(event));
	}
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223; /* Numerical Recipes */
	return *seed >> 16;
}

/* Real headers with a few octets changed, most of them in the options. */
static void options_that_lie_are_read_within_their_bounds(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (size_t i = 0; i < ROUNDS; i++) {
		const struct header_case *one = &scanners[i % ARRAY_SIZE(scanners)];
		_cleanup_free_ struct packet_event *event = NULL;
		struct frame frame;
		size_t from, changes = next_random(&seed) % 6;

		frame_make(&frame, one->octets, 0);
		event = sample(&frame, frame.length);
		from = next_random(&seed) % 4 ? MIN(event->l4_offset + 12U, frame.length - 1) : 0;
		while (changes--)
			event->data[from + next_random(&seed) % (frame.length - from)] =
				(uint8_t)next_random(&seed);
		tools_look_like(event);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_scanner_is_told_by_one_header),
		cmocka_unit_test(no_ordinary_system_looks_like_a_tool),
		cmocka_unit_test(one_trait_more_or_less_decides),
		cmocka_unit_test(ethernet_s_padding_changes_nothing),
		cmocka_unit_test(a_header_cut_short_looks_like_nothing_else),
		cmocka_unit_test(padding_is_not_the_header_s_rest),
		cmocka_unit_test(only_packets_that_came_are_looked_at),
		cmocka_unit_test(offsets_that_lie_are_refused),
		cmocka_unit_test(options_that_lie_are_read_within_their_bounds),
	};

	return cmocka_run_group_tests_name("tools", tests, NULL, NULL);
}
