// SPDX-License-Identifier: GPL-2.0-only
/* test_evidence.c - tables of what claims, takings and roles say, and what that proves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../user/base/util.h"
#include "../../user/who/evidence.h"

enum person {
	NOBODY,
	ANN,
	BOB,
	CAT,
	DAN,
	ANN_LATER, /* has executed something since */
	ANNS_NUMBER, /* began later */
	PERSON_COUNT,
};

static const struct process_key people[PERSON_COUNT] = {
	[ANN] = { 10, 100, 1, 1 },	  [BOB] = { 20, 200, 1, 1 },
	[CAT] = { 30, 300, 1, 1 },	  [DAN] = { 40, 400, 1, 1 },
	[ANN_LATER] = { 10, 100, 2, 1 }, [ANNS_NUMBER] = { 50, 100, 1, 1 },
};

static enum person person_of(const struct process_key *key)
{
	for (enum person person = ANN; key && person < PERSON_COUNT; person++)
		if (memcmp(key, &people[person], sizeof(*key)) == 0)
			return person;
	return NOBODY;
}

static const char *const proof_words[] = { "not yet", "never", "found" };

static void assert_proof(const char *says, enum proof proof, enum proof wanted,
			 const struct process_key *key, enum person person)
{
	if (proof != wanted)
		fail_msg("%s: %s, not %s", says, proof_words[proof], proof_words[wanted]);
	if (proof == PROOF_FOUND && person_of(key) != person)
		fail_msg("%s: found %d, not %d", says, person_of(key), person);
}

/* --- octets --- */

struct octets_row {
	const char *says;
	struct {
		enum person person;
		uint32_t from;
		uint32_t to;
	} claims[6]; /* the oldest first; more than the ring holds overwrite it */
	uint32_t sequence;
	uint32_t length;
	enum proof proof;
	enum person person;
};

#define ONE { { ANN, 100, 200 } }
#define TWO { { ANN, 100, 200 }, { BOB, 200, 300 } }
#define WRAPPED { { ANN, 0xffffff00, 0xffffff80 }, { BOB, 0xffffff80, 0x80 } }
#define SIX                                                                                   \
	{ { ANN, 0, 10 },  { BOB, 10, 20 }, { CAT, 20, 30 }, { DAN, 30, 40 }, { ANN, 40, 50 }, \
	  { BOB, 50, 60 } }
#define CUT { { ANN, 100, 1100 }, { BOB, 400, 500 }, { ANN, 500, 1200 } }

