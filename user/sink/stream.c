/* SPDX-License-Identifier: GPL-2.0-only */
/* stream.c - opening, writing without waiting, and the accounting. */
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "../base/clock.h"
#include "../base/util.h"
#include "nowait.h"
#include "queue.h"

#define STREAM_RETRY (CLOCK_NS_PER_SECOND / 20)
#define STREAM_FLAGS \
	(O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK)

/* Of a queued line: what is written, and a mark that it is no alert. */
enum stream_part {
	STREAM_PART_LINE,
	STREAM_PART_ASIDE,
	STREAM_PARTS,
};

struct stream {
	struct loop_source *timer; /* armed while lines wait */
	struct queue queue;
	size_t asides; /* lines of the queue that are no alerts */
	int fd;
	bool is_regular;
	bool is_waiting; /* the timer is armed */
	bool is_torn; /* the file ends inside a line */
	size_t chunk; /* octets a write may have without a wait */
	size_t written; /* octets of the first line that are out */
	uint64_t sent;
	uint64_t dropped;
	char path[PATH_MAX];
	char state[SINK_STATE_SIZE];
};

static bool stream_is_stdout(const struct stream *stream)
{
	return util_streq(stream->path, "-");
}

static void stream_set_state(struct stream *stream, const char *what, int error)
{
	snprintf(stream->state, sizeof(stream->state), "%s%s", what,
		 error < 0 ? strerror(-error) : "");
}

/* Opens the path into ret_fd; the stream is as it was. */
static int stream_open(const struct stream *stream, int *ret_fd, size_t *ret_chunk)
{
	if (stream_is_stdout(stream)) {
		*ret_fd = nowait_reopen(STDOUT_FILENO, ret_chunk);
		return *ret_fd < 0 ? *ret_fd : 0;
	}
	*ret_chunk = NOWAIT_CHUNK;
	*ret_fd = open(stream->path, STREAM_FLAGS, 0640);
	return *ret_fd < 0 ? -errno : 0;
}

/* Takes the place of what was open. Returns 0 or -errno; then nothing changed. */
static int stream_use(struct stream *stream)
{
	_cleanup_close_ int fd = -1;
	size_t chunk;
	struct stat status;
	int r = stream_open(stream, &fd, &chunk);

	if (r < 0)
		return r;
	if (fstat(fd, &status) < 0)
		return -errno;
	util_close_fd(&stream->fd);
	stream->fd = TAKE_FD(fd);
	stream->chunk = chunk;
	stream->is_regular = S_ISREG(status.st_mode);
	stream->is_torn = false;
	stream->written = 0;
	stream_set_state(stream, "open", 0);
	return 0;
}

static void stream_fail(struct stream *stream, bool is_alert, int error)
{
	stream->dropped += is_alert;
	stream_set_state(stream, "", error);
}

void stream_drop(struct stream *stream, int error)
{
	stream_fail(stream, true, error);
}

/* Nobody reads any more: what waits is lost, and a line half written with it. */
static void stream_give_up(struct stream *stream, int error)
{
	stream->dropped += stream->queue.count - stream->asides;
	stream->asides = 0;
	queue_clear(&stream->queue);
	stream->written = 0;
	stream_set_state(stream, "", error);
}

static void stream_wait(struct stream *stream)
{
	if (!stream->queue.count || stream->is_waiting)
		return;
	stream->is_waiting = loop_timer_set(stream->timer, STREAM_RETRY, 0) == 0;
}

/* The first line of the queue is out. */
static void stream_finish_line(struct stream *stream, const struct queue_message *message)
{
	bool is_alert = !message->parts[STREAM_PART_ASIDE].iov_len;

	stream->written = 0;
	stream->sent += is_alert;
	stream->asides -= !is_alert;
	queue_pop(&stream->queue);
	stream_set_state(stream, "open", 0);
}

static void stream_pump(struct stream *stream)
{
	const struct queue_message *message;

	while ((message = queue_first(&stream->queue))) {
		const char *line = message->parts[STREAM_PART_LINE].iov_base;
		size_t left = message->parts[STREAM_PART_LINE].iov_len - stream->written;
		ssize_t count = nowait_write(stream->fd, line + stream->written,
					     MIN(left, stream->chunk));

		if (count == -EAGAIN)
			break;
		if (count < 0) {
			stream_give_up(stream, (int)count);
			break;
		}
		stream->written += (size_t)count;
		if ((size_t)count == left)
			stream_finish_line(stream, message);
	}
	stream_wait(stream);
}

