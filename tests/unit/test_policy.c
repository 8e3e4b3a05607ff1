// SPDX-License-Identifier: GPL-2.0-only
/* test_policy.c - what each direction, role and verdict means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../user/base/util.h"
#include "../../user/judge/policy.h"

#define NOTHING ACTION_COUNT

struct policy_case {
	enum direction direction;
	enum role role;
	enum kind kind;
	enum verdict verdict;
	bool local_peer;
	enum action expected;
};

static const struct policy_case cases[] = {
	/* came to a watched port */
	{ DIRECTION_IN, ROLE_TO, KIND_SYN, VERDICT_CLOSED, false, ACTION_PROBE },
	{ DIRECTION_IN, ROLE_TO, KIND_SYN, VERDICT_UNKNOWN, false, ACTION_PROBE },
	{ DIRECTION_IN, ROLE_TO, KIND_SYN, VERDICT_LISTENING, false, ACTION_CONNECTION },
	{ DIRECTION_IN, ROLE_TO, KIND_DATA, VERDICT_CONNECTED, false, ACTION_CONNECTION },
	{ DIRECTION_IN, ROLE_TO, KIND_SYN, VERDICT_FORWARDED, false, ACTION_TRANSIT },
	{ DIRECTION_IN, ROLE_TO, KIND_SYN, VERDICT_LISTENING, true, ACTION_CONNECTION },
	/* came from one */
	{ DIRECTION_IN, ROLE_FROM, KIND_SYNACK, VERDICT_CONNECTED, false, ACTION_OUTBOUND },
	{ DIRECTION_IN, ROLE_FROM, KIND_SYNACK, VERDICT_CLOSED, false, ACTION_BACKSCATTER },
	{ DIRECTION_IN, ROLE_FROM, KIND_RST, VERDICT_CLOSED, false, ACTION_BACKSCATTER },
	{ DIRECTION_IN, ROLE_FROM, KIND_RST, VERDICT_FORWARDED, false, ACTION_TRANSIT },
	{ DIRECTION_IN, ROLE_FROM, KIND_RST, VERDICT_CONNECTED, true, NOTHING },
	/* ICMP errors about packets to one */
	{ DIRECTION_IN, ROLE_TO, KIND_ICMP, VERDICT_CONNECTED, false, ACTION_OUTBOUND },
	{ DIRECTION_IN, ROLE_TO, KIND_ICMP, VERDICT_CLOSED, false, ACTION_BACKSCATTER },
	{ DIRECTION_OUT, ROLE_TO, KIND_ICMP, VERDICT_CLOSED, false, NOTHING },
	{ DIRECTION_IN, ROLE_TO, KIND_ICMP, VERDICT_FORWARDED, false, ACTION_TRANSIT },
	/* left for one */
	{ DIRECTION_OUT, ROLE_TO, KIND_SYN, VERDICT_CONNECTED, false, ACTION_OUTBOUND },
	{ DIRECTION_OUT, ROLE_TO, KIND_UDP, VERDICT_CLOSED, false, ACTION_OUTBOUND },
	{ DIRECTION_OUT, ROLE_TO, KIND_SYN, VERDICT_FORWARDED, false, ACTION_TRANSIT },
	{ DIRECTION_OUT, ROLE_TO, KIND_SYN, VERDICT_CONNECTED, true, NOTHING },
	/* left from one: an answer, unless it begins something */
	{ DIRECTION_OUT, ROLE_FROM, KIND_RST, VERDICT_CLOSED, false, NOTHING },
	{ DIRECTION_OUT, ROLE_FROM, KIND_SYNACK, VERDICT_CONNECTED, false, NOTHING },
	{ DIRECTION_OUT, ROLE_FROM, KIND_SYN, VERDICT_CONNECTED, false, ACTION_OUTBOUND },
	{ DIRECTION_OUT, ROLE_FROM, KIND_RST, VERDICT_FORWARDED, false, ACTION_TRANSIT },
};

