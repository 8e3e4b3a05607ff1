/* SPDX-License-Identifier: GPL-2.0-only */
/* owner_world.h - the facts of one question, and the system that they make to the engine. */
#ifndef TESTS_OWNER_WORLD_H
#define TESTS_OWNER_WORLD_H

#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "../../user/base/util.h"
#include "../../user/who/engine.h"

#define MS 1000000LL
#define SECOND (1000 * MS)
#define PACKET_NS (1000 * SECOND)
#define RECORDED_NS (500 * SECOND)
#define OWN_NETNS 7
#define OTHER_NETNS 8

#define IFINDEX 3
#define SEQUENCE 5000 /* of a segment's first octet */
#define OCTETS 100
#define MARK 0x1234

enum person {
	NOBODY,
	CLIENT,
	SERVER,
	WORKER,
	SHELL, /* SERVER before it executed the server */
	HEIR, /* WORKER after it executed something, after the packet */
	REUSED, /* has SERVER's number now, began later */
	GHOST, /* lives, no record of it came */
	LOST, /* no record came, and it is gone */
	TORN, /* CLIENT's number, SERVER's start */
	UNBORN, /* began after the packet */
	PERSON_COUNT,
};

static const struct {
	struct process_key key;
	const char *name; /* of its record; NULL: has none */
	uint64_t told_ns;
} people[PERSON_COUNT] = {
	[CLIENT] = { { 10 * SECOND, 100, 1, 1 }, "client", 10 * SECOND },
	[SERVER] = { { 20 * SECOND, 200, 2, 1 }, "server", 25 * SECOND },
	[WORKER] = { { 30 * SECOND, 300, 1, 1 }, "worker", 30 * SECOND },
	[SHELL] = { { 20 * SECOND, 200, 1, 1 }, "shell", 20 * SECOND },
	[HEIR] = { { 30 * SECOND, 300, 2, 1 }, "heir", PACKET_NS + MS },
	[REUSED] = { { 900 * SECOND, 200, 1, 1 }, "reused", 900 * SECOND },
	[GHOST] = { { 40 * SECOND, 400, 1, 1 }, NULL, 0 },
	[LOST] = { { 50 * SECOND, 500, 1, 1 }, NULL, 0 },
	[TORN] = { { 20 * SECOND, 100, 1, 1 }, NULL, 0 },
	[UNBORN] = { { PACKET_NS + MS, 600, 1, 1 }, "unborn", PACKET_NS + MS },
};

/* The order in which they were told of. */
static const enum person told[] = { CLIENT, SHELL, SERVER, WORKER, HEIR, REUSED, UNBORN };

/* All times are after the packet; of what may not have been, 0 says so. */
struct known_socket {
	uint64_t cookie;
	enum person roles[SOCKET_ROLE_COUNT];
	int64_t sent_ms;
	int64_t received_ms;
	int64_t sent_earlier_ms; /* so much before that it sent first */
	int64_t received_earlier_ms;
	int64_t handed_ms;
	int64_t began_ms; /* the record; 0: long ago */
	enum socket_role changed; /* SOCKET_CREATED: none */
	enum socket_role became; /* the same */
	bool shared;
	bool kernel;
	bool by_rescan; /* has its record only after a new scan */
	unsigned long inode; /* 0: 77 */
};

/* Whose eyes a flow is seen with. */
enum view {
	NOT_SEEN,
	RECEIVER, /* of the packet */
	SENDER,
	FAR_RECEIVER, /* of the translated packet */
	FAR_SENDER,
};

struct known_flow {
	enum view view;
	uint32_t netns; /* of the key */
	uint64_t cookie;
	int64_t last_ms;
	int64_t since_ms; /* 0: long ago */
	uint32_t socket_netns; /* 0: the own one */
	uint64_t listener;
	int64_t listener_ms;
	int64_t conflict_ms;
	int64_t orphan_ms;
	uint32_t device;
	bool sole;
	bool kernel;
	bool multipath;
};

struct known_passage {
	enum view view;
	uint64_t cookie;
	int64_t at_ms;
	enum person sender;
	uint32_t socket_netns; /* 0: the own one */
	int64_t conflict_ms;
	int64_t earlier_ms; /* so much before that the first one just alike came */
	enum socket_state state;
	bool other_mark;
	bool sole;
	bool kernel;
	bool lite;
};

