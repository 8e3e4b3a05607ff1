/* SPDX-License-Identifier: GPL-2.0-only */
/* reports.h - the owner hooks' ring: what a process is, who began to hold a port. */
#ifndef KERNEL_REPORTS_H
#define KERNEL_REPORTS_H

#include "../../bpf/abi.h"
#include "../base/loop.h"

struct reports;

/* Each event is valid during the call; its lengths are checked. */
struct reports_handlers {
	void (*process)(void *argument, const struct process_event *event);
	/* OWNER_LISTENER or OWNER_BYPASS. */
	void (*socket)(void *argument, const struct listener_event *event);
	void *argument;
};

/* fd: the ring map's, the caller's. 0 or -errno. */
int reports_new(struct reports **ret_reports, struct loop *loop, int fd,
		const struct reports_handlers *handlers);
void reports_free(struct reports *reports);

/* Reads what is there now: before anything is asked that it may answer. */
void reports_drain(struct reports *reports);

#endif
