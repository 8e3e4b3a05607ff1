// SPDX-License-Identifier: GPL-2.0-only
/* test_packet.c - one table of packets, run through every door of the loaded program. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <arpa/inet.h>

#include <bpf/bpf.h>
#include <cmocka.h>

#include "../../user/base/clock.h"
#include "../../user/base/util.h"
#include "../../user/kernel/count.h"
#include "../../user/kernel/peers.h"
#include "../../user/kernel/things.h"
#include "../../user/kernel/probe.h"
#include "../../user/kernel/program.h"
#include "../../user/kernel/watch.h"
#include "../../user/model/addr.h"
#include "../../user/model/words.h"
#include "cases.h"
#include "frame.h"

struct doors {
	struct program *program;
	const struct tables *tables;
};

static const struct {
	enum hook hook;
	enum direction direction;
} doors_of[] = {
	{ HOOK_XDP, DIRECTION_IN },
	{ HOOK_TC_IN, DIRECTION_IN },
	{ HOOK_TC_OUT, DIRECTION_OUT },
};

/* The end of the table's frames, which only then are certain to be of no connection. */
static int own_address(const struct program *program)
{
	const uint8_t v4[] = { 192, 0, 2, 2 }, here = 1;
	const struct addr addr = addr_from_ipv4(v4);

	return bpf_map_update_elem(program_map_fd(program, "own_addresses"), &addr, &here,
				   BPF_ANY);
}

static int load_program(void **state)
{
	static struct doors doors;
	struct program_options options = { .snap_length = 128, .ring_size = 1 << 20, .watched = 4 };
	struct config config;
	char why[512];
	int r;

	config_init(&config);
	r = program_load(&doors.program, &options, why, sizeof(why));
	if (r < 0) {
		fprintf(stderr, "load: %s\n", why);
		return -1;
	}
	doors.tables = program_tables(doors.program);
	watch_set(doors.tables, &config.ports);
	*state = &doors;
	return own_address(doors.program);
}

static int unload_program(void **state)
{
	if (*state)
		program_free(((struct doors *)*state)->program);
	return 0;
}

/* False: the kernel builds no tc test packet of a frame without a whole IP header. */
static bool run(const struct doors *doors, enum hook hook, const struct frame *frame)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame->data,
		    .data_size_in = frame->length, .repeat = 1);
	int r = bpf_prog_test_run_opts(program_fd(doors->program, hook, false), &options);

	if (r == -EINVAL && hook != HOOK_XDP && frame->length < 14 + 40)
		return false;
	if (r < 0)
		fail_msg("test run: %s", strerror(-r));
	assert_int_equal((int)options.retval, hook == HOOK_XDP ? 2 /* XDP_PASS */ : -1);
	return true;
}

/* All rows and reasons of now, as text that can be compared: "3409 tcp in to syn 1; ". */
struct ledger {
	struct count_row *rows;
	size_t count;
	struct accounting accounting;
};

static struct ledger read_ledger(const struct doors *doors)
{
	struct ledger ledger = {};

	assert_int_equal(count_read(doors->tables, &ledger.rows, &ledger.count), 0);
	count_read_accounting(doors->tables, &ledger.accounting);
	return ledger;
}

static uint64_t packets_before(const struct ledger *before, const struct count_row *row,
			       enum kind kind)
{
	for (size_t i = 0; i < before->count; i++) {
		const struct count_row *old = &before->rows[i];

		if (old->port == row->port && old->protocol == row->protocol &&
		    old->direction == row->direction && old->role == row->role &&
		    old->ifindex == row->ifindex)
			return old->kinds[kind];
	}
	return 0;
}

static void add_word(char *text, size_t size, const char *format, ...)
{
	size_t used = strlen(text);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text + used, size - used, format, arguments);
	va_end(arguments);
}

/* What came between two ledgers, in the words of the table; rows by comma. */
static void tell_difference(const struct ledger *before, const struct ledger *after,
			    enum direction direction, char *text, size_t size)
{
	text[0] = '\0';
	for (size_t i = 0; i < after->count; i++)
		for (enum kind kind = 0; kind < KIND_COUNT; kind++) {
			const struct count_row *row = &after->rows[i];
			uint64_t more = row->kinds[kind] - packets_before(before, row, kind);

			if (!more)
				continue;
			assert_int_equal(more, 1);
			assert_int_equal(row->direction, direction);
			add_word(text, size, "%s%u %s %s %s", text[0] ? ", " : "", row->port,
				 words_protocol(row->protocol), words_role(row->role),
				 words_kind(kind));
		}
	for (enum unparsed reason = 0; reason < UNPARSED_COUNT; reason++)
		if (after->accounting.unparsed[reason] != before->accounting.unparsed[reason])
			add_word(text, size, "%s", words_unparsed(reason));
}

