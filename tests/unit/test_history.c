// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_history.c - a socket whose every octet's writer and taker is known, used by several at
 * random: what the hooks note of it never proves anybody who did not write or take just these.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../user/base/util.h"
#include "../../user/who/evidence.h"
#include "history_native.h"

#define ROUNDS 400
#define STEPS 400
#define STREAM (STEPS * 64)
#define PEOPLE 4
#define THREADS 6

static const struct process_key people[PEOPLE] = {
	{ 10, 100, 1, 1 },
	{ 20, 200, 1, 1 },
	{ 20, 200, 2, 1 }, /* the one before it, after exec */
	{ 30, 300, 1, 1 },
};

/* Whose threads they are: two people have two. */
static const int thread_people[THREADS] = { 0, 1, 2, 3, 0, 3 };

/* SEED=... in the environment runs one round again. */
struct chance {
	uint64_t seed;
	uint64_t state;
};

static uint32_t chance(struct chance *chance, uint32_t below)
{
	chance->state ^= chance->state << 13;
	chance->state ^= chance->state >> 7;
	chance->state ^= chance->state << 17;
	return (chance->state >> 16) % below;
}

static struct chance chance_begin(uint32_t round)
{
	const char *seed = getenv("SEED");
	struct chance chance = { .seed = seed ? strtoull(seed, NULL, 0) :
						(round + 1) * 0x9e3779b97f4a7c15ULL };

	chance.state = chance.seed;
	return chance;
}

static void fail_at(const struct chance *chance, const char *what, int found, int truth)
{
	fail_msg("%s: found %d, was %d (SEED=%#llx)", what, found, truth,
		 (unsigned long long)chance->seed);
}

static int person_of(const struct process_key *key)
{
	for (int i = 0; i < PEOPLE; i++)
		if (process_is_same(key, &people[i]))
			return i;
	return -1;
}

/* --- a stream --- */

struct stream {
	struct chance chance;
	struct claims claims;
	uint32_t base; /* the first octet's number */
	uint32_t length; /* octets so far */
	uint32_t found; /* ranges that had a proof */
	uint32_t left[THREADS]; /* octets of a call that waits for room */
	bool is_repeated;
	int8_t truth[STREAM];
};

/* Near the wrap, the middle, or anywhere. */
static void stream_begin(struct stream *stream, uint32_t round)
{
	memset(stream, 0, sizeof(*stream));
	stream->chance = chance_begin(round);
	stream->base = chance(&stream->chance, 3) * 0x7ffff000 + chance(&stream->chance, 0x2000);
	stream->claims.end = stream->base;
}

static void stream_check_range(struct stream *stream, uint32_t from, uint32_t length)
{
	struct process_key key;

	if (evidence_octets(&stream->claims, stream->base + from, length, &key) != PROOF_FOUND)
		return;
	stream->found++;
	for (uint32_t i = from; i < from + length; i++)
		if (stream->truth[i] != person_of(&key))
			fail_at(&stream->chance, "octets", person_of(&key), stream->truth[i]);
}

/* A packet may be of any octets that are there, an old one sent again, too. */
static void stream_check(struct stream *stream)
{
	uint32_t from, length;

	if (!stream->length)
		return;
	for (int i = 0; i < 4; i++) {
		uint32_t recent = MIN(stream->length, i % 2 ? 60U : stream->length);

		from = stream->length - 1 - chance(&stream->chance, recent);
		length = 1 + chance(&stream->chance, MIN(stream->length - from, 40U));
		stream_check_range(stream, from, length);
	}
	stream_check_range(stream, stream->length - 1, 1);
}

static void stream_put(struct stream *stream, int person, uint32_t length)
{
	memset(stream->truth + stream->length, person, length);
	stream->length += length;
}

static void stream_note_write(struct stream *stream, int thread)
{
	claims_write(&stream->claims, &people[thread_people[thread]],
		     stream->base + stream->length, stream->left[thread], stream->is_repeated);
}