/* Packets of a file, which has shown what they answer. */
static const struct answer_case {
	enum role role;
	enum kind kind;
	enum replay_answer answers;
	enum action expected;
} answer_cases[] = {
	{ ROLE_FROM, KIND_SYNACK, ANSWERS_NOTHING, ACTION_BACKSCATTER },
	{ ROLE_FROM, KIND_SYNACK, ANSWERS_IN, NOTHING },
	{ ROLE_FROM, KIND_SYNACK, ANSWERS_OUT, ACTION_OUTBOUND },
	{ ROLE_FROM, KIND_UDP, ANSWERS_IN, NOTHING },
	{ ROLE_FROM, KIND_UDP, ANSWERS_OUT, ACTION_OUTBOUND },
	{ ROLE_TO, KIND_ICMP, ANSWERS_NOTHING, ACTION_BACKSCATTER },
	{ ROLE_TO, KIND_ICMP, ANSWERS_IN, NOTHING },
	{ ROLE_TO, KIND_ICMP, ANSWERS_OUT, ACTION_OUTBOUND },
	{ ROLE_TO, KIND_ACK, ANSWERS_IN, ACTION_PROBE },
};

static void an_answer_is_judged_by_its_question(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(answer_cases); i++) {
		const struct packet_event event = { .answers = answer_cases[i].answers };
		const struct sighting sighting = {
			.event = &event,
			.direction = DIRECTION_IN,
			.role = answer_cases[i].role,
			.kind = answer_cases[i].kind,
			.protocol = answer_cases[i].kind == KIND_UDP ? PROTOCOL_UDP : PROTOCOL_TCP,
		};
		enum action action = NOTHING;

		if (!policy_judge(&sighting, false, &action))
			action = NOTHING;
		if (action != answer_cases[i].expected)
			fail_msg("answer %zu: %d instead of %d", i, action,
				 answer_cases[i].expected);
	}
}

/* In frames to other devices, which this one shows. */
static void of_strangers_only_what_goes_to_a_watched_port_is_told(void **state)
{
	static const struct {
		enum role role;
		enum kind kind;
		enum verdict verdict;
		enum action expected;
	} foreign[] = {
		{ ROLE_TO, KIND_SYN, VERDICT_UNKNOWN, ACTION_PROBE },
		{ ROLE_FROM, KIND_SYNACK, VERDICT_UNKNOWN, NOTHING },
		{ ROLE_TO, KIND_ICMP, VERDICT_UNKNOWN, NOTHING },
		/* a bridge passes it on, or a container got it */
		{ ROLE_FROM, KIND_SYNACK, VERDICT_FORWARDED, ACTION_TRANSIT },
		{ ROLE_TO, KIND_SYN, VERDICT_LISTENING, ACTION_CONNECTION },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(foreign); i++) {
		const struct sighting sighting = {
			.direction = DIRECTION_IN,
			.role = foreign[i].role,
			.kind = foreign[i].kind,
			.verdict = foreign[i].verdict,
			.is_elsewhere = true,
		};
		enum action action = NOTHING;

		policy_judge(&sighting, false, &action);
		assert_int_equal(action, foreign[i].expected);
	}
}

static void every_case_has_its_action(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct sighting sighting = {
			.direction = cases[i].direction,
			.role = cases[i].role,
			.kind = cases[i].kind,
			.verdict = cases[i].verdict,
		};
		enum action action = NOTHING;
		bool judged = policy_judge(&sighting, cases[i].local_peer, &action);

		if (judged != (cases[i].expected != NOTHING) || action != cases[i].expected)
			fail_msg("case %zu: %s", i, judged ? alert_action_word(action) : "nothing");
	}
}

/* Of a TCP packet of a peer whose own port is a watched one, and of this host's answer to it. */
static enum action action_of(enum direction direction, enum kind kind, enum verdict verdict,
			     enum quality quality)
{
	const struct sighting sighting = {
		.direction = direction,
		.role = direction == DIRECTION_IN ? ROLE_FROM : ROLE_TO,
		.kind = kind,
		.protocol = PROTOCOL_TCP,
		.verdict = verdict,
		.quality = quality,
	};
	enum action action;

	return policy_judge(&sighting, false, &action) ? action : NOTHING;
}