static void stream_on_timer(void *argument, uint32_t events)
{
	struct stream *stream = argument;

	(void)events;
	stream->is_waiting = false;
	stream_pump(stream);
}

/* The disk is full: takes the beginning of a line back, or remembers that it is there. */
static void stream_untear(struct stream *stream, size_t written)
{
	off_t end = lseek(stream->fd, 0, SEEK_CUR);
	struct stat status;

	if (!written)
		return;
	stream->is_torn = end < (off_t)written || fstat(stream->fd, &status) < 0 ||
			  status.st_size != end ||
			  ftruncate(stream->fd, end - (off_t)written) < 0;
}

static void stream_write_regular(struct stream *stream, const char *line, size_t length,
				 bool is_alert)
{
	size_t written = 0;
	int r = 0;

	if (stream->is_torn)
		r = nowait_write_file(stream->fd, "\n", 1, &written);
	written = 0;
	if (r == 0)
		r = nowait_write_file(stream->fd, line, length, &written);
	if (r == 0) {
		stream->is_torn = false;
		stream->sent += is_alert;
		stream_set_state(stream, "open", 0);
		return;
	}
	stream_untear(stream, written);
	stream_fail(stream, is_alert, r);
}

static void stream_put(struct stream *stream, const char *line, size_t length, bool is_alert)
{
	const struct iovec parts[STREAM_PARTS] = {
		[STREAM_PART_LINE] = { .iov_base = (void *)line, .iov_len = length },
		[STREAM_PART_ASIDE] = { .iov_base = "!", .iov_len = !is_alert },
	};
	int r;

	if (stream->is_regular) {
		stream_write_regular(stream, line, length, is_alert);
		return;
	}
	r = queue_push(&stream->queue, parts, STREAM_PARTS);
	if (r < 0)
		stream_fail(stream, is_alert, r);
	else
		stream->asides += !is_alert;
	stream_pump(stream);
}

void stream_write(struct stream *stream, const char *line, size_t length)
{
	stream_put(stream, line, length, true);
}

void stream_say(struct stream *stream, const char *line, size_t length)
{
	stream_put(stream, line, length, false);
}

void stream_reopen(struct stream *stream)
{
	int r;

	if (stream_is_stdout(stream))
		return;
	r = stream_use(stream);
	if (r < 0)
		stream_set_state(stream, "still writing the old file: ", r);
}

void stream_flush(struct stream *stream, struct pollfd *ret_poll)
{
	stream_pump(stream);
	if (stream->queue.count)
		*ret_poll = (struct pollfd){ stream->fd, POLLOUT, 0 };
	else
		*ret_poll = (struct pollfd){ .fd = -1 };
}

void stream_status(const struct stream *stream, struct sink_status *ret_status)
{
	ret_status->sent = stream->sent;
	ret_status->dropped = stream->dropped;
	ret_status->queued = stream->queue.count - stream->asides;
	snprintf(ret_status->target, sizeof(ret_status->target), "%.*s", SINK_STATE_SIZE - 1,
		 stream_is_stdout(stream) ? "standard output" : stream->path);
	snprintf(ret_status->state, sizeof(ret_status->state), "%s", stream->state);
}

bool stream_is_terminal(const struct stream *stream)
{
	return isatty(stream->fd);
}

int stream_new(struct stream **ret_stream, struct loop *loop, const char *path)
{
	_cleanup_free_ struct stream *stream = calloc(1, sizeof(*stream));
	int r;

	if (!stream)
		return -ENOMEM;
	if (strlen(path) >= sizeof(stream->path))
		return -ENAMETOOLONG;
	strcpy(stream->path, path);
	stream->fd = -1;
	queue_init(&stream->queue, QUEUE_COUNT_MAX, QUEUE_OCTETS_MAX);
	r = stream_use(stream);
	if (r == 0)
		r = loop_add_timer(loop, stream_on_timer, stream, &stream->timer);
	if (r < 0) {
		util_close_fd(&stream->fd);
		return r;
	}
	*ret_stream = TAKE(stream);
	return 0;
}

void stream_free(struct stream *stream)
{
	if (!stream)
		return;
	loop_source_free(stream->timer);
	queue_clear(&stream->queue);
	util_close_fd(&stream->fd);
	free(stream);
}
