/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tables.h - the kernel's maps as plain memory, from a loaded program or from an instance's pins
 * (so that they can be read and the watch set changed while no sensor runs).
 */
#ifndef KERNEL_TABLES_H
#define KERNEL_TABLES_H

#include <stddef.h>
#include <stdint.h>

#include "../../bpf/abi.h"

struct tables {
	struct watch *watch;
	struct limits *limits;
	const struct accounting *accounting; /* ABI_CPUS_MAX of them */
	const struct counter_set *counters;
	size_t counter_sets; /* of all CPUs together */
	size_t peer_sets;
	int peers_fd;
	int things_fd;
};

/* The maps' descriptors and names under the pin directory. */
enum kernel_table {
	TABLE_WATCH,
	TABLE_LIMITS,
	TABLE_ACCOUNTING,
	TABLE_COUNTERS,
	TABLE_PEERS,
	TABLE_THINGS,
	TABLE_COUNT,
};
extern const char *const table_pin_names[TABLE_COUNT];

/* Maps them all; the descriptors are taken over whatever comes of it. 0 or -errno. */
int tables_map(const int fds[TABLE_COUNT], struct tables **ret_tables);

/* From the pins. -ENOENT: the instance has none; -EPROTO: another version's. */
int tables_open(const char *pin_directory, struct tables **ret_tables);

void tables_free(struct tables *tables);

static inline void tables_free_pointer(struct tables **tables)
{
	tables_free(*tables);
}
#define _cleanup_tables_ __attribute__((cleanup(tables_free_pointer)))

#endif
