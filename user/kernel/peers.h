/* SPDX-License-Identifier: GPL-2.0-only */
/* peers.h - the kernel's table of peers, and the sample limits that it enforces. */
#ifndef KERNEL_PEERS_H
#define KERNEL_PEERS_H

#include "../model/addr.h"
#include "../model/config.h"
#include "tables.h"

struct peer_row {
	struct addr addr;
	__u64 first_wall_ns;
	__u64 last_wall_ns;
	__u64 packets_in;
	__u64 packets_out;
	__u32 suppressed;
	__u32 kinds; /* bit set of enum kind */
};

/*
 * Rows by packets, most first. of_file: the table was filled by a replay, whose jiffies count
 * from 1970. The caller frees. 0 or -errno.
 */
int peers_read(const struct tables *tables, bool of_file, struct peer_row **ret_rows,
	       size_t *ret_count);

/* Puts the configuration's rates in force. */
void peers_set_limits(const struct tables *tables, const struct config *config);

#endif
