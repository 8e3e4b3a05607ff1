// SPDX-License-Identifier: GPL-2.0-only
/* probe.c - asks by trying: loads the smallest program or makes the smallest map that needs it. */
#include "probe.h"

#include <errno.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <time.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "../base/util.h"
#include "attach_mode.h"

#define PASS_EVERYTHING                                                            \
	{                                                                          \
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 2 }, \
		{ .code = BPF_JMP | BPF_EXIT },                                    \
	}

static int probe_load(enum bpf_prog_type type, __u32 flags)
{
	static const struct bpf_insn program[] = PASS_EVERYTHING;
	LIBBPF_OPTS(bpf_prog_load_opts, options, .prog_flags = flags);

	return bpf_prog_load(type, NULL, "GPL", program, ARRAY_SIZE(program), &options);
}

bool probe_xdp_frags(void)
{
	_cleanup_close_ int fd = probe_load(BPF_PROG_TYPE_XDP, BPF_F_XDP_HAS_FRAGS);

	return fd >= 0;
}

static bool probe_xdp(void)
{
	_cleanup_close_ int fd = probe_load(BPF_PROG_TYPE_XDP, 0);

	return fd >= 0;
}

static bool probe_tc(void)
{
	_cleanup_close_ int fd = probe_load(BPF_PROG_TYPE_SCHED_CLS, 0);

	return fd >= 0;
}

static bool probe_ring(void)
{
	return libbpf_probe_bpf_map_type(BPF_MAP_TYPE_RINGBUF, NULL) == 1;
}

/* A link to a device that cannot be: a kernel with tcx looks for the device first. */
static bool probe_tcx(void)
{
	_cleanup_close_ int program = probe_load(BPF_PROG_TYPE_SCHED_CLS, 0);
	int link;

	if (program < 0)
		return false;
	link = bpf_link_create(program, INT32_MAX, (enum bpf_attach_type)ATTACH_TYPE_TCX_INGRESS,
			       NULL);
	return link == -ENODEV;
}

static const struct probe probes[] = {
	{ "bpf-ring-buffer", probe_ring, "5.8", "no samples: the sensor cannot run" },
	{ "tc-programs", probe_tc, "4.1", "packets that leave are not seen" },
	{ "xdp", probe_xdp, "4.8", "packets are seen by tc instead, at a higher cost" },
	{ "xdp-frags", probe_xdp_frags, "5.18", "no native XDP on interfaces with a large MTU" },
	{ "tcx", probe_tcx, "6.6", "a clsact filter instead, which a crash leaves attached" },
};

const struct probe *probe_list(size_t *ret_count)
{
	*ret_count = ARRAY_SIZE(probes);
	return probes;
}

/* A test run's status has 32 bits only: the program puts its answer into the packet. */
int probe_jiffies(uint64_t *ret_jiffies)
{
	static const struct bpf_insn program[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 6, .src_reg = 1 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_jiffies64 },
		{ .code = BPF_STX | BPF_MEM | BPF_DW, .dst_reg = 10, .src_reg = 0, .off = -8 },
		/* bpf_skb_store_bytes(skb, 0, stack, 8, 0) */
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 1, .src_reg = 6 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 2, .imm = 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 3, .src_reg = 10 },
		{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 3, .imm = -8 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 4, .imm = 8 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 5, .imm = 0 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_skb_store_bytes },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	char frame[64] = {};
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame, .data_size_in = sizeof(frame),
		    .data_out = frame, .data_size_out = sizeof(frame));
	_cleanup_close_ int fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, NULL, "GPL", program,
					       ARRAY_SIZE(program), NULL);

	if (fd < 0)
		return fd;
	if (bpf_prog_test_run_opts(fd, &run) < 0)
		return -errno;
	if (run.retval != 0)
		return (int)run.retval;
	memcpy(ret_jiffies, frame, sizeof(*ret_jiffies));
	return 0;
}

unsigned int probe_jiffies_per_second(void)
{
	struct timespec tick;

	if (clock_getres(CLOCK_MONOTONIC_COARSE, &tick) < 0 || tick.tv_nsec == 0)
		return 100;
	return (1000000000 + tick.tv_nsec / 2) / tick.tv_nsec;
}
