// SPDX-License-Identifier: GPL-2.0-only
/* test_owner.c - a table of facts and the owner that they prove. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../user/base/util.h"
#include "owner_world.h"

#define LATE .now_ms = 100
#define IN_TO_LISTENER .direction = DIRECTION_IN, .verdict = VERDICT_LISTENING
#define IN_TO_CONNECTION .direction = DIRECTION_IN, .verdict = VERDICT_CONNECTED
#define IN_TO_CLOSED .direction = DIRECTION_IN, .verdict = VERDICT_CLOSED
#define IN_FORWARDED .direction = DIRECTION_IN, .verdict = VERDICT_FORWARDED
#define OUT .direction = DIRECTION_OUT, .verdict = VERDICT_CONNECTED
#define OWN .cookie = 1, .is_own = true
#define DATA .kind = KIND_DATA, .length = OCTETS
#define DATAGRAM .kind = KIND_UDP, .protocol = PROTOCOL_UDP
#define FRAME .kind = KIND_SYN, .task = 9, .is_raw = true
#define SOCKET(...) .sockets = { { 1, { __VA_ARGS__ } } }
#define REACHED(...) .flows = { { RECEIVER, OWN_NETNS, 1, __VA_ARGS__ } }
#define WROTE(...) .history = { 1, __VA_ARGS__ }
#define TOOK(...) .history = { 1, __VA_ARGS__, .reads = true }
#define ASKED(ms) .flows = { { RECEIVER, OWN_NETNS, 0, ms, .listener = 5, .listener_ms = ms } }
#define QUEUED(...) .passages = { { RECEIVER, 1, __VA_ARGS__ } }
#define TAKEN_BY(person, taken, empty) \
	.history = { 1, .taker = person, .taken_ms = taken, .empty_ms = empty }
#define LISTED(pid) \
	.present = { .here = { 1, 77, .listening = true }, .holders = 1, .lowest = pid }
#define HOLDER(person) .present = { .holder = person }

static const struct proof proofs[] = {
#include "owner_sent.inc"
#include "owner_received.inc"
};

/* Without the kernel's records: who holds the socket now. */
static const struct proof proofs_of_the_present[] = {
	{ "a listener's one holder", IN_TO_LISTENER, .kind = KIND_SYN, LISTED(100),
	  .quality = QUALITY_LISTENER, .name = "/proc/100" },
	{ "a connection's one holder", IN_TO_CONNECTION, DATA,
	  .present = { .here = { 1, 77 }, .holders = 1, .lowest = 100 },
	  .quality = QUALITY_JOINED, .name = "/proc/100" },
	{ "of several none is named", IN_TO_CONNECTION, DATA,
	  .present = { .here = { 1, 77 }, .holders = 2, .lowest = 100 } },
	{ "a connection that nobody has open", IN_TO_CONNECTION, DATA,
	  .present = { .here = { 1, 0 }, .holders = 1, .lowest = 100 } },
	{ "an unaccepted connection is its listener's", IN_TO_CONNECTION, DATA,
	  .present = { .here = { 5, 0, .awaits_accept = true },
		       .listener = { 6, 77, .listening = true }, .holders = 1, .lowest = 100 },
	  .quality = QUALITY_LISTENER, .name = "/proc/100" },
	{ "of whose listener's holders none is named", IN_TO_CONNECTION, DATA,
	  .present = { .here = { 5, 0, .awaits_accept = true },
		       .listener = { 6, 77, .listening = true }, .holders = 2,
		       .lowest = 100 } },
	{ "whose listener is gone", IN_TO_CONNECTION, DATA,
	  .present = { .here = { 5, 0, .awaits_accept = true }, .holders = 1, .lowest = 100 } },
	{ "a connection that is gone is not the listener's in its place", IN_TO_CONNECTION, DATA,
	  LISTED(100) },
	{ "a datagram's listener", IN_TO_LISTENER, DATAGRAM, LISTED(100),
	  .quality = QUALITY_LISTENER, .name = "/proc/100" },
	{ "nobody is there", IN_TO_LISTENER, .kind = KIND_SYN },
	{ "closed", IN_TO_CLOSED, .kind = KIND_SYN, .present = { .translation = -EOPNOTSUPP } },
	{ "translated to another namespace", IN_TO_LISTENER, .kind = KIND_SYN,
	  .present = { .is_translated = true, .here = { 1, 77, .listening = true },
		       .abroad = { 2, 78, OTHER_NETNS, .listening = true }, .holders = 1,
		       .lowest = 300 },
	  .quality = QUALITY_LISTENER, .name = "/proc/300", .becomes = VERDICT_FORWARDED },
	{ "a connection that was translated", IN_TO_LISTENER, DATA,
	  .present = { .is_translated = true, .far_is_local = true, .here = { 1, 77 },
		       .holders = 1, .lowest = 300 },
	  .quality = QUALITY_JOINED, .name = "/proc/300", .becomes = VERDICT_CONNECTED },
	{ "it may be tracked in a moment", IN_TO_CLOSED, .kind = KIND_SYN,
	  .present = { .translation = -ENOENT }, .open = true },
	{ "another's frame", IN_TO_LISTENER, .kind = KIND_SYN, .is_elsewhere = true, LISTED(100) },
	{ "a sending connection's one holder", OUT, DATA,
	  .present = { .here = { 1, 77 }, .holders = 1, .lowest = 100 },
	  .quality = QUALITY_JOINED, .name = "/proc/100" },
	{ "who sends by a socket without a peer is not its listener", OUT, DATAGRAM, LISTED(100),
	  .quality = QUALITY_JOINED, .name = "/proc/100" },
	{ "by a socket that the packet bears the mark of", OUT, DATA, OWN,
	  .present = { .here = { 1, 77 }, .holders = 1, .lowest = 100 },
	  .quality = QUALITY_JOINED, .name = "/proc/100" },
	{ "of several holders none", OUT, DATA, OWN,
	  .present = { .here = { 1, 77 }, .holders = 2, .lowest = 100 } },
	{ "the kernel's RST", OUT, .kind = KIND_RST, .quality = QUALITY_KERNEL },
	{ "a frame's task is not told of", OUT, FRAME, .task_sender = CLIENT },
	{ "of nobody here", IN_FORWARDED, .kind = KIND_SYN },
};

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
	assert_word(proof, sighting->peer_process.name, proof->peer);
	assert_word(proof, sighting_verdict_word(sighting->verdict),
		    sighting_verdict_word(verdict));
}

