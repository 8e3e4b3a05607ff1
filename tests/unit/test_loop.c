/* SPDX-License-Identifier: GPL-2.0-only */
/* test_loop.c - descriptors, timers, signals, and sources that go away at awkward moments. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <cmocka.h>

#include "../../user/base/clock.h"
#include "../../user/base/loop.h"
#include "../../user/base/util.h"

#define MS (CLOCK_NS_PER_SECOND / 1000)

struct bench {
	struct loop *loop;
	int first[2], second[2]; /* pipes */
	struct loop_source *sources[2];
	struct loop_source *timer;
	int calls;
	uint32_t events;
	int stop_after;
};

static int set_up(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	if (!bench || loop_new(&bench->loop) || pipe(bench->first) || pipe(bench->second))
		return -1;
	bench->stop_after = 1;
	*state = bench;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;

	loop_source_free(bench->sources[0]);
	loop_source_free(bench->sources[1]);
	loop_source_free(bench->timer);
	loop_free(bench->loop);
	close(bench->first[0]);
	close(bench->first[1]);
	close(bench->second[0]);
	close(bench->second[1]);
	free(bench);
	return 0;
}

static void count_and_stop(void *argument, uint32_t events)
{
	struct bench *bench = argument;

	bench->events = events;
	if (++bench->calls >= bench->stop_after)
		loop_stop(bench->loop, 42);
}

static void give_up(void *argument, uint32_t events)
{
	struct bench *bench = argument;

	(void)events;
	loop_stop(bench->loop, -ETIMEDOUT);
}

/* Ends the loop with -ETIMEDOUT after a while. */
static void set_limit(struct bench *bench, uint64_t delay_ns)
{
	assert_int_equal(loop_add_timer(bench->loop, give_up, bench, &bench->timer), 0);
	assert_int_equal(loop_timer_set(bench->timer, delay_ns, 0), 0);
}

static void watch(struct bench *bench, int index, int fd, loop_handler *handler)
{
	assert_int_equal(loop_add_fd(bench->loop, fd, EPOLLIN, handler, bench,
				     &bench->sources[index]),
			 0);
}

static void make_readable(const int pipe_fds[2])
{
	assert_int_equal(write(pipe_fds[1], "x", 1), 1);
}

static void a_readable_descriptor_calls_its_handler(void **state)
{
	struct bench *bench = *state;

	set_limit(bench, 2000 * MS);
	watch(bench, 0, bench->first[0], count_and_stop);
	make_readable(bench->first);
	assert_int_equal(loop_run(bench->loop), 42);
	assert_int_equal(bench->calls, 1);
	assert_int_equal(bench->events, EPOLLIN);
}

static void a_quiet_descriptor_is_left_alone(void **state)
{
	struct bench *bench = *state;

	set_limit(bench, 20 * MS);
	watch(bench, 0, bench->first[0], count_and_stop);
	assert_int_equal(loop_run(bench->loop), -ETIMEDOUT);
	assert_int_equal(bench->calls, 0);
}

static void a_regular_file_cannot_be_watched(void **state)
{
	struct bench *bench = *state;
	FILE *file = tmpfile();

	assert_non_null(file);
	assert_int_equal(loop_add_fd(bench->loop, fileno(file), EPOLLIN, count_and_stop, bench,
				     &bench->sources[0]),
			 -EPERM);
	assert_null(bench->sources[0]);
	fclose(file);
}

/* Two sources ready in one batch: whichever is called first frees the other. */
struct rival {
	struct bench *bench;
	int other;
};

static void free_rival(void *argument, uint32_t events)
{
	struct rival *rival = argument;

	(void)events;
	rival->bench->calls++;
	loop_source_free(rival->bench->sources[rival->other]);
	rival->bench->sources[rival->other] = NULL;
}

