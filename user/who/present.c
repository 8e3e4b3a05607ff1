// SPDX-License-Identifier: GPL-2.0-only
/* present.c - from the socket list to a record, or to the processes that hold the socket. */
#include "present.h"

#include <errno.h>

#include "../base/clock.h"
#include "../base/util.h"

#define PRESENT_ANSWERS_MAX 512 /* some 2 MB when full */
#define PRESENT_ANSWER_NS (CLOCK_NS_PER_SECOND / 4)

struct present_key {
	uint64_t cookie;
	struct endpoint local;
	struct endpoint peer; /* zero: any */
	uint32_t ifindex;
	uint8_t protocol;
	uint8_t sends;
	uint8_t reserved[6];
};
_Static_assert(sizeof(struct present_key) == 56, "a key without padding");

struct present_answer {
	uint64_t until_ns;
	enum verdict verdict;
	enum quality quality;
	bool is_named;
	struct process_key owner;
	struct process_key created;
	struct process_key accepted;
	struct process process;
};

int present_answers_new(struct table **ret_answers)
{
	return table_new(ret_answers, sizeof(struct present_key), sizeof(struct present_answer),
			 PRESENT_ANSWERS_MAX, NULL, NULL);
}

/* When anybody last passed a socket on; 0: never, or it is told socket by socket. */
static uint64_t present_last_passed(const struct inquiry *inquiry)
{
	const struct owner_source *source = &inquiry->means->source;

	return inquiry->means->has_source && source->last_passed ?
		       source->last_passed(source->argument) :
		       0;
}

static bool present_recall(struct inquiry *inquiry, const struct present_key *key)
{
	const struct present_answer *answer = table_get(inquiry->means->answers, key);

	if (!answer || inquiry->now_ns >= answer->until_ns ||
	    present_last_passed(inquiry) + PRESENT_ANSWER_NS >= answer->until_ns)
		return false;
	inquiry->verdict = answer->verdict;
	inquiry->quality = answer->quality;
	inquiry->is_named = answer->is_named;
	inquiry->owner = answer->owner;
	inquiry->created = answer->created;
	inquiry->accepted = answer->accepted;
	if (answer->is_named)
		*inquiry->process = answer->process;
	return true;
}

static void present_remember(struct inquiry *inquiry, const struct present_key *key)
{
	struct present_answer *answer = table_put(inquiry->means->answers, key, NULL);

	if (!answer)
		return;
	answer->until_ns = inquiry->now_ns + PRESENT_ANSWER_NS;
	answer->verdict = inquiry->verdict;
	answer->quality = inquiry->quality;
	answer->is_named = inquiry->is_named;
	answer->owner = inquiry->owner;
	answer->created = inquiry->created;
	answer->accepted = inquiry->accepted;
	if (inquiry->is_named)
		answer->process = *inquiry->process;
}

/* One of the processes that have the socket open; sole: if it is the only one. */
static bool present_name_holder(struct inquiry *inquiry, unsigned long inode, bool sole,
				enum quality quality)
{
	const struct outside *outside = &inquiry->means->outside;
	struct outside_holders holders;
	int r = inode ? outside->find_holders(outside->argument, inode, &holders) : -ENOENT;

	if (r == -EAGAIN)
		inquiry->is_open = true;
	if (r < 0 || (sole && holders.count > 1) ||
	    outside->read_process(outside->argument, holders.lowest, inquiry->process) < 0 ||
	    inquiry->process->start_boot_ns > inquiry->event->boot_ns)
		return false;
	inquiry->is_named = true;
	inquiry->owner = (struct process_key){};
	inquiry->quality = quality;
	return true;
}

bool present_name_as_is(struct inquiry *inquiry, enum quality quality,
			       const struct process_key *key, const struct socket_record *record)
{
	const struct outside *outside = &inquiry->means->outside;

	inquiry_claim(inquiry, quality, key, record);
	/* That it was accepted before says nothing of a listening socket. */
	if (quality == QUALITY_LISTENER)
		inquiry->accepted = (struct process_key){};
	inquiry->is_named = outside->read_same(outside->argument, key, inquiry->process) == 0;
	return true;
}

/* Can whoever has the socket now have been given it since the packet came? */
static bool present_may_be_given(const struct inquiry *inquiry, const struct socket_record *record)
{
	return record->handed_boot_ns >= inquiry->event->boot_ns ||
	       present_last_passed(inquiry) >= inquiry->event->boot_ns;
}

bool present_name_listener(struct inquiry *inquiry, const struct socket_record *record)
{
	const struct process_key *key = evidence_listener(record);
	const struct outside *outside = &inquiry->means->outside;

	if (!record->inode)
		return false;
	if (key && outside->holds(outside->argument, key, record->inode))
		return present_name_as_is(inquiry, QUALITY_LISTENER, key, record);
	if (inquiry->means->has_source && present_may_be_given(inquiry, record))
		return false;
	return present_name_holder(inquiry, record->inode, true, QUALITY_LISTENER);
}

