// SPDX-License-Identifier: GPL-2.0-only
/* test_fold_process.c - what a process has its part in: one process, one thing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../user/base/util.h"
#include "fold_scene.h"

static struct scene scene;

static int set_up(void **state)
{
	(void)state;
	scene_begin(&scene, 0, 100);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	scene_end(&scene);
	return 0;
}

/* A packet of the connection from the peer's port, and what is known of who is behind it. */
static void see_event(const struct packet_event *event, uint16_t peer_port, enum kind kind,
		      enum quality quality, pid_t pid)
{
	struct sighting sighting = {
		.event = event,
		.wall_ns = scene.now,
		.interface = "eth0",
		.direction = DIRECTION_IN,
		.role = ROLE_TO,
		.kind = kind,
		.port = 3409,
		.source.port = peer_port,
		.destination.port = 3409,
		.verdict = kind == KIND_SYN ? VERDICT_LISTENING : VERDICT_CONNECTED,
		.quality = quality,
		.process = { .pid = pid, .start_boot_ns = (uint64_t)pid * 10 },
	};

	addr_parse("203.0.113.5", &sighting.source.addr);
	addr_parse("192.0.2.1", &sighting.destination.addr);
	assert_int_equal(fold_add(scene.fold, &sighting, ACTION_CONNECTION, 4, scene.now), 0);
	scene.now += SECOND / 100;
}

static void see(uint16_t peer_port, enum kind kind, enum quality quality, pid_t pid)
{
	static const struct packet_event event;

	see_event(&event, peer_port, kind, quality, pid);
}

/* Every packet was counted in the alert that names its process. */
static void expect_sum(size_t at, pid_t pid, uint64_t count)
{
	assert_true(at < scene.count);
	assert_true(scene.emitted[at].closing);
	assert_int_equal(scene.emitted[at].process.pid, pid);
	assert_int_equal(scene.emitted[at].count, count);
}

static void a_process_that_comes_to_be_known_makes_no_second_thing(void **state)
{
	(void)state;
	see(40000, KIND_SYN, QUALITY_NONE, 0);
	see(40000, KIND_ACK, QUALITY_JOINED, 7);
	see(40000, KIND_DATA, QUALITY_EXACT, 7);
	see(40000, KIND_FIN, QUALITY_NONE, 0);
	assert_int_equal(scene.count, 1);
	fold_flush(scene.fold, scene.now);
	assert_int_equal(scene.count, 2);
	expect_sum(1, 7, 4);
	assert_string_equal(scene.emitted[0].id, scene.emitted[1].id);
}

static void the_listener_gives_way_to_the_process_that_accepted(void **state)
{
	(void)state;
	see(40000, KIND_SYN, QUALITY_LISTENER, 1);
	see(40000, KIND_ACK, QUALITY_JOINED, 7);
	fold_flush(scene.fold, scene.now);
	assert_int_equal(scene.count, 2);
	expect_sum(1, 7, 2);
	assert_int_equal(scene.emitted[1].quality, QUALITY_JOINED);
}

static void many_connections_to_one_process_are_one_thing(void **state)
{
	(void)state;
	for (uint16_t i = 0; i < 20; i++) {
		see(40000 + i, KIND_SYN, QUALITY_LISTENER, 7);
		see(40000 + i, KIND_ACK, QUALITY_EXACT, 7);
	}
	fold_flush(scene.fold, scene.now);
	assert_int_equal(scene.count, 2);
	expect_sum(1, 7, 40);
}

static void another_process_is_another_thing(void **state)
{
	(void)state;
	see(40000, KIND_ACK, QUALITY_EXACT, 7);
	see(40001, KIND_ACK, QUALITY_EXACT, 8);
	see(40000, KIND_DATA, QUALITY_EXACT, 7);
	see(40001, KIND_DATA, QUALITY_NONE, 0);
	see(40001, KIND_DATA, QUALITY_EXACT, 8);
	assert_int_equal(scene.count, 2);
	fold_flush(scene.fold, scene.now);
	assert_int_equal(scene.count, 4);
	expect_sum(2, 7, 2);
	expect_sum(3, 8, 3);
}

static void a_pid_that_is_used_again_is_another_process(void **state)
{
	const struct packet_event event = {};
	struct sighting sighting = { .event = &event, .direction = DIRECTION_OUT,
				     .quality = QUALITY_EXACT, .process.pid = 7 };

	(void)state;
	for (uint16_t i = 0; i < 2; i++) {
		sighting.process.start_boot_ns = i;
		sighting.source.port = 40000 + i;
		fold_add(scene.fold, &sighting, ACTION_OUTBOUND, 4, scene.now);
	}
	assert_int_equal(scene.count, 2);
}

