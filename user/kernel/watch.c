// SPDX-License-Identifier: GPL-2.0-only
/* watch.c - edits the mapped bitmap with atomic operations: other processes may edit it too. */
#include "watch.h"

#include <arpa/inet.h>
#include <stdbool.h>

static __u64 *watch_word(const struct tables *tables, enum protocol protocol, unsigned int port)
{
	return &tables->watch->words[protocol][htons(port) >> 6];
}

static __u64 watch_bit(unsigned int port)
{
	return 1ULL << (htons(port) & 63);
}

static void watch_change(const struct tables *tables, enum protocol protocol, unsigned int port,
			 bool watched)
{
	__u64 *word = watch_word(tables, protocol, port);

	if (watched)
		__atomic_fetch_or(word, watch_bit(port), __ATOMIC_RELAXED);
	else
		__atomic_fetch_and(word, ~watch_bit(port), __ATOMIC_RELAXED);
}

void watch_set(const struct tables *tables, const struct port_set *ports)
{
	for (enum protocol protocol = 0; protocol < PROTOCOL_COUNT; protocol++)
		for (unsigned int port = 0; port < 65536; port++)
			watch_change(tables, protocol, port, ports->protocols[port] >> protocol & 1);
}

static void watch_change_all(const struct tables *tables, const struct port_set *ports,
			     bool watched)
{
	for (enum protocol protocol = 0; protocol < PROTOCOL_COUNT; protocol++)
		for (unsigned int port = 0; port < 65536; port++)
			if (ports->protocols[port] >> protocol & 1)
				watch_change(tables, protocol, port, watched);
}

void watch_add(const struct tables *tables, const struct port_set *ports)
{
	watch_change_all(tables, ports, true);
}

void watch_remove(const struct tables *tables, const struct port_set *ports)
{
	watch_change_all(tables, ports, false);
}

void watch_get_added(const struct tables *tables, const struct watch *before,
		     struct port_set *ret_ports)
{
	for (unsigned int port = 0; port < 65536; port++) {
		ret_ports->protocols[port] = 0;
		for (enum protocol protocol = 0; protocol < PROTOCOL_COUNT; protocol++)
			if (*watch_word(tables, protocol, port) & watch_bit(port) &
			    ~before->words[protocol][htons(port) >> 6])
				ret_ports->protocols[port] |= 1 << protocol;
	}
}

void watch_get(const struct tables *tables, struct port_set *ret_ports)
{
	static const struct watch nothing;

	watch_get_added(tables, &nothing, ret_ports);
}
