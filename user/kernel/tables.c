// SPDX-License-Identifier: GPL-2.0-only
/* tables.c - maps to memory. */
#include "tables.h"

#include <errno.h>
#include <sys/mman.h>

#include <bpf/bpf.h>

#include "../base/util.h"
#include "pins.h"

const char *const table_pin_names[TABLE_COUNT] = {
	[TABLE_WATCH] = "watch",
	[TABLE_LIMITS] = "limits",
	[TABLE_ACCOUNTING] = "accounting",
	[TABLE_COUNTERS] = "counters",
	[TABLE_PEERS] = "peers",
	[TABLE_THINGS] = "things",
};

/* What an entry must measure for this program to understand the map. */
static const size_t table_value_sizes[TABLE_COUNT] = {
	[TABLE_WATCH] = sizeof(struct watch),
	[TABLE_LIMITS] = sizeof(struct limits),
	[TABLE_ACCOUNTING] = sizeof(struct accounting) * ABI_CPUS_MAX,
	[TABLE_COUNTERS] = sizeof(struct counter_set),
	[TABLE_PEERS] = sizeof(struct peer_set),
	[TABLE_THINGS] = sizeof(struct thing),
};

static int table_entries(int fd, enum kernel_table table, size_t *ret_entries)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &size) < 0)
		return -errno;
	if (info.value_size != table_value_sizes[table])
		return -EPROTO;
	*ret_entries = info.max_entries;
	return 0;
}

static size_t tables_length(const struct tables *tables, enum kernel_table table)
{
	size_t entries = table == TABLE_COUNTERS ? tables->counter_sets : 1;

	return entries * table_value_sizes[table];
}

static void *tables_map_one(const struct tables *tables, int fd, enum kernel_table table, int protection)
{
	void *memory = mmap(NULL, tables_length(tables, table), protection, MAP_SHARED, fd, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static int tables_map_all(struct tables *tables, const int fds[TABLE_COUNT])
{
	size_t entries[TABLE_COUNT];
	int r;

	for (enum kernel_table table = 0; table < TABLE_COUNT; table++) {
		r = table_entries(fds[table], table, &entries[table]);
		if (r < 0)
			return r;
	}
	tables->counter_sets = entries[TABLE_COUNTERS];
	tables->peer_sets = entries[TABLE_PEERS];
	tables->watch = tables_map_one(tables, fds[TABLE_WATCH], TABLE_WATCH, PROT_READ | PROT_WRITE);
	tables->limits =
		tables_map_one(tables, fds[TABLE_LIMITS], TABLE_LIMITS, PROT_READ | PROT_WRITE);
	tables->accounting =
		tables_map_one(tables, fds[TABLE_ACCOUNTING], TABLE_ACCOUNTING, PROT_READ);
	tables->counters = tables_map_one(tables, fds[TABLE_COUNTERS], TABLE_COUNTERS, PROT_READ);
	if (!tables->watch || !tables->limits || !tables->accounting || !tables->counters)
		return -errno;
	return 0;
}

int tables_map(const int fds[TABLE_COUNT], struct tables **ret_tables)
{
	struct tables *tables = calloc(1, sizeof(*tables));
	int r = tables ? tables_map_all(tables, fds) : -ENOMEM;

	for (enum kernel_table table = 0; table < TABLE_COUNT; table++)
		if (r < 0 || (table != TABLE_PEERS && table != TABLE_THINGS))
			close(fds[table]);
	if (r < 0) {
		if (tables)
			tables->peers_fd = tables->things_fd = -1;
		tables_free(tables);
		return r;
	}
	tables->peers_fd = fds[TABLE_PEERS];
	tables->things_fd = fds[TABLE_THINGS];
	*ret_tables = tables;
	return 0;
}

int tables_open(const char *pin_directory, struct tables **ret_tables)
{
	int fds[TABLE_COUNT];

	for (enum kernel_table table = 0; table < TABLE_COUNT; table++) {
		fds[table] = pins_open(pin_directory, table_pin_names[table]);
		if (fds[table] >= 0)
			continue;
		for (enum kernel_table opened = 0; opened < table; opened++)
			close(fds[opened]);
		return fds[table];
	}
	return tables_map(fds, ret_tables);
}

static void tables_unmap(const struct tables *tables, const void *memory, enum kernel_table table)
{
	if (memory)
		munmap((void *)memory, tables_length(tables, table));
}

void tables_free(struct tables *tables)
{
	if (!tables)
		return;
	tables_unmap(tables, tables->watch, TABLE_WATCH);
	tables_unmap(tables, tables->limits, TABLE_LIMITS);
	tables_unmap(tables, tables->accounting, TABLE_ACCOUNTING);
	tables_unmap(tables, tables->counters, TABLE_COUNTERS);
	util_close_fd(&tables->peers_fd);
	util_close_fd(&tables->things_fd);
	free(tables);
}
