// SPDX-License-Identifier: GPL-2.0-only
/*
 * pcap_ring.c - sampled packets in a ring of pcapng files. Their names are those that dumpcap(1)
 * gives: a number and the time (UTC) before the suffix. The numbers go on over restarts, so the
 * oldest files give way whoever wrote them.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "../base/clock.h"
#include "../base/util.h"
#include "nowait.h"
#include "pcapng.h"
#include "sink.h"

#define RING_RETRY_NS CLOCK_NS_PER_SECOND /* after a failure */
#define RING_TIME_DIGITS 14

struct pcap_ring {
	struct sink sink; /* first */
	struct pcapng *pcapng;
	int directory;
	int fd; /* -1: none is open */
	size_t written; /* octets in it */
	size_t max_size;
	uint64_t files;
	uint64_t number; /* of the newest file; 0: none yet */
	uint64_t failed_ns; /* when the last attempt failed; 0: it did not */
	uint64_t sent;
	uint64_t dropped;
	char path[PATH_MAX];
	const char *name; /* its last component */
	char current[NAME_MAX + 1]; /* of the file that is open */
	size_t stem; /* octets of the name before the suffix */
	char state[SINK_STATE_SIZE];
};

/* The number of a file of this ring; 0 when it is none. */
static uint64_t ring_number_of(const struct pcap_ring *ring, const char *name)
{
	const char *digits = name + ring->stem + 1, *end = digits;
	size_t length;

	if (strncmp(name, ring->name, ring->stem) || name[ring->stem] != '_')
		return 0;
	length = strspn(digits, "0123456789");
	end += length;
	if (length < 5 || length > 15 || *end++ != '_' ||
	    strspn(end, "0123456789") != RING_TIME_DIGITS)
		return 0;
	return util_streq(end + RING_TIME_DIGITS, ring->name + ring->stem) ?
		       strtoull(digits, NULL, 10) :
		       0;
}

