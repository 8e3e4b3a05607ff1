// SPDX-License-Identifier: GPL-2.0-only
/* sweep.c - what alerts singly, by peer and by prefix; and which ports and peers were counted. */
#include "sweep.h"

#include <errno.h>

#include "../base/table.h"
#include "../base/util.h"

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

/* A port with its protocol, or a peer. */
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
	uint64_t window_ns;
	struct table *singles; /* struct sweep_key -> struct sweep_singles */
	struct table *counted; /* struct sweep_counted -> uint32_t, held back of the peer */
};

int sweep_new(struct sweep **ret_sweep, size_t capacity, uint64_t window_ns)
{
	struct sweep *sweep = calloc(1, sizeof(*sweep));
	int r;

	if (!sweep)
		return -ENOMEM;
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

/*
 * Was the part not counted in this alert before? What was held back of it since its last packet
 * is added to the alert.
 */
static bool sweep_is_first(struct sweep *sweep, struct alert *alert, const struct sweep_part *part,
			   uint32_t suppressed)
{
	struct sweep_counted counted = { .part = *part };
	bool is_new = false;
	uint32_t *before;

	memcpy(counted.id, alert->id, sizeof(counted.id));
	before = table_put(sweep->counted, &counted, &is_new);
	if (!before)
		return false;
	if (!is_new)
		alert->suppressed += sighting_suppressed_since(*before, suppressed);
	*before = suppressed;
	return is_new;
}

/*
 * The most frequent few of many (Metwally's space saving): a newcomer takes the place of the
 * rarest, and its count with it.
 */
static void sweep_count_port(struct alert *alert, const struct sighting *sighting)
{
	struct alert_port *rarest = &alert->top_ports[0];
	unsigned int i;

	for (i = 0; i < alert->top_port_count; i++) {
		struct alert_port *port = &alert->top_ports[i];

		if (port->port == sighting->port && port->protocol == sighting->protocol) {
			port->count++;
			return;
		}
		if (port->count < rarest->count)
			rarest = port;
	}
	if (i < ALERT_PORTS_MAX)
		rarest = &alert->top_ports[alert->top_port_count++];
	rarest->port = sighting->port;
	rarest->protocol = sighting->protocol;
	rarest->count++;
}

/* The same for peers. */
static void sweep_count_peer(struct alert *alert, const struct addr *addr)
{
	struct alert_peer *rarest = &alert->top_peers[0];
	unsigned int i;

	for (i = 0; i < alert->top_peer_count; i++) {
		struct alert_peer *peer = &alert->top_peers[i];

		if (memcmp(&peer->addr, addr, sizeof(*addr)) == 0) {
			peer->count++;
			return;
		}
		if (peer->count < rarest->count)
			rarest = peer;
	}
	if (i < ALERT_PEERS_MAX)
		rarest = &alert->top_peers[alert->top_peer_count++];
	rarest->addr = *addr;
	rarest->count++;
}

void sweep_count(struct sweep *sweep, struct alert *alert, const struct sighting *sighting,
		 enum sweep_width width)
{
	const struct sweep_part port = sweep_port_part(sighting), peer = sweep_peer_part(sighting);

	if (width == SWEEP_SINGLE)
		return;
	alert->ports += sweep_is_first(sweep, alert, &port, 0);
	sweep_count_port(alert, sighting);
	if (width != SWEEP_PEERS)
		return;
	alert->prefix = sweep_prefix(&peer.addr);
	alert->peers += sweep_is_first(sweep, alert, &peer, sighting->event->peer_suppressed);
	sweep_count_peer(alert, &peer.addr);
}
