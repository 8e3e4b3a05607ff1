/* SPDX-License-Identifier: GPL-2.0-only */
/* cef.h - an alert in ArcSight's Common Event Format, version 0, behind RFC 5424's header. */
#ifndef SINK_CEF_H
#define SINK_CEF_H

#include "rfc5424.h"

/* A value's longest, in octets, before escapes: the least that the format asks of any of ours. */
#define CEF_VALUE_MAX 1023

/* As rfc5424_format(). A member that does not fit is left out, a value that is too long is cut. */
size_t cef_format(const struct alert *alert, int facility, const char *hostname,
		  char out[RFC5424_SIZE]);

#endif
