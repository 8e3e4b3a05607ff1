/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tap.h - /run/INSTANCE/samples: every sampled packet, with its owner, to whoever connects. A
 * reader that is slow loses packets and is told how many; it never makes the sensor wait.
 */
#ifndef DAEMON_TAP_H
#define DAEMON_TAP_H

#include <stddef.h>

#include "../base/loop.h"
#include "../model/alert.h"

#define TAP_READERS_MAX 8
#define TAP_MAGIC 0x50415350 /* "PSAP" on a little-endian machine */
#define TAP_VERSION_SIZE 32
#define TAP_DATA_MAX 1024 /* octets of a packet in its sample, at the most */

enum tap_type {
	TAP_HELLO, /* the first: from now on nothing is missed without being told */
	TAP_FULL, /* the first and the last: there are TAP_READERS_MAX readers */
	TAP_SAMPLE, /* struct tap_sample, and event.snap_length octets */
	TAP_LOST, /* no packet follows: `lost` has grown */
};

/* What every message begins with. Both ends are the same build on the same machine. */
struct tap_header {
	uint32_t magic;
	uint32_t type; /* enum tap_type */
	uint32_t sample_size; /* of struct tap_sample, where the version alone would not tell */
	uint32_t reserved;
	char version[TAP_VERSION_SIZE];
	uint64_t lost; /* messages that this reader has missed since its hello */
};

struct tap_sample {
	struct tap_header header;
	struct sighting sighting; /* its pointers are of the other process */
	char looks_like[ALERT_TOOL_SIZE];
	struct packet_event event; /* and its data */
};

#define TAP_MESSAGE_MAX (sizeof(struct tap_sample) + TAP_DATA_MAX)

struct tap;

/* Called when a reader has come or gone. */
typedef void tap_changed(void *argument);

/* Listens, in the place of a socket that a dead sensor left. 0 or -errno. */
int tap_new(struct tap **ret_tap, struct loop *loop, const char *instance, tap_changed *changed,
	    void *argument);
void tap_free(struct tap *tap);

size_t tap_reader_count(const struct tap *tap);

/* To all readers, at once or not at all. */
void tap_send(struct tap *tap, const struct sighting *sighting);

/*
 * The reader's end. tap_connect: a descriptor; -ENOENT or -ECONNREFUSED: no sensor runs.
 * tap_receive waits for a message of at most TAP_MESSAGE_MAX octets: 1, with the sighting's
 * pointers set right; 0 when the sensor has ended; -EAGAIN, -EINTR; -EPROTO: the sensor is
 * another build, named in the header.
 */
int tap_connect(const char *instance);
int tap_receive(int fd, struct tap_sample *ret_sample);

#endif
