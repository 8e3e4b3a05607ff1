/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * record.h - the processes that the kernel told of, each as it was between two execs, the dead
 * ones too: a bounded table that forgets the one not asked for longest.
 */
#ifndef WHO_RECORD_H
#define WHO_RECORD_H

#include <stddef.h>

#include "../model/sighting.h"

struct records;

/* Returns 0 or -errno. */
int records_new(struct records **ret_records, size_t capacity);
void records_free(struct records *records);

/* Remembers a process; of a key that is known already, the newer event counts. 0 or -errno. */
int records_take(struct records *records, const struct process_event *event);

/*
 * What the process of the key had executed by that time, by what the kernel told of it since. The
 * key is left as it is where nothing was told.
 */
void records_become(const struct records *records, struct process_key *key, uint64_t boot_ns);

/* Fills the process that has the key. 0, or -ENOENT: no record of it came. */
int records_find(struct records *records, const struct process_key *key,
		 struct process *ret_process);

size_t records_count(const struct records *records);
size_t records_evicted(const struct records *records);

#endif
