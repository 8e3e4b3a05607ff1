/* SPDX-License-Identifier: GPL-2.0-only */
/* aftermath.h - asks the kernel's side what followed a packet, and the judge what that means. */
#ifndef DAEMON_AFTERMATH_H
#define DAEMON_AFTERMATH_H

#include "../kernel/fates.h"
#include "../model/sighting.h"

/*
 * Writes the sighting's fate, and who began its flow; its verdict and owner are there already.
 * False: there may be more to tell in a moment.
 */
bool aftermath_find(struct fates *fates, struct sighting *sighting, uint64_t now_boot_ns);

#endif
