/* SPDX-License-Identifier: GPL-2.0-only */
/* things.h - the kernel's table of things: what was held back of each. */
#ifndef KERNEL_THINGS_H
#define KERNEL_THINGS_H

#include <stdbool.h>

#include "../model/held.h"
#include "tables.h"

/* A running, wrapping number. False: the kernel keeps none of this thing, others have its place. */
bool things_suppressed(const struct tables *tables, const struct held_thing *thing,
		       uint32_t *ret_suppressed);

#endif
