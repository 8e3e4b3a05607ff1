/* SPDX-License-Identifier: GPL-2.0-only */
/* probe.h - what this kernel can do, asked of the kernel itself, never of its version. */
#ifndef KERNEL_PROBE_H
#define KERNEL_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* XDP programs that take frames in several buffers (5.18). */
bool probe_xdp_frags(void);

/* One thing the sensor can use. */
struct probe {
	const char *name;
	bool (*here)(void);
	const char *since; /* the kernel version that brought it */
	const char *without; /* what is lost where it is missing */
};

const struct probe *probe_list(size_t *ret_count);

/* The kernel's jiffies now, all 64 bits: the clock of struct peer. 0 or -errno. */
int probe_jiffies(uint64_t *ret_jiffies);

/* Jiffies a second. */
unsigned int probe_jiffies_per_second(void);

#endif
