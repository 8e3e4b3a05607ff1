// SPDX-License-Identifier: GPL-2.0-only
/* top.c - counting with a few places. */
#include "top.h"

#include "../base/util.h"

bool top_add_port(struct alert *alert, uint16_t port, enum protocol protocol, uint64_t count)
{
	struct alert_port *rarest = &alert->top_ports[0];
	bool is_full = alert->top_port_count == ALERT_PORTS_MAX;

	for (unsigned int i = 0; i < alert->top_port_count; i++) {
		struct alert_port *place = &alert->top_ports[i];

		if (place->port == port && place->protocol == protocol) {
			place->count += count;
			return false;
		}
		if (place->count < rarest->count)
			rarest = place;
	}
	if (!is_full)
		rarest = &alert->top_ports[alert->top_port_count++];
	rarest->port = port;
	rarest->protocol = protocol;
	rarest->count += count;
	return is_full;
}

bool top_add_peer(struct alert *alert, const struct addr *addr, uint64_t count)
{
	struct alert_peer *rarest = &alert->top_peers[0];
	bool is_full = alert->top_peer_count == ALERT_PEERS_MAX;

	for (unsigned int i = 0; i < alert->top_peer_count; i++) {
		struct alert_peer *place = &alert->top_peers[i];

		if (memcmp(&place->addr, addr, sizeof(*addr)) == 0) {
			place->count += count;
			return false;
		}
		if (place->count < rarest->count)
			rarest = place;
	}
	if (!is_full)
		rarest = &alert->top_peers[alert->top_peer_count++];
	rarest->addr = *addr;
	rarest->count += count;
	return is_full;
}