static void assert_identity(const struct ledger *ledger)
{
	assert_int_equal(ledger->accounting.matched, ledger->accounting.sampled +
							     ledger->accounting.suppressed +
							     ledger->accounting.lost);
}

static void choose_expected(const char *both, enum direction direction, char *text, size_t size)
{
	const char *bar = strstr(both, " | ");

	if (bar && direction == DIRECTION_OUT)
		snprintf(text, size, "%s", bar + 3);
	else
		snprintf(text, size, "%.*s", bar ? (int)(bar - both) : (int)strlen(both), both);
}

static void every_packet_is_counted_as_the_table_says_at_every_door(void **state)
{
	const struct doors *doors = *state;
	unsigned int wrong = 0;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		for (size_t door = 0; door < ARRAY_SIZE(doors_of); door++) {
			struct ledger before = read_ledger(doors), after;
			struct frame frame;
			char text[256], expected[256];

			choose_expected(cases[i].expected, doors_of[door].direction, expected,
					sizeof(expected));
			frame_build(&frame, cases[i].frame);
			if (!run(doors, doors_of[door].hook, &frame)) {
				free(before.rows);
				continue;
			}
			after = read_ledger(doors);
			tell_difference(&before, &after, doors_of[door].direction, text,
					sizeof(text));
			if (strcmp(text, expected) != 0) {
				print_error("%s (door %zu): '%s' instead of '%s'\n", cases[i].name,
					    door, text, expected);
				wrong++;
			}
			assert_int_equal(after.accounting.seen, before.accounting.seen + 1);
			assert_identity(&after);
			free(before.rows);
			free(after.rows);
		}
	assert_int_equal(wrong, 0);
}

static void bytes_are_frame_lengths(void **state)
{
	const struct doors *doors = *state;
	struct ledger before = read_ledger(doors), after;
	struct frame frame;
	uint64_t bytes = 0;

	frame_build(&frame, "eth ip4 udp:40000:3410 pay:100");
	run(doors, HOOK_XDP, &frame);
	after = read_ledger(doors);
	for (size_t i = 0; i < after.count; i++)
		bytes += after.rows[i].bytes;
	for (size_t i = 0; i < before.count; i++)
		bytes -= before.rows[i].bytes;
	assert_int_equal(bytes, 14 + 20 + 8 + 100);
	free(before.rows);
	free(after.rows);
}

static void a_peer_is_sampled_up_to_its_burst_and_the_rest_is_suppressed(void **state)
{
	const struct doors *doors = *state;
	struct ledger before, after;
	struct held_thing thing = { .port = 3409, .role = ROLE_TO };
	struct config config;
	struct frame frame;
	uint32_t suppressed;

	config_init(&config);
	config.peer_rate = 1;
	config.peer_rate_ns = 3600000000000;
	config.peer_burst = 7;
	peers_set_limits(doors->tables, &config);
	frame_build(&frame, "eth ip4 tcp:40000:3409:S");
	frame.data[26] = 198; /* a source of its own: 198.0.2.1 */
	before = read_ledger(doors);
	for (int i = 0; i < 100; i++)
		run(doors, HOOK_TC_IN, &frame);
	after = read_ledger(doors);
	assert_int_equal(after.accounting.sampled - before.accounting.sampled, 7);
	assert_int_equal(after.accounting.suppressed - before.accounting.suppressed, 93);
	assert_identity(&after);
	assert_int_equal(addr_parse("198.0.2.1", &thing.peer), 0);
	assert_true(things_suppressed(doors->tables, &thing, &suppressed));
	assert_int_equal(suppressed, 93);
	free(before.rows);
	free(after.rows);
}

static uint64_t sampled_of(const struct doors *doors, const struct frame *frame, int times)
{
	struct accounting before, after;

	count_read_accounting(doors->tables, &before);
	for (int i = 0; i < times; i++)
		run(doors, HOOK_TC_IN, frame);
	count_read_accounting(doors->tables, &after);
	assert_int_equal(after.matched, after.sampled + after.suppressed + after.lost);
	return after.sampled - before.sampled;
}

/* One packet a peer an hour, so many of all together a second. */
static void set_narrow_limits(const struct doors *doors, uint64_t total)
{
	struct config config;

	config_init(&config);
	config.peer_rate = 1;
	config.peer_rate_ns = 3600000000000;
	config.peer_burst = 1;
	config.total_rate = total;
	peers_set_limits(doors->tables, &config);
}

static void set_source(struct frame *frame, uint32_t address)
{
	address = __builtin_bswap32(address);
	memcpy(frame->data + 26, &address, sizeof(address));
}

