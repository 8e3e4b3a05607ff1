// SPDX-License-Identifier: GPL-2.0-only
/* manager.c - READY, STATUS, RELOADING, WATCHDOG, STOPPING. */
#include "manager.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "../base/notify.h"

#define MANAGER_STATUS_SIZE 256

struct manager {
	struct loop_source *watchdog;
	char status[MANAGER_STATUS_SIZE]; /* as told; "": nothing yet, or a reload goes on */
};

static void manager_on_watchdog(void *argument, uint32_t events)
{
	(void)argument;
	(void)events;
	/* One that does not get through is followed by another in time. */
	(void)notify_send("WATCHDOG=1");
}

int manager_new(struct manager **ret_manager, struct loop *loop)
{
	uint64_t period_ns = notify_wanted() ? notify_watchdog_ns() : 0;
	struct manager *manager = calloc(1, sizeof(*manager));
	int r = manager ? 0 : -ENOMEM;

	if (r == 0 && period_ns)
		r = loop_add_timer(loop, manager_on_watchdog, manager, &manager->watchdog);
	if (r == 0 && period_ns)
		r = loop_timer_set(manager->watchdog, 1, MAX(period_ns / 2, 1U));
	if (r < 0) {
		manager_free(manager);
		return r;
	}
	*ret_manager = manager;
	return 0;
}

void manager_free(struct manager *manager)
{
	if (!manager)
		return;
	loop_source_free(manager->watchdog);
	free(manager);
}

/* READY each time: said again it does no harm, and the first may not have got through. */
void manager_ready(struct manager *manager, const char *status)
{
	int r;

	if (util_streq(manager->status, status))
		return;
	r = notify_send("READY=1\nSTATUS=%s", status);
	if (r < 0)
		log_debug("tell the service manager: %s, ignoring", strerror(-r));
	else
		snprintf(manager->status, sizeof(manager->status), "%s", status);
}

void manager_reloading(struct manager *manager)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	manager->status[0] = '\0';
	(void)notify_send("RELOADING=1\nMONOTONIC_USEC=%llu",
			  (unsigned long long)now.tv_sec * 1000000 +
				  (unsigned long long)now.tv_nsec / 1000);
}

void manager_stopping(struct manager *manager)
{
	if (manager)
		(void)notify_send("STOPPING=1");
}