static const struct octets_row octets_rows[] = {
	{ "nothing was claimed yet", {}, 100, 10, PROOF_NOT_YET, NOBODY },
	{ "all of a claim", ONE, 100, 100, PROOF_FOUND, ANN },
	{ "the middle of a claim", ONE, 120, 30, PROOF_FOUND, ANN },
	{ "its first octet", ONE, 100, 1, PROOF_FOUND, ANN },
	{ "its last octet", ONE, 199, 1, PROOF_FOUND, ANN },
	{ "one octet before it, too", ONE, 99, 2, PROOF_NEVER, NOBODY },
	{ "one octet behind it, too", ONE, 199, 2, PROOF_NOT_YET, NOBODY },
	{ "before the oldest", ONE, 50, 10, PROOF_NEVER, NOBODY },
	{ "after the newest", ONE, 200, 10, PROOF_NOT_YET, NOBODY },
	{ "far after the newest", ONE, 5000, 10, PROOF_NOT_YET, NOBODY },
	{ "the older claim's end", TWO, 190, 10, PROOF_FOUND, ANN },
	{ "the newer claim's begin", TWO, 200, 10, PROOF_FOUND, BOB },
	{ "across two people's claims", TWO, 190, 20, PROOF_NEVER, NOBODY },
	{ "across both of them and more", TWO, 100, 300, PROOF_NEVER, NOBODY },
	{ "from the newest on into what is not written", TWO, 290, 20, PROOF_NOT_YET, NOBODY },
	{ "two claims of one person are not joined",
	  { { ANN, 100, 200 }, { ANN_LATER, 200, 300 } }, 190, 20, PROOF_NEVER, NOBODY },
	{ "who had executed something is told as he was", { { ANN, 100, 200 },
	  { ANN_LATER, 200, 300 } }, 250, 10, PROOF_FOUND, ANN_LATER },
	{ "nobody's claim", { { ANN, 100, 200 }, { NOBODY, 200, 300 } }, 220, 10, PROOF_NEVER,
	  NOBODY },
	{ "behind nobody's, which is the newest", { { ANN, 100, 200 }, { NOBODY, 200, 300 } },
	  290, 20, PROOF_NOT_YET, NOBODY },
	{ "before nobody's", { { ANN, 100, 200 }, { NOBODY, 200, 300 } }, 150, 50, PROOF_FOUND,
	  ANN },
	{ "into nobody's", { { ANN, 100, 200 }, { NOBODY, 200, 300 } }, 150, 51, PROOF_NEVER,
	  NOBODY },
	{ "after nobody's", { { NOBODY, 200, 300 }, { BOB, 300, 400 } }, 300, 100, PROOF_FOUND,
	  BOB },
	{ "a gap between claims is nobody's", { { ANN, 100, 200 }, { BOB, 250, 300 } }, 210, 10,
	  PROOF_NEVER, NOBODY },
	{ "and so is what reaches into it", { { ANN, 100, 200 }, { BOB, 250, 300 } }, 190, 20,
	  PROOF_NEVER, NOBODY },

	/* a claim that others cut into by pieces: the later one counts */
	{ "before another cut in", CUT, 300, 100, PROOF_FOUND, ANN },
	{ "where another cut in", CUT, 400, 100, PROOF_FOUND, BOB },
	{ "across the cut", CUT, 399, 2, PROOF_NEVER, NOBODY },
	{ "after the cut", CUT, 500, 600, PROOF_FOUND, ANN },
	{ "the first claim's number after it was cut is the last one's", CUT, 1050, 100,
	  PROOF_FOUND, ANN },

	/* numbers wrap */
	{ "before the wrap", WRAPPED, 0xffffff10, 0x10, PROOF_FOUND, ANN },
	{ "up to the wrap", WRAPPED, 0xfffffff0, 0x10, PROOF_FOUND, BOB },
	{ "over the wrap", WRAPPED, 0xfffffff0, 0x20, PROOF_FOUND, BOB },
	{ "from number 0 on", WRAPPED, 0, 0x80, PROOF_FOUND, BOB },
	{ "behind the wrapped end", WRAPPED, 0x70, 0x20, PROOF_NOT_YET, NOBODY },
	{ "across two claims before the wrap", WRAPPED, 0xffffff70, 0x20, PROOF_NEVER, NOBODY },
	{ "before the oldest, at the wrap", WRAPPED, 0xfffffe00, 0x10, PROOF_NEVER, NOBODY },
	{ "before the oldest, over the wrap", { { ANN, 5, 10 } }, 0xfffffff0, 0x10, PROOF_NEVER,
	  NOBODY },
	{ "a claim that ends at number 0", { { ANN, 0xfffffff0, 0 } }, 0xfffffff8, 8, PROOF_FOUND,
	  ANN },
	{ "the middle of the numbers is no border", { { ANN, 0x7ffffff0, 0x80000010 } },
	  0x7ffffff8, 0x10, PROOF_FOUND, ANN },

	/* the ring */
	{ "the newest of many", SIX, 50, 10, PROOF_FOUND, BOB },
	{ "the oldest that is remembered", SIX, 20, 10, PROOF_FOUND, CAT },
	{ "what was overwritten", SIX, 10, 10, PROOF_NEVER, NOBODY },
	{ "half of it overwritten", SIX, 15, 10, PROOF_NEVER, NOBODY },
	{ "long overwritten", SIX, 0, 10, PROOF_NEVER, NOBODY },
};

static void octets_are_his_who_claims_all_of_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(octets_rows); i++) {
		const struct octets_row *row = &octets_rows[i];
		struct process_key key = {};
		struct claims claims = {};
		enum proof proof;

		for (size_t j = 0; j < 6 && row->claims[j].from != row->claims[j].to; j++)
			claims.last[++claims.newest % HISTORY_LENGTH] =
				(struct claim){ people[row->claims[j].person],
						row->claims[j].from, row->claims[j].to };
		proof = evidence_octets(&claims, row->sequence, row->length, &key);
		assert_proof(row->says, proof, row->proof, &key, row->person);
	}
}

