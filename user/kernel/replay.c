// SPDX-License-Identifier: GPL-2.0-only
/* replay.c - BPF_PROG_TEST_RUN, one packet a call. */
#include "replay.h"

#include <errno.h>
#include <linux/if_ether.h>

#include <bpf/bpf.h>

#include "../base/clock.h"
#include "probe.h"

int replay_run(const struct program *program, const struct capture_packet *packet)
{
	struct replay *replay = program_replay(program);
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet->data,
		    .data_size_in = packet->length, .repeat = 1);

	if (packet->length < ETH_HLEN)
		return -ENODATA;
	replay->time_ns = packet->wall_ns;
	replay->jiffies = packet->wall_ns / (CLOCK_NS_PER_SECOND / probe_jiffies_per_second());
	replay->frame_length = packet->frame_length;
	replay->ifindex = packet->interface;
	replay->direction = packet->direction;
	return bpf_prog_test_run_opts(program_fd(program, HOOK_XDP, false), &options) < 0 ? -errno :
											     0;
}
