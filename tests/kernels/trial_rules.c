// SPDX-License-Identifier: GPL-2.0-only
/*
 * trial_rules.c - what is right to say of a packet. Whose a datagram or a part of a stream is, its
 * octets tell; who sent it, and who took it, wrote that down. Of a packet without payload, and of
 * data that nobody took, those who had the socket are right: at that time; under `past` before it.
 * Under `listener` those who had the listening socket are right whoever took the data.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "trial_judge.h"

#define CANDIDATES_MAX 256

struct question {
	const struct truth *truth;
	const struct sample *sample;
	uint64_t slack;
	bool is_forwarded, is_turned; /* the other end of it is meant */
	enum place place; /* where its socket is, if it is not forwarded */
	const struct deed *candidates[CANDIDATES_MAX]; /* DID_NAME of sockets it may belong to */
	size_t candidate_count;
	struct finding finding;
};

static bool is_quality(const struct sample *sample, const char *word)
{
	return strcmp(sample->quality, word) == 0;
}

static bool is_kind(const struct sample *sample, const char *word)
{
	return strcmp(sample->kind, word) == 0;
}

static bool is_named(const struct sample *sample)
{
	return sample->pid && !is_quality(sample, "none") && !is_quality(sample, "kernel") &&
	       !is_quality(sample, "tunnel");
}

static const struct sockaddr_in6 *local_of(const struct sample *sample)
{
	return sample->is_outbound ? &sample->source : &sample->destination;
}

static const struct sockaddr_in6 *remote_of(const struct sample *sample)
{
	return sample->is_outbound ? &sample->destination : &sample->source;
}

static bool is_here(const struct sockaddr_in6 *end)
{
	static const char *const addresses[] = { "::ffff:192.0.2.1", "2001:db8::1", "::1",
						 "::ffff:10.9.0.1" };
	const uint8_t *octets = end->sin6_addr.s6_addr;
	struct in6_addr one;

	if (IN6_IS_ADDR_V4MAPPED(&end->sin6_addr) && octets[12] == 127)
		return true;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(*addresses); i++)
		if (inet_pton(AF_INET6, addresses[i], &one) == 1 &&
		    memcmp(&one, octets, sizeof(one)) == 0)
			return true;
	return false;
}

static bool is_any(const struct sockaddr_in6 *end)
{
	static const struct in6_addr any4 = { .s6_addr = { [10] = 0xff, [11] = 0xff } };

	return IN6_IS_ADDR_UNSPECIFIED(&end->sin6_addr) ||
	       memcmp(&end->sin6_addr, &any4, sizeof(any4)) == 0;
}

static bool matches(const struct deed *name, const struct sockaddr_in6 *local,
		    const struct sockaddr_in6 *remote)
{
	if (name->local.sin6_port != local->sin6_port || !local->sin6_port ||
	    (!is_any(&name->local) && !trial_same_address(&name->local, local)))
		return false;
	return !name->remote.sin6_port || (name->remote.sin6_port == remote->sin6_port &&
					   trial_same_address(&name->remote, remote));
}

/*
 * One that was refused has lost its port: what it sent and got while it tried is known by where to
 * alone.
 */
static bool is_refused(const struct question *question, const struct deed *name)
{
	const struct sample *sample = question->sample;
	const struct sockaddr_in6 *remote = remote_of(sample);

	return name->from && name->place == question->place &&
	       name->remote.sin6_port == remote->sin6_port &&
	       trial_same_address(&name->remote, remote) &&
	       name->from <= sample->time + question->slack &&
	       name->end + question->slack >= sample->time;
}

/* Is the socket where packets to that address are forwarded to? */
static bool is_behind(const struct deed *name, const struct sockaddr_in6 *end)
{
	static const struct in6_addr inner = { .s6_addr = { [10] = 0xff, 0xff, 10, 9, 0, 2 } };
	bool is_inner = memcmp(&end->sin6_addr, &inner, sizeof(inner)) == 0;

	return name->place == (is_inner ? INNER : THERE);
}

static bool may_be_its(const struct question *question, const struct deed *name)
{
	const struct sample *sample = question->sample;
	const struct sockaddr_in6 *local = local_of(sample), *remote = remote_of(sample);

	if (name->is_tcp != sample->is_tcp)
		return false;
	if (!name->local.sin6_port)
		return is_refused(question, name);
	if (question->is_forwarded && question->is_turned)
		return is_behind(name, remote) && matches(name, remote, local);
	if (question->is_forwarded)
		return is_behind(name, local) && matches(name, local, remote);
	return name->place == question->place && matches(name, local, remote) &&
	       (!*name->device || strcmp(name->device, sample->interface) == 0);
}

