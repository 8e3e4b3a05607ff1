/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pcapng.h - sampled packets as a pcapng stream (draft-ietf-opsawg-pcapng) in memory: the bytes,
 * not where they go. Multi-octet fields are in this machine's order, which the section header
 * tells.
 */
#ifndef SINK_PCAPNG_H
#define SINK_PCAPNG_H

#include <stdint.h>

#include "../model/sighting.h"

struct pcapng;

/* 0 or -ENOMEM. */
int pcapng_new(struct pcapng **ret_pcapng);
void pcapng_free(struct pcapng *pcapng);

/* Empties the buffer and puts a section header there: no interface is described any more. */
int pcapng_begin(struct pcapng *pcapng);

/*
 * Appends a packet, and before it its interface when it is the section's first of that interface
 * and link type. `sighting->event` must be there. 0, or -ENOMEM and the packet was not appended.
 */
int pcapng_add(struct pcapng *pcapng, const struct sighting *sighting);

/* What was appended since the last clear; valid until the next call. */
const void *pcapng_bytes(const struct pcapng *pcapng, size_t *ret_length);
/* They have been written: the section goes on. */
void pcapng_clear(struct pcapng *pcapng);
/* They will never be: interfaces that were first described there will be again. */
void pcapng_take_back(struct pcapng *pcapng);

#endif
