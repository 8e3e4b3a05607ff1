/* SPDX-License-Identifier: GPL-2.0-only */
/* port_set.c - which ports are watched, from a list and back to the shortest one. */
#include <errno.h>
#include <stdio.h>

#include "../base/text.h"
#include "../base/util.h"
#include "port_set.h"
#include "words.h"

#define PORT_MAX 65535

int port_range_parse(const char *item, struct port_range *ret_range)
{
	_cleanup_free_ char *copy = strdup(item);
	char *protocol = copy;
	char *first = strsep(&protocol, "/");
	char *last = first;
	uint64_t from, to;
	int number;

	if (!copy)
		return -ENOMEM;
	ret_range->protocols = PORT_SET_ALL;
	if (protocol) {
		number = words_find_protocol(text_trim(protocol));
		if (number < 0)
			return number;
		ret_range->protocols = (uint8_t)(1 << number);
	}
	strsep(&last, "-");
	if (text_parse_number(text_trim(first), 1, PORT_MAX, &from))
		return -EINVAL;
	to = from;
	if (last && text_parse_number(text_trim(last), 1, PORT_MAX, &to))
		return -EINVAL;
	ret_range->first = (uint16_t)from;
	ret_range->last = (uint16_t)to;
	return from <= to ? 0 : -EINVAL;
}

static void port_set_add_range(struct port_set *set, const struct port_range *range)
{
	uint32_t port;

	for (port = range->first; port <= range->last; port++)
		set->protocols[port] |= range->protocols;
}

int port_set_add(struct port_set *set, const char *list, char *ret_why, size_t why_size)
{
	_cleanup_free_ struct port_set *wanted = malloc(sizeof(*wanted));
	_cleanup_free_ char *copy = strdup(list);
	char *rest = copy, *item;

	if (!wanted || !copy)
		return text_refuse(ret_why, why_size, "out of memory");
	*wanted = *set;
	while ((item = text_next_item(&rest))) {
		struct port_range range;

		if (!*item)
			return text_refuse(ret_why, why_size, "a port is missing");
		if (port_range_parse(item, &range))
			return text_refuse(ret_why, why_size,
				      "'%s' is no port (1 to 65535), range or PORT/tcp, PORT/udp",
				      item);
		port_set_add_range(wanted, &range);
	}
	*set = *wanted;
	return 0;
}

size_t port_set_count(const struct port_set *set)
{
	size_t count = 0, port;

	for (port = 0; port <= PORT_MAX; port++)
		count += (size_t)__builtin_popcount(set->protocols[port]);
	return count;
}

static void range_print(FILE *out, size_t first, size_t last, unsigned int protocols)
{
	fprintf(out, "%s%zu", ftell(out) > 0 ? ", " : "", first);
	if (last > first)
		fprintf(out, "-%zu", last);
	if (protocols != PORT_SET_ALL)
		fprintf(out, "/%s", words_protocol(protocols >> 1));
}

/*
 * One item for each run of ports between first and last that have the same bits of `mask`. Prints
 * them when out is not NULL. Returns how many there are.
 */
static size_t runs_print(const struct port_set *set, size_t first, size_t last, unsigned int mask,
			 FILE *out)
{
	size_t count = 0, start, port;

	for (start = first; start <= last; start = port) {
		unsigned int bits = set->protocols[start] & mask;

		for (port = start; port <= last && (set->protocols[port] & mask) == bits; port++)
			;
		if (!bits)
			continue;
		count++;
		if (out)
			range_print(out, start, port - 1, bits);
	}
	return count;
}

/* A stretch without a gap is shorter either cut where the bits change, or told by protocol. */
static void stretch_print(const struct port_set *set, size_t first, size_t last, FILE *out)
{
	const unsigned int tcp = 1 << PROTOCOL_TCP, udp = 1 << PROTOCOL_UDP;
	size_t together = runs_print(set, first, last, PORT_SET_ALL, NULL);
	size_t apart = runs_print(set, first, last, tcp, NULL) +
		       runs_print(set, first, last, udp, NULL);

	if (together <= apart) {
		runs_print(set, first, last, PORT_SET_ALL, out);
		return;
	}
	runs_print(set, first, last, tcp, out);
	runs_print(set, first, last, udp, out);
}

char *port_set_format(const struct port_set *set)
{
	size_t size = 0, first, port;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);
	bool has_failed;

	if (!out)
		return NULL;
	for (first = 0; first <= PORT_MAX; first = port + 1) {
		for (port = first; port <= PORT_MAX && set->protocols[port]; port++)
			;
		if (port > first)
			stretch_print(set, first, port - 1, out);
	}
	has_failed = ferror(out);
	if (fclose(out) || has_failed) {
		free(text);
		return NULL;
	}
	return text;
}