static void a_source_freed_in_a_batch_is_not_called_any_more(void **state)
{
	struct bench *bench = *state;
	struct rival rivals[2] = { { bench, 1 }, { bench, 0 } };
	int i;

	for (i = 0; i < 2; i++) {
		int fd = i ? bench->second[0] : bench->first[0];

		assert_int_equal(loop_add_fd(bench->loop, fd, EPOLLIN | EPOLLET, free_rival,
					     &rivals[i], &bench->sources[i]),
				 0);
	}
	make_readable(bench->first);
	make_readable(bench->second);
	set_limit(bench, 20 * MS);
	assert_int_equal(loop_run(bench->loop), -ETIMEDOUT);
	assert_int_equal(bench->calls, 1);
}

struct timer_rival {
	struct bench *bench;
	int other;
	int reused_fd;
};

/* The descriptor that the freed timer had is taken again at once, and is readable. */
static void free_rival_timer(void *argument, uint32_t events)
{
	struct timer_rival *rival = argument;

	free_rival(&(struct rival){ rival->bench, rival->other }, events);
	rival->reused_fd = eventfd(1, EFD_NONBLOCK);
}

static void a_timer_freed_in_a_batch_is_not_called_though_its_descriptor_is_taken(void **state)
{
	struct bench *bench = *state;
	struct timer_rival rivals[2] = { { bench, 1, -1 }, { bench, 0, -1 } };
	uint64_t start = clock_boot_ns();
	int i;

	for (i = 0; i < 2; i++) {
		assert_int_equal(loop_add_timer(bench->loop, free_rival_timer, &rivals[i],
						&bench->sources[i]),
				 0);
		assert_int_equal(loop_timer_set(bench->sources[i], MS, 0), 0);
	}
	set_limit(bench, 30 * MS);
	while (clock_boot_ns() - start < 5 * MS)
		; /* until both have run out, so that one batch holds them */
	assert_int_equal(loop_run(bench->loop), -ETIMEDOUT);
	assert_int_equal(bench->calls, 1);
	for (i = 0; i < 2; i++)
		if (rivals[i].reused_fd >= 0)
			close(rivals[i].reused_fd);
}

static void free_oneself(void *argument, uint32_t events)
{
	struct bench *bench = argument;

	(void)events;
	bench->calls++;
	loop_source_free(bench->sources[0]);
	bench->sources[0] = NULL;
}

static void a_handler_may_free_its_own_source(void **state)
{
	struct bench *bench = *state;

	watch(bench, 0, bench->first[0], free_oneself);
	make_readable(bench->first);
	set_limit(bench, 20 * MS);
	assert_int_equal(loop_run(bench->loop), -ETIMEDOUT);
	assert_int_equal(bench->calls, 1);
}

static void pause_itself(void *argument, uint32_t events)
{
	struct bench *bench = argument;

	(void)events;
	bench->calls++;
	assert_int_equal(loop_source_set_events(bench->sources[0], 0), 0);
}

static void a_paused_descriptor_is_silent_even_when_it_hangs_up(void **state)
{
	struct bench *bench = *state;

	watch(bench, 0, bench->first[0], pause_itself);
	make_readable(bench->first);
	close(bench->first[1]);
	bench->first[1] = dup(STDERR_FILENO);
	set_limit(bench, 20 * MS);
	assert_int_equal(loop_run(bench->loop), -ETIMEDOUT);
	assert_int_equal(bench->calls, 1);
	assert_int_equal(loop_source_set_events(bench->sources[0], EPOLLIN), 0);
	bench->calls = 0;
	assert_int_equal(loop_timer_set(bench->timer, 20 * MS, 0), 0);
	assert_int_equal(loop_run(bench->loop), -ETIMEDOUT);
	assert_int_equal(bench->calls, 1);
}

