/* SPDX-License-Identifier: GPL-2.0-only */
/* count.h - the kernel's counters and accounting, summed over the CPUs. */
#ifndef KERNEL_COUNT_H
#define KERNEL_COUNT_H

#include "tables.h"

/* One row: the packets of a port on an interface in one direction and role. */
struct count_row {
	__u16 port; /* 0: rows that found no room of their own */
	__u32 ifindex;
	enum protocol protocol;
	enum direction direction;
	enum role role;
	__u64 packets;
	__u64 bytes;
	__u64 kinds[KIND_COUNT];
};

/* Rows in the order port, protocol, interface, direction, role. The caller frees. 0 or -errno. */
int count_read(const struct tables *tables, struct count_row **ret_rows, size_t *ret_count);

/*
 * The sums over all CPUs. While packets flow the parts are read one after the other: matched is
 * read last, so that what is missing from the identity is on its way, never the other way round.
 */
void count_read_accounting(const struct tables *tables, struct accounting *ret_accounting);

#endif
