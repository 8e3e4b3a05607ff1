// SPDX-License-Identifier: GPL-2.0-only
/* ends.c - the histories and roles of a socket, asked about one packet. */
#include "ends.h"

#include "../base/util.h"
#include "present.h"

/* Between the hook that sees a socket without a process and the one that sees its packet. */
#define INQUIRY_ORPHAN_NS 1000000ULL

static bool inquiry_find_history(const struct inquiry *inquiry, uint64_t cookie,
				 struct socket_history *ret_history)
{
	const struct owner_source *source = &inquiry->means->source;

	return inquiry->means->has_source && cookie &&
	       source->find_history(source->argument, cookie, ret_history) == 0;
}

/* Who wrote or took the segment's octets. */
static enum proof inquiry_prove_octets(const struct inquiry *inquiry, uint64_t cookie, bool sends,
				       struct process_key *ret_key)
{
	const struct packet_event *event = inquiry->event;
	struct socket_history history;

	if (!inquiry_find_history(inquiry, cookie, &history))
		return PROOF_NOT_YET;
	return evidence_octets(sends ? &history.stream.written : &history.stream.taken,
			       event->sequence, event->payload_length, ret_key);
}

static enum proof inquiry_prove_datagram(const struct inquiry *inquiry, const struct reached *at,
					 struct process_key *ret_key)
{
	uint64_t since_ns = MAX(at->since_ns, inquiry->event->boot_ns);
	struct socket_history history;
	struct process_key first;
	enum proof proof;

	if (!inquiry_find_history(inquiry, at->cookie, &history))
		return PROOF_NOT_YET;
	proof = evidence_datagram(&history.datagrams, at->at_ns, ret_key);
	if (proof != PROOF_FOUND || since_ns == at->at_ns)
		return proof;
	/* One of several that are just alike: whoever took all of them. */
	proof = evidence_datagram(&history.datagrams, since_ns, &first);
	if (proof == PROOF_FOUND && memcmp(&first, ret_key, sizeof(first)) != 0)
		proof = PROOF_NEVER;
	return proof;
}

/* --- what was sent --- */

/* By the connect() that sent it. */
static bool inquiry_by_connect(struct inquiry *inquiry, const struct socket_record *record)
{
	const struct process_key *key = &record->roles[SOCKET_CONNECTED_BY];

	return !evidence_is_nobody(key) && !((record->changed | record->became) >> SOCKET_CONNECTED_BY & 1) &&
	       inquiry_claim(inquiry, QUALITY_EXACT, key, record);
}

/* By who used the connection last; it may be closed already, and go on without him. */
static bool inquiry_claim_last_user(struct inquiry *inquiry, const struct reached *at,
				    const struct socket_record *record)
{
	uint64_t slack_ns = inquiry->sighting->direction == DIRECTION_IN ? INQUIRY_ORPHAN_NS : 0;

	if (!inquiry_claim_user(inquiry, record))
		return false;
	if (at->orphan_ns && at->orphan_ns <= inquiry->event->boot_ns + slack_ns)
		inquiry->quality = QUALITY_PAST;
	return true;
}

/* Has the segment octets whose numbers are known, and are they its connection's? */
static bool inquiry_has_octets(const struct inquiry *inquiry, const struct reached *at)
{
	const struct packet_event *event = inquiry->event;

	return event->payload_length && event->kind != KIND_FRAGMENT && !at->is_multipath;
}

/* record: NULL where there is none. */
static bool inquiry_sent_octets(struct inquiry *inquiry, const struct reached *at,
				const struct socket_record *record)
{
	struct process_key key;

	if (inquiry_prove_octets(inquiry, at->cookie, true, &key) == PROOF_FOUND)
		return inquiry_claim(inquiry, QUALITY_EXACT, &key, record);
	/* Octets that this rung does not tell of are his who alone has the socket. */
	return record && inquiry->is_late && at->is_sole &&
	       inquiry_claim_sole(inquiry, QUALITY_JOINED, record);
}

/* A segment that a connection of this host sends. */
bool inquiry_sent_segment(struct inquiry *inquiry, const struct reached *at)
{
	struct socket_record record;
	bool has_record = inquiry_find_record(inquiry, at->cookie, &record);

	if (at->is_kernel || (has_record && evidence_is_kernel(&record)))
		return inquiry_claim_kernel(inquiry);
	if (inquiry->event->kind == KIND_SYN)
		return has_record && inquiry_by_connect(inquiry, &record);
	if (inquiry_has_octets(inquiry, at))
		return inquiry_sent_octets(inquiry, at, has_record ? &record : NULL);
	return has_record && inquiry_claim_last_user(inquiry, at, &record);
}

static bool inquiry_sent_datagram(struct inquiry *inquiry, const struct reached *at)
{
	struct socket_record record;
	bool has_record;

	if (at->is_kernel)
		return inquiry_claim_kernel(inquiry);
	if (evidence_is_nobody(&at->sender))
		return false;
	has_record = inquiry_find_record(inquiry, at->cookie, &record);
	inquiry->is_open = false; /* the passage says it all */
	if (has_record && !inquiry_can_have_sent(inquiry, &at->sender, &record))
		return false;
	return inquiry_claim(inquiry, QUALITY_EXACT, &at->sender, has_record ? &record : NULL);
}

