// SPDX-License-Identifier: GPL-2.0-only
/* test_fold.c - alerts over a clock that the test moves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "../../user/base/util.h"
#include "fold_scene.h"

static void see_as(struct scene *scene, enum action action, unsigned int peer, uint16_t port,
		   enum kind kind, enum quality quality)
{
	uint32_t host = __builtin_bswap32(0x0a000001 + (peer << 8)); /* each in a /24 of its own */
	struct packet_event event = { .suppressed = scene->suppressed };
	struct sighting sighting = {
		.event = &event,
		.wall_ns = scene->now,
		.interface = "eth0",
		.direction = DIRECTION_IN,
		.role = ROLE_TO,
		.protocol = PROTOCOL_TCP,
		.kind = kind,
		.port = port,
		.source = { addr_from_ipv4(&host), 40000 },
		.verdict = VERDICT_CLOSED,
		.looks_like = scene->looks_like,
		.quality = quality,
		.process.pid = quality == QUALITY_NONE ? 0 : 4711,
		.created_by.pid = quality == QUALITY_NONE ? 0 : 1,
		.accepted_by.pid = quality == QUALITY_NONE ? 0 : 4712,
	};

	assert_int_equal(fold_add(scene->fold, &sighting, action, 4, scene->now), 0);
}

static void see(struct scene *scene, unsigned int peer, uint16_t port, enum kind kind,
		enum quality quality)
{
	see_as(scene, ACTION_PROBE, peer, port, kind, quality);
}

static void the_first_packet_alerts_at_once(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, 0, 100);
	see(&scene, 1, 3409, KIND_SYN, QUALITY_NONE);
	assert_int_equal(scene.count, 1);
	assert_int_equal(scene.emitted[0].count, 1);
	assert_false(scene.emitted[0].closing);
	scene_end(&scene);
}

static void what_follows_is_summed_up_at_the_window_s_end_under_the_same_id(void **state)
{
	struct scene scene;
	const struct alert *sum;

	(void)state;
	scene_begin(&scene, 0, 100);
	for (int i = 0; i < 17; i++) {
		see(&scene, 1, 3409, i < 10 ? KIND_SYN : KIND_ACK, QUALITY_NONE);
		scene.now += SECOND;
	}
	assert_int_equal(scene.count, 1);
	assert_int_equal(fold_tick(scene.fold, 1059 * SECOND), 1060 * SECOND);
	assert_int_equal(scene.count, 1);
	fold_tick(scene.fold, 1060 * SECOND);
	assert_int_equal(scene.count, 2);
	sum = &scene.emitted[1];
	assert_true(sum->closing);
	assert_int_equal(sum->count, 17);
	assert_int_equal(sum->kinds[KIND_SYN], 10);
	assert_int_equal(sum->kinds[KIND_ACK], 7);
	assert_int_equal(sum->start_wall_ns, 1000 * SECOND);
	assert_int_equal(sum->end_wall_ns, 1016 * SECOND);
	assert_string_equal(sum->id, scene.emitted[0].id);
	scene_end(&scene);
}

static void a_single_packet_needs_no_sum(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, 0, 100);
	see(&scene, 1, 3409, KIND_SYN, QUALITY_NONE);
	fold_tick(scene.fold, 1060 * SECOND);
	assert_int_equal(scene.count, 1);
	assert_int_equal(fold_tick(scene.fold, 1120 * SECOND), 0);
	assert_int_equal(scene.count, 1);
	scene_end(&scene);
}

static void what_goes_on_is_only_summed_up_window_after_window(void **state)
{
	struct scene scene;
	uint64_t total = 0;

	(void)state;
	scene_begin(&scene, 0, 100);
	for (int i = 0; i < 300; i++) { /* five minutes, one a second */
		see(&scene, 1, 3409, KIND_SYN, QUALITY_NONE);
		scene.now += SECOND;
		fold_tick(scene.fold, scene.now);
	}
	fold_flush(scene.fold, scene.now);
	assert_in_range(scene.count, 6, 7);
	for (size_t i = 1; i < scene.count; i++) {
		assert_true(scene.emitted[i].closing);
		total += scene.emitted[i].count;
	}
	assert_int_equal(total, 300);
	scene_end(&scene);
}

static void a_slow_scanner_s_every_packet_is_in_some_alert(void **state)
{
	struct scene scene;
	uint64_t total = 0;

	(void)state;
	scene_begin(&scene, 0, 100);
	for (int i = 0; i < 10; i++) { /* one packet in 70 seconds */
		see(&scene, 1, 3409, KIND_SYN, QUALITY_NONE);
		for (int s = 0; s < 70; s++)
			fold_tick(scene.fold, scene.now += SECOND);
	}
	fold_flush(scene.fold, scene.now);
	for (size_t i = 0; i < scene.count; i++)
		total += scene.emitted[i].count;
	assert_int_equal(total, 10);
	scene_end(&scene);
}

