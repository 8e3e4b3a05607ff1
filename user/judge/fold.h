/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fold.h - many sightings, few alerts. The first packet of a new thing alerts at once; what
 * follows within the window is folded and summed up at its end. While the thing goes on, window
 * after window, only the sums are sent. A function of (state, sighting, now): no clock of its own,
 * so that tests move time.
 *
 * A thing is an (action, peer, port, protocol), and where a process has its part in it (outbound,
 * connection, listener) that process: an alert that names one never counts another's packets.
 * What a connection's packets did before their process was known is the same thing (flows.h). Of
 * what anybody can send, many ports of one peer and many peers of one network become one thing
 * (sweep.h).
 *
 * Memory is bounded: when the table is full, the thing that was silent longest is summed up
 * early. Alerts are bounded: more than max_rate are withheld (budget.h: shares for local users,
 * networks, and what takes a process of this host or a whole handshake), and a `flood` alert tells
 * how many and what about (withheld.h). What nobody can forge has a table of its own, and waits, its
 * window with it, until it can be told.
 */
#ifndef JUDGE_FOLD_H
#define JUDGE_FOLD_H

#include <stddef.h>
#include <stdint.h>

#include "../model/alert.h"
#include "../model/held.h"

struct fold;

struct fold_options {
	uint64_t window_ns;
	uint64_t max_rate; /* alerts per max_rate_ns; 0: no limit */
	uint64_t max_rate_ns;
	size_t capacity; /* things open at a time, of each of two tables */
	/* Takes each alert; valid during the call. */
	void (*emit)(void *argument, const struct alert *alert);
	/*
	 * Packets of the thing that the kernel held back so far; a running, wrapping number.
	 * False: not known.
	 */
	bool (*suppressed)(void *argument, const struct held_thing *thing,
			   uint32_t *ret_suppressed);
	/* Packets of all things held back so far, but for this host's answers. */
	uint64_t (*suppressed_all)(void *argument);
	void *argument;
};

/* 0 or -errno. */
int fold_new(struct fold **ret_fold, const struct fold_options *options);
void fold_free(struct fold *fold);

/* New window and rate, from the next window on. */
void fold_set(struct fold *fold, uint64_t window_ns, uint64_t max_rate, uint64_t max_rate_ns);

/*
 * Times: CLOCK_BOOTTIME in nanoseconds, never going back by more than jitter. A `listener` has no
 * packet: its event is NULL, its destination the local end, its source unset. 0 or -errno.
 */
int fold_add(struct fold *fold, const struct sighting *sighting, enum action action, int severity,
	     uint64_t now_ns);

/*
 * Ends the windows that are over. Returns when to call again; 0: nothing is open. fold_add() may
 * make it sooner: fold_next().
 */
uint64_t fold_tick(struct fold *fold, uint64_t now_ns);
uint64_t fold_next(const struct fold *fold);

/* Sums up everything that is open, for a clean end. */
void fold_flush(struct fold *fold, uint64_t now_ns);

#endif