/* --- datagrams --- */

struct datagram_row {
	const char *says;
	struct {
		enum person person;
		uint64_t first;
		uint64_t last;
		uint64_t empty;
	} takings[6];
	uint64_t known;
	uint64_t confused;
	uint64_t came;
	enum proof proof;
	enum person person;
};

#define TAKEN(...) { __VA_ARGS__ }, 1, 0
#define RING                                                                        \
	{ ANN, 10, 12, 12 }, { BOB, 20, 22, 22 }, { CAT, 30, 32, 32 }, { DAN, 40, 42, 42 }, \
		{ ANN, 50, 52, 52 }, { BOB, 60, 62, 62 }

static const struct datagram_row datagram_rows[] = {
	{ "nothing was taken yet", TAKEN(), 10, PROOF_NOT_YET, NOBODY },
	{ "taken, and nothing left", TAKEN({ ANN, 20, 20, 20 }), 10, PROOF_FOUND, ANN },
	{ "one process took until nothing was left", TAKEN({ ANN, 5, 30, 30 }), 10, PROOF_FOUND,
	  ANN },
	{ "something was left at last, but nothing before", TAKEN({ ANN, 5, 30, 20 }), 10,
	  PROOF_FOUND, ANN },
	{ "empty at the very moment", TAKEN({ ANN, 5, 10, 10 }), 10, PROOF_FOUND, ANN },
	{ "something was left", TAKEN({ ANN, 20, 20, 0 }), 10, PROOF_NOT_YET, NOBODY },
	{ "nothing was left before it came", TAKEN({ ANN, 5, 20, 9 }), 10, PROOF_NOT_YET,
	  NOBODY },
	{ "all was taken before it came", TAKEN({ ANN, 5, 9, 9 }), 10, PROOF_NOT_YET, NOBODY },
	{ "another took after nothing was left", TAKEN({ ANN, 20, 20, 20 }, { BOB, 30, 30, 30 }),
	  10, PROOF_FOUND, ANN },
	{ "another took when something was left", TAKEN({ ANN, 20, 20, 0 }, { BOB, 30, 30, 30 }),
	  10, PROOF_NEVER, NOBODY },
	{ "another had taken before it came", TAKEN({ ANN, 5, 9, 0 }, { BOB, 30, 30, 30 }), 10,
	  PROOF_FOUND, BOB },
	{ "another began before it came", TAKEN({ ANN, 5, 10, 0 }, { BOB, 30, 30, 30 }), 10,
	  PROOF_NEVER, NOBODY },
	{ "one comes back", TAKEN({ ANN, 5, 9, 9 }, { BOB, 12, 13, 0 }, { ANN, 20, 20, 20 }), 10,
	  PROOF_NEVER, NOBODY },
	{ "after executing something he is another", TAKEN({ ANN, 12, 12, 0 },
	  { ANN_LATER, 20, 20, 20 }), 10, PROOF_NEVER, NOBODY },
	{ "nobody's", TAKEN({ NOBODY, 20, 20, 20 }), 10, PROOF_NEVER, NOBODY },

	{ "the numbers are known since then", { { ANN, 20, 20, 20 } }, 10, 0, 10, PROOF_FOUND,
	  ANN },
	{ "it came before the numbers were known", { { ANN, 20, 20, 20 } }, 11, 0, 10, PROOF_NEVER,
	  NOBODY },
	{ "then nothing later helps", {}, 11, 0, 10, PROOF_NEVER, NOBODY },
	{ "two took at once after it came", { { ANN, 20, 20, 20 } }, 1, 15, 10, PROOF_NEVER,
	  NOBODY },
	{ "two took at once at that moment", { { ANN, 20, 20, 20 } }, 1, 10, 10, PROOF_NEVER,
	  NOBODY },
	{ "two took at once before it came", { { ANN, 20, 20, 20 } }, 1, 9, 10, PROOF_FOUND, ANN },

	{ "the newest of many", TAKEN(RING), 55, PROOF_FOUND, BOB },
	{ "one of many", TAKEN(RING), 45, PROOF_FOUND, ANN },
	{ "within the oldest that is remembered", TAKEN(RING), 31, PROOF_FOUND, CAT },
	{ "when the oldest that is remembered began", TAKEN(RING), 30, PROOF_FOUND, CAT },
	{ "before the oldest, where another was", TAKEN(RING), 25, PROOF_NEVER, NOBODY },
	{ "before all that is remembered", TAKEN(RING), 5, PROOF_NEVER, NOBODY },
	{ "after all of them", TAKEN(RING), 63, PROOF_NOT_YET, NOBODY },
};