static void peers_ports_and_protocols_are_told_apart(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, 0, 100);
	see(&scene, 1, 3409, KIND_SYN, QUALITY_NONE);
	see(&scene, 2, 3409, KIND_SYN, QUALITY_NONE);
	see(&scene, 1, 3410, KIND_SYN, QUALITY_NONE);
	see(&scene, 1, 3409, KIND_SYN, QUALITY_NONE);
	assert_int_equal(scene.count, 3);
	scene_end(&scene);
}

static void what_the_kernel_held_back_meanwhile_is_told(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, 0, 100);
	scene.suppressed = 5000;
	see(&scene, 1, 3409, KIND_SYN, QUALITY_NONE);
	scene.suppressed = 6200;
	fold_tick(scene.fold, 1060 * SECOND);
	assert_int_equal(scene.count, 2);
	assert_int_equal(scene.emitted[1].suppressed, 1200);
	scene_end(&scene);
}

static void two_alerts_of_one_thing_do_not_tell_the_same_twice(void **state)
{
	uint64_t sum = 0;
	struct scene scene;

	(void)state;
	scene_begin(&scene, 0, 100);
	see_as(&scene, ACTION_PROBE, 1, 3409, KIND_SYN, QUALITY_NONE);
	see_as(&scene, ACTION_CONNECTION, 1, 3409, KIND_SYN, QUALITY_NONE);
	scene.suppressed = 1200;
	fold_flush(scene.fold, scene.now);
	for (size_t i = 0; i < scene.count; i++)
		sum += scene.emitted[i].suppressed;
	assert_int_equal(sum, 1200);
	scene_end(&scene);
}

static void what_was_held_back_is_of_the_questions(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, 0, 100);
	see_as(&scene, ACTION_CONNECTION, 1, 3409, KIND_SYN, QUALITY_NONE);
	fold_flush(scene.fold, scene.now);
	assert_int_equal(scene.asked.direction, DIRECTION_IN);
	assert_int_equal(scene.asked.role, ROLE_TO);
	see_as(&scene, ACTION_OUTBOUND, 1, 3409, KIND_SYNACK, QUALITY_NONE);
	fold_flush(scene.fold, scene.now);
	assert_int_equal(scene.asked.direction, DIRECTION_OUT);
	assert_int_equal(scene.asked.role, ROLE_FROM); /* as the scene has it: its own port */
	assert_int_equal(scene.asked.port, 3409);
	scene_end(&scene);
}

static void what_nobody_forged_waits_until_it_can_be_told(void **state)
{
	size_t told = 0;
	struct scene scene;

	(void)state;
	scene_begin(&scene, 20, 1000);
	for (unsigned int peer = 0; peer < 200; peer++) {
		see(&scene, 1000 + peer, 3409, KIND_SYN, QUALITY_NONE);
		see_as(&scene, ACTION_CONNECTION, peer, 3410, KIND_ACK, QUALITY_JOINED);
	}
	for (int i = 0; i < 100; i++) {
		scene.now += SECOND / 5;
		fold_tick(scene.fold, scene.now);
	}
	for (size_t i = 0; i < scene.count; i++)
		told += scene.emitted[i].action == ACTION_CONNECTION;
	assert_int_equal(told, 200);
	scene_end(&scene);
}

static void all_techniques_of_a_window_are_told(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, 0, 100);
	see(&scene, 1, 3409, KIND_SYN, QUALITY_NONE);
	see(&scene, 1, 3409, KIND_NULL, QUALITY_NONE);
	fold_flush(scene.fold, scene.now);
	assert_int_equal(scene.emitted[1].techniques,
			 technique_bit(TECHNIQUE_SYN) | technique_bit(TECHNIQUE_NULL));
	scene_end(&scene);
}

static void a_peer_that_the_kernel_forgot_meanwhile_counts_from_nothing(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, 0, 100);
	scene.suppressed = 80;
	see(&scene, 1, 3409, KIND_SYN, QUALITY_NONE);
	scene.suppressed = 10;
	fold_tick(scene.fold, 1060 * SECOND);
	assert_int_equal(scene.emitted[1].suppressed, 10);
	scene_end(&scene);
}

static void a_new_rate_is_in_force_at_once(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, 4, 100);
	for (unsigned int peer = 0; peer < 50; peer++)
		see(&scene, peer << 8, 3409, KIND_SYN, QUALITY_NONE);
	assert_int_equal(scene.count, 3);
	fold_set(scene.fold, WINDOW, 40, SECOND);
	for (unsigned int peer = 50; peer < 80; peer++)
		see(&scene, peer << 8, 3409, KIND_SYN, QUALITY_NONE);
	assert_int_equal(scene.count, 33);
	scene_end(&scene);
}

