/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * notify.h - what a service manager is told by sd_notify's protocol: datagrams of NAME=VALUE
 * lines to the socket that $NOTIFY_SOCKET names. Without one, nothing is done. Nothing waits: a
 * manager that does not read loses what it is told.
 */
#ifndef BASE_NOTIFY_H
#define BASE_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "util.h"

/* Is there a manager to tell? */
bool notify_wanted(void);

/* Sends the lines. 0 or -errno. */
int notify_send(const char *format, ...) PRINTF_LIKE(1, 2);

/*
 * How often the manager wants a sign of life at the least, in nanoseconds, from $WATCHDOG_USEC
 * and $WATCHDOG_PID; 0: never.
 */
uint64_t notify_watchdog_ns(void);

#endif
