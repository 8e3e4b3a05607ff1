// SPDX-License-Identifier: GPL-2.0-only
/* sweep.c - what alerts singly, by peer and by prefix; and which ports and peers were counted. */
#include "sweep.h"

#include <errno.h>

#include "../base/table.h"
#include "../base/util.h"
#include "top.h"

#define SWEEP_BITS_IPV4 (96 + 24)
#define SWEEP_BITS_IPV6 64
/* Ports and peers told apart, of each that is kept an eye on: what is forgotten counts anew. */
#define SWEEP_PARTS 4

struct sweep_key {
	struct addr addr; /* the peer, or the first address of its prefix */
	uint8_t action;
	uint8_t width; /* enum sweep_width */
	uint8_t reserved[6]; /* zero */
};

/* A port with its protocol, a peer, or both: then it is what the kernel's number is of. */
struct sweep_part {
	struct addr addr;
	uint16_t port;
	uint8_t protocol;
	uint8_t reserved[5]; /* zero */
};

/* Those that alert singly. */
struct sweep_singles {
	uint64_t last_ns;
	size_t count;
	struct sweep_part parts[SWEEP_PEERS_SINGLE];
};

/* A part of an alert, which its id names. */
struct sweep_counted {
	char id[ALERT_ID_SIZE - 1];
	struct sweep_part part;
};

struct sweep {
	struct told *told;
	uint64_t window_ns;
	struct table *singles; /* struct sweep_key -> struct sweep_singles */
	struct table *counted; /* struct sweep_counted -> uint32_t, held back of it */
};

int sweep_new(struct sweep **ret_sweep, size_t capacity, uint64_t window_ns, struct told *told)
{
	struct sweep *sweep = calloc(1, sizeof(*sweep));
	int r;

	if (!sweep)
		return -ENOMEM;
	sweep->told = told;
	sweep->window_ns = window_ns;
	r = table_new(&sweep->singles, sizeof(struct sweep_key), sizeof(struct sweep_singles),
		      capacity, NULL, NULL);
	if (r == 0)
		r = table_new(&sweep->counted, sizeof(struct sweep_counted), sizeof(uint32_t),
			      capacity * SWEEP_PARTS, NULL, NULL);
	if (r < 0) {
		sweep_free(sweep);
		return r;
	}
	*ret_sweep = sweep;
	return 0;
}

void sweep_free(struct sweep *sweep)
{
	if (!sweep)
		return;
	table_free(sweep->singles);
	table_free(sweep->counted);
	free(sweep);
}

void sweep_set(struct sweep *sweep, uint64_t window_ns)
{
	sweep->window_ns = window_ns;
}

struct prefix sweep_prefix(const struct addr *peer)
{
	return prefix_of(peer, addr_is_ipv4(peer) ? SWEEP_BITS_IPV4 : SWEEP_BITS_IPV6);
}

static struct sweep_part sweep_port_part(const struct sighting *sighting)
{
	return (struct sweep_part){
		.port = sighting->port,
		.protocol = (uint8_t)sighting->protocol,
	};
}

static struct sweep_part sweep_peer_part(const struct sighting *sighting)
{
	return (struct sweep_part){ .addr = sighting_peer(sighting)->addr };
}

/* Is the part one of the few that alert singly? Without memory it is. */
static bool sweep_is_single(struct sweep *sweep, const struct sweep_key *key,
			    const struct sweep_part *part, size_t most, uint64_t now_ns)
{
	struct sweep_singles *singles = table_put(sweep->singles, key, NULL);

	if (!singles)
		return true;
	if (now_ns >= singles->last_ns + sweep->window_ns)
		singles->count = 0;
	singles->last_ns = now_ns;
	for (size_t i = 0; i < singles->count; i++)
		if (memcmp(&singles->parts[i], part, sizeof(*part)) == 0)
			return true;
	if (singles->count == most)
		return false;
	singles->parts[singles->count++] = *part;
	return true;
}

enum sweep_width sweep_judge(struct sweep *sweep, const struct sighting *sighting,
			     enum action action, uint64_t now_ns)
{
	const struct sweep_part port = sweep_port_part(sighting), peer = sweep_peer_part(sighting);
	const struct sweep_key prefix_key = {
		.addr = sweep_prefix(&peer.addr).addr,
		.action = (uint8_t)action,
		.width = SWEEP_PEERS,
	};
	const struct sweep_key peer_key = {
		.addr = peer.addr,
		.action = (uint8_t)action,
		.width = SWEEP_PORTS,
	};

	if (!sweep_is_single(sweep, &prefix_key, &peer, SWEEP_PEERS_SINGLE, now_ns))
		return SWEEP_PEERS;
	if (!sweep_is_single(sweep, &peer_key, &port, SWEEP_PORTS_SINGLE, now_ns))
		return SWEEP_PORTS;
	return SWEEP_SINGLE;
}

/* The part's number in this alert; NULL when memory is out. */
static uint32_t *sweep_counted(struct sweep *sweep, const struct alert *alert,
			       const struct sweep_part *part, bool *ret_is_new)
{
	struct sweep_counted counted = { .part = *part };

	memcpy(counted.id, alert->id, sizeof(counted.id));
	return table_put(sweep->counted, &counted, ret_is_new);
}

/* Was the part not counted in this alert before? */
static bool sweep_is_first(struct sweep *sweep, const struct alert *alert,
			   const struct sweep_part *part)
{
	bool is_new = false;

	return sweep_counted(sweep, alert, part, &is_new) && is_new;
}

/* What was held back of the sighting's thing since its last packet in this alert. */
static void sweep_count_held(struct sweep *sweep, struct alert *alert,
			     const struct sighting *sighting)
{
	const struct held_thing thing = held_thing_of(sighting);
	const struct sweep_part part = {
		.addr = thing.peer,
		.port = thing.port,
		.protocol = thing.protocol,
	};
	uint32_t now = held_of(sighting), *before;
	bool is_new;

	before = sweep_counted(sweep, alert, &part, &is_new);
	if (!before)
		return;
	if (!is_new)
		alert->suppressed += told_take(sweep->told, &thing, *before, now);
	*before = now;
}

void sweep_count(struct sweep *sweep, struct alert *alert, const struct sighting *sighting,
		 enum sweep_width width)
{
	const struct sweep_part port = sweep_port_part(sighting), peer = sweep_peer_part(sighting);

	if (width == SWEEP_SINGLE)
		return;
	alert->ports += sweep_is_first(sweep, alert, &port);
	top_add_port(alert, sighting->port, sighting->protocol, 1);
	sweep_count_held(sweep, alert, sighting);
	if (width != SWEEP_PEERS)
		return;
	alert->prefix = sweep_prefix(&peer.addr);
	alert->peers += sweep_is_first(sweep, alert, &peer);
	top_add_peer(alert, &peer.addr, 1);
}