static const struct known_socket *socket_of(const struct question *question, uint16_t number)
{
	return &question->truth->sockets[number];
}

static bool held(const struct question *question, uint16_t number, int32_t pid)
{
	uint64_t time = question->sample->time, slack = question->slack;

	return truth_held(socket_of(question, number), pid, time - slack, time + slack);
}

/* Nobody has accepted it yet. */
static bool is_unaccepted(const struct question *question, const struct deed *name)
{
	const struct hold *first = socket_of(question, name->socket)->holds;

	return name->parent && first && question->sample->time <= first->sure + question->slack;
}

/* Was there anybody at that time? */
static bool is_alive(const struct question *question, const struct deed *name)
{
	return held(question, name->socket, 0) || is_unaccepted(question, name);
}

/* The same addresses and ports were used anew, by a client that came after its end. */
static bool is_used_anew(const struct question *question, const struct deed *name)
{
	const struct truth *truth = question->truth;
	const struct hold *last = socket_of(question, name->socket)->last_hold, *first;

	for (size_t i = 0; name->parent && last && i < truth->name_count; i++) {
		const struct deed *other = truth->names[i];

		if (other->local.sin6_port != name->remote.sin6_port ||
		    other->remote.sin6_port != name->local.sin6_port ||
		    !trial_same_address(&other->local, &name->remote))
			continue;
		first = socket_of(question, other->socket)->holds;
		if (first && first->begin > last->end &&
		    first->begin <= question->sample->time + question->slack)
			return true;
	}
	return false;
}

static bool is_candidate(const struct question *question, const struct deed *name,
			 bool is_connected, bool is_alive_only)
{
	if ((name->remote.sin6_port != 0) != is_connected || !may_be_its(question, name))
		return false;
	if (is_alive(question, name))
		return true;
	return !is_alive_only && !(name->is_tcp && is_used_anew(question, name));
}

static void gather(struct question *question, bool is_connected, bool is_alive_only)
{
	const struct truth *truth = question->truth;

	for (size_t i = 0; i < truth->name_count; i++)
		if (is_candidate(question, truth->names[i], is_connected, is_alive_only) &&
		    question->candidate_count < CANDIDATES_MAX)
			question->candidates[question->candidate_count++] = truth->names[i];
}

/* Of one end. */
static void find_candidates_of_end(struct question *question)
{
	const struct sample *sample = question->sample;
	bool is_flowing = sample->is_tcp && !is_kind(sample, "syn");
	size_t before = question->candidate_count;

	gather(question, true, true);
	if (question->candidate_count == before && is_flowing)
		gather(question, true, false);
	if (question->candidate_count == before)
		gather(question, false, true);
	if (question->candidate_count == before)
		gather(question, true, false);
	if (question->candidate_count == before)
		gather(question, false, false);
}

/*
 * A connected socket comes before one of anybody's, one that is there before one that was; but what
 * belongs to a connection goes to no listener, even if all who had it are gone. Of a forwarded
 * packet both ends are meant.
 */
static void find_candidates(struct question *question)
{
	find_candidates_of_end(question);
	if (!question->is_forwarded)
		return;
	question->is_turned = true;
	find_candidates_of_end(question);
}

static void show(struct question *question, const struct deed *deed)
{
	struct finding *finding = &question->finding;

	if (finding->deed_count < SHOWN_DEEDS)
		finding->deeds[finding->deed_count++] = deed;
}

static bool wrong(struct question *question, const char *why)
{
	question->finding.verdict = WRONG;
	question->finding.why = why;
	return false;
}

/* Is the named process, at this deed, as it was told? The pid is the same. */
static bool is_as_told(struct question *question, const struct deed *deed)
{
	return truth_is_it(&deed->by, question->sample) ||
	       wrong(question, "it was another user, program or unit by then");
}

static bool is_as_it_ever_was(struct question *question)
{
	return truth_was_it(question->truth, question->sample) ||
	       wrong(question, "it never was that user, program or unit");
}

static bool had(const struct question *question, uint16_t number)
{
	const struct sample *sample = question->sample;

	return is_quality(sample, "past") && truth_held(socket_of(question, number), sample->pid, 0,
							sample->time + question->slack);
}