static void a_peer_s_junk_does_not_hide_the_first_packet_to_another_port(void **state)
{
	const struct doors *doors = *state;
	struct frame junk, question;

	set_narrow_limits(doors, 0);
	frame_build(&junk, "eth ip4 tcp:40000:3410:S");
	frame_build(&question, "eth ip4 tcp:40000:3409:S");
	set_source(&junk, 0xc6000301);
	set_source(&question, 0xc6000301);
	assert_int_equal(sampled_of(doors, &junk, 1000), 1);
	assert_int_equal(sampled_of(doors, &question, 10), 1);
}

static void forged_peers_spend_the_first_packets_of_their_port_alone(void **state)
{
	const struct doors *doors = *state;
	struct frame frame;
	uint64_t sampled = 0;

	set_narrow_limits(doors, 640);
	frame_build(&frame, "eth ip4 tcp:40000:3410:S");
	for (uint32_t i = 0; i < 5000; i++) {
		set_source(&frame, 0x0b000000 + i * 65537);
		sampled += sampled_of(doors, &frame, 1);
	}
	assert_in_range(sampled, 320, 1000);
	frame_build(&frame, "eth ip4 tcp:40000:3409:S");
	set_source(&frame, 0xc6000401);
	assert_int_equal(sampled_of(doors, &frame, 10), 1);
}

/* A connection over loopback, to port 3409 of 127.0.34.9. Returns its client's port. */
static uint16_t make_connection(int fds[3])
{
	struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons(3409) };
	socklen_t size = sizeof(here);

	inet_pton(AF_INET, "127.0.34.9", &here.sin_addr);
	fds[0] = socket(AF_INET, SOCK_STREAM, 0);
	fds[1] = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(fds[0], (struct sockaddr *)&here, sizeof(here)), 0);
	assert_int_equal(listen(fds[0], 1), 0);
	assert_int_equal(connect(fds[1], (struct sockaddr *)&here, sizeof(here)), 0);
	fds[2] = accept(fds[0], NULL, NULL);
	assert_true(fds[2] >= 0);
	assert_int_equal(getsockname(fds[1], (struct sockaddr *)&here, &size), 0);
	return ntohs(here.sin_port);
}

static void build_segment(struct frame *frame, uint16_t port)
{
	char text[64];

	snprintf(text, sizeof(text), "eth ip4 tcp:%u:3409:A pay:10", port);
	frame_build(frame, text);
	inet_pton(AF_INET, "127.0.0.1", frame->data + 26);
	inet_pton(AF_INET, "127.0.34.9", frame->data + 30);
}

static void a_peer_s_junk_does_not_hide_its_connection(void **state)
{
	const struct doors *doors = *state;
	struct frame frame;
	uint16_t port;
	int fds[3];

	port = make_connection(fds);
	set_narrow_limits(doors, 0);
	build_segment(&frame, port ^ 1); /* of no connection */
	assert_int_equal(sampled_of(doors, &frame, 1000), 1);
	build_segment(&frame, port);
	assert_int_equal(sampled_of(doors, &frame, 10), 1);
	for (size_t i = 0; i < 3; i++)
		close(fds[i]);
}

static void a_full_ring_loses_and_counts_what_it_lost(void **state)
{
	const struct doors *doors = *state;
	struct ledger before, after;
	struct config config;
	struct frame frame;
	const int packets = 20000; /* the ring holds 4,500 */

	config_init(&config);
	config.peer_rate = config.total_rate = 0;
	peers_set_limits(doors->tables, &config);
	frame_build(&frame, "eth ip4 tcp:40000:3409:S");
	before = read_ledger(doors);
	for (int i = 0; i < packets; i++)
		run(doors, HOOK_XDP, &frame);
	after = read_ledger(doors);
	assert_int_equal(after.accounting.matched - before.accounting.matched, packets);
	assert_true(after.accounting.lost > before.accounting.lost);
	assert_identity(&after);
	free(before.rows);
	free(after.rows);
}

static void every_port_at_once_is_counted_under_its_own_row(void **state)
{
	struct program_options options = { .snap_length = 128, .ring_size = 1 << 16,
					   .watched = 2 * 65535 };
	struct doors doors = {};
	struct port_set *all = calloc(1, sizeof(*all));
	struct ledger ledger;
	struct frame frame;
	char why[512];

	(void)state;
	assert_int_equal(port_set_add(all, "1-65535", why, sizeof(why)), 0);
	assert_int_equal(program_load(&doors.program, &options, why, sizeof(why)), 0);
	doors.tables = program_tables(doors.program);
	watch_set(doors.tables, all);
	frame_build(&frame, "eth ip4 tcp:0:1:S");
	for (unsigned int port = 1; port < 65536; port++) {
		frame.data[36] = port >> 8;
		frame.data[37] = port;
		run(&doors, HOOK_XDP, &frame);
	}
	ledger = read_ledger(&doors);
	assert_int_equal(ledger.accounting.uncounted, 0);
	assert_int_equal(ledger.count, 65535);
	for (size_t i = 0; i < ledger.count; i++) {
		assert_int_equal(ledger.rows[i].port, i + 1);
		assert_int_equal(ledger.rows[i].packets, 1);
	}
	free(ledger.rows);
	free(all);
	program_free(doors.program);
}

