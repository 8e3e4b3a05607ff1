/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * owner.h - which process is behind a socket: the kernel's own socket list (sock_diag(7)) gives
 * the socket's inode, /proc gives who holds it. Both are remembered for a moment.
 */
#ifndef WHO_OWNER_H
#define WHO_OWNER_H

#include <stddef.h>

#include "../model/port_set.h"
#include "../model/sighting.h"

struct owners;

int owners_new(struct owners **ret_owners);
void owners_free(struct owners *owners);

/* Fills quality and process of a sighting whose verdict is known; leaves them when nobody is. */
void owners_find(struct owners *owners, struct sighting *sighting);

/* A socket on a watched port and one process that holds it. */
struct owner_row {
	uint16_t port; /* the watched one */
	enum protocol protocol;
	const char *state; /* "listen", "established", ... static */
	struct endpoint local;
	struct endpoint peer;
	bool has_peer;
	uint64_t netns; /* inode */
	struct process process; /* pid 0: nobody holds it (any more) */
};

/*
 * Every socket on a port of the set, in every network namespace, one row a holder, by port. The
 * caller frees. 0 or -errno.
 */
int owners_list(const struct port_set *ports, struct owner_row **ret_rows, size_t *ret_count);

#endif
