/* SPDX-License-Identifier: GPL-2.0-only */
/* queue.c - a singly linked list with two bounds. */
#include "queue.h"

#include <errno.h>

#include "../base/util.h"

void queue_init(struct queue *queue, size_t max_count, size_t max_octets)
{
	*queue = (struct queue){ .max_count = max_count, .max_octets = max_octets };
}

static void queue_copy_parts(struct queue_message *message, const struct iovec *parts,
			     size_t count)
{
	char *at = message->data;

	for (size_t i = 0; i < count; i++) {
		message->parts[i] = (struct iovec){ .iov_base = at, .iov_len = parts[i].iov_len };
		if (parts[i].iov_len)
			memcpy(at, parts[i].iov_base, parts[i].iov_len);
		at += parts[i].iov_len;
	}
}

int queue_push(struct queue *queue, const struct iovec *parts, size_t count)
{
	struct queue_message *message;
	size_t octets = sizeof(*message);

	if (count > QUEUE_PARTS_MAX)
		return -EINVAL;
	for (size_t i = 0; i < count; i++)
		if (__builtin_add_overflow(octets, parts[i].iov_len, &octets))
			return -ENOBUFS;
	if (queue->count >= queue->max_count || octets > queue->max_octets ||
	    queue->octets > queue->max_octets - octets)
		return -ENOBUFS;
	message = calloc(1, octets);
	if (!message)
		return -ENOMEM;

	message->octets = octets;
	queue_copy_parts(message, parts, count);
	if (queue->last)
		queue->last->next = message;
	else
		queue->first = message;
	queue->last = message;
	queue->count++;
	queue->octets += octets;
	return 0;
}

const struct queue_message *queue_first(const struct queue *queue)
{
	return queue->first;
}

void queue_pop(struct queue *queue)
{
	struct queue_message *message = queue->first;

	if (!message)
		return;
	queue->first = message->next;
	if (!queue->first)
		queue->last = NULL;
	queue->count--;
	queue->octets -= message->octets;
	free(message);
}

void queue_clear(struct queue *queue)
{
	while (queue->first)
		queue_pop(queue);
}
