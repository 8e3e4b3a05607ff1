/* SPDX-License-Identifier: GPL-2.0-only */
/* gather.h - what an alert has from the sightings that are folded into it. */
#ifndef JUDGE_GATHER_H
#define JUDGE_GATHER_H

#include "../model/alert.h"

/* Of a window's first one: what the packet was. */
void gather_first(struct alert *alert, const struct sighting *sighting);

/*
 * Of each: a later packet may know what the first did not, which tool it is, and who is behind it.
 * is_client: the thing's questions were answered by a connection, so they are no scan.
 */
void gather_more(struct alert *alert, const struct sighting *sighting, bool is_client);

#endif
