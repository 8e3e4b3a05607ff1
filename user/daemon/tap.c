// SPDX-License-Identifier: GPL-2.0-only
/* tap.c - the listening socket and the readers. */
#include "tap.h"

#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "../base/log.h"
#include "../base/util.h"
#include "rundir.h"

#define TAP_BACKLOG 16
/* For each reader. The kernel doubles it; it holds some 7,000 messages. */
#define TAP_QUEUE_OCTETS (16 << 20)

struct tap_reader {
	struct tap *tap;
	struct loop_source *source; /* NULL: the place is free */
	int fd;
	uint64_t lost;
	uint64_t lost_told;
};

struct tap {
	struct loop *loop;
	struct loop_source *source;
	int fd;
	struct sockaddr_un address;
	tap_changed *changed;
	void *argument;
	struct tap_reader readers[TAP_READERS_MAX];
};

static struct tap_header tap_header(enum tap_type type)
{
	return (struct tap_header){
		.magic = TAP_MAGIC,
		.type = type,
		.sample_size = sizeof(struct tap_sample),
		.version = VERSION,
	};
}

static struct sockaddr_un tap_address(const char *instance)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	_Static_assert(sizeof(address.sun_path) == RUNDIR_PATH_SIZE, "not a socket's path");
	rundir_path(instance, "samples", address.sun_path);
	return address;
}

size_t tap_reader_count(const struct tap *tap)
{
	size_t count = 0;

	for (size_t i = 0; tap && i < TAP_READERS_MAX; i++)
		count += tap->readers[i].source != NULL;
	return count;
}

static void reader_close(struct tap_reader *reader)
{
	if (!reader->source)
		return;
	loop_source_free(reader->source);
	close(reader->fd);
	*reader = (struct tap_reader){ .tap = reader->tap };
}

static void reader_drop(struct tap_reader *reader)
{
	reader_close(reader);
	reader->tap->changed(reader->tap->argument);
}

