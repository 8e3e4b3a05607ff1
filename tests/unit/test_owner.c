// SPDX-License-Identifier: GPL-2.0-only
/* test_owner.c - a table of facts and the owner that they prove. */
#include <setjmp.h>
#include <stdarg.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "../../user/base/clock.h"
#include "../../user/base/util.h"
#include "../../user/who/engine.h"

#define MS 1000000LL
#define SECOND (1000 * MS)
#define PACKET_NS (1000 * SECOND)
#define OWN_NETNS 7
#define OTHER_NETNS 8

enum person {
	NOBODY,
	CLIENT,
	SERVER,
	WORKER,
	SHELL, /* SERVER before it executed the server */
	REUSED, /* has SERVER's number now, began later */
	GHOST, /* lives, no record of it came */
	LOST, /* no record came, and it is gone */
	TORN, /* CLIENT's number, SERVER's start */
	PERSON_COUNT,
};

static const struct {
	struct process_key key;
	const char *name; /* of its record; NULL: has none */
} people[PERSON_COUNT] = {
	[CLIENT] = { { 10 * SECOND, 100, 1 }, "client" },
	[SERVER] = { { 20 * SECOND, 200, 2 }, "server" },
	[WORKER] = { { 30 * SECOND, 300, 1 }, "worker" },
	[SHELL] = { { 20 * SECOND, 200, 1 }, "shell" },
	[REUSED] = { { 900 * SECOND, 200, 1 }, "reused" },
	[GHOST] = { { 40 * SECOND, 400, 1 }, NULL },
	[LOST] = { { 50 * SECOND, 500, 1 }, NULL },
	[TORN] = { { 20 * SECOND, 100, 1 }, NULL },
};

struct known_socket {
	uint64_t cookie;
	enum person roles[SOCKET_ROLE_COUNT];
	int64_t sent_ms; /* after the packet */
	int64_t received_ms;
	int64_t sent_earlier_ms; /* so much before that it sent first */
	int64_t received_earlier_ms;
	bool shared;
	bool kernel;
	bool by_rescan; /* has its record only after a new scan */
};

/* Whose eyes a flow is seen with. */
enum view {
	NO_FLOW,
	RECEIVER, /* of the packet */
	SENDER,
	FAR_RECEIVER, /* of the translated packet */
	FAR_SENDER,
};

struct known_flow {
	enum view view;
	uint32_t netns; /* of the key */
	uint64_t cookie;
	int64_t seen_ms; /* after the packet */
	uint32_t socket_netns;
	uint32_t conflicts;
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
	enum person holder; /* of here, as asked by key */
};

struct proof {
	const char *says;
	enum direction direction;
	enum kind kind;
	enum protocol protocol;
	enum verdict verdict;
	uint64_t cookie;
	bool is_own;
	enum person sender;
	struct known_socket sockets[3];
	struct known_flow flows[2];
	struct present present;
	int64_t now_ms; /* after the packet */

	bool open; /* not final */
	enum quality quality;
	const char *name;
	const char *created_by;
	const char *accepted_by;
	enum verdict becomes; /* VERDICT_UNKNOWN: stays */
	bool unrecorded;
};

#include "owner_proofs.inc"

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
		       (struct tuple){ peer, host, proof->protocol } :
		       (struct tuple){ host, peer, proof->protocol };
}

static int world_find_socket(void *argument, uint64_t cookie, struct socket_record *ret_record)
{
	const struct world *world = argument;
	const struct known_socket *socket = world->proof->sockets;

	for (; socket < world->proof->sockets + 3; socket++) {
		if (socket->cookie != cookie || (socket->by_rescan && !world->rescanned))
			continue;
		memset(ret_record, 0, sizeof(*ret_record));
		for (size_t i = 0; i < SOCKET_ROLE_COUNT; i++)
			ret_record->roles[i] = people[socket->roles[i]].key;
		if (socket->roles[SOCKET_SENT])
			ret_record->sent_boot_ns = PACKET_NS + socket->sent_ms * MS;
		if (socket->roles[SOCKET_RECEIVED])
			ret_record->received_boot_ns = PACKET_NS + socket->received_ms * MS;
		ret_record->sent_since_boot_ns =
			ret_record->sent_boot_ns - socket->sent_earlier_ms * MS;
		ret_record->received_since_boot_ns =
			ret_record->received_boot_ns - socket->received_earlier_ms * MS;
		ret_record->shared = socket->shared;
		ret_record->kernel = socket->kernel;
		return 0;
	}
	return -ENOENT;
}

