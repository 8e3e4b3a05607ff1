// SPDX-License-Identifier: GPL-2.0-only
/* count.c - cells to rows. */
#include "count.h"

#include <errno.h>
#include <stdlib.h>

#include "../base/util.h"

/* What rows are sorted by; cells that differ in their kind alone compare equal. */
static __u64 count_row_key(__u64 key)
{
	__u64 port = key >> 8 & 0xffff;
	__u64 protocol = key >> 7 & 1;
	__u64 ifindex = key >> 24 & 0xffffffff;

	return port << 48 | protocol << 47 | ifindex << 8 | (key >> 5 & 3);
}

static int count_compare(const void *left, const void *right)
{
	__u64 a = count_row_key(((const struct counter_cell *)left)->key);
	__u64 b = count_row_key(((const struct counter_cell *)right)->key);

	return a < b ? -1 : a > b;
}

/* Copies the cells in use, at most `room` of them; returns how many there are. */
static size_t count_collect(const struct tables *tables, struct counter_cell *cells, size_t room)
{
	size_t count = 0;

	for (size_t i = 0; i < tables->counter_sets * COUNTER_WAYS; i++) {
		const struct counter_cell *cell =
			&tables->counters[i / COUNTER_WAYS].cells[i % COUNTER_WAYS];

		if (!cell->key)
			continue;
		if (count < room)
			cells[count] = *cell;
		count++;
	}
	return count;
}

static void count_start_row(struct count_row *row, __u64 key)
{
	*row = (struct count_row){
		.port = key >> 8,
		.ifindex = key >> 24,
		.protocol = key >> 7 & 1,
		.direction = key >> 6 & 1,
		.role = key >> 5 & 1 ? ROLE_FROM : ROLE_TO,
	};
}

static size_t count_fold(const struct counter_cell *cells, size_t cell_count,
			 struct count_row *rows)
{
	size_t count = 0;

	for (size_t i = 0; i < cell_count; i++) {
		if (i == 0 || count_compare(&cells[i - 1], &cells[i]) != 0)
			count_start_row(&rows[count++], cells[i].key);
		rows[count - 1].packets += cells[i].packets;
		rows[count - 1].bytes += cells[i].bytes;
		if ((cells[i].key & 0x1f) < KIND_COUNT)
			rows[count - 1].kinds[cells[i].key & 0x1f] += cells[i].packets;
	}
	return count;
}

int count_read(const struct tables *tables, struct count_row **ret_rows, size_t *ret_count)
{
	/* Cells that appear after they were counted wait for the next reading. */
	size_t room = count_collect(tables, NULL, 0);
	_cleanup_free_ struct counter_cell *cells = calloc(room + 1, sizeof(*cells));
	_cleanup_free_ struct count_row *rows = calloc(room + 1, sizeof(*rows));
	size_t count;

	if (!cells || !rows)
		return -ENOMEM;
	count = count_collect(tables, cells, room);
	count = MIN(count, room);
	qsort(cells, count, sizeof(*cells), count_compare);
	*ret_count = count_fold(cells, count, rows);
	*ret_rows = TAKE(rows);
	return 0;
}

void count_read_accounting(const struct tables *tables, struct accounting *ret_accounting)
{
	struct accounting sum = {};

	for (size_t cpu = 0; cpu < ABI_CPUS_MAX; cpu++) {
		const volatile struct accounting *one = &tables->accounting[cpu];

		sum.sampled += one->sampled;
		sum.suppressed += one->suppressed;
		sum.lost += one->lost;
		sum.matched += one->matched;
		sum.seen += one->seen;
		for (int reason = 0; reason < UNPARSED_COUNT; reason++)
			sum.unparsed[reason] += one->unparsed[reason];
		sum.uncounted += one->uncounted;
		sum.peers_evicted += one->peers_evicted;
		sum.foreign += one->foreign;
		sum.suppressed_answers += one->suppressed_answers;
	}
	*ret_accounting = sum;
}