/* As much as there is room for; the rest waits, or is given up. */
static void stream_write_piece(struct stream *stream, int thread)
{
	uint32_t piece = chance(&stream->chance, stream->left[thread] + 1);

	if (chance(&stream->chance, 2))
		piece = stream->left[thread];
	stream_put(stream, thread_people[thread], piece);
	stream->left[thread] -= piece;
	if (chance(&stream->chance, 4) == 0)
		stream->left[thread] = 0;
}

/* A call begins, or goes on after it has waited. A thread is at one call at a time. */
static void stream_write(struct stream *stream)
{
	int thread = chance(&stream->chance, THREADS);
	bool begins = !stream->left[thread];
	int other = thread == 1 ? 2 : 1; /* before and after exec: never both */

	if ((thread == 1 || thread == 2) && stream->left[other])
		return;
	if (begins)
		stream->left[thread] = chance(&stream->chance, 60);
	if (begins || stream->is_repeated)
		stream_note_write(stream, thread);
	stream_check(stream);
	stream_write_piece(stream, thread);
	stream_check(stream);
}

static uint32_t write_in_all_rounds(bool is_repeated)
{
	static struct stream stream;
	uint32_t found = 0;

	for (uint32_t round = 0; round < ROUNDS; round++) {
		stream_begin(&stream, round);
		stream.is_repeated = is_repeated;
		for (int step = 0; step < STEPS; step++)
			stream_write(&stream);
		found += stream.found;
	}
	return found;
}

static void who_is_proved_wrote_each_octet(void **state)
{
	(void)state;
	assert_true(write_in_all_rounds(false) > ROUNDS);
}

static void who_is_proved_wrote_each_octet_by_pieces(void **state)
{
	(void)state;
	assert_true(write_in_all_rounds(true) > ROUNDS * STEPS);
}

/* One after the other, each call whole: then all that is remembered has its proof. */
static void writers_that_take_turns_are_all_proved(void **state)
{
	static struct stream stream;

	(void)state;
	for (uint32_t round = 0; round < ROUNDS; round++) {
		stream_begin(&stream, round);
		for (int turn = 0; turn < 40; turn++) {
			int person = turn % PEOPLE;

			stream.left[person] = 1 + chance(&stream.chance, 60);
			stream_note_write(&stream, person);
			stream_put(&stream, person, stream.left[person]);
			stream.found = 0;
			stream_check_range(&stream, stream.length - stream.left[person],
					   stream.left[person]);
			assert_int_equal(stream.found, 1);
		}
	}
}

static void who_is_proved_took_each_octet(void **state)
{
	static struct stream stream;
	uint32_t found = 0;

	(void)state;
	for (uint32_t round = 0; round < ROUNDS; round++) {
		stream_begin(&stream, round);
		for (int step = 0; step < STEPS; step++) {
			int person = chance(&stream.chance, PEOPLE);

			/* one in two only looks */
			stream_put(&stream, person,
				   chance(&stream.chance, 2) * chance(&stream.chance, 60));
			claims_take(&stream.claims, &people[person],
				    stream.base + stream.length);
			stream_check(&stream);
		}
		found += stream.found;
	}
	assert_true(found > ROUNDS * STEPS);
}

/* --- a stream of more octets than there are numbers --- */

#define FLOOD 64
#define FLOOD_LONGEST 0x7ffff000U /* what one call writes at most */
#define FLOOD_WINDOW (1U << 30) /* what may be on its way */

struct flood {
	struct chance chance;
	struct claims claims;
	uint64_t length;
	uint32_t count;
	struct {
		uint64_t from;
		int person;
	} parts[FLOOD];
};

static int flood_person(const struct flood *flood, uint64_t octet)
{
	uint32_t i = flood->count - 1;

	while (flood->parts[i].from > octet)
		i--;
	return flood->parts[i].person;
}

