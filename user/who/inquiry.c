// SPDX-License-Identifier: GPL-2.0-only
/* inquiry.c - the order of proof: the packet's own socket, its translation, the present system. */
#include "inquiry.h"

#include <errno.h>
#include <linux/in.h>

#include "../base/clock.h"
#include "../base/util.h"
#include "ends.h"
#include "present.h"

/* A packet is seen before it is tracked: as long as that may take on a busy CPU. */
#define INQUIRY_TRACKING_NS 5000000ULL
/* For so long something may still be answered for a connection that is no more. */
#define INQUIRY_GONE_NS (120 * CLOCK_NS_PER_SECOND)
/* What a process's end sends: its files are closed a little after it has ended. */
#define INQUIRY_CLOSING_NS (CLOCK_NS_PER_SECOND / 10)
/* As long as a frame may wait in a queue. */
#define INQUIRY_QUEUED_NS (5 * CLOCK_NS_PER_SECOND)

bool inquiry_claim(struct inquiry *inquiry, enum quality quality, const struct process_key *owner,
		   const struct socket_record *record)
{
	inquiry->quality = quality;
	inquiry->owner = *owner;
	if (record) {
		inquiry->created = record->roles[SOCKET_CREATED];
		inquiry->accepted = record->roles[SOCKET_ACCEPTED];
	}
	return true;
}

bool inquiry_claim_kernel(struct inquiry *inquiry)
{
	inquiry->quality = QUALITY_KERNEL;
	inquiry->is_open = false;
	return true;
}

static struct life inquiry_life(const struct inquiry *inquiry, const struct process_key *key)
{
	const struct owner_source *source = &inquiry->means->source;
	struct life life = {};

	/* Of one that nothing is known of, anything may have become. */
	if (!inquiry->means->has_source || source->find_life(source->argument, key, &life) < 0)
		life = (struct life){ .shared_boot_ns = UINT64_MAX };
	return life;
}

/* Looked up in /proc, as often as that may be. False: no, or not known. */
static bool inquiry_holds(struct inquiry *inquiry, const struct process_key *key, uint64_t inode)
{
	const struct outside *outside = &inquiry->means->outside;
	uint64_t began_ns = clock_boot_ns();
	bool holds;

	if (!inode || !pace_allows(&inquiry->means->check, inquiry->now_ns))
		return false;
	holds = outside->holds(outside->argument, key, inode);
	pace_charge(&inquiry->means->check, inquiry->now_ns, clock_boot_ns() - began_ns);
	return holds;
}

/*
 * Had he, who used the socket before, it still when the packet was there? Sure as long as nobody
 * else can have had it, for with its last descriptor the socket is closed.
 */
static bool inquiry_still_holds(struct inquiry *inquiry, const struct process_key *key,
				const struct socket_record *record)
{
	struct life life = inquiry_life(inquiry, key);
	bool may_have_passed = life.shared_boot_ns || record->handed_boot_ns ||
			       !evidence_sole(record);

	return !may_have_passed || inquiry_holds(inquiry, key, record->inode);
}

/* Can another than who made the socket have it? */
static bool inquiry_may_have_passed(const struct inquiry *inquiry,
				    const struct socket_record *record)
{
	const struct process_key *creator = &record->roles[SOCKET_CREATED];

	return record->handed_boot_ns || evidence_is_nobody(creator) ||
	       inquiry_life(inquiry, creator).shared_boot_ns;
}

bool inquiry_can_have_sent(struct inquiry *inquiry, const struct process_key *key,
			   const struct socket_record *record)
{
	if (evidence_has_acted(record, key))
		return true;
	/* Of the dead it cannot be looked up any more. */
	return inquiry_may_have_passed(inquiry, record) &&
	       (inquiry_life(inquiry, key).ended_boot_ns ||
		inquiry_holds(inquiry, key, record->inode));
}

