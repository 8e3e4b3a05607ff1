/* SPDX-License-Identifier: GPL-2.0-only */
/* records.h - the owner hooks' ring: what a process is, who began to hold a port. */
#ifndef KERNEL_RECORDS_H
#define KERNEL_RECORDS_H

#include "../../bpf/abi.h"
#include "../base/loop.h"

struct records;

/* Each event is valid during the call; its lengths are checked. */
struct records_handlers {
	void (*process)(void *argument, const struct process_event *event);
	/* OWNER_LISTENER or OWNER_BYPASS. */
	void (*socket)(void *argument, const struct listener_event *event);
	void *argument;
};

/* fd: the ring map's, the caller's. 0 or -errno. */
int records_new(struct records **ret_records, struct loop *loop, int fd,
		const struct records_handlers *handlers);
void records_free(struct records *records);

/* Reads what is there now: before anything is asked that it may answer. */
void records_drain(struct records *records);

#endif
