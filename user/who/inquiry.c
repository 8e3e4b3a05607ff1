// SPDX-License-Identifier: GPL-2.0-only
/* inquiry.c - the order of proof: the packet's own socket, its flow, its translation. */
#include "inquiry.h"

#include <errno.h>

#include "../base/clock.h"
#include "../base/util.h"
#include "present.h"

#define INQUIRY_PAST_NS (120 * CLOCK_NS_PER_SECOND)
/* A packet is seen before it is tracked: as long as that may take on a busy CPU. */
#define INQUIRY_TRACKING_NS 5000000ULL

void inquiry_claim(struct inquiry *inquiry, enum quality quality, const struct process_key *owner,
		   const struct socket_record *record)
{
	inquiry->quality = quality;
	inquiry->owner = *owner;
	inquiry->created = record->roles[SOCKET_CREATED];
	inquiry->accepted = record->roles[SOCKET_ACCEPTED];
}

bool inquiry_claim_kernel(struct inquiry *inquiry)
{
	inquiry->quality = QUALITY_KERNEL;
	inquiry->is_open = false;
	return true;
}

bool inquiry_claim_sender(struct inquiry *inquiry, enum quality quality,
			  const struct socket_record *record, uint64_t cookie)
{
	const struct process_key *key =
		evidence_sender(inquiry->event, record, cookie == inquiry->event->cookie);

	if (key) {
		inquiry_claim(inquiry, quality, key, record);
		inquiry->is_open = false;
	}
	return key;
}

bool inquiry_claim_receiver(struct inquiry *inquiry, enum quality quality,
			    const struct socket_record *record, bool is_connected)
{
	const struct process_key *key;
	bool is_settled;

	key = evidence_receiver(inquiry->event, record, is_connected, &is_settled);
	if (key) {
		inquiry_claim(inquiry, quality, key, record);
		inquiry->is_open = !is_settled;
	}
	return key;
}

static void inquiry_rescan(struct inquiry *inquiry)
{
	struct inquiry_means *means = inquiry->means;
	uint64_t began_ns = clock_boot_ns();

	if (means->source.rescan(means->source.argument) == 0)
		means->status.rescans++; /* else the record stays missing, which is told */
	pace_charge(&means->rescan, inquiry->now_ns, clock_boot_ns() - began_ns);
}

bool inquiry_find_record(struct inquiry *inquiry, uint64_t cookie,
			 struct socket_record *ret_record)
{
	struct inquiry_means *means = inquiry->means;
	const struct owner_source *source = &means->source;

	if (!means->has_source || !cookie)
		return false;
	if (source->find_socket(source->argument, cookie, ret_record) == 0)
		return true;
	inquiry->is_open = true;
	if (!inquiry->is_late || !pace_allows(&means->rescan, inquiry->now_ns))
		return false;
	inquiry_rescan(inquiry);
	return source->find_socket(source->argument, cookie, ret_record) == 0;
}

/* The flow as its sender's or its receiver's socket sees it. netns 0: in any namespace. */
static bool inquiry_find_flow(const struct inquiry *inquiry, uint32_t netns,
			      const struct tuple *packet, bool sends, struct flow *ret_flow)
{
	const struct endpoint *local = sends ? &packet->source : &packet->destination;
	const struct endpoint *remote = sends ? &packet->destination : &packet->source;
	const struct owner_source *source = &inquiry->means->source;
	struct flow_key key = {
		.local_port = local->port,
		.remote_port = remote->port,
		.netns = netns,
		.protocol = packet->protocol,
	};

	if (!inquiry->means->has_source)
		return false;
	memcpy(key.local, local->addr.bytes, sizeof(key.local));
	memcpy(key.remote, remote->addr.bytes, sizeof(key.remote));
	return source->find_flow(source->argument, &key, ret_flow) == 0 &&
	       (netns || ret_flow->conflicts == 0);
}

