/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * table.h - a hash table that never grows past its capacity: when it is full, the entry that was
 * used longest ago makes room. Keys are plain bytes (padding included), copied; values live
 * inside the table and keep their address until removed or evicted. Hashing is keyed with a
 * random seed, so that a peer cannot choose collisions.
 */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>

struct table;

/*
 * Called as an entry leaves: evicted, removed or freed with the table. The table no longer finds
 * it, and must not be changed from here. May be NULL.
 */
typedef void table_leaver(void *argument, const void *key, void *value);

/* Returns 0 or -errno. Memory is taken as entries come, never for more than `capacity` entries. */
int table_new(struct table **ret_table, size_t key_size, size_t value_size, size_t capacity,
	      table_leaver *leave, void *argument);
void table_free(struct table *table);

/* The value, marked as just used; NULL when absent. */
void *table_get(struct table *table, const void *key);

/*
 * The value, made (all zero) when absent; evicts when full. NULL only when memory is out.
 * ret_is_new may be NULL.
 */
void *table_put(struct table *table, const void *key, bool *ret_is_new);

void table_remove(struct table *table, const void *key);

size_t table_count(const struct table *table);
size_t table_evictions(const struct table *table);

/*
 * Visits every entry, least recently used first. The visitor may remove the visited entry, and
 * must not remove, get or put any other.
 */
typedef void table_visitor(void *argument, const void *key, void *value);
void table_visit(struct table *table, table_visitor *visit, void *argument);

#endif