/* By their start; and a later window names them still. */
static void processes_without_a_number_are_told_apart(void **state)
{
	const struct packet_event event = {};
	struct sighting sighting = { .event = &event, .direction = DIRECTION_OUT,
				     .quality = QUALITY_EXACT, .process.name = "nc" };

	(void)state;
	for (uint16_t i = 1; i < 3; i++) {
		sighting.process.start_boot_ns = i;
		sighting.source.port = 40000 + i;
		fold_add(scene.fold, &sighting, ACTION_OUTBOUND, 4, scene.now);
	}
	assert_int_equal(scene.count, 2);
	sighting.process = (struct process){};
	sighting.quality = QUALITY_NONE;
	for (int i = 0; i < 70; i++, scene.now += SECOND)
		fold_add(scene.fold, &sighting, ACTION_OUTBOUND, 4, scene.now);
	fold_flush(scene.fold, scene.now);
	assert_string_equal(scene.emitted[scene.count - 1].process.name, "nc");
}

static void a_connection_that_changes_hands_is_not_carried_over(void **state)
{
	(void)state;
	see(40000, KIND_ACK, QUALITY_EXACT, 7);
	see(40000, KIND_DATA, QUALITY_EXACT, 8);
	see(40000, KIND_DATA, QUALITY_EXACT, 8);
	fold_flush(scene.fold, scene.now);
	assert_int_equal(scene.count, 3);
	assert_int_equal(scene.emitted[0].process.pid, 7);
	assert_int_equal(scene.emitted[1].process.pid, 8);
	expect_sum(2, 8, 2);
}

static void a_thing_of_several_connections_is_not_carried_over(void **state)
{
	(void)state;
	see(40000, KIND_SYN, QUALITY_LISTENER, 1);
	see(40001, KIND_SYN, QUALITY_LISTENER, 1);
	see(40000, KIND_ACK, QUALITY_EXACT, 7);
	fold_flush(scene.fold, scene.now);
	assert_int_equal(scene.count, 3);
	assert_int_equal(scene.emitted[1].process.pid, 7);
	expect_sum(2, 1, 2);
}

static void the_same_ports_again_may_be_another_process(void **state)
{
	(void)state;
	see(40000, KIND_ACK, QUALITY_EXACT, 7);
	see(40000, KIND_RST, QUALITY_NONE, 0);
	see(40000, KIND_SYN, QUALITY_LISTENER, 8);
	fold_flush(scene.fold, scene.now);
	assert_int_equal(scene.emitted[1].process.pid, 8);
	expect_sum(2, 7, 2);
}

static void a_later_window_names_the_process_still(void **state)
{
	(void)state;
	see(40000, KIND_ACK, QUALITY_EXACT, 7);
	for (int i = 0; i < 70; i++, scene.now += SECOND)
		see(40000, KIND_DATA, QUALITY_NONE, 0);
	fold_flush(scene.fold, scene.now);
	assert_int_equal(scene.count, 3);
	assert_int_equal(scene.emitted[2].process.pid, 7);
	assert_int_equal(scene.emitted[2].quality, QUALITY_EXACT);
}

static void a_listener_has_no_packet(void **state)
{
	struct sighting sighting = {
		.wall_ns = scene.now,
		.port = 3409,
		.destination.port = 3409,
		.verdict = VERDICT_LISTENING,
		.quality = QUALITY_EXACT,
		.process = { .pid = 7, .name = "nc" },
	};
	const struct alert *alert = &scene.emitted[0];

	(void)state;
	addr_parse("0.0.0.0", &sighting.destination.addr);
	scene.suppressed = 1000; /* of a peer that it does not have */
	for (int i = 0; i < 3; i++)
		fold_add(scene.fold, &sighting, ACTION_LISTENER, 4, scene.now);
	sighting.process.pid = 8;
	fold_add(scene.fold, &sighting, ACTION_LISTENER, 4, scene.now);
	fold_flush(scene.fold, scene.now);
	assert_int_equal(scene.count, 3);
	assert_false(alert->has_packet);
	assert_true(alert_has_port(alert));
	assert_int_equal(alert->port, 3409);
	assert_int_equal(alert->process.pid, 7);
	assert_int_equal(alert->kinds[0], 0);
	assert_int_equal(scene.emitted[1].process.pid, 8);
	expect_sum(2, 7, 3);
	assert_int_equal(scene.emitted[2].suppressed, 0);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_process_that_comes_to_be_known_makes_no_second_thing),
		TEST(the_listener_gives_way_to_the_process_that_accepted),
		TEST(many_connections_to_one_process_are_one_thing),
		TEST(another_process_is_another_thing),
		TEST(a_pid_that_is_used_again_is_another_process),
		TEST(processes_without_a_number_are_told_apart),
		TEST(a_connection_that_changes_hands_is_not_carried_over),
		TEST(a_thing_of_several_connections_is_not_carried_over),
		TEST(the_same_ports_again_may_be_another_process),
		TEST(a_later_window_names_the_process_still),
		TEST(a_listener_has_no_packet),
	};

	return cmocka_run_group_tests_name("fold_process", tests, NULL, NULL);
}