/* By the flow's record. ret_netns: where its socket is. */
static bool inquiry_by_flow(struct inquiry *inquiry, uint32_t netns, const struct tuple *packet,
			    bool sends, uint32_t *ret_netns)
{
	struct socket_record record;
	struct flow flow;

	if (!inquiry_find_flow(inquiry, netns, packet, sends, &flow))
		return false;
	*ret_netns = flow.netns;
	if (!inquiry_find_record(inquiry, flow.cookie, &record))
		return false;
	if (evidence_is_kernel(&record))
		return inquiry_claim_kernel(inquiry);
	return sends ? inquiry_claim_sender(inquiry, QUALITY_JOINED, &record, flow.cookie) :
		       inquiry_claim_receiver(inquiry, QUALITY_JOINED, &record, true);
}

static struct tuple inquiry_packet(const struct inquiry *inquiry)
{
	return (struct tuple){
		.source = inquiry->sighting->source,
		.destination = inquiry->sighting->destination,
		.protocol = inquiry->sighting->protocol,
	};
}

/*
 * What the packet is behind address translation. False: it is not translated, as far as can be
 * told; ret_is_unsure: not far.
 */
static bool inquiry_translate(struct inquiry *inquiry, const struct tuple *packet,
			      struct tuple *ret_other, bool *ret_is_unsure)
{
	const struct outside *outside = &inquiry->means->outside;
	bool is_closed = inquiry->verdict == VERDICT_CLOSED;
	bool is_early = inquiry->now_ns < inquiry->event->boot_ns + INQUIRY_TRACKING_NS;
	int r = outside->translate(outside->argument, packet, ret_other);

	if (r == 0 && !tuple_is_same(packet, ret_other)) {
		inquiry->means->status.translations++;
		return true;
	}
	*ret_is_unsure = r == -EAGAIN || (r == -ENOENT && is_early);
	inquiry->is_early = r == -ENOENT && is_early;
	if (inquiry->is_early || (is_closed && (r == -ENOENT || (r == -ENODATA && is_early))))
		inquiry->is_open = true;
	return false;
}

/* By a flow in any namespace: who sent it, who gets it; first the one at this end. */
static bool inquiry_by_any_flow(struct inquiry *inquiry, const struct tuple *packet,
				uint32_t *ret_netns)
{
	bool sends = inquiry->sighting->direction == DIRECTION_OUT;
	uint32_t own = inquiry->means->outside.netns;

	return inquiry_by_flow(inquiry, own, packet, sends, ret_netns) ||
	       inquiry_by_flow(inquiry, 0, packet, sends, ret_netns) ||
	       inquiry_by_flow(inquiry, 0, packet, !sends, ret_netns);
}

/* The translated packet's socket, never the one that would have got it untranslated. */
static void inquiry_by_translation(struct inquiry *inquiry, const struct tuple *other)
{
	uint32_t netns = 0;

	if (inquiry_by_any_flow(inquiry, other, &netns)) {
		inquiry->verdict = netns == inquiry->means->outside.netns ? VERDICT_CONNECTED :
									     VERDICT_FORWARDED;
		return;
	}
	if (!inquiry->is_late)
		inquiry->is_open = true;
	else
		present_find_translated(inquiry, other);
}

/* A socket that is gone: who had it. */
static bool inquiry_by_past(struct inquiry *inquiry, const struct flow *flow,
			    const struct socket_record *record)
{
	uint64_t last_ns = evidence_last_use(record, flow);
	const struct process_key *key = evidence_listener(record);

	if (inquiry->now_ns > last_ns + INQUIRY_PAST_NS)
		return false;
	if (!inquiry_claim_receiver(inquiry, QUALITY_PAST, record, true)) {
		if (!key)
			return false;
		inquiry_claim(inquiry, QUALITY_PAST, key, record);
	}
	inquiry->is_open = false;
	return true;
}

