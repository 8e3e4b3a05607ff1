/* SPDX-License-Identifier: GPL-2.0-only */
/* rfc5424.h - an alert as a syslog message: header, structured data, text (RFC 5424 section 6). */
#ifndef SINK_RFC5424_H
#define SINK_RFC5424_H

#include <stddef.h>

#include "../model/alert.h"

#define RFC5424_APP_NAME "portsentinel"
#define RFC5424_SD_ID "alert@32473"

/* The longest message, in octets, and room for it and its terminator. */
#define RFC5424_MAX 8192
#define RFC5424_SIZE (RFC5424_MAX + 1)

/* One value's share of it, escapes included, so that a long one cannot crowd out the others. */
#define RFC5424_VALUE_MAX 1024

/* The part before the structured data, a space at its end. Returns the length, 400 at most. */
size_t rfc5424_write_header(char out[RFC5424_SIZE], const struct alert *alert, int facility,
			    const char *hostname);

/*
 * Writes the message without any framing. `hostname` is printable ASCII. What does not fit is
 * cut inside values, at whole characters. Returns the length.
 */
size_t rfc5424_format(const struct alert *alert, int facility, const char *hostname,
		      char out[RFC5424_SIZE]);

#endif
