// SPDX-License-Identifier: GPL-2.0-only
/* withheld.c - a sum of alerts. */
#include "withheld.h"

#include <stdio.h>

#include "../base/util.h"
#include "../model/words.h"
#include "top.h"

#define WITHHELD_NAMED 3 /* ports, and peers, in the text */
#define WITHHELD_SEVERITY 4

void withheld_begin(struct withheld *withheld, uint64_t now_ns, uint64_t wall_ns)
{
	if (withheld->since_ns)
		return;
	withheld->since_ns = now_ns;
	withheld->sum.start_wall_ns = wall_ns;
}

static void withheld_add_port(struct alert *sum, uint16_t port, enum protocol protocol)
{
	bool is_cut = top_add_port(sum, port, protocol, 1);

	/* Once some had to give way, all that is known is that there are more. */
	sum->ports = MAX(sum->ports, sum->top_port_count + (uint64_t)is_cut);
}

static void withheld_add_ports(struct alert *sum, const struct alert *alert)
{
	if (alert->ports == 0)
		withheld_add_port(sum, alert->port, alert->protocol);
	for (unsigned int i = 0; alert->ports && i < alert->top_port_count; i++)
		withheld_add_port(sum, alert->top_ports[i].port, alert->top_ports[i].protocol);
}

static void withheld_add_peers(struct alert *sum, const struct alert *alert)
{
	const struct endpoint *peer = alert->direction == DIRECTION_IN ? &alert->source :
									 &alert->destination;

	if (alert->peers == 0 && alert->has_packet)
		top_add_peer(sum, &peer->addr, 1);
	for (unsigned int i = 0; alert->peers && i < alert->top_peer_count; i++)
		top_add_peer(sum, &alert->top_peers[i].addr, 1);
}

void withheld_add(struct withheld *withheld, const struct alert *alert)
{
	withheld->sum.count++;
	withheld_add_ports(&withheld->sum, alert);
	withheld_add_peers(&withheld->sum, alert);
}

static size_t withheld_write_ports(const struct alert *alert, char *out, size_t size)
{
	unsigned int named = MIN(alert->top_port_count, WITHHELD_NAMED);
	size_t used = 0;

	for (unsigned int i = 0; i < named; i++)
		used += (size_t)snprintf(out + used, size - used, "%s%u/%s", i ? ", " : ": ports ",
					 alert->top_ports[i].port,
					 words_protocol(alert->top_ports[i].protocol));
	if (alert->ports > named)
		used += (size_t)snprintf(out + used, size - used, ",...");
	return used;
}

static void withheld_write_peers(const struct alert *alert, char *out, size_t size)
{
	unsigned int named = MIN(alert->top_peer_count, WITHHELD_NAMED);
	char address[ADDR_TEXT_SIZE];
	size_t used = 0;

	for (unsigned int i = 0; i < named; i++)
		used += (size_t)snprintf(out + used, size - used, "%s%s", i ? ", " : "; peers ",
					 addr_format(&alert->top_peers[i].addr, address));
	if (alert->top_peer_count > named)
		snprintf(out + used, size - used, ",...");
}

static void withheld_write_text(struct alert *alert)
{
	const size_t size = sizeof(alert->text);
	size_t used;

	used = (size_t)snprintf(alert->text, size,
				"%llu alerts withheld by max-rate; their packets are counted",
				(unsigned long long)alert->count);
	used += withheld_write_ports(alert, alert->text + used, size - used);
	withheld_write_peers(alert, alert->text + used, size - used);
}

bool withheld_take(struct withheld *withheld, uint64_t wall_ns, struct alert *ret_alert)
{
	struct alert *sum = &withheld->sum;
	bool has_any = sum->count;

	if (has_any) {
		*ret_alert = *sum;
		ret_alert->action = ACTION_FLOOD;
		ret_alert->severity = WITHHELD_SEVERITY;
		ret_alert->closing = true;
		ret_alert->end_wall_ns = ret_alert->wall_ns = wall_ns;
		alert_new_id(ret_alert->id);
		withheld_write_text(ret_alert);
	}
	memset(withheld, 0, sizeof(*withheld));
	return has_any;
}