static void flood_check(struct flood *flood)
{
	uint64_t window = MIN(flood->length, (uint64_t)FLOOD_WINDOW), octet;
	struct process_key key;

	for (int i = 0; i < 16; i++) {
		octet = flood->length - 1 - chance(&flood->chance, window);
		if (evidence_octets(&flood->claims, octet, 1, &key) == PROOF_FOUND &&
		    person_of(&key) != flood_person(flood, octet))
			fail_at(&flood->chance, "flood", person_of(&key),
				flood_person(flood, octet));
	}
	if (evidence_octets(&flood->claims, flood->length - 1, 1, &key) != PROOF_FOUND)
		fail_at(&flood->chance, "flood", -1, flood_person(flood, flood->length - 1));
}

/* Mostly one person, who has the numbers come round, and now and then another. */
static void flood_add(struct flood *flood, bool reads)
{
	static const uint32_t sizes[] = { 1, 100, 1 << 20, FLOOD_LONGEST / 4, FLOOD_LONGEST };
	uint32_t size = sizes[chance(&flood->chance, ARRAY_SIZE(sizes))];
	int person = chance(&flood->chance, 4) ? 0 : chance(&flood->chance, PEOPLE);

	if (reads)
		size = MIN(size, FLOOD_WINDOW);
	flood->parts[flood->count].from = flood->length;
	flood->parts[flood->count++].person = person;
	if (!reads)
		claims_write(&flood->claims, &people[person], flood->length, size,
			     chance(&flood->chance, 2));
	flood->length += size;
	if (reads)
		claims_take(&flood->claims, &people[person], flood->length);
}

static void who_is_proved_did_so_when_the_numbers_come_round(void **state)
{
	static struct flood flood;

	(void)state;
	for (uint32_t round = 0; round < ROUNDS; round++) {
		memset(&flood, 0, sizeof(flood));
		flood.chance = chance_begin(round);
		while (flood.count < FLOOD) {
			flood_add(&flood, round % 2);
			flood_check(&flood);
		}
	}
}

/* After 4 GB by one person his first octets' numbers are his, not theirs who wrote before. */
static void old_claims_do_not_come_back_with_their_numbers(void **state)
{
	struct claims claims = {};
	struct process_key key;
	uint32_t at = 100;

	(void)state;
	claims_write(&claims, &people[3], 0, 100, true);
	for (int i = 0; i < 17; i++, at += 1 << 28)
		claims_write(&claims, &people[0], at, 1 << 28, true);
	for (uint32_t octet = 0; octet < 300; octet += 10) {
		assert_int_equal(evidence_octets(&claims, octet, 10, &key), PROOF_FOUND);
		assert_int_equal(person_of(&key), 0);
	}
}

static void what_is_written_empty_claims_nothing(void **state)
{
	const struct claims none = {};
	struct claims claims = {};
	struct process_key key;

	(void)state;
	claims_write(&claims, &people[0], 1000, 0, false);
	assert_memory_equal(&claims, &none, sizeof(claims));
	claims_write(&claims, &people[0], 1000, 100, false);
	claims_write(&claims, &people[3], 1050, 0, false);
	assert_int_equal(evidence_octets(&claims, 1000, 100, &key), PROOF_FOUND);
	assert_int_equal(person_of(&key), 0);
}

/* Two threads of one are half way: until both are done, nobody else's octets are sure. */
static void a_second_thread_makes_the_claim_longer(void **state)
{
	struct claims claims = {};
	struct process_key key;

	(void)state;
	claims_write(&claims, &people[0], 0, 100, false);
	claims_write(&claims, &people[0], 30, 50, false);
	assert_int_equal(evidence_octets(&claims, 0, 150, &key), PROOF_FOUND);
	claims_write(&claims, &people[3], 120, 10, false);
	assert_int_equal(evidence_octets(&claims, 0, 120, &key), PROOF_FOUND);
	assert_int_equal(evidence_octets(&claims, 120, 1, &key), PROOF_NEVER);
	assert_int_equal(evidence_octets(&claims, 159, 1, &key), PROOF_NEVER);
	claims_write(&claims, &people[3], 160, 10, false);
	assert_int_equal(evidence_octets(&claims, 160, 10, &key), PROOF_FOUND);
	assert_int_equal(person_of(&key), 3);
}

