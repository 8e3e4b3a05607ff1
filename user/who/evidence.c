// SPDX-License-Identifier: GPL-2.0-only
/* evidence.c - roles in the order of proof. */
#include "evidence.h"

#include "../base/util.h"

static const struct process_key *evidence_role(const struct socket_record *record,
					       enum socket_role role)
{
	const struct process_key *key = &record->roles[role];

	if (role == SOCKET_HELD && record->shared)
		return NULL; /* one of several, nobody knows which */
	return evidence_is_nobody(key) ? NULL : key;
}

/* The first of the roles that has a process which was there at that time. */
static const struct process_key *evidence_first(const struct socket_record *record,
						uint64_t boot_ns, const enum socket_role *roles,
						size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct process_key *key = evidence_role(record, roles[i]);

		if (key && key->start_boot_ns <= boot_ns)
			return key;
	}
	return NULL;
}

/* Who used the socket last, of those who did by that time. NULL: nobody did. */
static const struct process_key *evidence_last_user(const struct socket_record *record,
						    uint64_t boot_ns)
{
	const struct process_key *sent = evidence_role(record, SOCKET_SENT);
	const struct process_key *received = evidence_role(record, SOCKET_RECEIVED);

	if (sent && record->sent_since_boot_ns > boot_ns)
		sent = NULL;
	if (received && record->received_since_boot_ns > boot_ns)
		received = NULL;
	if (!sent || !received)
		return sent ? sent : received;
	return record->sent_boot_ns > record->received_boot_ns ? sent : received;
}

/* Who began to use it first afterwards, if he was there at that time. */
static const struct process_key *evidence_next_user(const struct socket_record *record,
						    uint64_t boot_ns)
{
	static const enum socket_role sent_first[] = { SOCKET_SENT, SOCKET_RECEIVED };
	static const enum socket_role received_first[] = { SOCKET_RECEIVED, SOCKET_SENT };
	bool is_sent = record->sent_since_boot_ns &&
		       (!record->received_since_boot_ns ||
			record->sent_since_boot_ns < record->received_since_boot_ns);

	return evidence_first(record, boot_ns, is_sent ? sent_first : received_first, 2);
}

/* The kernel sends these for whoever uses the connection: no process asked for just this one. */
static bool evidence_is_control(enum kind kind)
{
	return kind == KIND_SYN || kind == KIND_SYNACK || kind == KIND_ACK || kind == KIND_FIN ||
	       kind == KIND_RST;
}

static const struct process_key *evidence_controller(const struct packet_event *event,
						     const struct socket_record *record,
						     const struct process_key *sender)
{
	static const enum socket_role others[] = { SOCKET_ACCEPTED, SOCKET_CONNECTED_BY,
						   SOCKET_HELD };
	const struct process_key *user = evidence_last_user(record, event->boot_ns);

	/* The record has moved on since, the event has not. */
	if (sender && record->sent_boot_ns > event->boot_ns &&
	    (evidence_is_nobody(&record->roles[SOCKET_RECEIVED]) ||
	     record->received_boot_ns > event->boot_ns))
		return sender;
	if (!user)
		user = sender;
	if (!user)
		user = evidence_first(record, event->boot_ns, others, ARRAY_SIZE(others));
	return user ? user : evidence_next_user(record, event->boot_ns);
}

const struct process_key *evidence_sender(const struct packet_event *event,
					  const struct socket_record *record, bool is_its_cookie)
{
	static const enum socket_role roles[] = { SOCKET_SENT, SOCKET_CONNECTED_BY,
						  SOCKET_ACCEPTED, SOCKET_HELD, SOCKET_BOUND,
						  SOCKET_CREATED };
	const struct process_key *sender = NULL, *key;

	if (is_its_cookie && !evidence_is_nobody(&event->sender))
		sender = &event->sender;
	if (evidence_is_control(event->kind)) {
		key = evidence_controller(event, record, sender);
		/* A SYN-ACK can bear its listener's cookie: who bound that need not be the one. */
		if (key || event->kind == KIND_SYNACK)
			return key;
	}
	return sender ? sender :
			evidence_first(record, event->boot_ns, roles, ARRAY_SIZE(roles));
}

static bool evidence_is_data(enum kind kind)
{
	return kind == KIND_DATA || kind == KIND_UDP || kind == KIND_FRAGMENT;
}

const struct process_key *evidence_receiver(const struct packet_event *event,
					    const struct socket_record *record, bool is_connected,
					    bool *ret_is_settled)
{
	static const enum socket_role others[] = { SOCKET_ACCEPTED, SOCKET_CONNECTED_BY,
						   SOCKET_HELD };
	const struct process_key *received = evidence_role(record, SOCKET_RECEIVED), *user;
	bool is_data = evidence_is_data(event->kind);

	*ret_is_settled = true;
	if (is_data && received && record->received_boot_ns >= event->boot_ns)
		return received;
	*ret_is_settled = !is_data;
	/* Who asks before the data came waits for it: the latest of all. */
	user = evidence_last_user(record, is_data ? UINT64_MAX : event->boot_ns);
	if (!user)
		user = evidence_first(record, UINT64_MAX, others,
				      ARRAY_SIZE(others) - !is_connected);
	return user ? user : evidence_next_user(record, UINT64_MAX);
}

bool evidence_is_kernel(const struct socket_record *record)
{
	for (enum socket_role role = 0; role < SOCKET_ROLE_COUNT; role++)
		if (!evidence_is_nobody(&record->roles[role]))
			return false;
	return record->kernel;
}

const struct process_key *evidence_listener(const struct socket_record *record)
{
	static const enum socket_role roles[] = { SOCKET_BOUND, SOCKET_HELD, SOCKET_CREATED };

	return evidence_first(record, UINT64_MAX, roles, ARRAY_SIZE(roles));
}

uint64_t evidence_last_use(const struct socket_record *record, const struct flow *flow)
{
	return MAX(flow->boot_ns, MAX(record->sent_boot_ns, record->received_boot_ns));
}