static bool inquiry_is_closing(const struct inquiry *inquiry)
{
	return inquiry->sighting->direction == DIRECTION_OUT &&
	       (inquiry->event->kind == KIND_FIN || inquiry->event->kind == KIND_RST);
}

bool inquiry_claim_user(struct inquiry *inquiry, const struct socket_record *record)
{
	uint64_t boot_ns = inquiry->event->boot_ns, ended_ns;
	const struct process_key *key = evidence_user(record, boot_ns);

	if (!key)
		return false;
	ended_ns = inquiry_life(inquiry, key).ended_boot_ns;
	if (inquiry_is_closing(inquiry) && ended_ns)
		ended_ns += INQUIRY_CLOSING_NS;
	if (ended_ns && ended_ns < boot_ns)
		return inquiry_claim(inquiry, QUALITY_PAST, key, record);
	if (!inquiry_still_holds(inquiry, key, record))
		return false;
	return inquiry_claim(inquiry, QUALITY_JOINED, key, record);
}

bool inquiry_claim_sole(struct inquiry *inquiry, enum quality quality,
			const struct socket_record *record)
{
	const struct process_key *key = evidence_sole(record);

	return key && inquiry_life(inquiry, key).shared_boot_ns < record->boot_ns &&
	       key->start_boot_ns <= inquiry->event->boot_ns &&
	       inquiry_holds(inquiry, key, record->inode) &&
	       present_name_as_is(inquiry, quality, key, record);
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

static struct tuple inquiry_packet(const struct inquiry *inquiry)
{
	return (struct tuple){
		.source = inquiry->sighting->source,
		.destination = inquiry->sighting->destination,
		.protocol = inquiry->sighting->protocol,
		.is_lite = inquiry->event->next_header == IPPROTO_UDPLITE,
	};
}

/* --- address translation --- */

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

/* By a socket in any namespace: who sent it, who gets it; first the one at this end. */
static bool inquiry_by_anyone(struct inquiry *inquiry, const struct tuple *packet,
			      uint32_t *ret_netns)
{
	bool leaves = inquiry->sighting->direction == DIRECTION_OUT;
	struct reached at;

	for (int end = 0; end < 2; end++) {
		bool sends = leaves == (end == 0);

		if (!reached_find(inquiry, 0, packet, sends, &at))
			continue;
		*ret_netns = at.netns;
		if (sends ? inquiry_sent(inquiry, packet, &at) :
			    inquiry_received(inquiry, packet, &at))
			return true;
	}
	return false;
}

static enum verdict inquiry_verdict_at(const struct inquiry *inquiry, uint32_t netns)
{
	return netns == inquiry->means->outside.netns ? VERDICT_CONNECTED : VERDICT_FORWARDED;
}

/* The translated packet's socket, never the one that would have got it untranslated. */
static void inquiry_by_translation(struct inquiry *inquiry, const struct tuple *other)
{
	uint32_t netns = 0;
	bool is_found = inquiry_by_anyone(inquiry, other, &netns);

	if (netns)
		inquiry->verdict = inquiry_verdict_at(inquiry, netns);
	if (is_found) {
		/* A table's word stands between the packet and the socket. */
		if (inquiry->quality == QUALITY_EXACT)
			inquiry->quality = QUALITY_JOINED;
		return;
	}
	if (!inquiry->is_late)
		inquiry->is_open = true;
	else if (!netns)
		present_find_translated(inquiry, other);
}

/* --- the order --- */

/* What the port is by the socket that the packet is at. */
static enum verdict inquiry_verdict_of(const struct inquiry *inquiry, const struct tuple *packet,
				       const struct reached *at)
{
	if (packet->protocol == PROTOCOL_UDP)
		return at->state == SOCKET_LISTENING ? VERDICT_LISTENING : VERDICT_CONNECTED;
	if (inquiry->event->kind == KIND_SYN)
		return VERDICT_LISTENING;
	return at->cookie ? VERDICT_CONNECTED : VERDICT_LISTENING;
}

static bool inquiry_is_delivered(const struct inquiry *inquiry, const struct reached *at)
{
	return at->at_ns >= inquiry->event->boot_ns;
}

/* Who had the socket of a port that is closed by now. */
static bool inquiry_by_past(struct inquiry *inquiry, const struct reached *at)
{
	struct socket_record record;

	if (inquiry->event->kind == KIND_SYN || at->since_ns > inquiry->event->boot_ns ||
	    !inquiry_find_record(inquiry, at->cookie, &record) ||
	    !inquiry_claim_user(inquiry, &record))
		return false;
	inquiry->quality = QUALITY_PAST;
	return true;
}

/* A look-up finds neither sockets bound above this interface nor those of UDP-Lite. */
static bool inquiry_is_unsure_closed(const struct inquiry *inquiry)
{
	return inquiry->sighting->is_lower || inquiry->event->has_vlan ||
	       inquiry->event->next_header == IPPROTO_UDPLITE;
}

/* It is for this host, and has not reached a socket of it, as far as is known by now. */
static void inquiry_undelivered(struct inquiry *inquiry, const struct tuple *packet,
				const struct reached *at)
{
	bool is_closed = inquiry->verdict == VERDICT_CLOSED;

	if (is_closed && at && inquiry_by_past(inquiry, at))
		return;
	/* Who is bound to what stands above this interface is not found from below. */
	if (!inquiry->is_late && (!is_closed || inquiry_is_unsure_closed(inquiry))) {
		inquiry->is_open = true;
		return;
	}
	if (inquiry->verdict == VERDICT_LISTENING || !inquiry->means->has_source)
		present_find(inquiry, packet);
}

static void inquiry_receiver(struct inquiry *inquiry)
{
	struct tuple packet = inquiry_packet(inquiry), other;
	bool is_unsure = false, is_known;
	struct reached at = {};

	is_known = reached_find(inquiry, inquiry->means->outside.netns, &packet, false, &at);
	if (is_known && inquiry_is_delivered(inquiry, &at)) {
		inquiry->is_delivered = true;
		inquiry->verdict = inquiry_verdict_of(inquiry, &packet, &at);
		inquiry_received(inquiry, &packet, &at);
		return;
	}
	/* Whose frame it is not, its process is nobody here. */
	if (inquiry->sighting->is_elsewhere)
		return;
	if (inquiry_translate(inquiry, &packet, &other, &is_unsure)) {
		inquiry_by_translation(inquiry, &other);
		return;
	}
	inquiry_undelivered(inquiry, &packet, is_known ? &at : NULL);
	if (is_unsure && inquiry->quality != QUALITY_PAST) {
		inquiry->quality = QUALITY_NONE;
		inquiry->is_named = false;
	}
}

static bool inquiry_find_frames(const struct inquiry *inquiry, uint64_t task_or_cookie,
				struct frame_sender *ret_sender)
{
	const struct owner_source *source = &inquiry->means->source;

	return inquiry->means->has_source && task_or_cookie &&
	       source->find_frames(source->argument, task_or_cookie, ret_sender) == 0;
}

/*
 * Has nobody else sent by the frame's socket? A queue above this device may have held the frame
 * back, and then whoever takes it out is at it.
 */
static bool inquiry_is_frames_sole(const struct inquiry *inquiry, const struct frame_sender *sender)
{
	const struct packet_event *event = inquiry->event;
	struct frame_sender last;

	if (sender->cookie && sender->cookie != event->cookie)
		return false;
	return !inquiry_find_frames(inquiry, event->cookie, &last) ||
	       (evidence_is_same(&last.process, &sender->process) &&
		(!last.other_boot_ns || last.other_boot_ns + INQUIRY_QUEUED_NS < event->boot_ns));
}

/*
 * A raw frame's sender is the task that was at it. Another process may have had the task's address
 * before, or have it by now.
 */
static bool inquiry_by_task(struct inquiry *inquiry)
{
	const struct packet_event *event = inquiry->event;
	struct frame_sender sender;

	if (!inquiry_find_frames(inquiry, event->task, &sender) ||
	    sender.process.start_boot_ns > event->boot_ns ||
	    (sender.is_after && sender.boot_ns < event->boot_ns) ||
	    !inquiry_is_frames_sole(inquiry, &sender)) {
		inquiry->is_open = !inquiry->is_late;
		return true; /* nobody else's, in any case */
	}
	return inquiry_claim(inquiry, QUALITY_EXACT, &sender.process, NULL);
}

/* By the cookie of a socket that is not the packet's own: it is the one that caused it. */
static bool inquiry_by_cause(struct inquiry *inquiry)
{
	struct socket_record record;
	const struct process_key *key;

	if (!inquiry->event->cookie ||
	    !inquiry_find_record(inquiry, inquiry->event->cookie, &record))
		return false;
	if (evidence_is_kernel(&record))
		return inquiry_claim_kernel(inquiry);
	/* The kernel carries packets in UDP, never in TCP. */
	if (inquiry->sighting->protocol != PROTOCOL_UDP)
		return false;
	key = evidence_sole(&record);
	return key && inquiry_claim(inquiry, QUALITY_TUNNEL, key, &record);
}

/* Each has a passage; the kernel's own raw socket, which refuses, has none on some kernels. */
static bool inquiry_by_own_datagram(struct inquiry *inquiry, const struct tuple *packet,
				    const struct reached *at)
{
	const struct packet_event *event = inquiry->event;

	if (at && at->cookie == event->cookie) {
		if (!event->is_raw)
			inquiry->verdict = inquiry_verdict_of(inquiry, packet, at);
		if (inquiry_sent(inquiry, packet, at))
			return true;
	}
	if (!inquiry->is_late)
		inquiry->is_open = true;
	else if (event->is_raw && event->kind == KIND_RST)
		inquiry_claim_kernel(inquiry);
	else if (event->is_raw)
		inquiry_by_cause(inquiry); /* what it sent, which has no ports, is inside */
	return true;
}

/* The packet bears its socket's mark: nobody but that socket sent it. */
static bool inquiry_by_own(struct inquiry *inquiry, const struct tuple *packet)
{
	const struct packet_event *event = inquiry->event;
	struct reached at = {};
	bool is_found;

	/* What was forged is not the socket's that it imitates. */
	if (!inquiry->means->has_source)
		return event->is_raw || event->task;
	if (event->task)
		return inquiry_by_task(inquiry);
	if (!event->is_own && !event->is_raw)
		return false;
	is_found = reached_find(inquiry, 0, packet, true, &at);
	if (packet->protocol == PROTOCOL_UDP || event->is_raw)
		return inquiry_by_own_datagram(inquiry, packet, is_found ? &at : NULL);
	inquiry->verdict = VERDICT_CONNECTED;
	/* Of Multipath TCP the flow knows the first subflow. */
	if (!is_found || !at.is_multipath)
		at.cookie = event->cookie;
	if (inquiry_sent_segment(inquiry, &at))
		return true;
	if (event->kind == KIND_SYNACK && is_found)
		inquiry_received_early(inquiry, &at);
	else
		inquiry->is_open = !inquiry->is_late;
	return true;
}

/* Masqueraded: by the socket, in whatever namespace, that it left from. */
static bool inquiry_by_masquerade(struct inquiry *inquiry, const struct tuple *packet)
{
	uint32_t netns = 0;
	struct tuple other;
	bool is_unsure;

	if (!inquiry_translate(inquiry, packet, &other, &is_unsure))
		return false;
	if (!inquiry_by_anyone(inquiry, &other, &netns))
		inquiry->is_open = !inquiry->is_late;
	else if (inquiry->quality == QUALITY_EXACT)
		inquiry->quality = QUALITY_JOINED;
	if (netns && netns != inquiry->means->outside.netns)
		inquiry->verdict = VERDICT_FORWARDED;
	return true;
}

static void inquiry_sender(struct inquiry *inquiry)
{
	struct tuple packet = inquiry_packet(inquiry), toward = tuple_reverse(&packet);
	struct reached at;

	if (inquiry_by_own(inquiry, &packet))
		return;
	/* TIME_WAIT answers for a connection that is no more. */
	if (packet.protocol == PROTOCOL_TCP &&
	    reached_find(inquiry, inquiry->means->outside.netns, &packet, true, &at) &&
	    at.cookie && at.at_ns + INQUIRY_GONE_NS > inquiry->event->boot_ns &&
	    inquiry_sent_segment(inquiry, &at)) {
		if (inquiry->quality == QUALITY_JOINED)
			inquiry->quality = QUALITY_PAST;
		return;
	}
	if (inquiry_by_masquerade(inquiry, &packet) || inquiry_by_cause(inquiry))
		return;
	if (inquiry->event->kind == KIND_RST && !inquiry->event->is_own &&
	    (inquiry->is_late || !inquiry->is_open))
		inquiry_claim_kernel(inquiry);
	else if (!inquiry->is_late)
		inquiry->is_open = true;
	else if (inquiry->verdict != VERDICT_CLOSED && !inquiry->means->has_source)
		present_find(inquiry, &toward);
}

/* This host only passes it on: one of its containers may have sent it, or get it. */
static void inquiry_forwarded(struct inquiry *inquiry)
{
	struct tuple packet = inquiry_packet(inquiry), other;
	struct reached at;
	bool is_unsure;
	uint32_t netns;

	/* It still bears the mark of its container's socket. */
	if ((inquiry->event->is_own || inquiry->event->is_raw) &&
	    reached_find(inquiry, 0, &packet, true, &at) && inquiry_sent(inquiry, &packet, &at))
		return;
	if (inquiry_by_anyone(inquiry, &packet, &netns))
		return;
	if (inquiry_translate(inquiry, &packet, &other, &is_unsure))
		inquiry_by_translation(inquiry, &other);
	else if (!inquiry->event->cookie || !inquiry_by_cause(inquiry))
		inquiry->is_open = !inquiry->is_late;
}

/* A socket of this namespace may take what is not addressed to it (TPROXY). */
static bool inquiry_is_taken(struct inquiry *inquiry)
{
	struct tuple packet = inquiry_packet(inquiry);
	bool in = inquiry->sighting->direction == DIRECTION_IN;
	struct reached at;

	return reached_find(inquiry, inquiry->means->outside.netns, &packet, !in, &at) &&
	       (!in || inquiry_is_delivered(inquiry, &at));
}

/* Who sends or gets the packet on this host, in any namespace. */
static bool inquiry_find_end(struct inquiry *inquiry, bool sends, struct process_key *ret_key)
{
	struct tuple packet = inquiry_packet(inquiry);
	struct inquiry end = {
		.means = inquiry->means,
		.sighting = inquiry->sighting,
		.event = inquiry->event,
		.now_ns = inquiry->now_ns,
		.verdict = inquiry->verdict,
	};
	struct reached at;

	if (!reached_find(inquiry, 0, &packet, sends, &at) ||
	    at.at_ns + CLOCK_NS_PER_SECOND < inquiry->event->boot_ns ||
	    !(sends ? inquiry_sent(&end, &packet, &at) : inquiry_received(&end, &packet, &at)) ||
	    (end.quality != QUALITY_EXACT && end.quality != QUALITY_JOINED))
		return false;
	*ret_key = end.owner;
	return true;
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
	if (sighting->kind == KIND_ICMP)
		return;
	if (sighting->verdict == VERDICT_FORWARDED && !inquiry_is_taken(inquiry))
		inquiry_forwarded(inquiry);
	else if (sighting->direction == DIRECTION_IN)
		inquiry_receiver(inquiry);
	else
		inquiry_sender(inquiry);
	if (inquiry->quality == QUALITY_NONE)
		inquiry->owner = (struct process_key){};
	inquiry_other_end(inquiry);
}
