/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * flows.h - which process a connection was found to belong to, so that its packets that come
 * before the process is known, and those after it has closed, are not another thing. Bounded.
 */
#ifndef JUDGE_FLOWS_H
#define JUDGE_FLOWS_H

#include "../model/alert.h"

/* A process; all zero: not known. */
struct flow_process {
	uint64_t start_boot_ns;
	uint64_t pid; /* 0 with a start: it has none here */
};

struct flow_name {
	struct addr peer;
	struct addr local;
	uint16_t peer_port;
	uint16_t local_port;
	uint8_t action;
	uint8_t protocol;
	uint8_t reserved[2]; /* zero: names are compared as bytes */
};

struct flow_state {
	struct flow_process process;
	bool is_settled; /* it is the one that has the connection, not one that listens */
	bool has_ended; /* the same ports may be another connection's from now on */
	uint64_t last_ns;
};

struct flows;

/* 0 or -errno. A flow that is silent for quiet_ns is forgotten. */
int flows_new(struct flows **ret_flows, size_t capacity, uint64_t quiet_ns);
void flows_free(struct flows *flows);
void flows_set(struct flows *flows, uint64_t quiet_ns);

struct flow_name flow_name(const struct sighting *sighting, enum action action);
struct flow_process flow_process(const struct process *process);
bool flow_same_process(const struct flow_process *a, const struct flow_process *b);
bool flow_knows_process(const struct flow_process *process);

/* Is the sighting's process the one that has the connection? */
bool flow_is_settled(const struct sighting *sighting);

/*
 * Takes a sighting. Returns the process that its packet belongs to, as far as it is known. Where
 * that was not settled before, what was thought goes to ret_before; else the same.
 */
struct flow_process flows_take(struct flows *flows, const struct sighting *sighting,
			       enum action action, uint64_t now_ns,
			       struct flow_process *ret_before);

#endif
