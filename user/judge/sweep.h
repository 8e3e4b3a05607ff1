/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sweep.h - one peer that goes over many ports, and the many peers of one network: the first few
 * alert singly, what comes on top is one thing. A function of (state, sighting, now), bounded.
 */
#ifndef JUDGE_SWEEP_H
#define JUDGE_SWEEP_H

#include "../model/alert.h"
#include "told.h"

#define SWEEP_PORTS_SINGLE 3 /* of one peer within a window */
#define SWEEP_PEERS_SINGLE 8 /* of one /24 (IPv4) or /64 (IPv6) */

enum sweep_width {
	SWEEP_SINGLE,
	SWEEP_PORTS, /* one of many ports of its peer */
	SWEEP_PEERS, /* its peer is one of many of its prefix */
};

struct sweep;

/* 0 or -errno. `capacity`: peers and prefixes that are kept an eye on. `told` stays the caller's. */
int sweep_new(struct sweep **ret_sweep, size_t capacity, uint64_t window_ns, struct told *told);
void sweep_free(struct sweep *sweep);
/* A new window. */
void sweep_set(struct sweep *sweep, uint64_t window_ns);

/* The network of which a peer is one. */
struct prefix sweep_prefix(const struct addr *peer);

/*
 * Takes a sighting. What alerted singly goes on to do so until it, and all of its kind, were
 * silent for a window.
 */
enum sweep_width sweep_judge(struct sweep *sweep, const struct sighting *sighting,
			     enum action action, uint64_t now_ns);

/*
 * Counts the sighting's port, and its peer, in the alert that it is folded into; also what was held
 * back of each up to its last packet.
 */
void sweep_count(struct sweep *sweep, struct alert *alert, const struct sighting *sighting,
		 enum sweep_width width);

#endif