static void a_datagram_is_his_who_took_until_nothing_was_left(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(datagram_rows); i++) {
		const struct datagram_row *row = &datagram_rows[i];
		struct takings takings = { .known_boot_ns = row->known,
					   .confused_boot_ns = row->confused };
		struct process_key key = {};
		enum proof proof;

		for (size_t j = 0; j < 6 && row->takings[j].last; j++)
			takings.last[++takings.newest % HISTORY_LENGTH] = (struct taking){
				people[row->takings[j].person], row->takings[j].first,
				row->takings[j].last, row->takings[j].empty
			};
		proof = evidence_datagram(&takings, row->came, &key);
		assert_proof(row->says, proof, row->proof, &key, row->person);
	}
}

/* --- roles --- */

struct use {
	uint64_t since;
	uint64_t last;
};

struct role_row {
	const char *says;
	enum person roles[SOCKET_ROLE_COUNT];
	struct use sent;
	struct use received;
	unsigned int changed;
	unsigned int became;
	bool shared;
	bool kernel;
	uint64_t handed;
	enum person user; /* at time 1000 */
	enum person sole;
	enum person listener;
	bool is_kernel;
};

#define ROLES(...) .roles = { __VA_ARGS__ }

static const struct role_row role_rows[] = {
	{ "nobody", .kernel = false },
	{ "the kernel", .kernel = true, .is_kernel = true },
	{ "the kernel's, made by a process", ROLES([SOCKET_CREATED] = ANN), .kernel = true,
	  .sole = ANN, .listener = ANN },
	{ "the kernel's, used by a process", ROLES([SOCKET_SENT] = ANN), .sent = { 900, 900 },
	  .kernel = true, .user = ANN, .sole = ANN },
	{ "who only created or bound it did not use it",
	  ROLES([SOCKET_CREATED] = ANN, [SOCKET_BOUND] = BOB), .listener = BOB },

	/* the last use */
	{ "who sent", ROLES([SOCKET_SENT] = ANN), .sent = { 900, 950 }, .user = ANN, .sole = ANN },
	{ "who took", ROLES([SOCKET_RECEIVED] = ANN), .received = { 900, 950 },
	  .user = ANN, .sole = ANN },
	{ "the later of the two", ROLES([SOCKET_SENT] = ANN, [SOCKET_RECEIVED] = BOB),
	  .sent = { 900, 950 }, .received = { 900, 960 }, .user = BOB },
	{ "the other way round", ROLES([SOCKET_SENT] = ANN, [SOCKET_RECEIVED] = BOB),
	  .sent = { 900, 970 }, .received = { 900, 960 }, .user = ANN },
	{ "at that very moment", ROLES([SOCKET_SENT] = ANN), .sent = { 1000, 1000 },
	  .user = ANN, .sole = ANN },
	{ "and long before", ROLES([SOCKET_SENT] = ANN), .sent = { 900, 1000 },
	  .user = ANN, .sole = ANN },
	{ "both at once: who sent", ROLES([SOCKET_SENT] = ANN, [SOCKET_RECEIVED] = BOB),
	  .sent = { 900, 950 }, .received = { 900, 950 }, .user = ANN },
	{ "used before and after: when he began to is what is known",
	  ROLES([SOCKET_SENT] = ANN), .sent = { 900, 1100 }, .user = ANN,
	  .sole = ANN },
	{ "who sends on loses to who took since he began",
	  ROLES([SOCKET_SENT] = ANN, [SOCKET_RECEIVED] = BOB), .sent = { 900, 1100 },
	  .received = { 910, 960 }, .user = BOB },
	{ "who came after the packet does not count",
	  ROLES([SOCKET_SENT] = ANN, [SOCKET_RECEIVED] = BOB), .sent = { 900, 950 },
	  .received = { 1001, 1001 }, .user = ANN },
	{ "used first after the packet: who accepted",
	  ROLES([SOCKET_ACCEPTED] = ANN, [SOCKET_SENT] = BOB), .sent = { 1001, 1001 },
	  .user = ANN },
	{ "used before by somebody whose place another has",
	  ROLES([SOCKET_ACCEPTED] = ANN, [SOCKET_SENT] = BOB), .sent = { 1001, 1001 },
	  .changed = 1 << SOCKET_SENT },
	{ "and the other use is no way round that",
	  ROLES([SOCKET_RECEIVED] = ANN, [SOCKET_SENT] = BOB), .sent = { 1001, 1001 },
	  .received = { 900, 950 }, .changed = 1 << SOCKET_SENT },
	{ "nor for who took", ROLES([SOCKET_RECEIVED] = ANN, [SOCKET_SENT] = BOB),
	  .sent = { 900, 950 }, .received = { 1001, 1001 }, .changed = 1 << SOCKET_RECEIVED },
	{ "whose place was taken before the packet does not matter",
	  ROLES([SOCKET_SENT] = BOB), .sent = { 900, 1100 }, .changed = 1 << SOCKET_SENT,
	  .user = BOB },
	{ "used before by himself, as another",
	  ROLES([SOCKET_ACCEPTED] = BOB, [SOCKET_SENT] = ANN_LATER), .sent = { 1001, 1001 },
	  .became = 1 << SOCKET_SENT },
	{ "taken by himself, as another",
	  ROLES([SOCKET_SENT] = BOB, [SOCKET_RECEIVED] = ANN_LATER), .sent = { 900, 950 },
	  .received = { 1001, 1001 }, .became = 1 << SOCKET_RECEIVED },
	{ "he became another before the packet", ROLES([SOCKET_SENT] = ANN_LATER),
	  .sent = { 900, 950 }, .became = 1 << SOCKET_SENT, .user = ANN_LATER,
	  .sole = ANN_LATER },
	{ "another role's becoming does not matter",
	  ROLES([SOCKET_ACCEPTED] = ANN, [SOCKET_SENT] = BOB), .sent = { 1001, 1001 },
	  .became = 1 << SOCKET_BOUND, .user = ANN },
	{ "a change of another role does not matter",
	  ROLES([SOCKET_ACCEPTED] = ANN, [SOCKET_SENT] = BOB), .sent = { 1001, 1001 },
	  .changed = 1 << SOCKET_BOUND, .user = ANN },

	/* who has it without having used it */
	{ "who accepted", ROLES([SOCKET_CREATED] = BOB, [SOCKET_ACCEPTED] = ANN), .user = ANN,
	  .listener = BOB },
	{ "who connected", ROLES([SOCKET_CREATED] = ANN, [SOCKET_CONNECTED_BY] = ANN),
	  .user = ANN, .sole = ANN, .listener = ANN },
	{ "who accepted goes before who held it",
	  ROLES([SOCKET_ACCEPTED] = ANN, [SOCKET_HELD] = BOB), .user = ANN, .listener = BOB },
	{ "who held it", ROLES([SOCKET_HELD] = ANN), .user = ANN, .sole = ANN, .listener = ANN },
	{ "one of several who held it", ROLES([SOCKET_HELD] = ANN), .shared = true },
	{ "several held it, one used it", ROLES([SOCKET_HELD] = ANN, [SOCKET_SENT] = BOB),
	  .sent = { 900, 950 }, .shared = true, .user = BOB },

	/* the only one */
	{ "one did all", ROLES([SOCKET_CREATED] = ANN, [SOCKET_BOUND] = ANN,
	  [SOCKET_CONNECTED_BY] = ANN, [SOCKET_SENT] = ANN), .sent = { 900, 900 },
	  .user = ANN, .sole = ANN, .listener = ANN },
	{ "he executed something between, and is told as of late",
	  ROLES([SOCKET_CREATED] = ANN, [SOCKET_SENT] = ANN_LATER), .sent = { 900, 900 },
	  .user = ANN_LATER, .sole = ANN_LATER, .listener = ANN },
	{ "the same number is not the same process",
	  ROLES([SOCKET_CREATED] = ANN, [SOCKET_ACCEPTED] = ANNS_NUMBER), .user = ANNS_NUMBER,
	  .listener = ANN },
	{ "one who has it, though another had his part before",
	  ROLES([SOCKET_CONNECTED_BY] = ANN), .changed = 1 << SOCKET_BOUND, .user = ANN },
	{ "it was handed to somebody who has not shown yet",
	  ROLES([SOCKET_CONNECTED_BY] = ANN), .handed = 1, .user = ANN },

	/* who listens */
	{ "who bound goes before who held and created",
	  ROLES([SOCKET_CREATED] = ANN, [SOCKET_BOUND] = BOB, [SOCKET_HELD] = CAT), .user = CAT,
	  .listener = BOB },
	{ "who held goes before who created", ROLES([SOCKET_CREATED] = ANN, [SOCKET_HELD] = CAT),
	  .user = CAT, .listener = CAT },
	{ "of several who held it none, so who created",
	  ROLES([SOCKET_CREATED] = ANN, [SOCKET_HELD] = CAT), .shared = true, .listener = ANN },
};

