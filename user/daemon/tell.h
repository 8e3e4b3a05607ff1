/* SPDX-License-Identifier: GPL-2.0-only */
/* tell.h - what the sensor says of itself: to people, to its status file, to the service manager. */
#ifndef DAEMON_TELL_H
#define DAEMON_TELL_H

#include "../kernel/attach.h"
#include "state.h"

/* A line where the alerts for people go, else on standard error; made safe to show here. */
void tell_people(const struct daemon *daemon, const char *format, ...) PRINTF_LIKE(2, 3);

/* Which ports are watched, and where. */
void tell_watch(const struct daemon *daemon);

/* What cannot be known of owners here, if anything. */
void tell_loss(const struct daemon *daemon);

/* Who holds a watched port already: a sighting without a packet. */
void tell_holder(const struct daemon *daemon, const struct sighting *sighting);

/* How an interface is watched. */
void tell_interface(const struct daemon *daemon, const struct interface_record *record);

/* The status file, when its text has changed. */
void tell_status(struct daemon *daemon);

/* One line for `systemctl status`. */
void tell_manager(struct daemon *daemon);

/*
 * Serves the metrics at an address ("none": nowhere), no longer where they were `before`. 0 or
 * -errno, said; then they stay there, if they can (else daemon->scrape is NULL, said).
 */
int tell_metrics(struct daemon *daemon, const char *listen, const char *before);

#endif