static void a_periodic_timer_fires_again_and_again(void **state)
{
	struct bench *bench = *state;
	uint64_t before = clock_boot_ns();

	bench->stop_after = 3;
	bench->events = 77;
	assert_int_equal(loop_add_timer(bench->loop, count_and_stop, bench, &bench->timer), 0);
	assert_int_equal(loop_timer_set(bench->timer, 2 * MS, 3 * MS), 0);
	assert_int_equal(loop_run(bench->loop), 42);
	assert_int_equal(bench->calls, 3);
	assert_int_equal(bench->events, 0);
	assert_true(clock_boot_ns() - before >= 8 * MS);
}

static void a_disarmed_timer_does_not_fire(void **state)
{
	struct bench *bench = *state;
	struct loop_source *other = NULL;

	set_limit(bench, 30 * MS);
	assert_int_equal(loop_add_timer(bench->loop, count_and_stop, bench, &other), 0);
	assert_int_equal(loop_timer_set(other, 1 * MS, 1 * MS), 0);
	assert_int_equal(loop_timer_set(other, 0, 0), 0);
	assert_int_equal(loop_run(bench->loop), -ETIMEDOUT);
	assert_int_equal(bench->calls, 0);
	loop_source_free(other);
}

static void only_a_timer_can_be_set(void **state)
{
	struct bench *bench = *state;

	watch(bench, 0, bench->first[0], count_and_stop);
	assert_int_equal(loop_timer_set(bench->sources[0], MS, 0), -EINVAL);
}

static void a_signal_is_handed_over_by_number(void **state)
{
	struct bench *bench = *state;

	set_limit(bench, 2000 * MS);
	assert_int_equal(loop_add_signal(bench->loop, SIGUSR1, count_and_stop, bench,
					 &bench->sources[0]),
			 0);
	assert_int_equal(kill(getpid(), SIGUSR1), 0);
	assert_int_equal(loop_run(bench->loop), 42);
	assert_int_equal(bench->events, SIGUSR1);
}

static void a_signal_that_was_ignored_is_handed_over_too(void **state)
{
	struct bench *bench = *state;

	signal(SIGUSR2, SIG_IGN);
	set_limit(bench, 2000 * MS);
	assert_int_equal(loop_add_signal(bench->loop, SIGUSR2, count_and_stop, bench,
					 &bench->sources[0]),
			 0);
	assert_int_equal(kill(getpid(), SIGUSR2), 0);
	assert_int_equal(loop_run(bench->loop), 42);
	assert_int_equal(bench->events, SIGUSR2);
}

static void no_such_signal_is_refused(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(loop_add_signal(bench->loop, 4711, count_and_stop, bench,
					 &bench->sources[0]),
			 -EINVAL);
}

static void a_stop_before_the_run_ends_it_at_once(void **state)
{
	struct bench *bench = *state;

	watch(bench, 0, bench->first[0], count_and_stop);
	make_readable(bench->first);
	loop_stop(bench->loop, 7);
	assert_int_equal(loop_run(bench->loop), 7);
	assert_int_equal(bench->calls, 0);
	assert_int_equal(loop_run(bench->loop), 42);
}

int main(void)
{
#define LOOP_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		LOOP_TEST(a_readable_descriptor_calls_its_handler),
		LOOP_TEST(a_quiet_descriptor_is_left_alone),
		LOOP_TEST(a_regular_file_cannot_be_watched),
		LOOP_TEST(a_source_freed_in_a_batch_is_not_called_any_more),
		LOOP_TEST(a_timer_freed_in_a_batch_is_not_called_though_its_descriptor_is_taken),
		LOOP_TEST(a_handler_may_free_its_own_source),
		LOOP_TEST(a_paused_descriptor_is_silent_even_when_it_hangs_up),
		LOOP_TEST(a_periodic_timer_fires_again_and_again),
		LOOP_TEST(a_disarmed_timer_does_not_fire),
		LOOP_TEST(only_a_timer_can_be_set),
		LOOP_TEST(a_signal_is_handed_over_by_number),
		LOOP_TEST(a_signal_that_was_ignored_is_handed_over_too),
		LOOP_TEST(no_such_signal_is_refused),
		LOOP_TEST(a_stop_before_the_run_ends_it_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
