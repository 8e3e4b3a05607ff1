// SPDX-License-Identifier: GPL-2.0-only
/* test_fate.c - which fate what followed a packet proves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../user/base/util.h"
#include "../../user/judge/fate.h"

#define MS 1000000ULL
#define CAME (1000 * MS)

static const struct fate_case {
	const char *what;
	enum kind kind;
	enum verdict verdict;
	uint64_t now_ms; /* after the packet, as are the next */
	uint64_t answered_ms; /* 0: never */
	uint64_t refused_ms;
	bool is_delivered;
	bool is_dropped;
	bool is_filtered;
	bool is_blind; /* drops are not traced */
	bool is_open;
	enum fate fate;
	enum refuser refuser;
} cases[] = {
	{ "a SYN that was answered", KIND_SYN, VERDICT_LISTENING, 1, .answered_ms = 1,
	  .fate = FATE_ANSWERED },
	{ "by who listens to all frames", KIND_SYN, VERDICT_CLOSED, 1, .answered_ms = 1,
	  .is_dropped = true, .fate = FATE_ANSWERED },
	{ "a SYN at first", KIND_SYN, VERDICT_LISTENING, 1, .is_open = true },
	{ "a SYN at last", KIND_SYN, VERDICT_LISTENING, 100, .fate = FATE_UNANSWERED },
	{ "a SYN that a listener got, and no more", KIND_SYN, VERDICT_LISTENING, 100,
	  .is_delivered = true, .fate = FATE_UNANSWERED },
	{ "a SYN whose next attempt was answered", KIND_SYN, VERDICT_LISTENING, 2000,
	  .answered_ms = 1000, .fate = FATE_UNANSWERED },
	{ "a SYN to a closed port", KIND_SYN, VERDICT_CLOSED, 1, .refused_ms = 1,
	  .is_dropped = true, .fate = FATE_REFUSED, .refuser = REFUSER_KERNEL },
	{ "the same, drops unseen", KIND_SYN, VERDICT_CLOSED, 1, .refused_ms = 1, .is_blind = true,
	  .fate = FATE_REFUSED, .refuser = REFUSER_UNKNOWN },
	{ "refused by a firewall", KIND_SYN, VERDICT_LISTENING, 1, .refused_ms = 1,
	  .is_dropped = true, .is_filtered = true, .fate = FATE_REFUSED,
	  .refuser = REFUSER_FIREWALL },
	{ "dropped, and perhaps refused in a moment", KIND_SYN, VERDICT_LISTENING, 1,
	  .is_dropped = true, .is_open = true },
	{ "dropped", KIND_SYN, VERDICT_LISTENING, 10, .is_dropped = true, .fate = FATE_DROPPED },
	{ "refused beyond here", KIND_SYN, VERDICT_FORWARDED, 1, .refused_ms = 1,
	  .fate = FATE_REFUSED, .refuser = REFUSER_UNKNOWN },
	{ "passed on", KIND_SYN, VERDICT_FORWARDED, 10, .fate = FATE_UNKNOWN },
	{ "a datagram that was delivered", KIND_UDP, VERDICT_LISTENING, 1, .is_delivered = true,
	  .fate = FATE_DELIVERED },
	{ "and found no room", KIND_UDP, VERDICT_LISTENING, 10, .is_delivered = true,
	  .is_dropped = true, .fate = FATE_DROPPED },
	{ "a datagram before the last answer", KIND_UDP, VERDICT_LISTENING, 10, .answered_ms = 1,
	  .is_dropped = true, .fate = FATE_DROPPED },
	{ "a segment", KIND_DATA, VERDICT_CONNECTED, 1, .is_delivered = true,
	  .fate = FATE_DELIVERED },
	{ "a segment that a reset follows", KIND_DATA, VERDICT_CONNECTED, 10, .refused_ms = 1,
	  .fate = FATE_UNKNOWN },
	{ "a segment that was dropped", KIND_DATA, VERDICT_CONNECTED, 10, .is_dropped = true,
	  .is_filtered = true, .fate = FATE_DROPPED },
	{ "a reset, which nobody answers", KIND_RST, VERDICT_LISTENING, 100,
	  .fate = FATE_UNKNOWN },
	{ "an ICMP error", KIND_ICMP, VERDICT_CLOSED, 1, .refused_ms = 1 },
	{ "another one's frame", KIND_SYN, VERDICT_UNKNOWN, 1, .refused_ms = 1 },
};

static void each_fate_is_proved(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct fate_case *is = &cases[i];
		struct sighting sighting = {
			.boot_ns = CAME,
			.direction = DIRECTION_IN,
			.kind = is->kind,
			.verdict = is->verdict,
			.is_delivered = is->is_delivered,
		};
		const struct fate_evidence evidence = {
			.now_boot_ns = CAME + is->now_ms * MS,
			.exchange.answered_boot_ns =
				is->answered_ms ? CAME + is->answered_ms * MS : 0,
			.exchange.refused_boot_ns =
				is->refused_ms ? CAME + is->refused_ms * MS : 0,
			.traces_drops = !is->is_blind,
			.is_dropped = is->is_dropped,
			.is_filtered = is->is_filtered,
		};
		bool is_final = fate_judge(&sighting, &evidence);

		if (is_final == is->is_open)
			fail_msg("%s: %s", is->what, is_final ? "final" : "open");
		if (is_final && (sighting.fate != is->fate || sighting.refused_by != is->refuser))
			fail_msg("%s: %d by %d", is->what, sighting.fate, sighting.refused_by);
	}
}

static void what_left_has_no_fate(void **state)
{
	const struct fate_evidence evidence = { .exchange.refused_boot_ns = CAME };
	struct sighting sighting = { .boot_ns = CAME, .direction = DIRECTION_OUT,
				     .verdict = VERDICT_CLOSED };

	(void)state;
	assert_true(fate_judge(&sighting, &evidence));
	assert_int_equal(sighting.fate, FATE_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fate_is_proved),
		cmocka_unit_test(what_left_has_no_fate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
