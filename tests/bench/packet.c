// SPDX-License-Identifier: GPL-2.0-only
/*
 * packet.c - what a packet costs: the packet programs against the empty program, in turn, as
 * ratios of thread CPU time over BPF test runs. Medians with 10th and 90th percentile; a ratio
 * is taken within a round, so that a machine whose speed drifts does not matter. Keep
 * kernel.bpf_stats_enabled at 0: it adds more to a run than the program costs.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <bpf/bpf.h>

#include "../../user/base/util.h"
#include "../../user/kernel/peers.h"
#include "../../user/kernel/program.h"
#include "../../user/kernel/watch.h"
#include "../prog/frame.h"

#define ROUNDS 15
#define REPEAT 500000

struct bench_case {
	const char *name;
	const char *frame;
	bool hit;
};

static const struct bench_case cases[] = {
	{ "empty program again", NULL, false },
	{ "miss IPv4 TCP", "eth ip4 tcp:40000:443:A pay:10", false },
	{ "miss IPv4 UDP", "eth ip4 udp:40000:53 pay:30", false },
	{ "miss IPv6", "eth ip6 tcp:40000:443:A pay:10", false },
	{ "miss VLAN", "eth tag:7 ip4 tcp:40000:443:A pay:10", false },
	{ "miss QinQ", "eth stag:5 tag:7 ip6 tcp:40000:443:A", false },
	{ "miss IPv4 options", "eth ip4:ihl=7 tcp:40000:443:A", false },
	{ "miss IPv6 + 2 extensions", "eth ip6 hop:8 dst:8 tcp:40000:443:A", false },
	{ "hit, suppressed", "eth ip4 tcp:40000:3409:S", true },
	{ "hit, suppressed, IPv6", "eth ip6 tcp:40000:3409:S", true },
};

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return a < b ? -1 : a > b;
}

static double thread_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * 1e9 + now.tv_nsec;
}

/* Nanoseconds of thread CPU time a run; ends the program when the kernel refuses. */
static double measure(int program, const struct frame *frame)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame->data,
		    .data_size_in = frame->length, .repeat = REPEAT);
	double start = thread_ns();

	if (bpf_prog_test_run_opts(program, &options) < 0) {
		perror("test run");
		exit(1);
	}
	return (thread_ns() - start) / REPEAT;
}

static int load_empty(enum bpf_prog_type type)
{
	static const struct bpf_insn pass[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 2 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(type, NULL, "GPL", pass, ARRAY_SIZE(pass), NULL);
}

static void bench_case(const char *door, int program, int empty, const struct bench_case *one)
{
	double ratios[ROUNDS], extra[ROUNDS], floor;
	struct frame frame;

	frame_build(&frame, one->frame ? one->frame : "eth ip4 tcp:40000:443:A pay:10");
	measure(one->frame ? program : empty, &frame);
	for (size_t round = 0; round < ROUNDS; round++) {
		floor = measure(empty, &frame);
		extra[round] = measure(one->frame ? program : empty, &frame) - floor;
		ratios[round] = 1 + extra[round] / floor;
	}
	qsort(ratios, ROUNDS, sizeof(*ratios), compare);
	qsort(extra, ROUNDS, sizeof(*extra), compare);
	printf("%-4s %-26s %5.2f x empty [%.2f..%.2f]  %+6.1f ns\n", door, one->name,
	       ratios[ROUNDS / 2], ratios[ROUNDS / 10], ratios[ROUNDS - 1 - ROUNDS / 10],
	       extra[ROUNDS / 2]);
}

/* After the first packets every further one of the same peer is suppressed. */
static void limit_to_nothing(const struct tables *tables)
{
	struct config config;

	config_init(&config);
	config.peer_rate = 1;
	config.peer_rate_ns = 3600000000000;
	config.peer_burst = 1;
	peers_set_limits(tables, &config);
	watch_set(tables, &config.ports);
}

int main(void)
{
	struct program_options options = { .snap_length = 128, .ring_size = 1 << 20, .watched = 4 };
	int empty_xdp = load_empty(BPF_PROG_TYPE_XDP), empty_tc = load_empty(BPF_PROG_TYPE_SCHED_CLS);
	struct program *program;
	char why[512];
	int r = program_load(&program, &options, why, sizeof(why));

	if (r < 0 || empty_xdp < 0 || empty_tc < 0) {
		fprintf(stderr, "load: %s\n", r < 0 ? why : strerror(errno));
		return 1;
	}
	limit_to_nothing(program_tables(program));
	printf("%d rounds of %d runs, median [10th..90th percentile]\n", ROUNDS, REPEAT);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bench_case("xdp", program_fd(program, HOOK_XDP, false), empty_xdp, &cases[i]);
		bench_case("tc", program_fd(program, HOOK_TC_IN, false), empty_tc, &cases[i]);
	}
	program_free(program);
	return 0;
}
