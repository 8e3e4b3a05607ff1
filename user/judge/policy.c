// SPDX-License-Identifier: GPL-2.0-only
/* policy.c - direction, role and verdict to action. */
#include "policy.h"

#include "fate.h"

/* Came to a watched port. */
static enum action policy_judge_incoming(const struct sighting *sighting)
{
	return fate_is_let_in(sighting) ? ACTION_CONNECTION : ACTION_PROBE;
}

/* What a file has shown before this packet of it, which it answers. */
static enum replay_answer policy_answers(const struct sighting *sighting)
{
	return sighting->event ? sighting->event->answers : ANSWERS_NOTHING;
}

/*
 * Came from a watched port elsewhere: an answer, to something this host sent or not. A UDP socket
 * that is not connected has asked only if it sent.
 */
static enum action policy_judge_answer(const struct sighting *sighting)
{
	bool asked = !sighting->is_peers &&
		     (sighting_is_connected(sighting) || sighting->is_asked ||
		      policy_answers(sighting) == ANSWERS_OUT);

	return asked ? ACTION_OUTBOUND : ACTION_BACKSCATTER;
}

/* An error about a packet that this host sent, or claims that it did. */
static bool policy_judge_icmp(const struct sighting *sighting, bool local_peer,
			      enum action *ret_action)
{
	if (sighting->direction == DIRECTION_OUT || local_peer ||
	    policy_answers(sighting) == ANSWERS_IN)
		return false; /* an answer to what is judged already */
	*ret_action = policy_judge_answer(sighting);
	return true;
}

/*
 * Began elsewhere at a watched port, which is only its source: the port that it asks is not. Or
 * one stranger's answer to another, in a file that does not tell which of them is this host.
 */
static bool policy_is_of_strangers(const struct sighting *sighting)
{
	return sighting->role == ROLE_FROM &&
	       (sighting->kind == KIND_SYN || policy_answers(sighting) == ANSWERS_IN);
}

/* What the kernel says for nobody to whoever asks with a watched port as his own. */
static bool policy_is_own_refusal(const struct sighting *sighting)
{
	bool has_process = sighting->quality != QUALITY_NONE &&
			   sighting->quality != QUALITY_KERNEL;

	return sighting->role == ROLE_TO &&
	       (sighting->kind == KIND_SYNACK || (sighting->kind == KIND_RST && !has_process));
}

bool policy_judge(const struct sighting *sighting, bool local_peer, enum action *ret_action)
{
	bool in = sighting->direction == DIRECTION_IN;
	bool to = sighting->role == ROLE_TO;

	if (sighting_is_foreign(sighting) && (!to || sighting->kind == KIND_ICMP))
		return false; /* an answer among strangers */
	if (sighting->verdict == VERDICT_FORWARDED)
		*ret_action = ACTION_TRANSIT;
	else if (sighting->kind == KIND_ICMP)
		return policy_judge_icmp(sighting, local_peer, ret_action);
	else if (in && to)
		*ret_action = policy_judge_incoming(sighting);
	else if (local_peer)
		return false; /* the same exchange is judged where it comes in */
	else if (in ? policy_is_of_strangers(sighting) : policy_is_own_refusal(sighting))
		return false;
	else if (in)
		*ret_action = policy_judge_answer(sighting);
	else if (sighting->is_peers)
		return false; /* this host's answer to who asked from the port */
	else if (to || sighting->kind == KIND_SYN)
		*ret_action = ACTION_OUTBOUND;
	else
		return false; /* this host's answer to what came to the port */
	return true;
}

enum technique policy_technique(const struct sighting *sighting)
{
	static const enum technique techniques[KIND_COUNT] = {
		[KIND_SYN] = TECHNIQUE_SYN,	[KIND_NULL] = TECHNIQUE_NULL,
		[KIND_FINONLY] = TECHNIQUE_FIN, [KIND_XMAS] = TECHNIQUE_XMAS,
		[KIND_MAIMON] = TECHNIQUE_MAIMON, [KIND_ACK] = TECHNIQUE_ACK,
		[KIND_SYNACK] = TECHNIQUE_SYNACK, [KIND_UDP] = TECHNIQUE_UDP,
	};
	bool is_question = sighting->direction == DIRECTION_IN && sighting->role == ROLE_TO;

	if (!is_question || (sighting->verdict != VERDICT_CLOSED &&
			     sighting->verdict != VERDICT_LISTENING))
		return TECHNIQUE_NONE;
	return techniques[sighting->kind];
}

enum severity policy_severity(const enum severity severities[ACTION_COUNT], enum action action,
			      const struct sighting *sighting)
{
	(void)sighting; /* what became of it is not told yet */
	return severities[action];
}
