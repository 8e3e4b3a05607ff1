/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * queue.h - messages that wait for their target, bounded by count and by octets. A message that
 * does not fit is refused and leaves those before it alone: the oldest ones say how it began.
 */
#ifndef SINK_QUEUE_H
#define SINK_QUEUE_H

#include <stddef.h>
#include <sys/uio.h>

#define QUEUE_COUNT_MAX 4096
#define QUEUE_OCTETS_MAX (4U << 20)

/* Up to two spellings of one message, for a target whose nature is known only when it answers. */
#define QUEUE_PARTS_MAX 2

struct queue_message {
	struct queue_message *next;
	struct iovec parts[QUEUE_PARTS_MAX]; /* in `data` */
	size_t octets; /* of memory */
	char data[];
};

struct queue {
	struct queue_message *first;
	struct queue_message *last;
	size_t count;
	size_t octets;
	size_t max_count;
	size_t max_octets;
};

void queue_init(struct queue *queue, size_t max_count, size_t max_octets);

/* Copies a message to the end. 0, -ENOBUFS (full) or -ENOMEM. */
int queue_push(struct queue *queue, const struct iovec *parts, size_t count);

/* The oldest message, NULL when empty. Valid until it is popped. */
const struct queue_message *queue_first(const struct queue *queue);
void queue_pop(struct queue *queue);

/* Frees every message; the bounds stay. */
void queue_clear(struct queue *queue);

#endif
