/* SPDX-License-Identifier: GPL-2.0-only */
/* sink_help.h - what the tests of the sinks share: alerts, a loop with a deadline, a directory. */
#ifndef TESTS_SINK_HELP_H
#define TESTS_SINK_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "../../user/base/clock.h"
#include "../../user/base/util.h"
#include "../../user/sink/sink.h"

#define HELP_WALL_NS 1795329300123456000ULL /* 2026-11-22T06:35:00.123456Z */
#define HELP_DEADLINE_NS (20 * CLOCK_NS_PER_SECOND)

/* Everything that a peer or a process would like a log reader to stumble over. */
#define HELP_HOSTILE "/a\"b]c\\d\n<0>1 x\x1b[2J\xff\xe2\x80\xae\xc2\x9b\x7f end"
#define HELP_HOSTILE_SHOWN \
	"/a\"b]c\\d\\n<0>1 x\\x1b[2J\\xff\\xe2\\x80\\xae\\xc2\\x9b\\x7f end"

static inline struct alert help_alert(void)
{
	struct alert alert = {
		.id = "000102030405060708090a0b0c0d0e0f",
		.action = ACTION_PROBE,
		.severity = 4,
		.wall_ns = HELP_WALL_NS,
		.start_wall_ns = HELP_WALL_NS,
		.end_wall_ns = HELP_WALL_NS,
		.count = 1,
		.has_packet = true,
		.interface = "eth0",
		.direction = DIRECTION_IN,
		.role = ROLE_TO,
		.protocol = PROTOCOL_TCP,
		.kind = KIND_SYN,
		.port = 3409,
		.verdict = VERDICT_CLOSED,
	};

	assert_int_equal(addr_parse("203.0.113.5", &alert.source.addr), 0);
	assert_int_equal(addr_parse("192.0.2.1", &alert.destination.addr), 0);
	alert.source.port = 40000;
	alert.destination.port = 3409;
	return alert;
}

/* An alert that can be told from others by its number. */
static inline struct alert help_numbered_alert(unsigned int number)
{
	struct alert alert = { .action = ACTION_SENSOR, .severity = 5, .wall_ns = HELP_WALL_NS };

	snprintf(alert.text, sizeof(alert.text), "number %u", number);
	return alert;
}

static inline uint64_t help_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * CLOCK_NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

typedef bool help_condition(void *argument);

struct help_wait {
	struct loop *loop;
	help_condition *condition;
	void *argument;
	uint64_t deadline_ns;
};

static inline void help_on_tick(void *argument, uint32_t events)
{
	struct help_wait *wait = argument;

	(void)events;
	if (wait->condition(wait->argument))
		loop_stop(wait->loop, 1);
	else if (help_now_ns() > wait->deadline_ns)
		loop_stop(wait->loop, 0);
}

/* Runs the loop until the condition holds; fails the test at the deadline. */
static inline void help_run_until(struct loop *loop, help_condition *condition, void *argument)
{
	struct help_wait wait = { loop, condition, argument, help_now_ns() + HELP_DEADLINE_NS };
	struct loop_source *timer;

	assert_int_equal(loop_add_timer(loop, help_on_tick, &wait, &timer), 0);
	assert_int_equal(loop_timer_set(timer, 1, 2000000), 0);
	assert_int_equal(loop_run(loop), 1);
	loop_source_free(timer);
}

static inline struct sink_status help_status(const struct sink *sink)
{
	struct sink_status status;

	sink->ops->status(sink, &status);
	return status;
}

static inline void help_send_numbered(struct sink *sink, unsigned int first, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		struct alert alert = help_numbered_alert(first + i);

		sink->ops->send(sink, &alert);
	}
}

#define HELP_PATH_SIZE 96

static inline void help_make_directory(char out[HELP_PATH_SIZE])
{
	const char *base = getenv("TMPDIR");

	snprintf(out, HELP_PATH_SIZE, "%.60s/sink-XXXXXX", base && strlen(base) < 60 ? base : "/tmp");
	assert_non_null(mkdtemp(out));
}

#endif