static void who_asks_from_a_watched_port_makes_nothing_outbound(void **state)
{
	(void)state;
	for (enum verdict verdict = 0; verdict < VERDICT_FORWARDED; verdict++)
		assert_int_equal(action_of(DIRECTION_IN, KIND_SYN, verdict, QUALITY_NONE), NOTHING);
	assert_int_equal(action_of(DIRECTION_OUT, KIND_RST, VERDICT_CLOSED, QUALITY_KERNEL),
			 NOTHING);
	assert_int_equal(action_of(DIRECTION_OUT, KIND_RST, VERDICT_LISTENING, QUALITY_NONE),
			 NOTHING);
	assert_int_equal(action_of(DIRECTION_OUT, KIND_SYNACK, VERDICT_LISTENING,
				   QUALITY_LISTENER), NOTHING);
	assert_int_equal(action_of(DIRECTION_IN, KIND_ACK, VERDICT_LISTENING, QUALITY_LISTENER),
			 ACTION_BACKSCATTER);
	assert_int_equal(action_of(DIRECTION_OUT, KIND_RST, VERDICT_CONNECTED, QUALITY_EXACT),
			 ACTION_OUTBOUND);
	assert_int_equal(action_of(DIRECTION_OUT, KIND_DATA, VERDICT_CONNECTED, QUALITY_EXACT),
			 ACTION_OUTBOUND);
}

static void an_action_is_as_severe_as_it_is_configured(void **state)
{
	static const struct sighting sighting;
	enum severity severities[ACTION_COUNT];

	(void)state;
	for (enum action action = 0; action < ACTION_COUNT; action++)
		severities[action] = (enum severity)(7 - action);
	for (enum action action = 0; action < ACTION_COUNT; action++) {
		assert_int_equal(policy_severity(severities, action, &sighting), 7 - action);
		assert_int_equal(policy_severity(severities, action, NULL), 7 - action);
	}
}

static enum technique technique_of(enum direction direction, enum role role, enum kind kind,
				   enum verdict verdict)
{
	const struct sighting sighting = {
		.direction = direction,
		.role = role,
		.kind = kind,
		.verdict = verdict,
	};

	return policy_technique(&sighting);
}

static void a_question_has_the_technique_of_its_kind(void **state)
{
	static const enum technique wanted[KIND_COUNT] = {
		[KIND_SYN] = TECHNIQUE_SYN,	[KIND_SYNACK] = TECHNIQUE_SYNACK,
		[KIND_ACK] = TECHNIQUE_ACK,	[KIND_NULL] = TECHNIQUE_NULL,
		[KIND_XMAS] = TECHNIQUE_XMAS,	[KIND_FINONLY] = TECHNIQUE_FIN,
		[KIND_MAIMON] = TECHNIQUE_MAIMON, [KIND_UDP] = TECHNIQUE_UDP,
	};

	(void)state;
	for (enum kind kind = 0; kind < KIND_COUNT; kind++) {
		assert_int_equal(technique_of(DIRECTION_IN, ROLE_TO, kind, VERDICT_CLOSED),
				 wanted[kind]);
		assert_int_equal(technique_of(DIRECTION_IN, ROLE_TO, kind, VERDICT_LISTENING),
				 wanted[kind]);
		assert_int_equal(technique_of(DIRECTION_IN, ROLE_TO, kind, VERDICT_CONNECTED),
				 TECHNIQUE_NONE);
		assert_int_equal(technique_of(DIRECTION_IN, ROLE_FROM, kind, VERDICT_CLOSED),
				 TECHNIQUE_NONE);
		assert_int_equal(technique_of(DIRECTION_OUT, ROLE_TO, kind, VERDICT_CLOSED),
				 TECHNIQUE_NONE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_case_has_its_action),
		cmocka_unit_test(of_strangers_only_what_goes_to_a_watched_port_is_told),
		cmocka_unit_test(an_answer_is_judged_by_its_question),
		cmocka_unit_test(who_asks_from_a_watched_port_makes_nothing_outbound),
		cmocka_unit_test(a_question_has_the_technique_of_its_kind),
		cmocka_unit_test(an_action_is_as_severe_as_it_is_configured),
	};

	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
