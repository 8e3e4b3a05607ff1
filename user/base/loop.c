/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * loop.c - epoll with timerfd and signalfd. A source freed while a batch of events is being
 * handed out is only marked: an event of the same batch may still point at it.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#include "clock.h"
#include "loop.h"
#include "util.h"

#define LOOP_BATCH 32

enum source_type {
	SOURCE_FD,
	SOURCE_TIMER,
	SOURCE_SIGNAL,
};

struct loop_source {
	struct loop *loop;
	enum source_type type;
	int fd; /* the caller's for SOURCE_FD, else the source's own */
	uint32_t events; /* watched for; 0: not in the epoll set */
	loop_handler *handler;
	void *argument;
	bool is_dead;
	struct loop_source *next_dead;
};

struct loop {
	int epoll_fd;
	bool is_stopped;
	bool is_dispatching;
	int result;
	struct loop_source *dead;
};

int loop_new(struct loop **ret_loop)
{
	_cleanup_free_ struct loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return -ENOMEM;
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0)
		return -errno;
	*ret_loop = TAKE(loop);
	return 0;
}

static void loop_reap(struct loop *loop)
{
	while (loop->dead) {
		struct loop_source *source = loop->dead;

		loop->dead = source->next_dead;
		free(source);
	}
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	loop_reap(loop);
	close(loop->epoll_fd);
	free(loop);
}

/* A timer or signal that was reset since epoll saw it has nothing to read: false. */
static bool loop_source_read(struct loop_source *source, uint32_t *ret_events)
{
	struct signalfd_siginfo info;
	uint64_t expirations;

	if (source->type == SOURCE_TIMER) {
		*ret_events = 0;
		return read(source->fd, &expirations, sizeof(expirations)) == sizeof(expirations);
	}
	if (source->type == SOURCE_SIGNAL) {
		if (read(source->fd, &info, sizeof(info)) != sizeof(info))
			return false;
		*ret_events = info.ssi_signo;
		return true;
	}
	/* What a handler of the same batch stopped watching for is not handed out. */
	*ret_events &= source->events | EPOLLERR | EPOLLHUP;
	return source->events && *ret_events;
}

static void loop_dispatch(struct loop *loop, const struct epoll_event *batch, int count)
{
	int i;

	loop->is_dispatching = true;
	for (i = 0; i < count && !loop->is_stopped; i++) {
		struct loop_source *source = batch[i].data.ptr;
		uint32_t events = batch[i].events;

		if (!source->is_dead && loop_source_read(source, &events))
			source->handler(source->argument, events);
	}
	loop->is_dispatching = false;
	loop_reap(loop);
}

int loop_run(struct loop *loop)
{
	struct epoll_event batch[LOOP_BATCH];

	while (!loop->is_stopped) {
		int count = epoll_wait(loop->epoll_fd, batch, LOOP_BATCH, -1);

		if (count < 0 && errno != EINTR)
			return -errno;
		if (count > 0)
			loop_dispatch(loop, batch, count);
	}
	loop->is_stopped = false;
	return loop->result;
}

void loop_stop(struct loop *loop, int result)
{
	loop->is_stopped = true;
	loop->result = result;
}

static int loop_add(struct loop *loop, const struct loop_source *model, uint32_t events,
		    struct loop_source **ret_source)
{
	_cleanup_free_ struct loop_source *source = malloc(sizeof(*source));
	int r;

	if (!source)
		return -ENOMEM;
	*source = *model;
	source->loop = loop;
	r = loop_source_set_events(source, events);
	if (r)
		return r;
	*ret_source = TAKE(source);
	return 0;
}

int loop_add_fd(struct loop *loop, int fd, uint32_t events, loop_handler *handler, void *argument,
		struct loop_source **ret_source)
{
	struct loop_source model = {
		.type = SOURCE_FD,
		.fd = fd,
		.handler = handler,
		.argument = argument,
	};

	return loop_add(loop, &model, events, ret_source);
}

int loop_source_set_events(struct loop_source *source, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = source };
	int operation = EPOLL_CTL_MOD;

	if (events == source->events)
		return 0;
	/* epoll reports EPOLLHUP and EPOLLERR unasked, so a paused descriptor has to leave. */
	if (!events)
		operation = EPOLL_CTL_DEL;
	else if (!source->events)
		operation = EPOLL_CTL_ADD;
	if (epoll_ctl(source->loop->epoll_fd, operation, source->fd, &event))
		return -errno;
	source->events = events;
	return 0;
}

int loop_add_timer(struct loop *loop, loop_handler *handler, void *argument,
		   struct loop_source **ret_source)
{
	_cleanup_close_ int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	struct loop_source model = {
		.type = SOURCE_TIMER,
		.fd = fd,
		.handler = handler,
		.argument = argument,
	};
	int r;

	if (fd < 0)
		return -errno;
	r = loop_add(loop, &model, EPOLLIN, ret_source);
	if (!r)
		TAKE_FD(fd);
	return r;
}

static struct timespec loop_timespec(uint64_t ns)
{
	return (struct timespec){
		.tv_sec = (time_t)(ns / CLOCK_NS_PER_SECOND),
		.tv_nsec = (long)(ns % CLOCK_NS_PER_SECOND),
	};
}

int loop_timer_set(struct loop_source *source, uint64_t delay_ns, uint64_t interval_ns)
{
	struct itimerspec spec = {
		.it_value = loop_timespec(delay_ns),
		.it_interval = loop_timespec(interval_ns),
	};

	if (source->type != SOURCE_TIMER)
		return -EINVAL;
	return timerfd_settime(source->fd, 0, &spec, NULL) ? -errno : 0;
}

int loop_add_signal(struct loop *loop, int signal_number, loop_handler *handler, void *argument,
		    struct loop_source **ret_source)
{
	struct loop_source model = {
		.type = SOURCE_SIGNAL,
		.handler = handler,
		.argument = argument,
	};
	_cleanup_close_ int fd = -1;
	sigset_t set;
	int r;

	sigemptyset(&set);
	if (sigaddset(&set, signal_number) || sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	model.fd = fd;
	r = loop_add(loop, &model, EPOLLIN, ret_source);
	if (!r)
		TAKE_FD(fd);
	return r;
}

void loop_source_free(struct loop_source *source)
{
	struct loop *loop;

	if (!source || source->is_dead)
		return;
	loop = source->loop;
	loop_source_set_events(source, 0);
	if (source->type != SOURCE_FD)
		close(source->fd);
	if (!loop->is_dispatching) {
		free(source);
		return;
	}
	source->is_dead = true;
	source->next_dead = loop->dead;
	loop->dead = source;
}