/* Who wrote or took the first and the second half of the packet's octets; or the datagram. */
struct known_history {
	uint64_t cookie;
	enum person first;
	enum person second;
	bool reads; /* the claims of those who take */
	enum person taker;
	int64_t taken_ms;
	int64_t empty_ms;
	enum person taker_before; /* who took until nothing was left; NOBODY: nobody did */
	int64_t before_ms;
};

struct known_life {
	enum person person;
	int64_t ended_ms;
	int64_t forked_ms;
};

struct present {
	int translation; /* error; 0 by default: translated to itself */
	bool is_translated;
	bool far_is_local;
	struct outside_socket here; /* inode 0, cookie 0: none */
	struct outside_socket listener; /* for a packet from anybody */
	struct outside_socket abroad;
	size_t holders;
	pid_t lowest;
	enum person holder; /* of inode 77, as asked by key */
};

struct proof {
	const char *says;
	enum direction direction;
	enum kind kind;
	enum protocol protocol;
	enum verdict verdict;
	uint32_t length; /* of the payload */
	uint64_t cookie;
	bool is_own;
	bool is_raw;
	bool is_lite;
	bool is_elsewhere;
	bool is_lower;
	uint64_t task;
	enum person task_sender; /* by the task's address */
	int64_t task_ms; /* when that was noted */
	bool task_is_after;
	uint64_t task_cookie; /* of the socket it sent by; 0: not known */
	enum person frame_sender; /* by the socket's cookie */
	int64_t frame_other_ms;
	struct known_socket sockets[3];
	struct known_flow flows[3];
	struct known_passage passages[2];
	struct known_history history;
	struct known_life lives[2]; /* all others live, and never forked */
	enum person stranger; /* nothing is known of his life */
	struct present present;
	int64_t now_ms;

	bool open; /* not final */
	enum quality quality;
	const char *name;
	const char *created_by;
	const char *accepted_by;
	const char *peer;
	enum verdict becomes; /* VERDICT_UNKNOWN: stays */
	bool unrecorded;
};


/* The world of one row. */
struct world {
	const struct proof *proof;
	bool rescanned;
};

static struct endpoint endpoint(const char *text, uint16_t port)
{
	struct endpoint endpoint = { .port = port };

	assert_int_equal(addr_parse(text, &endpoint.addr), 0);
	return endpoint;
}

static struct tuple world_packet(const struct proof *proof, bool far)
{
	struct endpoint peer = endpoint("192.0.2.2", 40000);
	struct endpoint host = far ? endpoint("172.17.0.2", 80) : endpoint("192.0.2.1", 3409);

	return proof->direction == DIRECTION_IN ?
		       (struct tuple){ peer, host, proof->protocol, proof->is_lite } :
		       (struct tuple){ host, peer, proof->protocol, proof->is_lite };
}

static uint64_t world_time(int64_t ms)
{
	return ms ? PACKET_NS + ms * MS : 0;
}

static void world_fill_socket(const struct known_socket *socket, struct socket_record *record)
{
	*record = (struct socket_record){
		.inode = socket->inode ? socket->inode : 77,
		.boot_ns = socket->began_ms ? world_time(socket->began_ms) : RECORDED_NS,
		.handed_boot_ns = world_time(socket->handed_ms),
		.changed = socket->changed ? 1 << socket->changed : 0,
		.became = socket->became ? 1 << socket->became : 0,
		.shared = socket->shared,
		.kernel = socket->kernel,
	};
	for (size_t i = 0; i < SOCKET_ROLE_COUNT; i++)
		record->roles[i] = people[socket->roles[i]].key;
	if (socket->roles[SOCKET_SENT])
		record->sent_boot_ns = PACKET_NS + socket->sent_ms * MS;
	if (socket->roles[SOCKET_RECEIVED])
		record->received_boot_ns = PACKET_NS + socket->received_ms * MS;
	record->sent_since_boot_ns = record->sent_boot_ns - socket->sent_earlier_ms * MS;
	record->received_since_boot_ns =
		record->received_boot_ns - socket->received_earlier_ms * MS;
}

