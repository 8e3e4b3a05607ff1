// SPDX-License-Identifier: GPL-2.0-only
/* ring.c - the reader's side of the ring. */
#include "ring.h"

#include <errno.h>
#include <sys/epoll.h>

#include <bpf/libbpf.h>

#include "../base/util.h"

#define RING_BUSY 8 /* events in one drain that make the next one wait */
#define RING_NAP_NS 1000000

struct ring {
	struct ring_buffer *buffer;
	struct loop_source *readable;
	struct loop_source *nap;
	ring_handler *handler;
	void *argument;
	size_t misfits;
};

static int ring_on_record(void *argument, void *data, size_t size)
{
	struct ring *ring = argument;
	const struct packet_event *event = data;

	if (size < sizeof(*event) || event->version != ABI_VERSION || event->size != size ||
	    event->snap_length > size - sizeof(*event))
		ring->misfits++;
	else
		ring->handler(ring->argument, event);
	return 0;
}

int ring_drain(struct ring *ring)
{
	return ring_buffer__consume(ring->buffer);
}

static void ring_on_readable(void *argument, uint32_t events)
{
	struct ring *ring = argument;

	(void)events;
	if (ring_drain(ring) < RING_BUSY)
		return;
	loop_source_set_events(ring->readable, 0);
	loop_timer_set(ring->nap, RING_NAP_NS, 0);
}

static void ring_on_nap_over(void *argument, uint32_t events)
{
	struct ring *ring = argument;

	(void)events;
	if (ring_drain(ring) < RING_BUSY)
		loop_source_set_events(ring->readable, EPOLLIN);
	else
		loop_timer_set(ring->nap, RING_NAP_NS, 0);
}

int ring_new(struct ring **ret_ring, struct loop *loop, int fd, ring_handler *handler,
	     void *argument)
{
	struct ring *ring = calloc(1, sizeof(*ring));
	int r = -ENOMEM;

	if (!ring)
		return r;
	ring->handler = handler;
	ring->argument = argument;
	ring->buffer = ring_buffer__new(fd, ring_on_record, ring, NULL);
	if (!ring->buffer)
		r = -errno;
	else
		r = loop_add_fd(loop, ring_buffer__epoll_fd(ring->buffer), EPOLLIN,
				ring_on_readable, ring, &ring->readable);
	if (r == 0)
		r = loop_add_timer(loop, ring_on_nap_over, ring, &ring->nap);
	if (r < 0) {
		ring_free(ring);
		return r;
	}
	*ret_ring = ring;
	return 0;
}

void ring_free(struct ring *ring)
{
	if (!ring)
		return;
	loop_source_free(ring->nap);
	loop_source_free(ring->readable);
	ring_buffer__free(ring->buffer);
	free(ring);
}

size_t ring_misfits(const struct ring *ring)
{
	return ring->misfits;
}