/* Octets that were taken before the history began are nobody's. */
static void what_was_taken_before_is_not_told(void **state)
{
	struct claims claims = { .end = 1000 };
	struct process_key key;

	(void)state;
	claims_take(&claims, &people[0], 1000);
	assert_int_equal(evidence_octets(&claims, 900, 100, &key), PROOF_NOT_YET);
	claims_take(&claims, &people[0], 1100);
	assert_int_equal(evidence_octets(&claims, 900, 100, &key), PROOF_NEVER);
	assert_int_equal(evidence_octets(&claims, 950, 100, &key), PROOF_NEVER);
	assert_int_equal(evidence_octets(&claims, 1000, 100, &key), PROOF_FOUND);
}

/* --- datagrams --- */

#define DATAGRAMS 512
#define TAKERS 3

enum taker_state { IDLE, HOLDS, ENTERED, LOOKED, TOLD };

struct taker {
	enum taker_state state;
	bool is_alone;
	uint64_t now_ns;
	uint32_t queued;
};

struct box {
	struct chance chance;
	struct takings takings;
	uint64_t now_ns;
	struct taker takers[TAKERS];
	uint32_t came; /* counted; at[] and truth[] are known */
	uint32_t queue[DATAGRAMS];
	uint32_t first; /* in the queue */
	uint32_t end;
	uint32_t waiting[4]; /* counted, not in the queue yet */
	uint32_t waits;
	bool is_old; /* what waits in the queue waits long */
	uint32_t found;
	uint32_t drops; /* of a hundred */
	uint32_t haste; /* of a hundred hooks, those that nobody comes in between of */
	uint64_t at_ns[DATAGRAMS];
	int truth[DATAGRAMS]; /* -1: nobody */
};

static void box_begin(struct box *box, uint32_t round)
{
	memset(box, 0, sizeof(*box));
	box->chance = chance_begin(round);
	box->now_ns = 1000000000;
	box->takings.known_boot_ns = box->now_ns;
	box->drops = round % 2 ? 0 : 5;
	box->haste = round / 2 % 4 * 33;
}

static void box_count(struct box *box)
{
	if (box->came == DATAGRAMS || box->waits == ARRAY_SIZE(box->waiting))
		return;
	box->takings.arrived_boot_ns = box->now_ns;
	box->takings.arrived++;
	box->truth[box->came] = -1;
	box->at_ns[box->came] = ++box->now_ns;
	box->waiting[box->waits++] = box->came++;
}

/* Not in the order of the count: several processors bring them. */
static void box_queue(struct box *box)
{
	uint32_t i;

	if (!box->waits)
		return;
	i = chance(&box->chance, box->waits);
	if (chance(&box->chance, 100) >= box->drops)
		box->queue[box->end++] = box->waiting[i];
	box->waiting[i] = box->waiting[--box->waits];
}

static void box_take(struct box *box, int person)
{
	if (box->first == box->end)
		return;
	box->truth[box->queue[box->first++]] = person;
	box->takers[person].state = HOLDS;
}

/* The hook's steps; another processor may do anything between two of them. */
static void box_tell(struct box *box, int person)
{
	struct taker *taker = &box->takers[person];

	switch (taker->state) {
	case HOLDS:
		taker->is_alone = takings_enter(&box->takings);
		if (!taker->is_alone)
			box->takings.confused_boot_ns = box->now_ns;
		taker->state = taker->is_alone ? ENTERED : TOLD;
		break;
	case ENTERED:
		taker->now_ns = box->now_ns;
		taker->queued = box->end - box->first;
		taker->state = LOOKED;
		break;
	case LOOKED:
		takings_add(&box->takings, &people[person], taker->queued, taker->now_ns);
		taker->state = TOLD;
		break;
	case TOLD:
		takings_leave(&box->takings);
		taker->state = IDLE;
		break;
	default:
		break;
	}
}