/* The receiver, by the socket that the packet or others of its flow have reached. */
static bool inquiry_by_reached(struct inquiry *inquiry, const struct flow *flow,
			       const struct socket_record *record)
{
	bool is_connected = inquiry->verdict == VERDICT_CONNECTED;
	/* A SYN begins a connection: what stood before it was another one. */
	bool is_older = inquiry->event->kind == KIND_SYN &&
			flow->boot_ns < inquiry->event->boot_ns;

	if (evidence_is_kernel(record))
		return inquiry_claim_kernel(inquiry);
	if (inquiry->verdict == VERDICT_CLOSED)
		return inquiry_by_past(inquiry, flow, record);
	if (!is_older)
		return inquiry_claim_receiver(inquiry, QUALITY_EXACT, record, is_connected);
	inquiry->is_open = true;
	return inquiry->is_late && is_connected &&
	       inquiry_claim_receiver(inquiry, QUALITY_JOINED, record, true);
}

static void inquiry_receiver(struct inquiry *inquiry)
{
	struct tuple packet = inquiry_packet(inquiry), other;
	struct socket_record record;
	struct flow flow;
	bool is_unsure = false, is_known, is_closed;

	is_known = inquiry_find_flow(inquiry, inquiry->means->outside.netns, &packet, false,
				     &flow);
	is_known = is_known && inquiry_find_record(inquiry, flow.cookie, &record);
	is_closed = inquiry->verdict == VERDICT_CLOSED;
	if (is_known && !is_closed && inquiry_by_reached(inquiry, &flow, &record))
		return;
	/*
	 * What reached a socket of this namespace was not translated away; but the answers of one
	 * behind a redirected port bear that port, which is closed.
	 */
	if ((!is_known || is_closed) &&
	    inquiry_translate(inquiry, &packet, &other, &is_unsure)) {
		inquiry_by_translation(inquiry, &other);
		return;
	}
	if (is_known && is_closed && inquiry_by_reached(inquiry, &flow, &record))
		return;
	if (is_closed)
		return;
	if (!inquiry->is_late)
		inquiry->is_open = true;
	else if (!is_unsure)
		present_find(inquiry, &packet, is_known ? flow.cookie : 0,
			     is_known ? &record : NULL);
}

/* By the cookie of a socket that is not the packet's own: it is the one that caused it. */
static bool inquiry_by_cause(struct inquiry *inquiry, const struct socket_record *record)
{
	bool is_udp = inquiry->sighting->protocol == PROTOCOL_UDP;

	if (evidence_is_kernel(record))
		return inquiry_claim_kernel(inquiry);
	/* The kernel carries packets in UDP, never in TCP: that was sent by a raw socket. */
	return inquiry_claim_sender(inquiry, is_udp ? QUALITY_TUNNEL : QUALITY_EXACT, record,
				    inquiry->event->cookie);
}

/* A socket that sends with its own address and port: the packet's own. */
static bool inquiry_by_own(struct inquiry *inquiry, const struct socket_record *record)
{
	return evidence_is_kernel(record) ? inquiry_claim_kernel(inquiry) :
				inquiry_claim_sender(inquiry, QUALITY_EXACT, record,
						     inquiry->event->cookie);
}

/* The sender is told by the event itself, whatever became of the socket's record. */
static bool inquiry_by_event(struct inquiry *inquiry)
{
	static const struct socket_record nothing;

	return !evidence_is_nobody(&inquiry->event->sender) &&
	       inquiry_claim_sender(inquiry, QUALITY_EXACT, &nothing, inquiry->event->cookie);
}

static bool inquiry_by_cookie(struct inquiry *inquiry, bool *ret_has_record,
			      struct socket_record *ret_record)
{
	const struct packet_event *event = inquiry->event;

	*ret_has_record = inquiry_find_record(inquiry, event->cookie, ret_record);
	if (!event->is_own)
		return false;
	return *ret_has_record ? inquiry_by_own(inquiry, ret_record) : inquiry_by_event(inquiry);
}

/* Masqueraded: by the flow that its sender's socket, in whatever namespace, knows. */
static bool inquiry_by_masquerade(struct inquiry *inquiry, const struct tuple *packet)
{
	uint32_t netns = 0;
	struct tuple other;
	bool is_unsure;

	if (inquiry->event->is_own || !inquiry_translate(inquiry, packet, &other, &is_unsure))
		return false;
	if (!inquiry_by_any_flow(inquiry, &other, &netns))
		inquiry->is_open = true;
	else if (netns != inquiry->means->outside.netns)
		inquiry->verdict = VERDICT_FORWARDED;
	return true;
}

