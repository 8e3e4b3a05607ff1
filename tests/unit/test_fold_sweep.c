// SPDX-License-Identifier: GPL-2.0-only
/* test_fold_sweep.c - many ports, many peers, and the one real connection among a million. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "../../user/base/util.h"
#include "fold_scene.h"

/* Of the address sanitizer that unit tests are built with. */
size_t __sanitizer_get_current_allocated_bytes(void);

static struct packet_event event;

static struct sighting make_sighting(const struct scene *scene, struct addr peer, uint16_t port)
{
	struct sighting sighting = {
		.event = &event,
		.wall_ns = scene->now,
		.interface = "eth0",
		.direction = DIRECTION_IN,
		.role = ROLE_TO,
		.kind = KIND_SYN,
		.port = port,
		.source = { peer, 40000 },
		.destination.port = port,
		.verdict = VERDICT_CLOSED,
	};

	event.suppressed = scene->suppressed;
	addr_parse("192.0.2.1", &sighting.destination.addr);
	return sighting;
}

static void see_addr(struct scene *scene, struct addr peer, uint16_t port)
{
	struct sighting sighting = make_sighting(scene, peer, port);

	assert_int_equal(fold_add(scene->fold, &sighting, ACTION_PROBE, 4, scene->now), 0);
}

static struct addr ipv4(uint32_t number)
{
	uint32_t network = __builtin_bswap32(number);

	return addr_from_ipv4(&network);
}

/* 203.0.113.`host` */
static void see(struct scene *scene, uint8_t host, uint16_t port)
{
	see_addr(scene, ipv4(0xcb007100U + host), port);
}

/* The count of all packets, each in the last alert of its id. */
static uint64_t sum_all(const struct scene *scene)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < scene->count; i++) {
		bool is_replaced = false;

		for (size_t j = i + 1; j < scene->count; j++)
			is_replaced |= util_streq(scene->emitted[i].id, scene->emitted[j].id);
		sum += is_replaced ? 0 : scene->emitted[i].count;
	}
	return sum;
}

static void three_ports_of_a_peer_alert_singly_and_all_others_together(void **state)
{
	struct scene scene;
	const struct alert *first, *sum;

	(void)state;
	scene_begin(&scene, 0, 100);
	for (uint16_t port = 3401; port <= 3440; port++)
		see(&scene, 5, port);
	see(&scene, 5, 3402);
	see(&scene, 5, 3410);
	assert_int_equal(scene.count, 4);
	first = &scene.emitted[3];
	assert_int_equal(first->ports, 1);
	assert_int_equal(first->peers, 0);
	assert_int_equal(first->top_ports[0].port, 3404);
	assert_int_equal(first->techniques, technique_bit(TECHNIQUE_SYN));
	fold_flush(scene.fold, scene.now);
	assert_int_equal(scene.count, 6); /* 3402 came twice */
	sum = &scene.emitted[5];
	assert_string_equal(sum->id, first->id);
	assert_int_equal(sum->ports, 37);
	assert_int_equal(sum->count, 38);
	assert_int_equal(sum->top_port_count, ALERT_PORTS_MAX);
	assert_int_equal(sum_all(&scene), 42);
	scene_end(&scene);
}

static void protocols_are_different_ports(void **state)
{
	struct scene scene;
	struct sighting sighting;

	(void)state;
	scene_begin(&scene, 0, 100);
	sighting = make_sighting(&scene, ipv4(1), 3409);
	for (int i = 0; i < 4; i++) {
		sighting.protocol = i % 2 ? PROTOCOL_UDP : PROTOCOL_TCP;
		sighting.port = (uint16_t)(3409 + i / 2);
		fold_add(scene.fold, &sighting, ACTION_PROBE, 4, scene.now);
	}
	assert_int_equal(scene.count, 4);
	assert_int_equal(scene.emitted[3].ports, 1);
	assert_int_equal(scene.emitted[3].top_ports[0].protocol, PROTOCOL_UDP);
	scene_end(&scene);
}

static void eight_peers_of_a_network_alert_singly_and_all_others_together(void **state)
{
	struct scene scene;
	const struct alert *sum;
	char prefix[PREFIX_TEXT_SIZE];

	(void)state;
	scene_begin(&scene, 0, 100);
	for (unsigned int host = 1; host <= 200; host++)
		see(&scene, (uint8_t)host, 3409);
	for (int i = 0; i < 30; i++)
		see(&scene, 99, 3410);
	assert_int_equal(scene.count, 9);
	fold_flush(scene.fold, scene.now);
	assert_int_equal(scene.count, 10);
	sum = &scene.emitted[9];
	assert_int_equal(sum->peers, 192);
	assert_int_equal(sum->ports, 2);
	assert_string_equal(prefix_format(&sum->prefix, prefix), "203.0.113.0/24");
	assert_int_equal(sum->source.addr.bytes[15], 9); /* the first of them */
	assert_int_equal(sum->top_peer_count, ALERT_PEERS_MAX);
	assert_int_equal(sum_all(&scene), 230);
	scene_end(&scene);
}