static void box_tell_all(struct box *box, int person)
{
	while (box->takers[person].state != IDLE)
		box_tell(box, person);
}

static bool box_is_quiet(const struct box *box)
{
	for (int i = 0; i < TAKERS; i++)
		if (box->takers[i].state != IDLE)
			return false;
	return box->waits == 0;
}

/*
 * A while passes only when nobody is in the middle of anything; and of what has waited so long one
 * alone takes, for it is by that that the numbers begin anew.
 */
static void box_pass_time(struct box *box)
{
	box->now_ns += chance(&box->chance, 5) * 1000;
	if (!box_is_quiet(box))
		return;
	box->is_old &= box->first != box->end;
	if (chance(&box->chance, 10))
		return;
	box->now_ns += 2 * TAKINGS_QUIET_NS;
	box->is_old = true;
}

static void box_step(struct box *box)
{
	int person = chance(&box->chance, TAKERS);

	box_pass_time(box);
	switch (chance(&box->chance, 4)) {
	case 0:
		box_count(box);
		break;
	case 1:
		box_queue(box);
		break;
	default:
		person *= !box->is_old;
		if (box->takers[person].state == IDLE)
			box_take(box, person);
		else if (chance(&box->chance, 100) < box->haste)
			box_tell_all(box, person);
		else
			box_tell(box, person);
	}
}

/* While a hook is at it, user space reads again. */
static void box_check(struct box *box)
{
	struct process_key key;

	if (box->takings.inside)
		return;
	for (uint32_t i = box->came > 24 ? box->came - 24 : 0; i < box->came; i++) {
		if (evidence_datagram(&box->takings, box->at_ns[i], &key) != PROOF_FOUND)
			continue;
		box->found++;
		if (person_of(&key) != box->truth[i])
			fail_at(&box->chance, "datagram", person_of(&key), box->truth[i]);
	}
}

static void who_is_proved_took_the_datagram(void **state)
{
	static struct box box;
	uint32_t found = 0;

	(void)state;
	for (uint32_t round = 0; round < 4 * ROUNDS; round++) {
		box_begin(&box, round);
		while (box.came < DATAGRAMS) {
			box_step(&box);
			box_check(&box);
		}
		found += box.found;
	}
	assert_true(found > 100 * ROUNDS);
}

static void box_pass_one(struct box *box, int person)
{
	box_count(box);
	box_queue(box);
	box->now_ns += 1000;
	box_take(box, person);
	box_tell_all(box, person);
	box->now_ns += 1000;
}

static enum proof box_prove_last(const struct box *box)
{
	struct process_key key;

	return evidence_datagram(&box->takings, box->at_ns[box->came - 1], &key);
}

static void takers_that_take_turns_are_all_proved(void **state)
{
	static struct box box;

	(void)state;
	box_begin(&box, 1);
	for (int i = 0; i < 100; i++) {
		box_pass_one(&box, i % TAKERS);
		assert_int_equal(box_prove_last(&box), PROOF_FOUND);
	}
}

/* A full buffer drops what was counted: nothing is told until all has been quiet for a while. */
static void after_a_drop_the_numbers_begin_anew(void **state)
{
	static struct box box;

	(void)state;
	box_begin(&box, 1);
	box_count(&box);
	box.waits = 0;
	box_pass_one(&box, 0);
	assert_int_equal(box_prove_last(&box), PROOF_NOT_YET);
	box_count(&box);
	box_queue(&box);
	box.now_ns += TAKINGS_QUIET_NS + 1;
	box_take(&box, 0);
	box_tell_all(&box, 0);
	assert_int_equal(box_prove_last(&box), PROOF_NEVER);
	box.now_ns++;
	box_pass_one(&box, 1);
	assert_int_equal(box_prove_last(&box), PROOF_FOUND);
}