static int world_find_socket(void *argument, uint64_t cookie, struct socket_record *ret_record)
{
	const struct world *world = argument;
	const struct known_socket *sockets = world->proof->sockets;

	for (size_t i = 0; i < ARRAY_SIZE(world->proof->sockets); i++) {
		if (sockets[i].cookie != cookie || (sockets[i].by_rescan && !world->rescanned))
			continue;
		world_fill_socket(&sockets[i], ret_record);
		return 0;
	}
	return -ENOENT;
}

static struct flow_key world_key(const struct proof *proof, enum view view)
{
	bool sends = view == SENDER || view == FAR_SENDER;
	struct tuple packet = world_packet(proof, view == FAR_RECEIVER || view == FAR_SENDER);
	const struct endpoint *local = sends ? &packet.source : &packet.destination;
	const struct endpoint *remote = sends ? &packet.destination : &packet.source;
	struct flow_key key = {
		.local_port = local->port,
		.remote_port = remote->port,
		.protocol = proof->protocol,
	};

	memcpy(key.local, local->addr.bytes, sizeof(key.local));
	memcpy(key.remote, remote->addr.bytes, sizeof(key.remote));
	return key;
}

static int world_find_flow(void *argument, const struct flow_key *key, struct flow *ret_flow)
{
	const struct world *world = argument;

	for (size_t i = 0; i < ARRAY_SIZE(world->proof->flows); i++) {
		const struct known_flow *flow = &world->proof->flows[i];
		struct flow_key known = world_key(world->proof, flow->view);

		known.netns = flow->netns;
		known.device = flow->device;
		if (flow->view == NOT_SEEN || memcmp(key, &known, sizeof(known)) != 0)
			continue;
		*ret_flow = (struct flow){
			.cookie = flow->cookie,
			.boot_ns = flow->since_ms ? world_time(flow->since_ms) : 1,
			.last_boot_ns = PACKET_NS + flow->last_ms * MS,
			.listener = flow->listener,
			.listener_boot_ns = flow->listener ?
						    PACKET_NS + flow->listener_ms * MS : 0,
			.conflict_boot_ns = world_time(flow->conflict_ms),
			.orphan_boot_ns = world_time(flow->orphan_ms),
			.netns = flow->socket_netns ? flow->socket_netns : OWN_NETNS,
			.sole = flow->sole,
			.kernel = flow->kernel,
			.multipath = flow->multipath,
		};
		return 0;
	}
	return -ENOENT;
}

static int world_find_passage(void *argument, const struct passage_key *key,
			      struct passage *ret_passage)
{
	const struct world *world = argument;

	for (size_t i = 0; i < ARRAY_SIZE(world->proof->passages); i++) {
		const struct known_passage *passage = &world->proof->passages[i];
		bool sends = passage->view == SENDER || passage->view == FAR_SENDER;
		struct passage_key known = {
			.flow = world_key(world->proof, passage->view),
			.mark = passage->other_mark ? MARK + 1 : MARK,
			.direction = sends ? DIRECTION_OUT : DIRECTION_IN,
		};

		if (passage->view == NOT_SEEN || memcmp(key, &known, sizeof(known)) != 0)
			continue;
		*ret_passage = (struct passage){
			.sender = people[passage->sender].key,
			.cookie = passage->cookie,
			.since_boot_ns =
				PACKET_NS + (passage->at_ms - passage->earlier_ms) * MS,
			.boot_ns = PACKET_NS + passage->at_ms * MS,
			.conflict_boot_ns = world_time(passage->conflict_ms),
			.netns = passage->socket_netns ? passage->socket_netns : OWN_NETNS,
			.state = passage->state ? passage->state : SOCKET_LISTENING,
			.sole = passage->sole,
			.kernel = passage->kernel,
			.lite = passage->lite,
		};
		return 0;
	}
	return -ENOENT;
}

static void world_fill_claims(const struct known_history *known, struct claims *claims)
{
	const uint32_t middle = SEQUENCE + OCTETS / 2;

	claims->last[1] = (struct claim){ people[known->first].key, SEQUENCE, middle };
	claims->last[2] = (struct claim){ people[known->second].key, middle, SEQUENCE + OCTETS };
	claims->newest = 2;
	if (known->first == known->second) {
		claims->last[1].to = SEQUENCE + OCTETS;
		claims->newest = 1;
	}
}

