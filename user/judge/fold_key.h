/* SPDX-License-Identifier: GPL-2.0-only */
/* fold_key.h - what a thing is told apart by, and what follows from that alone. Pure. */
#ifndef JUDGE_FOLD_KEY_H
#define JUDGE_FOLD_KEY_H

#include "../model/held.h"
#include "budget.h"
#include "flows.h"
#include "sweep.h"

struct fold_key {
	struct addr peer; /* of many peers: the first address of their prefix */
	struct flow_process process; /* zero: none, or not known */
	uint16_t port; /* of many ports: 0 */
	uint8_t protocol;
	uint8_t action;
	uint8_t width; /* enum sweep_width */
	uint8_t reserved[3]; /* zero */
};

/* The thing that a sighting is of: its process is not known yet, and left out. */
struct fold_key fold_key_of(const struct sighting *sighting, enum action action);

/* The key of the many that a sighting is one of. */
struct fold_key fold_key_wide(const struct sighting *sighting, enum action action,
			      enum sweep_width width);

/* Whose doing the thing is, where alerts are shared out. */
struct budget_source fold_key_source(const struct fold_key *key, const struct alert *alert);

/* Has the thing a number of its own in the kernel? Of many things, each packet tells of its own. */
bool fold_key_has_number(const struct fold_key *key);

/*
 * The thing whose packets were held back: of what this host asks, its questions, of all else what
 * came. This host's answers are in no alert's number.
 */
struct held_thing fold_key_held(const struct fold_key *key, const struct alert *alert);

/* This host's own doing, a whole handshake, or the process that has the connection. */
bool fold_is_real(const struct sighting *sighting, enum action action);

#endif