static void proof_try(const struct proof *proof, bool has_source)
{
	struct world world = { .proof = proof };
	struct owners *owners = world_begin(&world, has_source);
	struct owners_status status;
	struct packet_event event;
	struct sighting sighting;
	bool final;

	proof_sight(proof, &event, &sighting);
	final = owners_find(owners, &sighting, PACKET_NS + proof->now_ms * MS);
	proof_check(proof, &sighting, final);
	owners_status(owners, &status);
	if (status.unrecorded != proof->unrecorded)
		fail_msg("%s: unrecorded", proof->says);
	assert_int_equal(status.answers[proof->quality], final);
	owners_free(owners);
}

static void the_facts_prove_the_owner(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(proofs); i++)
		proof_try(&proofs[i], true);
}

static void without_records_the_present_answers_at_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(proofs_of_the_present); i++)
		proof_try(&proofs_of_the_present[i], false);
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
		if (!owners_find(owners, &sighting, PACKET_NS + OWNERS_PATIENCE_NS))
			fail_msg("%s: not final", proofs[i].says);
		owners_free(owners);
	}
}

static void a_record_that_comes_within_patience_names_the_owner(void **state)
{
	static const struct proof first = { OUT, FRAME, .task_sender = GHOST };
	static const struct proof then = { OUT, FRAME, .task_sender = CLIENT };
	struct world world = { .proof = &first };
	struct owners *owners;
	struct packet_event event;
	struct sighting sighting;

	(void)state;
	owners = world_begin(&world, true);
	proof_sight(&first, &event, &sighting);
	assert_false(owners_find(owners, &sighting, PACKET_NS + MS));
	assert_int_equal(sighting.process.pid, 0);
	world.proof = &then;
	assert_true(owners_find(owners, &sighting, PACKET_NS + 2 * MS));
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
	static const struct proof proof = { SOCKET([SOCKET_CREATED] = CLIENT) };
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
	static const struct proof proof = { OUT, .kind = KIND_ACK, OWN };
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

/* /proc is looked into a hundred times in a row, and then once a millisecond. */
static void questions_who_still_holds_a_socket_keep_their_pace(void **state)
{
	static const struct proof proof = {
		OUT, .kind = KIND_ACK, OWN,
		.sockets = { { 1, { [SOCKET_SENT] = CLIENT }, -20, .handed_ms = -5 } },
		HOLDER(CLIENT),
	};
	struct world world = { .proof = &proof };
	struct owners *owners = world_begin(&world, true);
	struct packet_event event;
	struct sighting sighting;
	int named = 0;

	(void)state;
	proof_sight(&proof, &event, &sighting);
	for (int i = 0; i < 1000; i++)
		named += owners_find(owners, &sighting, PACKET_NS);
	assert_in_range(named, 1, 101);
	assert_true(owners_find(owners, &sighting, PACKET_NS + 100 * SECOND));
	assert_int_equal(sighting.quality, QUALITY_JOINED);
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
		cmocka_unit_test(questions_who_still_holds_a_socket_keep_their_pace),
	};

	return cmocka_run_group_tests_name("owner", tests, NULL, NULL);
}
