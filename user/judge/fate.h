/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fate.h - what became of a packet that came in. The packet programs stand before the firewall
 * and before the socket, so that this is told by what happened afterwards alone. Pure.
 */
#ifndef JUDGE_FATE_H
#define JUDGE_FATE_H

#include <stdbool.h>

#include "../model/sighting.h"

/* What was seen at or after the packet, and by now. */
struct fate_evidence {
	uint64_t now_boot_ns;
	struct exchange exchange; /* of its flow; all zero: this host said nothing */
	bool traces_drops; /* what the kernel drops is known */
	bool is_dropped; /* this very packet was */
	bool is_filtered; /* by a firewall */
};

/*
 * Writes the fate, and who refused. False: it may be told better in a moment. What left this
 * host, an ICMP error and another one's frame have no fate here.
 */
bool fate_judge(struct sighting *sighting, const struct fate_evidence *evidence);

/* Was it let in, as far as is known? Only then a process served it. */
bool fate_is_let_in(const struct sighting *sighting);

#endif