static void no_more_alerts_than_the_rate_and_one_that_says_how_many_were_withheld(void **state)
{
	struct scene scene;
	uint64_t withheld = 0;
	size_t floods = 0;

	(void)state;
	scene_begin(&scene, 20, 10000);
	for (unsigned int peer = 0; peer < 5000; peer++)
		see(&scene, peer, 3409, KIND_SYN, QUALITY_NONE);
	assert_int_equal(scene.count, 15); /* a quarter is kept for what nobody can forge */
	fold_tick(scene.fold, scene.now + WINDOW);
	for (size_t i = 0; i < scene.count; i++)
		if (scene.emitted[i].action == ACTION_FLOOD) {
			floods++;
			withheld += scene.emitted[i].count;
		}
	assert_int_equal(floods, 1);
	assert_int_equal(withheld, 4985);
	scene_end(&scene);
}

static void a_full_table_sums_up_the_silent_ones_early_and_loses_nothing(void **state)
{
	struct scene scene;
	uint64_t total = 0;

	(void)state;
	scene_begin(&scene, 0, 100);
	for (unsigned int peer = 0; peer < 1000; peer++) {
		see(&scene, peer, 3409, KIND_SYN, QUALITY_NONE);
		see(&scene, peer, 3409, KIND_ACK, QUALITY_NONE);
	}
	fold_flush(scene.fold, scene.now);
	for (size_t i = 0; i < scene.count; i++)
		if (scene.emitted[i].closing)
			total += scene.emitted[i].count;
	assert_int_equal(total, 2000);
	scene_end(&scene);
}

static void a_later_packet_may_bring_the_owner(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, 0, 100);
	see(&scene, 1, 3409, KIND_SYN, QUALITY_NONE);
	see(&scene, 1, 3409, KIND_ACK, QUALITY_JOINED);
	see(&scene, 1, 3409, KIND_FIN, QUALITY_NONE);
	fold_flush(scene.fold, scene.now);
	assert_int_equal(scene.emitted[1].process.pid, 4711);
	assert_int_equal(scene.emitted[1].quality, QUALITY_JOINED);
	assert_int_equal(scene.emitted[1].created_by.pid, 1);
	assert_int_equal(scene.emitted[1].accepted_by.pid, 4712);
	scene_end(&scene);
}

static void the_first_tool_that_a_packet_looks_like_is_kept(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, 0, 100);
	see(&scene, 1, 3409, KIND_RST, QUALITY_NONE);
	scene.looks_like = "masscan";
	see(&scene, 1, 3409, KIND_SYN, QUALITY_NONE);
	scene.looks_like = "a word that is longer than its room";
	see(&scene, 1, 3409, KIND_SYN, QUALITY_NONE);
	see(&scene, 2, 3409, KIND_SYN, QUALITY_NONE);
	scene.looks_like = NULL;
	see(&scene, 1, 3409, KIND_RST, QUALITY_NONE);
	fold_flush(scene.fold, scene.now);
	assert_string_equal(scene.emitted[0].looks_like, "");
	assert_string_equal(scene.emitted[1].looks_like, "a word that is ");
	assert_string_equal(scene.emitted[2].looks_like, "masscan");
	scene_end(&scene);
}

static void a_new_window_looks_anew(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, 0, 100);
	scene.looks_like = "zmap";
	see(&scene, 1, 3409, KIND_SYN, QUALITY_NONE);
	fold_tick(scene.fold, scene.now += WINDOW);
	scene.looks_like = "nmap";
	see(&scene, 1, 3409, KIND_SYN, QUALITY_NONE);
	see(&scene, 1, 3409, KIND_SYN, QUALITY_NONE);
	fold_flush(scene.fold, scene.now);
	assert_string_equal(scene.emitted[0].looks_like, "zmap");
	assert_string_equal(scene.emitted[1].looks_like, "nmap");
	scene_end(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_packet_alerts_at_once),
		cmocka_unit_test(what_follows_is_summed_up_at_the_window_s_end_under_the_same_id),
		cmocka_unit_test(a_single_packet_needs_no_sum),
		cmocka_unit_test(what_goes_on_is_only_summed_up_window_after_window),
		cmocka_unit_test(a_slow_scanner_s_every_packet_is_in_some_alert),
		cmocka_unit_test(peers_ports_and_protocols_are_told_apart),
		cmocka_unit_test(what_the_kernel_held_back_meanwhile_is_told),
		cmocka_unit_test(two_alerts_of_one_thing_do_not_tell_the_same_twice),
		cmocka_unit_test(what_was_held_back_is_of_the_questions),
		cmocka_unit_test(what_nobody_forged_waits_until_it_can_be_told),
		cmocka_unit_test(all_techniques_of_a_window_are_told),
		cmocka_unit_test(a_peer_that_the_kernel_forgot_meanwhile_counts_from_nothing),
		cmocka_unit_test(a_new_rate_is_in_force_at_once),
		cmocka_unit_test(
			no_more_alerts_than_the_rate_and_one_that_says_how_many_were_withheld),
		cmocka_unit_test(a_full_table_sums_up_the_silent_ones_early_and_loses_nothing),
		cmocka_unit_test(a_later_packet_may_bring_the_owner),
		cmocka_unit_test(the_first_tool_that_a_packet_looks_like_is_kept),
		cmocka_unit_test(a_new_window_looks_anew),
	};

	return cmocka_run_group_tests_name("fold", tests, NULL, NULL);
}