static int world_find_flow(void *argument, const struct flow_key *key, struct flow *ret_flow)
{
	const struct world *world = argument;

	for (size_t i = 0; i < 2; i++) {
		const struct known_flow *flow = &world->proof->flows[i];
		bool far = flow->view == FAR_RECEIVER || flow->view == FAR_SENDER;
		struct tuple packet = world_packet(world->proof, far);
		bool sends = flow->view == SENDER || flow->view == FAR_SENDER;
		const struct endpoint *local = sends ? &packet.source : &packet.destination;

		if (flow->view == NO_FLOW || key->netns != flow->netns ||
		    key->local_port != local->port || key->protocol != packet.protocol ||
		    memcmp(key->local, local->addr.bytes, 16) != 0)
			continue;
		*ret_flow = (struct flow){ flow->cookie, PACKET_NS + flow->seen_ms * MS,
					   flow->socket_netns, flow->conflicts };
		return 0;
	}
	return -ENOENT;
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

static int world_find_here(void *argument, const struct tuple *packet,
			   struct outside_socket *ret_socket)
{
	const struct present *present = &((const struct world *)argument)->proof->present;

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

	(void)inode;
	return present->holder && memcmp(&people[present->holder].key, key, sizeof(*key)) == 0;
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
	event->pid = people[person].key.tgid;
	snprintf(event->comm, sizeof(event->comm), "%s", people[person].name);
	owners_take_process(owners, event);
	free(event);
}

static struct owners *world_begin(struct world *world, bool has_source)
{
	struct owner_source source = { world, world_find_socket, world_find_flow, world_rescan,
				       world_forget };
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
	for (enum person person = CLIENT; person < PERSON_COUNT; person++)
		if (people[person].name)
			world_record(owners, person);
	return owners;
}

static void proof_sight(const struct proof *proof, struct packet_event *event,
			struct sighting *sighting)
{
	struct tuple packet = world_packet(proof, false);

	*event = (struct packet_event){
		.boot_ns = PACKET_NS,
		.kind = proof->kind,
		.cookie = proof->cookie,
		.is_own = proof->is_own,
		.sender = people[proof->sender].key,
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
	};
}

static void assert_word(const struct proof *proof, const char *found, const char *wanted)
{
	if (strcmp(found, wanted ? wanted : "") != 0)
		fail_msg("%s: found '%s', not '%s'", proof->says, found, wanted ? wanted : "");
}

static void proof_check(const struct proof *proof, const struct sighting *sighting, bool final)
{
	enum verdict verdict = proof->becomes ? proof->becomes : proof->verdict;

	if (final == proof->open)
		fail_msg("%s: is %sfinal", proof->says, final ? "" : "not ");
	assert_word(proof, sighting_quality_word(sighting->quality),
		    sighting_quality_word(proof->quality));
	assert_word(proof, sighting->process.name, proof->name);
	assert_word(proof, sighting->created_by.name, proof->created_by);
	assert_word(proof, sighting->accepted_by.name, proof->accepted_by);
	assert_word(proof, sighting_verdict_word(sighting->verdict),
		    sighting_verdict_word(verdict));
}

static void the_facts_prove_the_owner(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(proofs); i++) {
		struct world world = { .proof = &proofs[i] };
		struct owners *owners = world_begin(&world, true);
		struct owners_status status;
		struct packet_event event;
		struct sighting sighting;
		bool final;

		proof_sight(&proofs[i], &event, &sighting);
		final = owners_find(owners, &sighting, PACKET_NS + proofs[i].now_ms * MS);
		proof_check(&proofs[i], &sighting, final);
		owners_status(owners, &status);
		assert_int_equal(status.unrecorded, proofs[i].unrecorded);
		assert_int_equal(status.answers[proofs[i].quality], final);
		owners_free(owners);
	}
}

static void every_answer_is_final_when_time_is_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(proofs); i++) {
		struct world world = { .proof = &proofs[i] };
		struct owners *owners = world_begin(&world, true);
		struct packet_event event;
		struct sighting sighting;

		proof_sight(&proofs[i], &event, &sighting);
		assert_true(owners_find(owners, &sighting, PACKET_NS + OWNERS_PATIENCE_NS));
		owners_free(owners);
	}
}

static void a_record_that_comes_within_patience_names_the_owner(void **state)
{
	static const struct proof proof = { OUT, .kind = KIND_DATA, OWN_COOKIE, .sender = CLIENT };
	struct world world = { .proof = &proof };
	struct owners *owners;
	struct packet_event event;
	struct sighting sighting;

	(void)state;
	owners = world_begin(&world, true);
	proof_sight(&proof, &event, &sighting);
	event.sender = people[GHOST].key;
	assert_false(owners_find(owners, &sighting, PACKET_NS + MS));
	assert_int_equal(sighting.process.pid, 0);
	event.sender = people[CLIENT].key;
	assert_true(owners_find(owners, &sighting, PACKET_NS + 2 * MS));
	assert_int_equal(sighting.process.pid, 100);
	owners_free(owners);
}