/* Waits until there is room again, if something has been lost that could not be told yet. */
static void reader_watch(struct tap_reader *reader)
{
	bool is_behind = reader->lost != reader->lost_told;

	loop_source_set_events(reader->source, is_behind ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

/* The first part is a header. A reader that is gone is found by the loop. */
static void reader_send(struct tap_reader *reader, struct iovec *parts, size_t count)
{
	const struct msghdr message = { .msg_iov = parts, .msg_iovlen = count };
	struct tap_header *header = parts[0].iov_base;
	bool was_behind = reader->lost != reader->lost_told;

	header->lost = reader->lost;
	if (sendmsg(reader->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		reader->lost_told = reader->lost;
	else if (header->type == TAP_SAMPLE)
		reader->lost++;
	if (was_behind != (reader->lost != reader->lost_told))
		reader_watch(reader);
}

static void reader_send_header(struct tap_reader *reader, enum tap_type type)
{
	struct tap_header header = tap_header(type);
	struct iovec part = { &header, sizeof(header) };

	reader_send(reader, &part, 1);
}

/* A reader has nothing to say: what comes is its end. */
static void reader_on_event(void *argument, uint32_t events)
{
	struct tap_reader *reader = argument;

	if (events & ~(uint32_t)EPOLLOUT)
		reader_drop(reader);
	else if (reader->lost != reader->lost_told)
		reader_send_header(reader, TAP_LOST);
}

static struct tap_reader *tap_find_place(struct tap *tap)
{
	for (size_t i = 0; i < TAP_READERS_MAX; i++)
		if (!tap->readers[i].source)
			return &tap->readers[i];
	return NULL;
}

/* Takes the descriptor over. */
static void tap_add_reader(struct tap *tap, int accepted)
{
	_cleanup_close_ int fd = accepted;
	struct tap_reader *reader = tap_find_place(tap);
	const struct tap_header full = tap_header(TAP_FULL);
	const int size = TAP_QUEUE_OCTETS;
	int r;

	if (!reader) {
		send(fd, &full, sizeof(full), MSG_DONTWAIT | MSG_NOSIGNAL);
		return;
	}
	/* Without the privilege the system's limit holds, and more is lost. */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
		log_debug("enlarge a reader's queue: %s, ignoring", strerror(errno));
	r = loop_add_fd(tap->loop, fd, EPOLLIN, reader_on_event, reader, &reader->source);
	if (r < 0) {
		log_error(r, "serve a reader of samples");
		return;
	}
	reader->fd = TAKE_FD(fd);
	reader_send_header(reader, TAP_HELLO);
	tap->changed(tap->argument);
}

/* Edge-triggered: what cannot be accepted now is tried again with the next that comes. */
static void tap_on_connection(void *argument, uint32_t events)
{
	struct tap *tap = argument;

	(void)events;
	for (;;) {
		int fd = accept4(tap->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0)
			tap_add_reader(tap, fd);
		else if (errno == EAGAIN)
			return;
		else if (errno != EINTR && errno != ECONNABORTED) {
			log_error(-errno, "accept a reader of samples");
			return;
		}
	}
}

/* The instance's lock is held: whose socket is there is dead. */
static int tap_listen(struct tap *tap)
{
	const struct sockaddr *address = (const struct sockaddr *)&tap->address;
	mode_t mask;
	int r;

	tap->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (tap->fd < 0)
		return -errno;
	unlink(tap->address.sun_path);
	mask = umask(0177);
	r = bind(tap->fd, address, sizeof(tap->address)) < 0 ? -errno : 0;
	umask(mask);
	if (r < 0)
		return r;
	return listen(tap->fd, TAP_BACKLOG) < 0 ? -errno : 0;
}

int tap_new(struct tap **ret_tap, struct loop *loop, const char *instance, tap_changed *changed,
	    void *argument)
{
	struct tap *tap = calloc(1, sizeof(*tap));
	int r;

	if (!tap)
		return -ENOMEM;
	tap->loop = loop;
	tap->changed = changed;
	tap->argument = argument;
	tap->address = tap_address(instance);
	for (size_t i = 0; i < TAP_READERS_MAX; i++)
		tap->readers[i].tap = tap;
	r = tap_listen(tap);
	if (r == 0)
		r = loop_add_fd(loop, tap->fd, EPOLLIN | EPOLLET, tap_on_connection, tap,
				&tap->source);
	if (r < 0) {
		tap_free(tap);
		return r;
	}
	*ret_tap = tap;
	return 0;
}

void tap_free(struct tap *tap)
{
	if (!tap)
		return;
	loop_source_free(tap->source);
	for (size_t i = 0; i < TAP_READERS_MAX; i++)
		reader_close(&tap->readers[i]);
	util_close_fd(&tap->fd);
	unlink(tap->address.sun_path);
	free(tap);
}

void tap_send(struct tap *tap, const struct sighting *sighting)
{
	const struct packet_event *event = sighting->event;
	struct tap_sample sample = { .header = tap_header(TAP_SAMPLE), .sighting = *sighting };
	struct iovec parts[] = {
		{ &sample, offsetof(struct tap_sample, event) },
		{ (void *)event, sizeof(*event) + event->snap_length },
	};

	if (sighting->looks_like)
		snprintf(sample.looks_like, sizeof(sample.looks_like), "%s", sighting->looks_like);
	for (size_t i = 0; i < TAP_READERS_MAX; i++)
		if (tap->readers[i].source)
			reader_send(&tap->readers[i], parts, ARRAY_SIZE(parts));
}

int tap_connect(const char *instance)
{
	const struct sockaddr_un address = tap_address(instance);
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return TAKE_FD(fd);
}

int tap_receive(int fd, struct tap_sample *ret_sample)
{
	const struct tap_header *header = &ret_sample->header;
	ssize_t length = recv(fd, ret_sample, TAP_MESSAGE_MAX, 0);

	if (length <= 0)
		return length < 0 ? -errno : 0;
	if ((size_t)length < sizeof(*header) || header->magic != TAP_MAGIC)
		return -EPROTO;
	ret_sample->header.version[TAP_VERSION_SIZE - 1] = '\0';
	if (header->sample_size != sizeof(*ret_sample) || !util_streq(header->version, VERSION))
		return -EPROTO;
	if (header->type != TAP_SAMPLE)
		return 1;
	if ((size_t)length < sizeof(*ret_sample) ||
	    (size_t)length < sizeof(*ret_sample) + ret_sample->event.snap_length)
		return -EPROTO;
	ret_sample->sighting.event = &ret_sample->event;
	ret_sample->sighting.looks_like = *ret_sample->looks_like ? ret_sample->looks_like : NULL;
	return 1;
}
