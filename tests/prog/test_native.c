// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_native.c - the native and the BPF build of the parser give the same result, packet by
 * packet, over the table's frames and thousands that were made from them by changing octets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cmocka.h>

#include "../../user/base/util.h"
#include "../../user/kernel/count.h"
#include "../../user/kernel/peers.h"
#include "../../user/kernel/program.h"
#include "../../user/kernel/watch.h"
#include "../fuzz/native.h"
#include "cases.h"
#include "frame.h"

#define MUTANTS 20000
#define CHAIN_FRAME_MAX 3000 /* longer ones, too */
#define FRAME_MIN 54 /* shorter ones the kernel's test run may refuse */

struct machine {
	struct program *program;
	struct ring_buffer *ring;
	struct packet_event event; /* the last packet's sample */
	bool has_event;
};

static int keep_event(void *argument, void *data, size_t size)
{
	struct machine *machine = argument;

	assert_true(size >= sizeof(machine->event));
	memcpy(&machine->event, data, sizeof(machine->event));
	machine->has_event = true;
	return 0;
}

static int start_machine(void **state)
{
	static struct machine machine;
	struct program_options options = { .snap_length = 64, .ring_size = 1 << 20,
					   .watched = 2 * 65535, .replay = true };
	_cleanup_free_ struct port_set *all = calloc(1, sizeof(*all));
	struct config config;
	char why[512];

	config_init(&config);
	config.peer_rate = config.total_rate = 0;
	if (port_set_add(all, "1-65535", why, sizeof(why)) < 0 ||
	    program_load(&machine.program, &options, why, sizeof(why)) < 0) {
		fprintf(stderr, "%s\n", why);
		return -1;
	}
	peers_set_limits(program_tables(machine.program), &config);
	watch_set(program_tables(machine.program), all);
	machine.ring = ring_buffer__new(program_ring_fd(machine.program), keep_event, &machine, NULL);
	*state = &machine;
	return machine.ring ? 0 : -1;
}

static int stop_machine(void **state)
{
	struct machine *machine = *state;

	if (!machine)
		return 0;
	ring_buffer__free(machine->ring);
	program_free(machine->program);
	return 0;
}

static uint64_t unparsed_of(const struct accounting *accounting, enum parsed parsed)
{
	return accounting->unparsed[parsed - PARSED_UNPARSED];
}

static uint64_t unparsed_sum(const struct accounting *accounting)
{
	uint64_t sum = 0;

	for (enum unparsed reason = 0; reason < UNPARSED_COUNT; reason++)
		sum += accounting->unparsed[reason];
	return sum;
}

static void compare_event(const struct packet_event *event, const struct packet *packet,
			  const struct frame *frame)
{
	__u32 payload_length;
	enum kind kind = parse_kind(packet, frame->data, frame->data + frame->length,
				    &payload_length);

	assert_int_equal(event->source_port, bpf_ntohs(packet->source_port));
	assert_int_equal(event->destination_port, bpf_ntohs(packet->destination_port));
	assert_int_equal(event->protocol, packet->protocol);
	assert_int_equal(event->l3_offset, packet->network);
	assert_int_equal(event->l4_offset, packet->transport);
	assert_int_equal(event->payload_length, payload_length);
	assert_int_equal(event->kind == KIND_MAIMON ? KIND_FIN : event->kind, kind);
}

static void run_both(struct machine *machine, const struct frame *frame)
{
	const struct tables *tables = program_tables(machine->program);
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame->data,
		    .data_size_in = frame->length, .repeat = 1);
	struct accounting before, after;
	struct packet packet;
	enum parsed parsed = native_parse(frame->data, frame->length, LINK_ETHERNET, &packet);

	count_read_accounting(tables, &before);
	machine->has_event = false;
	assert_int_equal(bpf_prog_test_run_opts(program_fd(machine->program, HOOK_XDP, false),
						&options), 0);
	assert_true(ring_buffer__consume(machine->ring) >= 0);
	count_read_accounting(tables, &after);
	assert_int_equal(after.seen, before.seen + 1);
	assert_int_equal(after.matched, after.sampled + after.suppressed + after.lost);
	if (parsed >= PARSED_UNPARSED)
		assert_int_equal(unparsed_of(&after, parsed), unparsed_of(&before, parsed) + 1);
	else if (parsed == PARSED_PORTS && (packet.source_port || packet.destination_port)) {
		assert_true(machine->has_event);
		compare_event(&machine->event, &packet, frame);
	} else if (parsed == PARSED_FRAGMENT && machine->has_event) {
		assert_int_equal(machine->event.kind, KIND_FRAGMENT);
	} else {
		assert_false(machine->has_event);
	}
}

static void both_builds_agree_on_every_frame_of_the_table(void **state)
{
	struct frame frame;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		frame_build(&frame, cases[i].frame);
		if (frame.length >= FRAME_MIN)
			run_both(*state, &frame);
	}
}