bool inquiry_sent(struct inquiry *inquiry, const struct tuple *packet,
			 const struct reached *at)
{
	if (packet->protocol == PROTOCOL_UDP || inquiry->event->is_raw)
		return inquiry_sent_datagram(inquiry, at);
	return inquiry_sent_segment(inquiry, at);
}

/* --- what was received --- */

static bool inquiry_took(struct inquiry *inquiry, enum proof proof, const struct process_key *key,
			 const struct reached *at)
{
	struct socket_record record;
	bool has_record = inquiry_find_record(inquiry, at->cookie, &record);

	inquiry->is_open = false;
	if (proof == PROOF_FOUND)
		return inquiry_claim(inquiry, QUALITY_EXACT, key, has_record ? &record : NULL);
	if (proof == PROOF_NOT_YET && !inquiry->is_late) {
		inquiry->is_open = true;
		return false;
	}
	/* Nobody took it in time. It waits in a socket that one process alone holds. */
	return proof == PROOF_NOT_YET && at->is_sole && at->state == SOCKET_LISTENING &&
	       has_record && inquiry_claim_sole(inquiry, QUALITY_LISTENER, &record);
}

static bool inquiry_received_octets(struct inquiry *inquiry, const struct reached *at)
{
	struct process_key key;
	enum proof proof;

	if (at->is_kernel)
		return inquiry_claim_kernel(inquiry);
	proof = inquiry_prove_octets(inquiry, at->cookie, false, &key);
	return inquiry_took(inquiry, proof, &key, at);
}

/* Could nobody else have taken it? Workers that share a socket stand in for each other. */
static bool inquiry_is_sole_taker(struct inquiry *inquiry, const struct reached *at,
				  const struct process_key *key)
{
	const struct process_key *sole;
	struct socket_record record;

	if (at->is_sole)
		return true;
	sole = inquiry_find_record(inquiry, at->cookie, &record) ? evidence_sole(&record) : NULL;
	return sole && evidence_is_same(sole, key);
}

static bool inquiry_received_datagram(struct inquiry *inquiry, const struct reached *at)
{
	struct process_key key;
	enum proof proof;

	if (at->is_kernel)
		return inquiry_claim_kernel(inquiry);
	proof = inquiry_prove_datagram(inquiry, at, &key);
	if (proof == PROOF_FOUND && !inquiry_is_sole_taker(inquiry, at, &key))
		proof = PROOF_NEVER;
	return inquiry_took(inquiry, proof, &key, at);
}

/* Nobody accepted it (yet): those who hold the listening socket. */
static bool inquiry_received_by_listener(struct inquiry *inquiry, const struct reached *at)
{
	struct socket_record record;
	bool has_record;

	inquiry->is_open = !inquiry->is_late;
	if (!inquiry->is_late || !at->listener)
		return false;
	has_record = inquiry_find_record(inquiry, at->listener, &record);
	inquiry->is_open = false;
	if (has_record && evidence_is_kernel(&record))
		return inquiry_claim_kernel(inquiry);
	return has_record && present_name_listener(inquiry, &record);
}

/* A SYN, and all that comes before a process has the connection, is whose it becomes. */
bool inquiry_received_early(struct inquiry *inquiry, const struct reached *at)
{
	const struct process_key *key;
	struct socket_record record;

	if (at->cookie && at->since_ns >= inquiry->event->boot_ns &&
	    inquiry_find_record(inquiry, at->cookie, &record)) {
		key = evidence_is_nobody(&record.roles[SOCKET_ACCEPTED]) ?
			      evidence_user(&record, UINT64_MAX) :
			      &record.roles[SOCKET_ACCEPTED];
		if (key) {
			inquiry->is_open = false;
			return inquiry_claim(inquiry, QUALITY_JOINED, key, &record);
		}
	}
	return inquiry_received_by_listener(inquiry, at);
}

static bool inquiry_received_control(struct inquiry *inquiry, const struct reached *at)
{
	struct socket_record record;

	if (at->is_kernel)
		return inquiry_claim_kernel(inquiry);
	if (!inquiry_find_record(inquiry, at->cookie, &record))
		return inquiry_received_early(inquiry, at);
	inquiry->is_open = false;
	if (evidence_is_kernel(&record))
		return inquiry_claim_kernel(inquiry);
	if (!evidence_is_used(&record))
		return inquiry_received_early(inquiry, at);
	return inquiry_claim_last_user(inquiry, at, &record);
}

/* What a socket of this host, in whatever namespace, gets. */
bool inquiry_received(struct inquiry *inquiry, const struct tuple *packet,
			     const struct reached *at)
{
	if (packet->protocol == PROTOCOL_UDP)
		return inquiry_received_datagram(inquiry, at);
	if (!at->cookie || inquiry->event->kind == KIND_SYN)
		return inquiry_received_early(inquiry, at);
	return inquiry_has_octets(inquiry, at) ? inquiry_received_octets(inquiry, at) :
						 inquiry_received_control(inquiry, at);
}
