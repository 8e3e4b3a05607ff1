/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * owner_native.h - what the owner hooks have in common, compiled for this machine: a map is a few
 * rows in memory, the kernel's memory is this process's, the clock and the current task are set.
 */
#ifndef TESTS_OWNER_NATIVE_H
#define TESTS_OWNER_NATIVE_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <linux/types.h>

#include <bpf/bpf_helpers.h>

#define NATIVE_ROWS 16

struct native_row {
	const void *map;
	unsigned char key[64];
	void *value;
};

static struct native_row native_rows[NATIVE_ROWS];
static uint64_t native_now_ns;
static void *native_task;

static inline void *native_lookup(const void *map, const void *key, size_t key_size)
{
	for (size_t i = 0; i < NATIVE_ROWS; i++)
		if (native_rows[i].map == map && memcmp(native_rows[i].key, key, key_size) == 0)
			return native_rows[i].value;
	return NULL;
}

static inline long native_update(const void *map, const void *key, size_t key_size,
				 const void *value, size_t value_size, uint64_t flags)
{
	void *known = native_lookup(map, key, key_size);
	size_t i = 0;

	if (known) {
		if (flags) /* BPF_NOEXIST */
			return -1;
		memcpy(known, value, value_size);
		return 0;
	}
	while (i < NATIVE_ROWS && native_rows[i].map)
		i++;
	if (i == NATIVE_ROWS)
		return -1;
	native_rows[i].map = map;
	memcpy(native_rows[i].key, key, key_size);
	native_rows[i].value = malloc(value_size);
	memcpy(native_rows[i].value, value, value_size);
	return 0;
}

static inline void native_forget(void)
{
	for (size_t i = 0; i < NATIVE_ROWS; i++)
		free(native_rows[i].value);
	memset(native_rows, 0, sizeof(native_rows));
}

static inline long native_read(void *to, size_t size, const void *from)
{
	memcpy(to, from, size);
	return 0;
}

#define bpf_map_lookup_elem(map, row_key) native_lookup(map, row_key, sizeof(*(map)->key))
#define bpf_map_update_elem(map, row_key, row_value, flags)                                  \
	native_update(map, row_key, sizeof(*(map)->key), row_value, sizeof(*(map)->value), flags)
#define bpf_probe_read_kernel(to, size, from) native_read(to, size, from)
#define bpf_ktime_get_boot_ns() native_now_ns
#define bpf_get_current_task() ((uintptr_t)native_task)
#define bpf_ringbuf_reserve(map, size, flags) NULL /* nothing is told */

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#include "history_native.h"

#pragma GCC diagnostic ignored "-Wunknown-pragmas"
#pragma GCC diagnostic ignored "-Wattributes"
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include "../../bpf/owner_flow.h"
#include "../../bpf/owner.h"
#pragma GCC diagnostic pop

#endif