/* Had it, or (of a connection that nobody has accepted yet) will have it, or listens for it. */
static bool has_it(const struct question *question, const struct deed *name)
{
	const struct sample *sample = question->sample;
	bool is_new = is_kind(sample, "syn") || is_kind(sample, "synack") ||
		      is_unaccepted(question, name);

	if (held(question, name->socket, sample->pid) || had(question, name->socket))
		return true;
	if (is_unaccepted(question, name) &&
	    socket_of(question, name->socket)->holds->pid == sample->pid)
		return true;
	return name->parent && is_new &&
	       (held(question, name->parent, sample->pid) || had(question, name->parent));
}

static bool listens(const struct question *question, const struct deed *name)
{
	uint16_t number = name->parent ? name->parent : name->socket;

	return is_quality(question->sample, "listener") &&
	       held(question, number, question->sample->pid);
}

static void judge_holder(struct question *question)
{
	for (size_t i = 0; i < question->candidate_count; i++) {
		const struct deed *name = question->candidates[i];

		show(question, name);
		if (!has_it(question, name) && !listens(question, name))
			continue;
		if (is_as_it_ever_was(question))
			question->finding.verdict = RIGHT;
		return;
	}
	if (!question->candidate_count)
		wrong(question, "no such socket");
	else
		wrong(question, "it did not have the socket");
}

/* Is it the one who did that? False, and nothing wrong found: it is not. */
static bool did(struct question *question, const struct deed *deed)
{
	show(question, deed);
	if (deed->pid != question->sample->pid)
		return false;
	if (is_as_told(question, deed))
		question->finding.verdict = RIGHT;
	return true;
}

static bool judge_sender(struct question *question, uint64_t tag)
{
	const struct truth *truth = question->truth;
	const struct deed **sent = truth_with_tag(truth->sent, truth->sent_count, tag);

	return sent && did(question, *sent);
}

/* Did anybody take it? */
static bool judge_takers(struct question *question, uint64_t tag, bool *ret_is_taken)
{
	const struct truth *truth = question->truth;
	const struct deed **taken = truth_with_tag(truth->taken, truth->taken_count, tag);
	const struct deed **end = truth->taken + truth->taken_count;

	*ret_is_taken = taken;
	for (; taken && taken < end && (*taken)->from == tag; taken++)
		if (did(question, *taken))
			return true;
	return false;
}

static void judge_untaken(struct question *question)
{
	if (is_quality(question->sample, "exact"))
		wrong(question, "exact, and nobody took it");
	else
		judge_holder(question);
}

/* Those who listen are right whoever took it. */
static bool is_listeners(struct question *question)
{
	const struct finding before = question->finding;

	if (!is_quality(question->sample, "listener"))
		return false;
	judge_holder(question);
	if (question->finding.verdict == RIGHT)
		return true;
	question->finding = before;
	return false;
}

static void judge_datagram(struct question *question, uint64_t tag)
{
	bool is_taken = false;

	if ((question->sample->is_outbound || question->is_forwarded) &&
	    judge_sender(question, tag))
		return;
	if (question->sample->is_outbound && !question->is_forwarded) {
		wrong(question, "another sent it");
		return;
	}
	if (is_listeners(question) || judge_takers(question, tag, &is_taken))
		return;
	if (is_taken)
		wrong(question, "another took it");
	else
		judge_untaken(question);
}

/* Each octet of the packet at which another may begin. */
static bool judge_octets(struct question *question, uint16_t stream, uint64_t from, enum did what,
			 bool *ret_is_done)
{
	const struct known_socket *socket = socket_of(question, stream);
	uint64_t to = from + question->sample->payload_length;
	const struct deed *deed = truth_of_octet(question->truth, stream, what, from);

	*ret_is_done = deed;
	if (deed && did(question, deed))
		return true;
	for (size_t i = 0; i < socket->stream_count; i++) {
		uint64_t at = socket->streams[i]->from;

		if (socket->streams[i]->did != what || at <= from || at >= to)
			continue;
		deed = truth_of_octet(question->truth, stream, what, at);
		*ret_is_done |= deed != NULL;
		if (deed && did(question, deed))
			return true;
	}
	return false;
}

static void judge_stream(struct question *question, uint16_t stream, uint64_t from)
{
	bool is_done = false, is_outbound = question->sample->is_outbound;

	if ((is_outbound || question->is_forwarded) &&
	    judge_octets(question, stream, from, DID_WRITE, &is_done))
		return;
	if (is_outbound && !question->is_forwarded) {
		wrong(question, "another wrote it");
		return;
	}
	if (is_listeners(question) || judge_octets(question, stream, from, DID_READ, &is_done))
		return;
	if (is_done)
		wrong(question, "another read it");
	else
		judge_untaken(question);
}