static void the_most_frequent_peer_is_among_the_top_ones(void **state)
{
	struct scene scene;
	const struct alert *sum;
	size_t found = 0;

	(void)state;
	scene_begin(&scene, 0, 100);
	for (int i = 0; i < 100; i++)
		for (unsigned int host = 1; host <= 200; host += host < 200 && i ? 199 : 1)
			see(&scene, (uint8_t)host, 3409);
	fold_flush(scene.fold, scene.now);
	sum = &scene.emitted[scene.count - 1];
	for (unsigned int i = 0; i < sum->top_peer_count; i++)
		found += sum->top_peers[i].addr.bytes[15] == 200 && sum->top_peers[i].count >= 100;
	assert_int_equal(found, 1);
	scene_end(&scene);
}

static void ipv6_peers_of_a_64_are_one_network(void **state)
{
	struct scene scene;
	char prefix[PREFIX_TEXT_SIZE];
	struct addr peer;

	(void)state;
	scene_begin(&scene, 0, 100);
	addr_parse("2001:db8:0:7::", &peer);
	for (unsigned int i = 0; i < 1000; i++) {
		peer.bytes[14] = (uint8_t)(i >> 8);
		peer.bytes[9] = (uint8_t)i;
		see_addr(&scene, peer, 3409);
	}
	peer.bytes[7] = 8;
	see_addr(&scene, peer, 3409);
	assert_int_equal(scene.count, 10);
	assert_int_equal(scene.emitted[9].peers, 0);
	fold_flush(scene.fold, scene.now);
	assert_int_equal(scene.emitted[10].peers, 992);
	assert_string_equal(prefix_format(&scene.emitted[10].prefix, prefix), "2001:db8:0:7::/64");
	scene_end(&scene);
}

static void after_a_silent_window_all_begins_anew(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, 0, 100);
	for (uint16_t port = 1; port <= 6; port++) {
		see(&scene, 5, port);
		scene.now += WINDOW; /* too slow to be a sweep */
		fold_tick(scene.fold, scene.now);
	}
	assert_int_equal(scene.count, 6);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(scene.emitted[i].ports, 0);
	scene_end(&scene);
}

static void a_sweep_that_goes_on_is_summed_up_window_after_window(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, 0, 100);
	for (int second = 0; second < 300; second++) {
		see(&scene, 5, (uint16_t)(1 + second));
		fold_tick(scene.fold, scene.now += SECOND);
	}
	fold_flush(scene.fold, scene.now);
	assert_in_range(scene.count, 8, 10);
	assert_int_equal(sum_all(&scene), 300);
	scene_end(&scene);
}

static void actions_and_what_is_real_are_not_swept_together(void **state)
{
	struct scene scene;
	struct sighting sighting;

	(void)state;
	scene_begin(&scene, 0, 100);
	for (uint16_t port = 1; port <= 10; port++) {
		sighting = make_sighting(&scene, ipv4(1), port);
		sighting.verdict = VERDICT_CONNECTED;
		sighting.kind = KIND_ACK;
		sighting.quality = QUALITY_EXACT;
		sighting.process.pid = 7;
		fold_add(scene.fold, &sighting, ACTION_CONNECTION, 4, scene.now);
	}
	assert_int_equal(scene.count, 10);
	assert_int_equal(scene.emitted[9].process.pid, 7);
	assert_int_equal(scene.emitted[9].techniques, 0);
	scene_end(&scene);
}

static struct sighting real_sighting(const struct scene *scene, enum kind kind)
{
	struct sighting sighting = make_sighting(scene, ipv4(0xc6336407U), 3409);

	sighting.kind = kind;
	sighting.verdict = kind == KIND_SYN ? VERDICT_LISTENING : VERDICT_CONNECTED;
	sighting.quality = kind == KIND_SYN ? QUALITY_LISTENER : QUALITY_JOINED;
	sighting.process.pid = 7;
	return sighting;
}

static size_t count_emitted(const struct scene *scene, enum action action)
{
	size_t count = 0;

	for (size_t i = 0; i < scene->count; i++)
		count += scene->emitted[i].action == action;
	return count;
}