static void more_peers_than_fit_are_evicted_and_the_evictions_counted(void **state)
{
	const struct doors *doors = *state;
	struct ledger before = read_ledger(doors), after;
	struct peer_row *rows;
	struct frame frame;
	size_t count;
	const unsigned int peers = 100000; /* the table holds 65,536 */

	frame_build(&frame, "eth ip4 tcp:40000:3409:S");
	for (unsigned int i = 0; i < peers; i++) {
		frame.data[26] = 10;
		frame.data[27] = i >> 16;
		frame.data[28] = i >> 8;
		frame.data[29] = i;
		run(doors, HOOK_XDP, &frame);
	}
	after = read_ledger(doors);
	assert_int_equal(peers_read(doors->tables, false, &rows, &count), 0);
	assert_true(count <= 65536);
	assert_true(count + after.accounting.peers_evicted - before.accounting.peers_evicted >=
		    peers);
	free(before.rows);
	free(after.rows);
	free(rows);
}

static const struct peer_row *find_peer(const struct peer_row *rows, size_t count,
					const uint8_t ipv4[4])
{
	struct addr addr = addr_from_ipv4(ipv4);

	for (size_t i = 0; i < count; i++)
		if (memcmp(&rows[i].addr, &addr, sizeof(addr)) == 0)
			return &rows[i];
	fail_msg("no such peer");
	return NULL;
}

/* Moves the time when a peer was first seen, in the kernel's own table. */
static void make_older(const struct tables *tables, const uint8_t ipv4[4], uint64_t jiffies)
{
	struct addr addr = addr_from_ipv4(ipv4);
	struct peer_set set;
	__u64 words[2];
	__u32 index;

	memcpy(words, &addr, sizeof(words));
	index = peer_hash(words, tables->limits->peer_seed) & (tables->peer_sets - 1);
	assert_int_equal(bpf_map_lookup_elem(tables->peers_fd, &index, &set), 0);
	for (size_t way = 0; way < PEER_WAYS; way++)
		if (memcmp(set.peers[way].addr, words, sizeof(words)) == 0)
			set.peers[way].first -= jiffies;
	assert_int_equal(bpf_map_update_elem(tables->peers_fd, &index, &set, BPF_ANY), 0);
}

static void a_peer_of_long_ago_is_as_old_as_it_is(void **state)
{
	const struct doors *doors = *state;
	const uint64_t jiffies = 5ULL << 32; /* a year and more */
	const uint64_t age_s = jiffies / probe_jiffies_per_second();
	const uint8_t ipv4[4] = { 198, 51, 100, 7 };
	const struct peer_row *row;
	struct peer_row *rows;
	struct frame frame;
	size_t count;

	frame_build(&frame, "eth ip4 tcp:40000:3409:S");
	memcpy(frame.data + 26, ipv4, sizeof(ipv4));
	run(doors, HOOK_XDP, &frame);
	make_older(doors->tables, ipv4, jiffies);
	assert_int_equal(peers_read(doors->tables, false, &rows, &count), 0);
	row = find_peer(rows, count, ipv4);
	assert_in_range(row->last_wall_ns / CLOCK_NS_PER_SECOND,
			clock_wall_ns() / CLOCK_NS_PER_SECOND - 60,
			clock_wall_ns() / CLOCK_NS_PER_SECOND);
	assert_in_range((row->last_wall_ns - row->first_wall_ns) / CLOCK_NS_PER_SECOND, age_s - 60,
			age_s + 60);
	free(rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_packet_is_counted_as_the_table_says_at_every_door),
		cmocka_unit_test(bytes_are_frame_lengths),
		cmocka_unit_test(a_peer_is_sampled_up_to_its_burst_and_the_rest_is_suppressed),
		cmocka_unit_test(a_peer_s_junk_does_not_hide_the_first_packet_to_another_port),
		cmocka_unit_test(forged_peers_spend_the_first_packets_of_their_port_alone),
		cmocka_unit_test(a_peer_s_junk_does_not_hide_its_connection),
		cmocka_unit_test(a_full_ring_loses_and_counts_what_it_lost),
		cmocka_unit_test(every_port_at_once_is_counted_under_its_own_row),
		cmocka_unit_test(a_peer_of_long_ago_is_as_old_as_it_is),
		cmocka_unit_test(more_peers_than_fit_are_evicted_and_the_evictions_counted),
	};

	return cmocka_run_group_tests_name("packet", tests, load_program, unload_program);
}
