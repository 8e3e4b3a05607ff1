// SPDX-License-Identifier: GPL-2.0-only
/* aftermath.c - a packet's flow as this host's end has it, looked up in two tables. */
#include "aftermath.h"

#include <netinet/in.h>

#include "../base/util.h"
#include "../judge/fate.h"

#define ICMP_HEADER 8

static struct exchange_key aftermath_flow(const struct sighting *sighting)
{
	bool in = sighting->direction == DIRECTION_IN;
	const struct endpoint *local = in ? &sighting->destination : &sighting->source;
	const struct endpoint *remote = in ? &sighting->source : &sighting->destination;
	struct exchange_key key = {
		.local_port = local->port,
		.remote_port = remote->port,
		.protocol = (uint8_t)sighting->protocol,
	};

	memcpy(key.local, local->addr.bytes, sizeof(key.local));
	memcpy(key.remote, remote->addr.bytes, sizeof(key.remote));
	return key;
}

/*
 * The address that the packet was to which an ICMP error quotes, right behind the error's own
 * header. False: it is not there, or further behind.
 */
static bool aftermath_quoted_target(const struct packet_event *event, struct addr *ret_addr)
{
	const uint8_t *ip = event->data + event->l3_offset;
	size_t left = event->snap_length > event->l3_offset ?
			      event->snap_length - event->l3_offset :
			      0;
	size_t own, quoted = event->family == 4 ? 20 : 40;

	if (left < quoted)
		return false;
	own = event->family == 4 ? (size_t)(ip[0] & 15) * 4 : quoted;
	if ((event->family == 6 && ip[6] != IPPROTO_ICMPV6) || left < own + ICMP_HEADER + quoted)
		return false;
	ip += own + ICMP_HEADER;
	*ret_addr = event->family == 4 ? addr_from_ipv4(ip + 16) : addr_from_ipv6(ip + 24);
	return true;
}

/* The flow of a packet of this host that came back as an error. */
static bool aftermath_quoted_flow(const struct sighting *sighting, struct exchange_key *ret_flow)
{
	const struct packet_event *event = sighting->event;
	struct sighting quoted = {
		.direction = DIRECTION_OUT,
		.protocol = sighting->protocol,
		.source = { sighting->destination.addr, event->source_port },
		.destination = { .port = event->destination_port },
	};

	if (sighting->direction == DIRECTION_OUT ||
	    !aftermath_quoted_target(event, &quoted.destination.addr))
		return false;
	*ret_flow = aftermath_flow(&quoted);
	return true;
}

/* What a firewall's hooks drop, by the kernel's word or function. */
static bool aftermath_is_filtered(const char *reason)
{
	return strncmp(reason, "NETFILTER_", 10) == 0 || util_streq(reason, "nf_hook_slow") ||
	       util_streq(reason, "nf_hook_slow_list");
}

/* A packet socket drops the copy that it was given. */
static bool aftermath_is_copy(const char *reason)
{
	return util_streq(reason, "PACKET_SOCK_ERROR") || util_streq(reason, "packet_rcv") ||
	       util_streq(reason, "tpacket_rcv");
}

/* TCP is done with many a packet of a connection by dropping it: it had reached the connection. */
static bool aftermath_is_done(const struct sighting *sighting)
{
	const char *reason = sighting->drop_reason;

	return sighting->protocol == PROTOCOL_TCP && sighting->kind != KIND_SYN &&
	       (!*reason || strncmp(reason, "TCP_", 4) == 0 || strncmp(reason, "tcp_", 4) == 0 ||
		util_streq(reason, "NO_SOCKET"));
}

static void aftermath_find_drop(struct fates *fates, const struct exchange_key *flow,
				struct sighting *sighting, struct fate_evidence *evidence)
{
	const struct packet_event *event = sighting->event;
	bool is_tcp = sighting->protocol == PROTOCOL_TCP;
	struct drop drop;

	if (fates_find_drop(fates, flow, is_tcp ? event->sequence : event->mark, &drop) < 0 ||
	    drop.boot_ns < sighting->boot_ns)
		return;
	fates_reason(fates, &drop, sighting->drop_reason);
	evidence->is_filtered = aftermath_is_filtered(sighting->drop_reason);
	evidence->is_dropped = !aftermath_is_copy(sighting->drop_reason) &&
			       !aftermath_is_done(sighting);
}

bool aftermath_find(struct fates *fates, struct sighting *sighting, uint64_t now_boot_ns)
{
	struct exchange_key flow = aftermath_flow(sighting);
	struct fate_evidence evidence = {
		.now_boot_ns = now_boot_ns,
		.traces_drops = fates_traces(fates),
	};
	bool is_final;

	_Static_assert(SIGHTING_REASON_SIZE == FATES_WORD_SIZE, "a reason is copied as it is");
	if (sighting->kind == KIND_ICMP && !aftermath_quoted_flow(sighting, &flow))
		return true;
	if (fates_find_exchange(fates, &flow, &evidence.exchange) == 0) {
		sighting->is_peers = evidence.exchange.is_peers;
		sighting->is_asked = sighting->protocol == PROTOCOL_UDP && !sighting->is_peers &&
				     evidence.exchange.answered_boot_ns;
	}
	if (sighting->direction == DIRECTION_IN && sighting->kind != KIND_ICMP)
		aftermath_find_drop(fates, &flow, sighting, &evidence);
	is_final = fate_judge(sighting, &evidence);
	if (sighting->fate != FATE_DROPPED && sighting->fate != FATE_REFUSED)
		*sighting->drop_reason = '\0';
	return is_final;
}
