/* SPDX-License-Identifier: GPL-2.0-only */
/* metrics.h - all that is counted, for Prometheus. */
#ifndef DAEMON_METRICS_H
#define DAEMON_METRICS_H

#include <jansson.h>

#include "../kernel/tables.h"

/*
 * The text of a scrape, in memory that the caller frees; NULL when there is none, or the counters
 * cannot be read. told: what the running sensor says of itself (as in its status file); NULL:
 * none runs.
 */
char *metrics_write(const struct tables *tables, const char *pin_directory, const json_t *told,
		    size_t *ret_length);

#endif
