// SPDX-License-Identifier: GPL-2.0-only
/* fate.c - what proves which fate, the strongest first. */
#include "fate.h"

#define FATE_NS_PER_MS 1000000ULL
/* An answer is sent, a refusal and a drop come, within the same interrupt: nearly always. */
#define FATE_ANSWER_NS (100 * FATE_NS_PER_MS)
/* What belongs to a connection is not answered packet by packet. */
#define FATE_TRACE_NS (10 * FATE_NS_PER_MS)
/* Later ones answer the next attempt. */
#define FATE_LATEST_NS (900 * FATE_NS_PER_MS)

static bool fate_is_about(const struct sighting *sighting, uint64_t said_boot_ns)
{
	return said_boot_ns >= sighting->boot_ns &&
	       said_boot_ns < sighting->boot_ns + FATE_LATEST_NS;
}

/* Has it a fate on this host? */
static bool fate_applies(const struct sighting *sighting)
{
	return sighting->direction == DIRECTION_IN && sighting->kind != KIND_ICMP &&
	       sighting->verdict != VERDICT_UNKNOWN;
}

/* Is each such packet answered or refused, if it comes to that? Nobody answers a reset. */
static bool fate_is_question(const struct sighting *sighting)
{
	if (sighting->kind == KIND_RST)
		return false;
	return sighting->verdict == VERDICT_LISTENING || sighting->verdict == VERDICT_CLOSED;
}

/* A router's neighbours refuse, too, and their words pass through here. */
static enum refuser fate_refuser(const struct sighting *sighting,
				 const struct fate_evidence *evidence)
{
	if (evidence->is_filtered)
		return REFUSER_FIREWALL;
	return evidence->traces_drops && sighting->verdict != VERDICT_FORWARDED ?
		       REFUSER_KERNEL :
		       REFUSER_UNKNOWN;
}

/*
 * A datagram reaches its socket before there is room for it, hence the drop comes first. An
 * answer outweighs it: what a listener of all frames has no room for is dropped as well.
 */
static enum fate fate_of(struct sighting *sighting, const struct fate_evidence *evidence)
{
	const struct exchange *said = &evidence->exchange;
	bool is_answered = fate_is_about(sighting, said->answered_boot_ns);
	bool is_refused = fate_is_about(sighting, said->refused_boot_ns);

	if (is_answered && (sighting->kind == KIND_SYN || !evidence->is_dropped))
		return FATE_ANSWERED;
	if (is_refused && sighting->verdict != VERDICT_CONNECTED && !sighting->is_delivered) {
		sighting->refused_by = fate_refuser(sighting, evidence);
		return FATE_REFUSED;
	}
	if (evidence->is_dropped)
		return FATE_DROPPED;
	/* A SYN that a listener got may still find no room with it. */
	if (sighting->is_delivered && sighting->kind != KIND_SYN)
		return FATE_DELIVERED;
	return FATE_UNKNOWN;
}

bool fate_judge(struct sighting *sighting, const struct fate_evidence *evidence)
{
	uint64_t patience_ns = fate_is_question(sighting) ? FATE_ANSWER_NS : FATE_TRACE_NS;
	bool is_late = evidence->now_boot_ns >= sighting->boot_ns + patience_ns;
	/* A refusal is a matter of two steps, the drop and what is said then. */
	bool may_follow;

	sighting->refused_by = REFUSER_UNKNOWN;
	sighting->fate = FATE_UNKNOWN;
	if (!fate_applies(sighting))
		return true;
	sighting->fate = fate_of(sighting, evidence);
	may_follow = sighting->fate == FATE_UNKNOWN ||
		     (sighting->fate == FATE_DROPPED &&
		      evidence->now_boot_ns < sighting->boot_ns + FATE_TRACE_NS);
	if (may_follow && !is_late)
		return false;
	if (sighting->fate == FATE_UNKNOWN && fate_is_question(sighting))
		sighting->fate = FATE_UNANSWERED;
	return true;
}

bool fate_is_let_in(const struct sighting *sighting)
{
	if (sighting->fate == FATE_UNKNOWN)
		return sighting->verdict == VERDICT_LISTENING ||
		       sighting->verdict == VERDICT_CONNECTED;
	return sighting->fate == FATE_ANSWERED || sighting->fate == FATE_DELIVERED;
}
