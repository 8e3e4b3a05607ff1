/* SPDX-License-Identifier: GPL-2.0-only */
/* counter.h - the accounting, which `status show` shows as well. */
#ifndef CLI_COUNTER_H
#define CLI_COUNTER_H

#include <jansson.h>

#include "../kernel/tables.h"

/* A new reference; NULL when memory is out. */
json_t *counter_accounting(const struct tables *tables);

#endif
