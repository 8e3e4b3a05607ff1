/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * value.h - pieces of answers. Each returns a new reference, or NULL when memory is out; a NULL
 * given to json_pack() or value_append() spoils the whole, so one look at the end is enough.
 */
#ifndef CLI_VALUE_H
#define CLI_VALUE_H

#include <jansson.h>
#include <stdint.h>

/* A string; null for NULL and "". Text that is no UTF-8 is escaped. */
json_t *value_text(const char *text);

/* RFC 3339; null for 0. */
json_t *value_time(uint64_t wall_ns);

/* Appends the item, taking over both references; returns the list. */
json_t *value_append(json_t *list, json_t *item);

#endif