/* Finds the newest number, and removes all files up to `last`. */
static int ring_tidy(struct pcap_ring *ring, uint64_t last)
{
	int fd = openat(ring->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *listing = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	int r = listing ? 0 : -errno;

	if (!listing) {
		util_close_fd(&fd);
		return r;
	}
	while ((entry = readdir(listing))) {
		uint64_t number = ring_number_of(ring, entry->d_name);

		ring->number = MAX(ring->number, number);
		if (number && number <= last && unlinkat(ring->directory, entry->d_name, 0) < 0 &&
		    errno != ENOENT)
			r = -errno;
	}
	closedir(listing);
	return r;
}

static void ring_set_state(struct pcap_ring *ring, int error)
{
	snprintf(ring->state, sizeof(ring->state), "%s", error < 0 ? strerror(-error) : "open");
	ring->failed_ns = error < 0 ? clock_boot_ns() : 0;
}

static void ring_close(struct pcap_ring *ring)
{
	util_close_fd(&ring->fd);
	ring->fd = -1;
}

/* All that is in the buffer, or nothing of it: a file never ends inside a block. */
static int ring_write(struct pcap_ring *ring)
{
	size_t length, done = 0;
	const void *bytes = pcapng_bytes(ring->pcapng, &length);
	int r = nowait_write_file(ring->fd, bytes, length, &done);

	if (r == 0) {
		ring->written += length;
		pcapng_clear(ring->pcapng);
		return 0;
	}
	pcapng_take_back(ring->pcapng);
	if (done && (ftruncate(ring->fd, (off_t)ring->written) < 0 ||
		     lseek(ring->fd, (off_t)ring->written, SEEK_SET) < 0))
		ring_close(ring); /* a torn file is not gone on with */
	return r;
}

static int ring_create(struct pcap_ring *ring)
{
	time_t seconds = (time_t)(clock_wall_ns() / CLOCK_NS_PER_SECOND);
	char when[RING_TIME_DIGITS + 1];
	struct tm parts = {};

	gmtime_r(&seconds, &parts);
	strftime(when, sizeof(when), "%Y%m%d%H%M%S", &parts);
	if (snprintf(ring->current, sizeof(ring->current), "%.*s_%05llu_%s%s", (int)ring->stem,
		     ring->name, (unsigned long long)ring->number + 1, when,
		     ring->name + ring->stem) >= (int)sizeof(ring->current))
		return -ENAMETOOLONG;
	ring->fd = openat(ring->directory, ring->current,
			  O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (ring->fd < 0)
		return -errno;
	ring->written = 0;
	return 0;
}

/* Begins the next file; the oldest give way before it. */
static int ring_turn(struct pcap_ring *ring)
{
	uint64_t next = ring->number + 1;
	int r;

	ring_close(ring);
	r = ring_tidy(ring, next > ring->files ? next - ring->files : 0);
	if (r == 0)
		r = ring_create(ring);
	if (r < 0)
		return r;
	r = pcapng_begin(ring->pcapng);
	if (r == 0)
		r = ring_write(ring);
	if (r < 0) { /* tried again under the same number: no older file gives way for it */
		ring_close(ring);
		unlinkat(ring->directory, ring->current, 0);
		return r;
	}
	ring->number++;
	return 0;
}

/* Appends the packet to the buffer and the buffer to the file, or to the next one. */
static int ring_add(struct pcap_ring *ring, const struct sighting *sighting)
{
	size_t length;
	int r = ring->fd < 0 ? ring_turn(ring) : 0;

	if (r == 0)
		r = pcapng_add(ring->pcapng, sighting);
	if (r < 0)
		return r;
	pcapng_bytes(ring->pcapng, &length);
	if (ring->written + length > ring->max_size) {
		r = ring_turn(ring);
		if (r == 0)
			r = pcapng_add(ring->pcapng, sighting);
	}
	return r == 0 ? ring_write(ring) : r;
}

static void ring_take(struct sink *base, const struct sighting *sighting)
{
	struct pcap_ring *ring = (struct pcap_ring *)base;
	int r;

	if (ring->failed_ns && clock_boot_ns() < ring->failed_ns + RING_RETRY_NS) {
		ring->dropped++;
		return;
	}
	r = ring_add(ring, sighting);
	ring->sent += r == 0;
	ring->dropped += r < 0;
	ring_set_state(ring, r);
}

/* A file that was moved or removed is gone on with no longer. */
static void ring_reopen(struct sink *base)
{
	struct pcap_ring *ring = (struct pcap_ring *)base;
	struct stat open, named;

	ring->failed_ns = 0;
	if (ring->fd < 0 || fstat(ring->fd, &open) < 0)
		return;
	if (fstatat(ring->directory, ring->current, &named, AT_SYMLINK_NOFOLLOW) < 0 ||
	    open.st_dev != named.st_dev || open.st_ino != named.st_ino)
		ring_close(ring);
}

static void ring_flush(struct sink *base, struct pollfd *ret_poll)
{
	(void)base;
	*ret_poll = (struct pollfd){ .fd = -1 };
}

static void ring_status(const struct sink *base, struct sink_status *ret_status)
{
	const struct pcap_ring *ring = (const struct pcap_ring *)base;

	*ret_status = (struct sink_status){
		.kind = "pcap",
		.sent = ring->sent,
		.dropped = ring->dropped,
	};
	snprintf(ret_status->target, sizeof(ret_status->target), "%.*s", SINK_STATE_SIZE - 1,
		 ring->path);
	memcpy(ret_status->state, ring->state, sizeof(ret_status->state));
}

static void ring_free(struct sink *base)
{
	struct pcap_ring *ring = (struct pcap_ring *)base;

	pcapng_free(ring->pcapng);
	util_close_fd(&ring->fd);
	util_close_fd(&ring->directory);
	free(ring);
}

static const struct sink_ops ring_ops = {
	.take = ring_take,
	.reopen = ring_reopen,
	.flush = ring_flush,
	.status = ring_status,
	.free = ring_free,
};

/* Cuts the path up, and opens its directory: files are made there whatever becomes of its name. */
static int ring_open_directory(struct pcap_ring *ring, const char *path)
{
	char *slash;
	const char *suffix;

	if (strlen(path) >= sizeof(ring->path))
		return -ENAMETOOLONG;
	strcpy(ring->path, path);
	slash = strrchr(ring->path, '/');
	ring->name = slash ? slash + 1 : ring->path;
	suffix = strrchr(ring->name, '.');
	ring->stem = suffix && suffix != ring->name ? (size_t)(suffix - ring->name) :
						      strlen(ring->name);
	if (!*ring->name)
		return -EISDIR;
	if (slash)
		*slash = '\0';
	ring->directory = open(!slash ? "." : *ring->path ? ring->path : "/",
			       O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (slash)
		*slash = '/';
	return ring->directory < 0 ? -errno : 0;
}

int pcap_sink_new(struct sink **ret_sink, const char *path, uint64_t max_size, uint64_t files)
{
	struct pcap_ring *ring = calloc(1, sizeof(*ring));
	int r;

	if (!ring)
		return -ENOMEM;
	*ring = (struct pcap_ring){
		.sink.ops = &ring_ops,
		.directory = -1,
		.fd = -1,
		.max_size = max_size,
		.files = files,
	};
	r = pcapng_new(&ring->pcapng);
	if (r == 0)
		r = ring_open_directory(ring, path);
	if (r == 0)
		r = ring_tidy(ring, 0); /* the numbers go on */
	if (r == 0 && faccessat(ring->directory, ".", W_OK, 0) < 0)
		r = -errno;
	if (r < 0) {
		ring_free(&ring->sink);
		return r;
	}
	strcpy(ring->state, "waiting for the first packet");
	*ret_sink = &ring->sink;
	return 0;
}