/* Who holds the listening socket: who bound it if he still does, else the only one that does. */
static void present_name_waiting(struct inquiry *inquiry, const struct outside_socket *socket,
				 struct socket_record *record)
{
	bool is_datagram = inquiry->sighting->protocol == PROTOCOL_UDP;

	if (record && evidence_is_kernel(record)) {
		inquiry_claim_kernel(inquiry);
		return;
	}
	/* Of several that wait for datagrams any may get the next one. */
	if (!record || is_datagram) {
		if (record && inquiry->means->has_source && present_may_be_given(inquiry, record))
			return;
		present_name_holder(inquiry, socket->inode, true, QUALITY_LISTENER);
		return;
	}
	record->inode = socket->inode;
	present_name_listener(inquiry, record);
}

static void present_name_user(struct inquiry *inquiry, const struct outside_socket *socket,
			      const struct socket_record *record)
{
	if (record && evidence_is_kernel(record))
		inquiry_claim_kernel(inquiry);
	else
		present_name_holder(inquiry, socket->inode, true, QUALITY_JOINED);
}

/* The listener in whose queue an unaccepted connection waits. */
static int present_find_listener(struct inquiry *inquiry, const struct tuple *toward,
				 struct outside_socket *ret_socket)
{
	const struct outside *outside = &inquiry->means->outside;
	struct tuple any = *toward;

	any.source = (struct endpoint){};
	if (addr_is_ipv4(&toward->destination.addr))
		any.source.addr = addr_from_ipv4("\0\0\0\0");
	return outside->find_socket(outside->argument, &any, inquiry->event->ifindex, ret_socket);
}

static void present_name(struct inquiry *inquiry, const struct tuple *toward,
			 struct outside_socket *socket)
{
	/* An unconnected UDP socket is its packet's own when it sends, a listener when it gets one. */
	bool is_user = inquiry->sighting->direction == DIRECTION_OUT &&
		       toward->protocol == PROTOCOL_UDP;
	struct socket_record record;
	bool has_record;

	if (socket->awaits_accept) {
		if (present_find_listener(inquiry, toward, socket) < 0)
			return;
	} else if (socket->listening && toward->protocol == PROTOCOL_TCP &&
		   inquiry->verdict == VERDICT_CONNECTED) {
		return; /* the connection is gone: the list tells of the listener in its place */
	}
	has_record = inquiry_find_record(inquiry, socket->cookie, &record);
	/* What is missing here does not come any more; only what is asked too often may. */
	inquiry->is_open = false;
	if (socket->listening && !is_user)
		present_name_waiting(inquiry, socket, has_record ? &record : NULL);
	else
		present_name_user(inquiry, socket, has_record ? &record : NULL);
}

static struct present_key present_key(const struct inquiry *inquiry, const struct tuple *toward,
				      uint64_t cookie)
{
	struct present_key key = {
		.cookie = cookie,
		.ifindex = inquiry->event->ifindex,
		.local = toward->destination,
		.protocol = toward->protocol,
		.sends = inquiry->sighting->direction == DIRECTION_OUT,
	};

	if (inquiry->verdict != VERDICT_LISTENING)
		key.peer = toward->source;
	return key;
}

void present_find(struct inquiry *inquiry, const struct tuple *toward)
{
	const struct outside *outside = &inquiry->means->outside;
	struct present_key key = present_key(inquiry, toward, 0);
	struct outside_socket socket = {};

	/* Membership decides who gets it, if anybody does, and the lists do not tell of that. */
	if (addr_is_multicast(&toward->destination.addr) || present_recall(inquiry, &key))
		return;
	if (outside->find_socket(outside->argument, toward, key.ifindex, &socket) == 0)
		present_name(inquiry, toward, &socket);
	if (!inquiry->is_open || inquiry->quality != QUALITY_NONE)
		present_remember(inquiry, &key);
}

static void present_name_translated(struct inquiry *inquiry, const struct tuple *toward)
{
	const struct outside *outside = &inquiry->means->outside;
	bool is_local = outside->is_local(outside->argument, &toward->destination.addr);
	struct outside_socket socket;
	int r;

	inquiry->verdict = is_local ? VERDICT_CLOSED : VERDICT_FORWARDED;
	/* Who listens on any address of a namespace gets only what is addressed to it. */
	r = is_local ? outside->find_socket(outside->argument, toward, 0, &socket) :
		       outside->find_abroad(outside->argument, toward, &socket);
	if (r == -EAGAIN)
		inquiry->is_open = true;
	if (r < 0)
		return;
	if (is_local)
		inquiry->verdict = socket.listening ? VERDICT_LISTENING : VERDICT_CONNECTED;
	present_name(inquiry, toward, &socket);
}

void present_find_translated(struct inquiry *inquiry, const struct tuple *toward)
{
	struct present_key key = present_key(inquiry, toward, UINT64_MAX);

	key.peer = toward->source;
	if (inquiry->sighting->direction == DIRECTION_OUT || present_recall(inquiry, &key))
		return;
	present_name_translated(inquiry, toward);
	if (!inquiry->is_open)
		present_remember(inquiry, &key);
}