static int world_find_history(void *argument, uint64_t cookie, struct socket_history *ret_history)
{
	const struct proof *proof = ((const struct world *)argument)->proof;
	const struct known_history *known = &proof->history;

	if (known->cookie != cookie)
		return -ENOENT;
	*ret_history = (struct socket_history){};
	if (proof->protocol == PROTOCOL_TCP) {
		world_fill_claims(known, known->reads ? &ret_history->stream.taken :
							&ret_history->stream.written);
		return 0;
	}
	ret_history->datagrams.newest = known->taker_before ? 2 : 1;
	ret_history->datagrams.last[1] = (struct taking){
		.process = people[known->taker_before].key,
		.first_boot_ns = PACKET_NS + known->before_ms * MS,
		.last_boot_ns = PACKET_NS + known->before_ms * MS,
		.empty_boot_ns = PACKET_NS + known->before_ms * MS,
	};
	ret_history->datagrams.last[ret_history->datagrams.newest] = (struct taking){
		.process = people[known->taker].key,
		.first_boot_ns = PACKET_NS + known->taken_ms * MS,
		.last_boot_ns = PACKET_NS + known->taken_ms * MS,
		.empty_boot_ns = PACKET_NS + known->empty_ms * MS,
	};
	return 0;
}

static bool world_is_life(enum person person, const struct process_key *key)
{
	return person && people[person].key.tgid == key->tgid &&
	       people[person].key.start_boot_ns == key->start_boot_ns;
}

static int world_find_life(void *argument, const struct process_key *key, struct life *ret_life)
{
	const struct proof *proof = ((const struct world *)argument)->proof;

	if (world_is_life(proof->stranger, key))
		return -ENOENT;
	*ret_life = (struct life){};
	for (size_t i = 0; i < ARRAY_SIZE(proof->lives); i++) {
		const struct known_life *life = &proof->lives[i];

		if (world_is_life(life->person, key))
			*ret_life = (struct life){ world_time(life->ended_ms),
						   world_time(life->forked_ms) };
	}
	return 0;
}

static int world_find_frames(void *argument, uint64_t task_or_cookie,
			     struct frame_sender *ret_sender)
{
	const struct proof *proof = ((const struct world *)argument)->proof;
	bool is_task = task_or_cookie == proof->task;
	enum person sender = is_task ? proof->task_sender : proof->frame_sender;

	if (!sender || (!is_task && task_or_cookie != proof->cookie))
		return -ENOENT;
	*ret_sender = (struct frame_sender){
		.process = people[sender].key,
		.boot_ns = PACKET_NS + proof->task_ms * MS,
		.cookie = is_task ? proof->task_cookie : proof->cookie,
		.other_boot_ns = is_task ? 0 : world_time(proof->frame_other_ms),
		.is_after = proof->task_is_after,
	};
	return 0;
}

static void world_forget(void *argument, const struct process_key *key)
{
	(void)argument;
	(void)key;
}

static int world_rescan(void *argument)
{
	((struct world *)argument)->rescanned = true;
	return 0;
}

static int world_give(const struct outside_socket *socket, struct outside_socket *ret_socket)
{
	*ret_socket = *socket;
	return socket->cookie ? 0 : -ENOENT;
}

static int world_find_here(void *argument, const struct tuple *packet, uint32_t ifindex,
			   struct outside_socket *ret_socket)
{
	const struct present *present = &((const struct world *)argument)->proof->present;

	assert_in_range(ifindex, 0, IFINDEX);
	return world_give(packet->source.port ? &present->here : &present->listener, ret_socket);
}

static int world_find_abroad(void *argument, const struct tuple *packet,
			     struct outside_socket *ret_socket)
{
	assert_int_equal(packet->destination.port, 80);
	return world_give(&((const struct world *)argument)->proof->present.abroad, ret_socket);
}