static void two_that_take_at_once_prove_nothing_of_what_came_by_then(void **state)
{
	static struct box box;

	(void)state;
	box_begin(&box, 1);
	for (int i = 0; i < 2; i++) {
		box_count(&box);
		box_queue(&box);
		box_take(&box, i);
	}
	for (int step = 0; step < 4; step++) {
		box_tell(&box, 0);
		box_tell(&box, 1);
	}
	assert_int_equal(box_prove_last(&box), PROOF_NEVER);
	box.now_ns += 1000;
	box_pass_one(&box, 2);
	assert_int_equal(box_prove_last(&box), PROOF_FOUND);
}

/* --- the mark of a datagram --- */

static void a_word_ends_where_the_octets_end(void **state)
{
	const uint8_t octets[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };

	(void)state;
	assert_int_equal(mark_word(octets, octets), 0);
	assert_int_equal(mark_word(octets, octets + 1), 1);
	assert_int_equal(mark_word(octets, octets + 3), 0x030201);
	assert_int_equal(mark_word(octets, octets + 8), 0x0807060504030201);
	assert_int_equal(mark_word(octets, octets + 9), 0x0807060504030201);
	assert_int_equal(mark_word(octets + 8, octets + 1), 0);
}

static void every_part_of_a_datagram_is_in_its_mark(void **state)
{
	const uint32_t mark = mark_of(1, 2, 3, 4);

	(void)state;
	assert_int_equal(mark_of(1, 2, 3, 4), mark);
	for (int bit = 0; bit < 64; bit++) {
		assert_int_not_equal(mark_of(1, 2, 3 ^ 1ULL << bit, 4), mark);
		assert_int_not_equal(mark_of(1, 2, 3, 4 ^ 1ULL << bit), mark);
	}
	for (int bit = 0; bit < 16; bit++) {
		assert_int_not_equal(mark_of(1 ^ 1 << bit, 2, 3, 4), mark);
		assert_int_not_equal(mark_of(1, 2 ^ 1 << bit, 3, 4), mark);
	}
	assert_int_not_equal(mark_of(2, 1, 3, 4), mark);
	assert_int_not_equal(mark_of(1, 2, 4, 3), mark);
}

static int compare_marks(const void *a, const void *b)
{
	const uint32_t *one = a, *other = b;

	return (*one > *other) - (*one < *other);
}

/* Counters in the payload are what datagrams of a flow often differ by. */
static void datagrams_that_count_have_marks_of_their_own(void **state)
{
	static uint32_t marks[100000];
	uint32_t met_twice = 0;

	(void)state;
	for (uint32_t i = 0; i < ARRAY_SIZE(marks); i++)
		marks[i] = mark_of(0, 0x1800, i, 0);
	qsort(marks, ARRAY_SIZE(marks), sizeof(marks[0]), compare_marks);
	for (uint32_t i = 1; i < ARRAY_SIZE(marks); i++)
		met_twice += marks[i] == marks[i - 1];
	assert_in_range(met_twice, 0, 10); /* by chance: 1.2 */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_proved_wrote_each_octet),
		cmocka_unit_test(who_is_proved_wrote_each_octet_by_pieces),
		cmocka_unit_test(writers_that_take_turns_are_all_proved),
		cmocka_unit_test(who_is_proved_took_each_octet),
		cmocka_unit_test(who_is_proved_did_so_when_the_numbers_come_round),
		cmocka_unit_test(old_claims_do_not_come_back_with_their_numbers),
		cmocka_unit_test(what_is_written_empty_claims_nothing),
		cmocka_unit_test(a_second_thread_makes_the_claim_longer),
		cmocka_unit_test(what_was_taken_before_is_not_told),
		cmocka_unit_test(who_is_proved_took_the_datagram),
		cmocka_unit_test(takers_that_take_turns_are_all_proved),
		cmocka_unit_test(after_a_drop_the_numbers_begin_anew),
		cmocka_unit_test(two_that_take_at_once_prove_nothing_of_what_came_by_then),
		cmocka_unit_test(a_word_ends_where_the_octets_end),
		cmocka_unit_test(every_part_of_a_datagram_is_in_its_mark),
		cmocka_unit_test(datagrams_that_count_have_marks_of_their_own),
	};

	return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}
