// SPDX-License-Identifier: GPL-2.0-only
/* evidence.c - claims, takings and roles. */
#include "evidence.h"

#include <stddef.h>

#include "../base/util.h"

static bool evidence_is_after(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

/* What holds of a range that lies in [from, limit), or does not. */
static enum proof evidence_within(const struct claim *claim, uint32_t limit, uint32_t sequence,
				  uint32_t end, bool is_newest, struct process_key *ret_key)
{
	if (evidence_is_after(end, limit))
		return is_newest ? PROOF_NOT_YET : PROOF_NEVER;
	if (evidence_is_nobody(&claim->process) || evidence_is_after(claim->from, sequence))
		return PROOF_NEVER;
	*ret_key = claim->process;
	return PROOF_FOUND;
}

enum proof evidence_octets(const struct claims *claims, uint32_t sequence, uint32_t length,
			   struct process_key *ret_key)
{
	uint32_t end = sequence + length, limit = 0;

	for (uint32_t back = 0; back < HISTORY_LENGTH; back++) {
		const struct claim *claim =
			&claims->last[(claims->newest - back) % HISTORY_LENGTH];

		if (claim->from == claim->to)
			break; /* before the first one */
		if (back == 0 || evidence_is_after(limit, claim->to))
			limit = claim->to;
		if (!evidence_is_after(claim->from, sequence))
			return evidence_within(claim, limit, sequence, end, back == 0, ret_key);
		limit = claim->from;
	}
	/* Older than what is remembered; or there is nothing to remember yet. */
	return claims->newest ? PROOF_NEVER : PROOF_NOT_YET;
}

/* The first of the takings that were not over when it came; -1: there is none. */
static int evidence_first_taking(const struct takings *takings, uint64_t boot_ns)
{
	int found = -1;

	for (uint32_t back = 0; back < HISTORY_LENGTH; back++) {
		const struct taking *taking =
			&takings->last[(takings->newest - back) % HISTORY_LENGTH];

		if (!taking->last_boot_ns || taking->last_boot_ns < boot_ns)
			break;
		found = back;
	}
	return found;
}

enum proof evidence_datagram(const struct takings *takings, uint64_t boot_ns,
			     struct process_key *ret_key)
{
	int back = evidence_first_taking(takings, boot_ns);
	const struct taking *taking;

	if (boot_ns < takings->known_boot_ns || boot_ns <= takings->confused_boot_ns)
		return PROOF_NEVER;
	if (back < 0)
		return PROOF_NOT_YET;
	taking = &takings->last[(takings->newest - back) % HISTORY_LENGTH];
	/* Somebody may have been at it before the oldest that is remembered. */
	if (back == HISTORY_LENGTH - 1 && boot_ns < taking->first_boot_ns)
		return PROOF_NEVER;
	if (taking->empty_boot_ns < boot_ns)
		return back == 0 ? PROOF_NOT_YET : PROOF_NEVER;
	if (evidence_is_nobody(&taking->process))
		return PROOF_NEVER;
	*ret_key = taking->process;
	return PROOF_FOUND;
}

static const struct process_key *evidence_role(const struct socket_record *record,
					       enum socket_role role)
{
	const struct process_key *key = &record->roles[role];

	if (role == SOCKET_HELD && record->shared)
		return NULL; /* one of several, nobody knows which */
	return evidence_is_nobody(key) ? NULL : key;
}

/* One way of use, as it was at a time. */
struct evidence_use {
	const struct process_key *key; /* NULL: not used so, or not known by whom */
	uint64_t acted_ns;
	bool is_forgotten; /* it was used so before, by somebody whose place another has */
};

static struct evidence_use evidence_use(const struct socket_record *record, enum socket_role role,
					uint64_t boot_ns)
{
	bool sent = role == SOCKET_SENT;
	uint64_t since_ns = sent ? record->sent_since_boot_ns : record->received_since_boot_ns;
	uint64_t last_ns = sent ? record->sent_boot_ns : record->received_boot_ns;
	struct evidence_use use = { .key = evidence_role(record, role) };

	if (!use.key)
		return use;
	if (since_ns > boot_ns) {
		use.key = NULL;
		use.is_forgotten = (record->changed | record->became) >> role & 1;
	} else {
		use.acted_ns = last_ns > boot_ns ? since_ns : last_ns;
	}
	return use;
}

const struct process_key *evidence_user(const struct socket_record *record, uint64_t boot_ns)
{
	static const enum socket_role others[] = { SOCKET_ACCEPTED, SOCKET_CONNECTED_BY,
						   SOCKET_HELD };
	struct evidence_use sent = evidence_use(record, SOCKET_SENT, boot_ns);
	struct evidence_use received = evidence_use(record, SOCKET_RECEIVED, boot_ns);
	const struct evidence_use *last = received.acted_ns > sent.acted_ns ? &received : &sent;

	if (sent.is_forgotten || received.is_forgotten)
		return NULL;
	if (last->key)
		return last->key;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		const struct process_key *key = evidence_role(record, others[i]);

		if (key && key->start_boot_ns <= boot_ns)
			return key;
	}
	return NULL;
}

bool evidence_is_used(const struct socket_record *record)
{
	for (enum socket_role role = SOCKET_CONNECTED_BY; role < SOCKET_ROLE_COUNT; role++)
		if (!evidence_is_nobody(&record->roles[role]))
			return true;
	return false;
}

const struct process_key *evidence_sole(const struct socket_record *record)
{
	const struct process_key *sole = NULL;

	if (record->shared || record->changed || record->handed_boot_ns)
		return NULL;
	for (enum socket_role role = 0; role < SOCKET_ROLE_COUNT; role++) {
		const struct process_key *key = evidence_role(record, role);

		if (key && sole && !evidence_is_same(key, sole))
			return NULL;
		if (key)
			sole = key; /* the last role is the latest act */
	}
	return sole;
}

bool evidence_has_acted(const struct socket_record *record, const struct process_key *key)
{
	for (enum socket_role role = 0; role < SOCKET_ROLE_COUNT; role++)
		if (role != SOCKET_SENT && evidence_is_same(&record->roles[role], key))
			return true;
	return false;
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

	for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
		const struct process_key *key = evidence_role(record, roles[i]);

		if (key)
			return key;
	}
	return NULL;
}
