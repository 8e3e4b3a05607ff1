/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * uninspected.h - packets for this host that cannot be inspected, of which anybody can send any
 * number: the first peers of a window are told at once, the rest is summed up at its end.
 */
#ifndef JUDGE_UNINSPECTED_H
#define JUDGE_UNINSPECTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../model/addr.h"

#define UNINSPECTED_PEERS 4 /* told singly in a window */

/* All zero to begin with. */
struct uninspected {
	uint64_t end_ns; /* of the window; 0: none is open */
	struct addr told[UNINSPECTED_PEERS];
	size_t told_count;
	uint64_t untold; /* packets */
	struct addr source; /* of the last of them */
	struct addr destination;
};

/* What is to be told: so many packets, the last one's ends. */
struct uninspected_news {
	uint64_t count;
	struct addr source;
	struct addr destination;
};

/* One packet, and `more` like it that the kernel did not show. True: tell it now. */
bool uninspected_take(struct uninspected *uninspected, const struct uninspected_news *packet,
		      uint64_t more, uint64_t now_ns, uint64_t window_ns,
		      struct uninspected_news *ret_news);

/* To be called now and then. True: a window is over, and this is what it left untold. */
bool uninspected_look(struct uninspected *uninspected, uint64_t now_ns,
		      struct uninspected_news *ret_news);

/* A line for people. Returns out. */
#define UNINSPECTED_TEXT_SIZE 256
const char *uninspected_format(const struct uninspected_news *news,
			       char out[UNINSPECTED_TEXT_SIZE]);

#endif
