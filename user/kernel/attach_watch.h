/* SPDX-License-Identifier: GPL-2.0-only */
/* attach_watch.h - is what was attached still there? */
#ifndef KERNEL_ATTACH_WATCH_H
#define KERNEL_ATTACH_WATCH_H

#include <stdbool.h>

#include "../../bpf/abi.h"

/*
 * Does our program still have its place in this direction, by the record? True where there never
 * was one, and where that cannot be known. False as well while an interface goes away: ask twice.
 */
bool attach_holds(const char *pin_directory, __u32 ifindex, enum direction direction,
		  const struct interface_record *record);

#endif
