/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hold.h - packets that wait a moment for their owner: who accepts a connection is known only
 * after its first packets came. First in, first out, and bounded: when it is full the oldest gets
 * the answer that there is.
 */
#ifndef DAEMON_HOLD_H
#define DAEMON_HOLD_H

#include "../base/loop.h"
#include "../model/sighting.h"

struct hold;

/*
 * Is this packet done with? now_ns: CLOCK_BOOTTIME, or later where there is no time left to wait;
 * then it has to be.
 */
typedef bool hold_resolver(void *argument, const struct packet_event *event, uint64_t now_ns);

/* 0 or -errno. */
int hold_new(struct hold **ret_hold, struct loop *loop, hold_resolver *resolve, void *argument);

/* What is held is dropped. NULL is allowed. */
void hold_free(struct hold *hold);

/* Resolves the packet now, or as soon as all before it are and it can be. */
void hold_put(struct hold *hold, const struct packet_event *event);

/* Resolves all that is held, as well as can be now. */
void hold_flush(struct hold *hold);

#endif
