/* SPDX-License-Identifier: GPL-2.0-only */
/* prefix_set.c - sorted once, then halved for each question. */
#include "prefix_set.h"

#include <errno.h>

#include "../base/text.h"
#include "../base/util.h"

#define IPV4_BITS_OFFSET 96

bool prefix_is_ipv4(const struct prefix *prefix)
{
	return prefix->bits >= IPV4_BITS_OFFSET && addr_is_ipv4(&prefix->addr);
}

/* The order of the array, for the first address of a block and for any other address. */
static int addr_compare(bool a_is_ipv4, const struct addr *a, bool b_is_ipv4, const struct addr *b)
{
	if (a_is_ipv4 != b_is_ipv4)
		return a_is_ipv4 ? -1 : 1;
	return memcmp(a, b, sizeof(*a));
}

/* Of two blocks with the same beginning the wider one comes first. */
static int prefix_compare(const void *left, const void *right)
{
	const struct prefix *a = left, *b = right;
	int order = addr_compare(prefix_is_ipv4(a), &a->addr, prefix_is_ipv4(b), &b->addr);

	return order ? order : (int)a->bits - (int)b->bits;
}

/* A block inside another comes after it, so one look back is enough. */
static void prefix_set_seal(struct prefix_set *set)
{
	size_t kept = 0;

	qsort(set->prefixes, set->count, sizeof(*set->prefixes), prefix_compare);
	for (size_t i = 0; i < set->count; i++)
		if (!kept || !prefix_contains(&set->prefixes[kept - 1], &set->prefixes[i].addr))
			set->prefixes[kept++] = set->prefixes[i];
	set->count = kept;
}

static size_t list_count_items(const char *list)
{
	size_t count = 1;

	for (; *list; list++)
		count += *list == ',';
	return count;
}

int prefix_set_parse(struct prefix_set *set, const char *list, char *ret_why, size_t why_size)
{
	_cleanup_free_ struct prefix *prefixes = calloc(list_count_items(list), sizeof(*prefixes));
	_cleanup_free_ char *copy = strdup(list);
	char *rest = copy, *item;
	size_t count = 0;

	if (!prefixes || !copy)
		return text_refuse(ret_why, why_size, "out of memory");
	while ((item = text_next_item(&rest)))
		if (prefix_parse(item, &prefixes[count++]))
			return text_refuse(ret_why, why_size,
					   "'%s' is no address or prefix, such as 10.0.0.0/8 or fd00::/8 (host bits zero)",
					   item);
	set->prefixes = TAKE(prefixes);
	set->count = count;
	prefix_set_seal(set);
	return 0;
}

void prefix_set_free(struct prefix_set *set)
{
	free(set->prefixes);
	set->prefixes = NULL;
	set->count = 0;
}

bool prefix_set_contains(const struct prefix_set *set, const struct addr *addr)
{
	bool is_ipv4 = addr_is_ipv4(addr);
	size_t low = 0, high = set->count;

	/* The last block that does not begin behind the address. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct prefix *prefix = &set->prefixes[middle];

		if (addr_compare(prefix_is_ipv4(prefix), &prefix->addr, is_ipv4, addr) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low && prefix_contains(&set->prefixes[low - 1], addr);
}