/* Changes a few octets, mostly of the headers. */
static void mutate(struct frame *frame)
{
	for (int changes = rand() % 4 + 1; changes > 0; changes--) {
		size_t reach = MIN(frame->length, (size_t)(rand() % 2 ? 64 : FRAME_MAX));

		if (reach > 12)
			frame->data[12 + rand() % (reach - 12)] = rand();
	}
	if (rand() % 8 == 0 && frame->length > FRAME_MIN)
		frame->length -= rand() % (frame->length - FRAME_MIN);
}

static void both_builds_agree_on_mutated_frames(void **state)
{
	struct frame frame;

	srand(3409);
	for (int i = 0; i < MUTANTS; i++) {
		frame_build(&frame, cases[rand() % ARRAY_SIZE(cases)].frame);
		mutate(&frame);
		if (frame.length >= FRAME_MIN)
			run_both(*state, &frame);
	}
}

/* Headers of a chain, each with what it is as an IP next header. */
static const char *const chain_words[] = { "hop:8", "dst:8", "dst:24", "route:24", "ah:12", "ah:24",
					   "frag:0:0" };
static const char *const chain_links[] = { "tag:7", "stag:5", "tag:1:3" };
#define CHAIN_LONG 12
#define CHAINS 20000

static const char *choose(const char *const *words, size_t count)
{
	return words[rand() % count];
}

/* A frame of random headers, whose end is TCP or UDP to a port of its own; its line in `text`. */
static void chain_frame(struct frame *frame, char *text, size_t size)
{
	int links = rand() % 3, headers = rand() % CHAIN_LONG;
	bool is_v6 = rand() % 4;
	size_t used = (size_t)snprintf(text, size, "eth");

	for (; links > 0; links--)
		used += (size_t)snprintf(text + used, size - used, " %s",
					 choose(chain_links, ARRAY_SIZE(chain_links)));
	used += (size_t)snprintf(text + used, size - used, is_v6 ? " ip6" : " ip4");
	for (; headers > 0; headers--)
		used += (size_t)snprintf(text + used, size - used, " %s",
					 choose(chain_words, ARRAY_SIZE(chain_words)));
	if (rand() % 16 == 0)
		used += (size_t)snprintf(text + used, size - used, " dst:8:%d", rand() % 300);
	snprintf(text + used, size - used, rand() % 2 ? " tcp:40000:3409:S" : " udp:40000:3410 pay:9");
	frame_build(frame, text);
}

/* Whole, it is matched. Cut anywhere, it is matched or counted by a reason; never neither. */
static void every_chain_is_followed_to_its_end_or_told_as_unparsed(void **state)
{
	const char *wanted = getenv("SEED");
	unsigned int seed = wanted ? (unsigned int)strtoul(wanted, NULL, 10) : 3410;
	struct machine *machine = *state;
	const struct tables *tables = program_tables(machine->program);
	struct accounting before, after;
	struct frame frame;
	char text[512];

	print_message("seed %u (SEED=)\n", seed);
	srand(seed);
	for (int i = 0; i < CHAINS; i++) {
		bool is_cut = rand() % 4 == 0;

		chain_frame(&frame, text, sizeof(text));
		if (is_cut)
			frame.length = FRAME_MIN + rand() % (frame.length - FRAME_MIN + 1);
		if (frame.length < FRAME_MIN || frame.length > CHAIN_FRAME_MAX)
			continue;
		count_read_accounting(tables, &before);
		run_both(machine, &frame);
		count_read_accounting(tables, &after);
		if (unparsed_sum(&after) + after.matched !=
		    unparsed_sum(&before) + before.matched + 1)
			fail_msg("neither matched nor unparsed: %s, %zu octets", text, frame.length);
		if (!is_cut && after.matched != before.matched + 1)
			fail_msg("not matched: %s", text);
	}
}

/* Longer than what a test run takes, hence the native build alone. */
static void the_longest_chain_is_followed_and_the_next_is_too_deep(void **state)
{
	static struct frame frame;
	const int most = PARSE_EXTENSIONS_DEEP * PARSE_CHAIN_STEPS;
	struct packet packet;
	char text[64];

	(void)state;
	snprintf(text, sizeof(text), "eth ip6 dst:8:%d tcp:40000:3409:S", most);
	frame_build(&frame, text);
	assert_int_equal(native_parse(frame.data, frame.length, LINK_ETHERNET, &packet),
			 PARSED_PORTS);
	snprintf(text, sizeof(text), "eth ip6 dst:8:%d tcp:40000:3409:S", most + 1);
	frame_build(&frame, text);
	assert_int_equal(native_parse(frame.data, frame.length, LINK_ETHERNET, &packet),
			 parse_failed(UNPARSED_TOO_DEEP));
	assert_int_equal(packet.family, 6);
	assert_int_equal(packet.network, 14);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_builds_agree_on_every_frame_of_the_table),
		cmocka_unit_test(both_builds_agree_on_mutated_frames),
		cmocka_unit_test(every_chain_is_followed_to_its_end_or_told_as_unparsed),
		cmocka_unit_test(the_longest_chain_is_followed_and_the_next_is_too_deep),
	};

	return cmocka_run_group_tests_name("native", tests, start_machine, stop_machine);
}