/* Who made the flow by hand, from that port to that one; NULL: nobody did. */
static const struct deed *forgery_of(const struct question *question, in_port_t from, in_port_t to)
{
	for (size_t i = 0; i < question->truth->forged_count; i++) {
		const struct deed *deed = question->truth->forged[i];

		if (deed->local.sin6_port == from && deed->remote.sin6_port == to)
			return deed;
	}
	return NULL;
}

/* What comes back to a forged port has nobody but, closed by now, the forger's socket. */
static bool is_answer_to_forgery(const struct question *question)
{
	const struct sample *sample = question->sample;
	const struct deed *forgery =
		forgery_of(question, local_of(sample)->sin6_port, remote_of(sample)->sin6_port);

	return sample->is_tcp && forgery && forgery->pid == sample->pid &&
	       is_quality(sample, "past");
}

static void judge_named(struct question *question)
{
	const struct sample *sample = question->sample;
	const struct deed *forgery = is_kind(sample, "syn") && sample->is_outbound ?
					     forgery_of(question, sample->source.sin6_port,
							sample->destination.sin6_port) :
					     NULL;
	uint64_t word = sample->captured >= TRIAL_WORD ? trial_get_word(sample->payload) : 0;
	uint64_t from;
	uint16_t stream = 0;

	question->finding.verdict = FOREIGN;
	if (sample->is_tcp && sample->payload_length)
		stream = stream_find(sample->payload, sample->captured, &from);
	if (forgery) {
		if (!did(question, forgery))
			wrong(question, "another forged it");
	} else if (is_answer_to_forgery(question)) {
		question->finding.verdict = RIGHT;
	} else if (stream && stream < LANES * ENDS_OF_LANE) {
		judge_stream(question, stream, from);
	} else if (!sample->is_tcp && word >> 48 == TAG_MAGIC) {
		judge_datagram(question, word);
	} else if (!sample->payload_length && !is_kind(sample, "udp") &&
		   (sample->has_octets || !is_kind(sample, "data"))) {
		judge_holder(question);
	}
}

struct finding rules_judge(const struct truth *truth, const struct sample *sample,
			   uint64_t slack_ns)
{
	struct question question = { .truth = truth, .sample = sample, .slack = slack_ns };

	if (is_kind(sample, "icmp") || is_kind(sample, "fragment"))
		return (struct finding){ .verdict = FOREIGN };
	if (!is_named(sample))
		return (struct finding){ .verdict = UNNAMED };
	question.is_forwarded = !is_here(local_of(sample));
	find_candidates(&question);
	judge_named(&question);
	return question.finding;
}

/* Who is behind a wire, or here. */
static enum place place_behind(const char *interface)
{
	static const char *const interfaces[PLACES] = { "lo", "s1", "s2", "s3" };

	for (int i = 0; i < PLACES; i++)
		if (strcmp(interface, interfaces[i]) == 0)
			return i;
	return HERE;
}

/*
 * The same packet as seen from the other end. There is no word for how it was proved, so one that
 * had the socket and has it no more is right, too.
 */
struct finding rules_judge_peer(const struct truth *truth, const struct sample *sample,
				uint64_t slack_ns)
{
	struct sample turned = *sample;
	struct question question = { .truth = truth,
				     .sample = &turned,
				     .slack = slack_ns,
				     .place = place_behind(sample->interface),
				     .is_forwarded = !is_here(local_of(sample)) };

	turned.is_outbound = !sample->is_outbound;
	turned.pid = sample->peer_pid;
	snprintf(turned.quality, sizeof(turned.quality), "past");
	snprintf(turned.name, sizeof(turned.name), "%s", sample->peer_name);
	*turned.executable = *turned.unit = '\0';
	turned.uid = -1;
	find_candidates(&question);
	judge_named(&question);
	return question.finding;
}

/* Had it the socket, or the one that listened for it, at any time? */
struct finding rules_judge_past(const struct truth *truth, const struct sample *sample, int32_t pid,
				uint64_t slack_ns)
{
	struct question question = { .truth = truth,
				     .sample = sample,
				     .slack = slack_ns,
				     .is_forwarded = !is_here(local_of(sample)) };
	uint64_t to = sample->time + NS_PER_SECOND; /* who accepts does so later */

	find_candidates(&question);
	for (size_t i = 0; i < question.candidate_count; i++) {
		const struct deed *name = question.candidates[i];

		show(&question, name);
		if (truth_ever_held(truth, name->socket, pid, to) ||
		    (name->parent && truth_ever_held(truth, name->parent, pid, to)))
			return question.finding;
	}
	if (question.candidate_count)
		wrong(&question, "it never had the socket");
	return question.finding;
}
