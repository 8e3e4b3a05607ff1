/* SPDX-License-Identifier: GPL-2.0-only */
/* port_set.h - which ports, under which protocols. */
#ifndef MODEL_PORT_SET_H
#define MODEL_PORT_SET_H

#include <stddef.h>
#include <stdint.h>

#include "../../bpf/abi.h"

/* Ports of which each is under the same protocols: bits `1 << enum protocol`. */
struct port_range {
	uint16_t first;
	uint16_t last;
	uint8_t protocols;
};

/* FIRST[-LAST][/tcp|/udp]. 0, or -EINVAL, then ret_range is undefined. Port 0 is refused. */
int port_range_parse(const char *item, struct port_range *ret_range);

/* Which ports are watched: bit `1 << enum protocol` of each port. */
struct port_set {
	uint8_t protocols[65536];
};

#define PORT_SET_ALL ((1 << PROTOCOL_TCP) | (1 << PROTOCOL_UDP))

/*
 * Adds "3409, 53/udp, 6000-6063/tcp" to the set (which is not emptied first). 0, or -EINVAL with
 * a reason in ret_why. Port 0 is refused. On failure the set is unchanged.
 */
int port_set_add(struct port_set *set, const char *list, char *ret_why, size_t why_size);
/* Watched (port, protocol) pairs. */
size_t port_set_count(const struct port_set *set);
/* "53/udp, 3409-3410": the shortest list that gives the set, by port. The caller frees; NULL: no
 * memory. */
char *port_set_format(const struct port_set *set);

#endif
