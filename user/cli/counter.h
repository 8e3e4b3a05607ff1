/* SPDX-License-Identifier: GPL-2.0-only */
/* counter.h - the accounting, which `status show` shows as well. */
#ifndef CLI_COUNTER_H
#define CLI_COUNTER_H

#include <jansson.h>

#include "../kernel/count.h"

/* New references; NULL when memory is out. */
json_t *counter_accounting(const struct tables *tables);

/* One row of `counters`. */
json_t *counter_row(const struct count_row *row, const char *interface);

#endif