/* SYNs from everywhere to a port that a process serves: 10,000 a second, 100 seconds long. */
static void what_was_held_back_of_many_peers_is_told(void **state)
{
	struct scene scene;
	const struct alert *sum;

	(void)state;
	scene_begin(&scene, 0, 100);
	for (unsigned int peer = 0; peer < 10; peer++) /* eight singly, two folded */
		see(&scene, peer, 3409);
	scene.suppressed = 70;
	see(&scene, 8, 3409);
	scene.suppressed = 100;
	see(&scene, 9, 3409);
	see(&scene, 8, 3409);
	scene.suppressed = 5; /* forgotten, and met again */
	see(&scene, 9, 3409);
	fold_flush(scene.fold, scene.now);
	sum = &scene.emitted[scene.count - 1];
	for (size_t i = 0; i < scene.count; i++)
		if (scene.emitted[i].peers)
			sum = &scene.emitted[i];
	assert_int_equal(sum->peers, 2);
	assert_int_equal(sum->suppressed, 70 + 100 + 30 + 5);
	scene_end(&scene);
}

static void one_real_connection_alerts_among_a_million_spoofed_peers(void **state)
{
	struct scene scene;
	struct sighting sighting;
	size_t before, named = 0;

	(void)state;
	scene_begin(&scene, 20, 1024);
	before = __sanitizer_get_current_allocated_bytes();
	for (uint32_t i = 0; i < 1000000; i++) {
		sighting = make_sighting(&scene, ipv4(i * 2654435761U), 3409);
		sighting.verdict = VERDICT_LISTENING;
		sighting.quality = QUALITY_LISTENER;
		sighting.process.pid = 7;
		fold_add(scene.fold, &sighting, i % 2 ? ACTION_CONNECTION : ACTION_PROBE, 4,
			 scene.now);
		if (i == 500000 || i == 500010) {
			sighting = real_sighting(&scene, i == 500000 ? KIND_SYN : KIND_ACK);
			fold_add(scene.fold, &sighting, ACTION_CONNECTION, 4, scene.now);
		}
		scene.now += SECOND / 10000;
		if (i % 10000 == 0)
			fold_tick(scene.fold, scene.now);
	}
	assert_true(__sanitizer_get_current_allocated_bytes() - before < 24 << 20);
	fold_flush(scene.fold, scene.now);
	for (size_t i = 0; i < scene.count; i++)
		named += scene.emitted[i].verdict == VERDICT_CONNECTED ||
			 scene.emitted[i].quality == QUALITY_JOINED;
	assert_in_range(named, 1, 2);
	/* 20 at once and 20 a second; what is withheld is told once a window beside it. */
	assert_in_range(scene.count - count_emitted(&scene, ACTION_FLOOD), 1000, 20 + 20 * 100);
	assert_in_range(count_emitted(&scene, ACTION_FLOOD), 1, 3);
	scene_end(&scene);
}

static void what_was_withheld_alerts_as_soon_as_it_is_real(void **state)
{
	struct scene scene;
	struct sighting sighting;

	(void)state;
	scene_begin(&scene, 20, 10000);
	for (uint32_t i = 0; i < 1000; i++)
		see_addr(&scene, ipv4(i << 8), 3409);
	assert_int_equal(scene.count, 15);
	sighting = real_sighting(&scene, KIND_SYN);
	fold_add(scene.fold, &sighting, ACTION_CONNECTION, 4, scene.now);
	assert_int_equal(scene.count, 15);
	sighting = real_sighting(&scene, KIND_ACK);
	fold_add(scene.fold, &sighting, ACTION_CONNECTION, 4, scene.now);
	assert_int_equal(scene.count, 16);
	assert_int_equal(scene.emitted[15].action, ACTION_CONNECTION);
	assert_int_equal(scene.emitted[15].count, 2);
	fold_flush(scene.fold, scene.now);
	assert_int_equal(scene.emitted[scene.count - 1].count, 985);
	scene_end(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(three_ports_of_a_peer_alert_singly_and_all_others_together),
		cmocka_unit_test(protocols_are_different_ports),
		cmocka_unit_test(eight_peers_of_a_network_alert_singly_and_all_others_together),
		cmocka_unit_test(the_most_frequent_peer_is_among_the_top_ones),
		cmocka_unit_test(ipv6_peers_of_a_64_are_one_network),
		cmocka_unit_test(after_a_silent_window_all_begins_anew),
		cmocka_unit_test(a_sweep_that_goes_on_is_summed_up_window_after_window),
		cmocka_unit_test(actions_and_what_is_real_are_not_swept_together),
		cmocka_unit_test(what_was_held_back_of_many_peers_is_told),
		cmocka_unit_test(one_real_connection_alerts_among_a_million_spoofed_peers),
		cmocka_unit_test(what_was_withheld_alerts_as_soon_as_it_is_real),
	};

	return cmocka_run_group_tests_name("fold_sweep", tests, NULL, NULL);
}