static int world_translate(void *argument, const struct tuple *packet, struct tuple *ret_other)
{
	const struct proof *proof = ((const struct world *)argument)->proof;

	*ret_other = proof->present.is_translated ? world_packet(proof, true) : *packet;
	return proof->present.translation;
}

static bool world_is_local(void *argument, const struct addr *addr)
{
	(void)addr;
	return ((const struct world *)argument)->proof->present.far_is_local;
}

static int world_find_holders(void *argument, unsigned long inode,
			      struct outside_holders *ret_holders)
{
	const struct present *present = &((const struct world *)argument)->proof->present;

	assert_int_not_equal(inode, 0);
	*ret_holders = (struct outside_holders){ present->lowest, present->holders };
	return present->holders ? 0 : -ENOENT;
}

static bool world_holds(void *argument, const struct process_key *key, unsigned long inode)
{
	const struct present *present = &((const struct world *)argument)->proof->present;

	return inode == 77 && world_is_life(present->holder, key);
}

static int world_read_process(void *argument, pid_t pid, struct process *ret_process)
{
	(void)argument;
	*ret_process = (struct process){ .pid = pid };
	snprintf(ret_process->name, sizeof(ret_process->name), "/proc/%d", (int)pid);
	return 0;
}

static int world_read_same(void *argument, const struct process_key *key,
			   struct process *ret_process)
{
	for (enum person person = CLIENT; person <= GHOST; person++)
		if (people[person].key.tgid == key->tgid &&
		    people[person].key.start_boot_ns == key->start_boot_ns)
			return world_read_process(argument, key->tgid, ret_process);
	return -ESRCH;
}

static uint64_t world_count_walks(void *argument)
{
	(void)argument;
	return 0;
}

static void world_free(void *argument)
{
	(void)argument;
}

static void world_record(struct owners *owners, enum person person)
{
	struct process_event *event = calloc(1, sizeof(*event));

	assert_non_null(event);
	event->head.process = people[person].key;
	event->head.boot_ns = people[person].told_ns;
	event->pid = people[person].key.tgid;
	snprintf(event->comm, sizeof(event->comm), "%s", people[person].name);
	owners_take_process(owners, event);
	free(event);
}

static struct owners *world_begin(struct world *world, bool has_source)
{
	struct owner_source source = {
		.argument = world,
		.find_socket = world_find_socket,
		.find_flow = world_find_flow,
		.find_passage = world_find_passage,
		.find_history = world_find_history,
		.find_life = world_find_life,
		.find_frames = world_find_frames,
		.rescan = world_rescan,
		.forget = world_forget,
	};
	struct outside outside = {
		.argument = world,
		.netns = OWN_NETNS,
		.find_socket = world_find_here,
		.find_abroad = world_find_abroad,
		.translate = world_translate,
		.is_local = world_is_local,
		.find_holders = world_find_holders,
		.holds = world_holds,
		.read_process = world_read_process,
		.read_same = world_read_same,
		.count_walks = world_count_walks,
		.free = world_free,
	};
	struct owners *owners;

	assert_int_equal(owners_new_in(&owners, has_source ? &source : NULL, &outside), 0);
	for (size_t i = 0; i < ARRAY_SIZE(told); i++)
		world_record(owners, told[i]);
	return owners;
}

static void proof_sight(const struct proof *proof, struct packet_event *event,
			struct sighting *sighting)
{
	struct tuple packet = world_packet(proof, false);

	*event = (struct packet_event){
		.boot_ns = PACKET_NS,
		.kind = proof->kind,
		.payload_length = proof->length,
		.cookie = proof->cookie,
		.task = proof->task,
		.is_own = proof->is_own,
		.is_raw = proof->is_raw,
		.next_header = proof->is_lite ? IPPROTO_UDPLITE : 0,
		.ifindex = IFINDEX,
		.mark = MARK,
		.sequence = SEQUENCE,
	};
	*sighting = (struct sighting){
		.event = event,
		.boot_ns = PACKET_NS,
		.direction = proof->direction,
		.kind = proof->kind,
		.protocol = proof->protocol,
		.source = packet.source,
		.destination = packet.destination,
		.verdict = proof->verdict,
		.is_elsewhere = proof->is_elsewhere,
		.is_lower = proof->is_lower,
	};
}

#endif
