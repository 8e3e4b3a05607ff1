/* SPDX-License-Identifier: GPL-2.0-only */
/* table.c - chained hash keyed by SipHash-1-3, with a list from the oldest to the newest use. */
#include <errno.h>
#include <stdalign.h>
#include <stdint.h>
#include <sys/random.h>

#include "table.h"
#include "util.h"

#define TABLE_FIRST_BUCKETS 16

struct entry {
	struct entry *chain;
	struct entry *older;
	struct entry *newer;
	uint64_t hash;
	alignas(max_align_t) unsigned char value[]; /* the key follows it */
};

struct table {
	size_t key_size;
	size_t value_size;
	size_t capacity;
	size_t count;
	size_t evictions;
	table_leaver *leave;
	void *argument;
	uint64_t seed[2];
	struct entry *oldest;
	struct entry *newest;
	size_t bucket_count; /* a power of two */
	struct entry **buckets;
};

static uint64_t rotate(uint64_t word, int bits)
{
	return word << bits | word >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

static uint64_t table_hash(const struct table *table, const unsigned char *key)
{
	uint64_t v[4] = {
		table->seed[0] ^ 0x736f6d6570736575ULL,
		table->seed[1] ^ 0x646f72616e646f6dULL,
		table->seed[0] ^ 0x6c7967656e657261ULL,
		table->seed[1] ^ 0x7465646279746573ULL,
	};
	size_t left = table->key_size;
	bool is_last = false;

	while (!is_last) {
		uint64_t word = 0;
		size_t part = MIN(left, sizeof(word));

		memcpy(&word, key, part);
		is_last = part < sizeof(word);
		if (is_last)
			word |= (uint64_t)table->key_size << 56;
		v[3] ^= word;
		sip_round(v);
		v[0] ^= word;
		key += part;
		left -= part;
	}
	v[2] ^= 0xff;
	sip_round(v);
	sip_round(v);
	sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static unsigned char *table_key(const struct table *table, struct entry *entry)
{
	return entry->value + table->value_size;
}

static struct entry **table_bucket(const struct table *table, uint64_t hash)
{
	return &table->buckets[hash & (table->bucket_count - 1)];
}

int table_new(struct table **ret_table, size_t key_size, size_t value_size, size_t capacity,
	      table_leaver *leave, void *argument)
{
	_cleanup_free_ struct table *table = calloc(1, sizeof(*table));

	if (!table)
		return -ENOMEM;
	if (!key_size || !capacity)
		return -EINVAL;
	if (getrandom(table->seed, sizeof(table->seed), 0) != sizeof(table->seed))
		return -errno;
	table->buckets = calloc(TABLE_FIRST_BUCKETS, sizeof(struct entry *));
	if (!table->buckets)
		return -ENOMEM;
	table->bucket_count = TABLE_FIRST_BUCKETS;
	table->key_size = key_size;
	table->value_size = value_size;
	table->capacity = capacity;
	table->leave = leave;
	table->argument = argument;
	*ret_table = TAKE(table);
	return 0;
}

static struct entry *table_find(const struct table *table, const void *key, uint64_t hash)
{
	struct entry *entry;

	for (entry = *table_bucket(table, hash); entry; entry = entry->chain)
		if (entry->hash == hash &&
		    memcmp(table_key(table, entry), key, table->key_size) == 0)
			return entry;
	return NULL;
}

static void table_list_add(struct table *table, struct entry *entry)
{
	entry->newer = NULL;
	entry->older = table->newest;
	if (table->newest)
		table->newest->newer = entry;
	else
		table->oldest = entry;
	table->newest = entry;
}

static void table_list_remove(struct table *table, struct entry *entry)
{
	if (entry->older)
		entry->older->newer = entry->newer;
	else
		table->oldest = entry->newer;
	if (entry->newer)
		entry->newer->older = entry->older;
	else
		table->newest = entry->older;
}

static void table_drop(struct table *table, struct entry *entry)
{
	struct entry **link = table_bucket(table, entry->hash);

	while (*link != entry)
		link = &(*link)->chain;
	*link = entry->chain;
	table_list_remove(table, entry);
	table->count--;
	if (table->leave)
		table->leave(table->argument, table_key(table, entry), entry->value);
	free(entry);
}

void table_free(struct table *table)
{
	if (!table)
		return;
	while (table->oldest)
		table_drop(table, table->oldest);
	free(table->buckets);
	free(table);
}

static void *table_use(struct table *table, struct entry *entry)
{
	if (table->newest != entry) {
		table_list_remove(table, entry);
		table_list_add(table, entry);
	}
	return entry->value;
}

void *table_get(struct table *table, const void *key)
{
	struct entry *entry = table_find(table, key, table_hash(table, key));

	return entry ? table_use(table, entry) : NULL;
}

/* Without memory for more buckets the chains get longer, ignoring. */
static void table_grow(struct table *table)
{
	size_t bucket_count = table->bucket_count * 2;
	struct entry **buckets = calloc(bucket_count, sizeof(struct entry *));
	struct entry *entry;

	if (!buckets)
		return;
	free(table->buckets);
	table->buckets = buckets;
	table->bucket_count = bucket_count;
	for (entry = table->oldest; entry; entry = entry->newer) {
		struct entry **bucket = table_bucket(table, entry->hash);

		entry->chain = *bucket;
		*bucket = entry;
	}
}

void *table_put(struct table *table, const void *key, bool *ret_is_new)
{
	uint64_t hash = table_hash(table, key);
	struct entry *entry = table_find(table, key, hash);
	struct entry **bucket;

	if (ret_is_new)
		*ret_is_new = !entry;
	if (entry)
		return table_use(table, entry);
	entry = calloc(1, sizeof(*entry) + table->value_size + table->key_size);
	if (!entry)
		return NULL;
	entry->hash = hash;
	memcpy(table_key(table, entry), key, table->key_size);
	while (table->count >= table->capacity) {
		table->evictions++;
		table_drop(table, table->oldest);
	}
	if (table->count >= table->bucket_count)
		table_grow(table);
	bucket = table_bucket(table, hash);
	entry->chain = *bucket;
	*bucket = entry;
	table_list_add(table, entry);
	table->count++;
	return entry->value;
}

void table_remove(struct table *table, const void *key)
{
	struct entry *entry = table_find(table, key, table_hash(table, key));

	if (entry)
		table_drop(table, entry);
}

size_t table_count(const struct table *table)
{
	return table->count;
}

size_t table_evictions(const struct table *table)
{
	return table->evictions;
}

void table_visit(struct table *table, table_visitor *visit, void *argument)
{
	struct entry *entry = table->oldest;

	while (entry) {
		struct entry *next = entry->newer;

		visit(argument, table_key(table, entry), entry->value);
		entry = next;
	}
}
