/* SPDX-License-Identifier: GPL-2.0-only */
/* syslog.h - the syslog sink with the places of `local` spelled out, for tests. */
#ifndef SINK_SYSLOG_H
#define SINK_SYSLOG_H

#include "connector.h"
#include "sink.h"

/* syslog_sink_new() with paths for journald (first) and the system's log socket (second). */
int syslog_sink_new_at(struct sink **ret_sink, struct loop *loop,
		       const struct syslog_options *options, const struct connector_local *local,
		       char *ret_why, size_t why_size);

#endif