#define NOW 1000

static struct socket_record role_record(const struct role_row *row)
{
	struct socket_record record = {
		.sent_boot_ns = row->sent.last,
		.sent_since_boot_ns = row->sent.since,
		.received_boot_ns = row->received.last,
		.received_since_boot_ns = row->received.since,
		.changed = row->changed,
		.became = row->became,
		.shared = row->shared,
		.kernel = row->kernel,
		.handed_boot_ns = row->handed,
	};

	for (size_t i = 0; i < SOCKET_ROLE_COUNT; i++)
		record.roles[i] = people[row->roles[i]];
	return record;
}

static void assert_person(const char *says, const char *part, const struct process_key *key,
			  enum person wanted)
{
	if (person_of(key) != wanted || (wanted == NOBODY && key))
		fail_msg("%s: %s is %d, not %d", says, part, person_of(key), wanted);
}

static void roles_tell_user_sole_and_listener(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(role_rows); i++) {
		const struct role_row *row = &role_rows[i];
		struct socket_record record = role_record(row);

		assert_person(row->says, "user", evidence_user(&record, NOW), row->user);
		assert_person(row->says, "sole", evidence_sole(&record), row->sole);
		assert_person(row->says, "listener", evidence_listener(&record), row->listener);
		if (evidence_is_kernel(&record) != row->is_kernel)
			fail_msg("%s: the kernel's", row->says);
	}
}