static void without_records_the_present_answers_at_once(void **state)
{
	static const struct proof proof = {
		IN_TO_LISTENER, .kind = KIND_SYN,
		.present = { .here = { 1, 77, .listening = true }, .holders = 1, .lowest = 100 },
	};
	struct world world = { .proof = &proof };
	struct owners *owners = world_begin(&world, false);
	struct packet_event event;
	struct sighting sighting;

	(void)state;
	proof_sight(&proof, &event, &sighting);
	assert_true(owners_find(owners, &sighting, PACKET_NS));
	assert_int_equal(sighting.quality, QUALITY_LISTENER);
	assert_int_equal(sighting.process.pid, 100);
	owners_free(owners);
}

static void a_present_answer_is_remembered_for_a_moment(void **state)
{
	static const struct proof first = {
		IN_TO_LISTENER, .kind = KIND_SYN,
		.present = { .here = { 1, 77, .listening = true }, .holders = 1, .lowest = 100 },
	};
	static const struct proof then = {
		IN_TO_LISTENER, .kind = KIND_SYN,
		.present = { .here = { 1, 77, .listening = true }, .holders = 1, .lowest = 300 },
	};
	struct world world = { .proof = &first };
	struct owners *owners = world_begin(&world, false);
	struct packet_event event;
	struct sighting sighting;

	(void)state;
	proof_sight(&first, &event, &sighting);
	owners_find(owners, &sighting, PACKET_NS);
	world.proof = &then;
	owners_find(owners, &sighting, PACKET_NS + 249 * MS);
	assert_int_equal(sighting.process.pid, 100);
	owners_find(owners, &sighting, PACKET_NS + 250 * MS);
	assert_int_equal(sighting.process.pid, 300);
	owners_free(owners);
}

static void who_begins_to_hold_a_port_is_named_from_its_record(void **state)
{
	static const struct proof proof = { SOCKET(.roles = { [SOCKET_CREATED] = CLIENT }) };
	struct world world = { .proof = &proof };
	struct owners *owners = world_begin(&world, true);
	struct listener_event event = {
		.head = { .boot_ns = PACKET_NS, .process = people[SERVER].key },
		.cookie = 1,
	};
	struct sighting sighting = {};

	(void)state;
	owners_name_listener(owners, &event, &sighting, PACKET_NS);
	assert_int_equal(sighting.quality, QUALITY_EXACT);
	assert_string_equal(sighting.process.name, "server");
	assert_string_equal(sighting.created_by.name, "client");
	event.head.process = people[GHOST].key;
	owners_name_listener(owners, &event, &sighting, PACKET_NS);
	assert_int_equal(sighting.quality, QUALITY_EXACT);
	assert_int_equal(sighting.process.pid, people[GHOST].key.tgid);
	event.head.process = people[LOST].key;
	owners_name_listener(owners, &event, &sighting, PACKET_NS);
	assert_int_equal(sighting.quality, QUALITY_NONE);
	assert_int_equal(sighting.process.pid, 0);
	owners_free(owners);
}

static void scans_for_a_missing_record_keep_their_pace(void **state)
{
	static const struct proof proof = { OUT, .kind = KIND_DATA, OWN_COOKIE };
	struct world world = { .proof = &proof };
	struct owners *owners = world_begin(&world, true);
	struct owners_status status;
	struct packet_event event;
	struct sighting sighting;

	(void)state;
	proof_sight(&proof, &event, &sighting);
	for (int i = 0; i < 1000; i++)
		owners_find(owners, &sighting, PACKET_NS + OWNERS_PATIENCE_NS + i * MS);
	owners_status(owners, &status);
	assert_in_range(status.rescans, 1, 6);
	owners_free(owners);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_facts_prove_the_owner),
		cmocka_unit_test(every_answer_is_final_when_time_is_up),
		cmocka_unit_test(a_record_that_comes_within_patience_names_the_owner),
		cmocka_unit_test(without_records_the_present_answers_at_once),
		cmocka_unit_test(a_present_answer_is_remembered_for_a_moment),
		cmocka_unit_test(who_begins_to_hold_a_port_is_named_from_its_record),
		cmocka_unit_test(scans_for_a_missing_record_keep_their_pace),
	};

	return cmocka_run_group_tests_name("owner", tests, NULL, NULL);
}