static void inquiry_sender(struct inquiry *inquiry)
{
	struct tuple packet = inquiry_packet(inquiry), toward = tuple_reverse(&packet);
	const struct packet_event *event = inquiry->event;
	struct socket_record record;
	bool has_record;
	uint32_t netns;

	if (inquiry_by_cookie(inquiry, &has_record, &record) ||
	    inquiry_by_flow(inquiry, inquiry->means->outside.netns, &packet, true, &netns) ||
	    inquiry_by_masquerade(inquiry, &packet))
		return;
	if (has_record && !event->is_own && inquiry_by_cause(inquiry, &record))
		return;
	if (event->kind == KIND_RST && (inquiry->is_late || !inquiry->is_open))
		inquiry_claim_kernel(inquiry);
	else if (!inquiry->is_late)
		inquiry->is_open = true;
	else if (inquiry->verdict != VERDICT_CLOSED)
		present_find(inquiry, &toward, 0, NULL);
}

/* This host only passes it on: one of its containers may have sent it, or get it. */
static void inquiry_forwarded(struct inquiry *inquiry)
{
	struct tuple packet = inquiry_packet(inquiry), other;
	struct socket_record record;
	bool has_record, is_unsure;
	uint32_t netns;

	if (inquiry_by_cookie(inquiry, &has_record, &record) ||
	    inquiry_by_any_flow(inquiry, &packet, &netns))
		return;
	if (inquiry_translate(inquiry, &packet, &other, &is_unsure)) {
		inquiry_by_translation(inquiry, &other);
		return;
	}
	if (has_record && !inquiry->event->is_own && evidence_is_kernel(&record))
		inquiry_claim_kernel(inquiry);
	else
		inquiry->is_open = true;
}

/* Who sends or gets the packets of a flow on this host, in any namespace. */
static bool inquiry_find_end(struct inquiry *inquiry, bool sends, struct process_key *ret_key)
{
	const struct owner_source *source = &inquiry->means->source;
	struct tuple packet = inquiry_packet(inquiry);
	const struct process_key *key;
	struct socket_record record;
	bool is_settled;
	struct flow flow;

	if (!inquiry_find_flow(inquiry, inquiry->means->outside.netns, &packet, sends, &flow) &&
	    !inquiry_find_flow(inquiry, 0, &packet, sends, &flow))
		return false;
	if (source->find_socket(source->argument, flow.cookie, &record) < 0)
		return false;
	key = sends ? evidence_sender(inquiry->event, &record,
				      flow.cookie == inquiry->event->cookie) :
		      evidence_receiver(inquiry->event, &record, true, &is_settled);
	if (key)
		*ret_key = *key;
	return key;
}

/* The end that is not the owner's. */
static void inquiry_other_end(struct inquiry *inquiry)
{
	bool sends = inquiry->sighting->direction == DIRECTION_IN;
	struct process_key key;

	if (inquiry_find_end(inquiry, sends, &key) && !evidence_is_same(&key, &inquiry->owner))
		inquiry->other_end = key;
	else if (inquiry->verdict == VERDICT_FORWARDED &&
		 inquiry_find_end(inquiry, !sends, &key) &&
		 !evidence_is_same(&key, &inquiry->owner))
		inquiry->other_end = key;
}

void inquiry_answer(struct inquiry *inquiry)
{
	const struct sighting *sighting = inquiry->sighting;

	/* The ports of a packet that an ICMP error quotes are not its own, nor is its owner. */
	if (sighting->kind == KIND_ICMP || sighting->verdict == VERDICT_UNKNOWN)
		return;
	if (sighting->verdict == VERDICT_FORWARDED)
		inquiry_forwarded(inquiry);
	else if (sighting->direction == DIRECTION_IN)
		inquiry_receiver(inquiry);
	else
		inquiry_sender(inquiry);
	inquiry_other_end(inquiry);
}
