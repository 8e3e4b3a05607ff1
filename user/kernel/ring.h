/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ring.h - the kernel's samples, handed on one by one. After a busy drain the reader naps for a
 * millisecond, so that under load the kernel writes many records for one wake-up.
 */
#ifndef KERNEL_RING_H
#define KERNEL_RING_H

#include <stddef.h>

#include "../../bpf/abi.h"
#include "../base/loop.h"

struct ring;

/* The event is valid during the call; its lengths are checked against the record's. */
typedef void ring_handler(void *argument, const struct packet_event *event);

/* fd: the ring map's, the caller's. 0 or -errno. */
int ring_new(struct ring **ret_ring, struct loop *loop, int fd, ring_handler *handler,
	     void *argument);
void ring_free(struct ring *ring);

/* Reads what is there now. Returns how many, or -errno. */
int ring_drain(struct ring *ring);

/* Records that were not of this version or contradicted themselves. */
size_t ring_misfits(const struct ring *ring);

#endif
