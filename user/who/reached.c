// SPDX-License-Identifier: GPL-2.0-only
/* reached.c - keys of flows and passages, and when they count. */
#include "reached.h"

#include <linux/in.h>

#include "../base/clock.h"

/* Two sockets of one flow: which of them it was is not known for so long before and after. */
#define REACHED_CONFLICT_NS (2 * CLOCK_NS_PER_SECOND)
/* From a datagram's hook at its sender's socket to the wire: it may wait for a neighbour's answer. */
#define REACHED_WAIT_NS (5 * CLOCK_NS_PER_SECOND)
/* From its sender, on this host, to another interface of it. */
#define REACHED_CROSSING_NS 10000000ULL
/* From the interface to the socket. */
#define REACHED_CLIMB_NS (CLOCK_NS_PER_SECOND / 10)

static struct flow_key reached_key(const struct tuple *packet, uint32_t netns, bool sends)
{
	const struct endpoint *local = sends ? &packet->source : &packet->destination;
	const struct endpoint *remote = sends ? &packet->destination : &packet->source;
	struct flow_key key = {
		.local_port = local->port,
		.remote_port = remote->port,
		.netns = netns,
		.protocol = packet->protocol,
	};

	memcpy(key.local, local->addr.bytes, sizeof(key.local));
	memcpy(key.remote, remote->addr.bytes, sizeof(key.remote));
	return key;
}

static bool reached_is_near(uint64_t moment_ns, uint64_t boot_ns, uint64_t distance_ns)
{
	return moment_ns && moment_ns + distance_ns > boot_ns && moment_ns < boot_ns + distance_ns;
}

/* Was it in time for this packet? What leaves was at its socket before, what comes after. */
static bool reached_is_timely(const struct inquiry *inquiry, uint64_t at_ns, bool sends)
{
	uint64_t boot_ns = inquiry->event->boot_ns;
	bool leaves = inquiry->sighting->direction == DIRECTION_OUT;

	if (!sends)
		return at_ns >= boot_ns && at_ns < boot_ns + REACHED_CLIMB_NS;
	return at_ns <= boot_ns && at_ns + (leaves ? REACHED_WAIT_NS : REACHED_CROSSING_NS) > boot_ns;
}

static bool reached_find_passage(const struct inquiry *inquiry, uint32_t netns,
				 const struct tuple *packet, bool sends,
				 struct reached *ret_reached)
{
	const struct owner_source *source = &inquiry->means->source;
	const struct packet_event *event = inquiry->event;
	struct passage_key key = {
		.flow = reached_key(packet, 0, sends),
		.mark = event->mark,
		.direction = sends ? DIRECTION_OUT : DIRECTION_IN,
	};
	struct passage passage;

	if (source->find_passage(source->argument, &key, &passage) < 0 ||
	    (netns && passage.netns != netns) ||
	    passage.lite != (event->next_header == IPPROTO_UDPLITE) ||
	    reached_is_near(passage.conflict_boot_ns, event->boot_ns, REACHED_CONFLICT_NS) ||
	    !reached_is_timely(inquiry, passage.boot_ns, sends))
		return false;
	*ret_reached = (struct reached){
		.cookie = passage.cookie,
		.since_ns = passage.since_boot_ns,
		.at_ns = passage.boot_ns,
		.netns = passage.netns,
		.sender = passage.sender,
		.state = passage.state,
		.is_sole = passage.sole,
		.is_kernel = passage.kernel,
	};
	return true;
}

/* The device that a socket of this namespace may be bound to goes before all others. */
static bool reached_ask_flow(const struct inquiry *inquiry, uint32_t netns,
			     const struct tuple *packet, bool sends, struct flow *ret_flow)
{
	const struct owner_source *source = &inquiry->means->source;
	struct flow_key key = reached_key(packet, netns, sends);

	if (netns == inquiry->means->outside.netns) {
		key.device = inquiry->event->ifindex;
		if (source->find_flow(source->argument, &key, ret_flow) == 0)
			return true;
		key.device = 0;
	}
	return source->find_flow(source->argument, &key, ret_flow) == 0;
}

static bool reached_find_flow(const struct inquiry *inquiry, uint32_t netns,
			      const struct tuple *packet, bool sends, struct reached *ret_reached)
{
	uint64_t boot_ns = inquiry->event->boot_ns;
	struct flow flow;

	if (!reached_ask_flow(inquiry, netns, packet, sends, &flow) ||
	    reached_is_near(flow.conflict_boot_ns, boot_ns, REACHED_CONFLICT_NS))
		return false;
	*ret_reached = (struct reached){
		.cookie = flow.cookie,
		.listener = flow.listener_boot_ns + REACHED_CLIMB_NS > boot_ns ? flow.listener : 0,
		.since_ns = flow.boot_ns,
		.at_ns = flow.last_boot_ns > flow.listener_boot_ns ? flow.last_boot_ns :
								     flow.listener_boot_ns,
		.orphan_ns = flow.orphan_boot_ns,
		.netns = flow.netns,
		.state = SOCKET_CONNECTED,
		.is_sole = flow.sole,
		.is_kernel = flow.kernel,
		.is_multipath = flow.multipath,
	};
	return true;
}

/* In other namespaces the same addresses may be in use: there the flow has to be in use now. */
static bool reached_is_in_use(const struct inquiry *inquiry, const struct reached *at, bool sends)
{
	uint64_t boot_ns = inquiry->event->boot_ns;

	return sends ? at->at_ns + REACHED_WAIT_NS > boot_ns : at->at_ns >= boot_ns;
}

bool reached_find(const struct inquiry *inquiry, uint32_t netns, const struct tuple *packet,
		  bool sends, struct reached *ret_reached)
{
	if (!inquiry->means->has_source)
		return false;
	/* What a raw socket forges has a passage, whatever it looks like. */
	if (packet->protocol == PROTOCOL_UDP || (sends && inquiry->event->is_raw))
		return reached_find_passage(inquiry, netns, packet, sends, ret_reached);
	return reached_find_flow(inquiry, netns, packet, sends, ret_reached) &&
	       (netns || reached_is_in_use(inquiry, ret_reached, sends));
}
