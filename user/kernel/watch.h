/* SPDX-License-Identifier: GPL-2.0-only */
/* watch.h - the live watch set in the kernel's bitmap. */
#ifndef KERNEL_WATCH_H
#define KERNEL_WATCH_H

#include "../model/port_set.h"
#include "tables.h"

/* Makes the kernel watch exactly the set, port by port: no moment without the ports in both. */
void watch_set(const struct tables *tables, const struct port_set *ports);

/* Adds or removes the set's ports, leaving others as they are. */
void watch_add(const struct tables *tables, const struct port_set *ports);
void watch_remove(const struct tables *tables, const struct port_set *ports);

void watch_get(const struct tables *tables, struct port_set *ret_ports);

/* Those that are watched now and were not in `before`. */
void watch_get_added(const struct tables *tables, const struct watch *before,
		     struct port_set *ret_ports);

#endif
