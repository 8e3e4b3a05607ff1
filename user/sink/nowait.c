/* SPDX-License-Identifier: GPL-2.0-only */
/* nowait.c - poll first, write little, keep SIGPIPE to ourselves. */
#include "nowait.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "../base/util.h"

/* A blocking terminal says it is ready as soon as it has room for anything: 256 is the least. */
#define NOWAIT_CHUNK_TERMINAL 256

int nowait_reopen(int fd, size_t *ret_chunk)
{
	char path[32];
	struct stat status;
	int own = -1;

	if (fstat(fd, &status) < 0)
		return -errno;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (S_ISFIFO(status.st_mode) || isatty(fd))
		own = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	*ret_chunk = own < 0 && isatty(fd) ? NOWAIT_CHUNK_TERMINAL : NOWAIT_CHUNK;
	if (own < 0)
		own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return own < 0 ? -errno : own;
}

/* write(2); a SIGPIPE it raises is taken back before anyone sees it. */
static ssize_t nowait_write_quietly(int fd, const char *data, size_t length)
{
	static const struct timespec at_once = { 0 };
	sigset_t pipe_signal, before, pending;
	bool was_pending;
	ssize_t count;

	sigemptyset(&pipe_signal);
	sigaddset(&pipe_signal, SIGPIPE);
	sigpending(&pending);
	was_pending = sigismember(&pending, SIGPIPE) == 1;
	pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
	count = write(fd, data, length);
	if (count < 0)
		count = -errno;
	if (count == -EPIPE && !was_pending)
		sigtimedwait(&pipe_signal, NULL, &at_once);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return count;
}

ssize_t nowait_write(int fd, const char *data, size_t length)
{
	struct pollfd ready = { .fd = fd, .events = POLLOUT };
	ssize_t count;

	if (poll(&ready, 1, 0) <= 0)
		return -EAGAIN;
	if (ready.revents & POLLNVAL)
		return -EBADF;
	if (!(ready.revents & POLLOUT) && ready.revents & (POLLERR | POLLHUP))
		return -EPIPE;
	count = nowait_write_quietly(fd, data, length);
	return count == -EINTR ? -EAGAIN : count;
}

int nowait_write_file(int fd, const char *data, size_t length, size_t *ret_written)
{
	*ret_written = 0;
	while (*ret_written < length) {
		ssize_t count = write(fd, data + *ret_written, length - *ret_written);

		if (count == 0)
			return -EIO;
		if (count < 0 && errno != EINTR)
			return -errno;
		if (count > 0)
			*ret_written += (size_t)count;
	}
	return 0;
}
