/* SPDX-License-Identifier: GPL-2.0-only */
/* stations.h - tells the packet programs which link addresses are this namespace's. */
#ifndef KERNEL_STATIONS_H
#define KERNEL_STATIONS_H

#include "link.h"
#include "program.h"

struct stations;

/* The program outlives it. 0 or -errno. */
int stations_new(struct stations **ret_stations, const struct program *program);
/* NULL is allowed. */
void stations_free(struct stations *stations);

/* The link as it is now; of one that is gone, its index is enough. */
void stations_put(struct stations *stations, const struct link *link);
void stations_remove(struct stations *stations, uint32_t index);

/* All links were put: from now on, frames to other addresses are strangers'. */
void stations_complete(struct stations *stations);

#endif