static void who_began_after_the_packet_is_not_its_user(void **state)
{
	struct socket_record record = { .roles = { [SOCKET_ACCEPTED] = people[ANNS_NUMBER],
						   [SOCKET_CONNECTED_BY] = people[ANN] } };

	(void)state;
	assert_person("then", "user", evidence_user(&record, 49), ANN);
	assert_person("since", "user", evidence_user(&record, 50), ANNS_NUMBER);
}

static void the_same_process_is_so_whatever_it_executed(void **state)
{
	(void)state;
	assert_true(evidence_is_same(&people[ANN], &people[ANN_LATER]));
	assert_false(evidence_is_same(&people[ANN], &people[ANNS_NUMBER]));
	assert_false(evidence_is_same(&people[ANN], &people[BOB]));
	assert_true(evidence_is_nobody(&people[NOBODY]));
	assert_false(evidence_is_nobody(&people[ANN]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(octets_are_his_who_claims_all_of_them),
		cmocka_unit_test(a_datagram_is_his_who_took_until_nothing_was_left),
		cmocka_unit_test(roles_tell_user_sole_and_listener),
		cmocka_unit_test(who_began_after_the_packet_is_not_its_user),
		cmocka_unit_test(the_same_process_is_so_whatever_it_executed),
	};

	return cmocka_run_group_tests_name("evidence", tests, NULL, NULL);
}
