// SPDX-License-Identifier: GPL-2.0-only
/* flows.c - a bounded table of connections. */
#include "flows.h"

#include <errno.h>

#include "../base/table.h"
#include "../base/util.h"

struct flows {
	struct table *states; /* struct flow_name -> struct flow_state */
	uint64_t quiet_ns;
};

int flows_new(struct flows **ret_flows, size_t capacity, uint64_t quiet_ns)
{
	struct flows *flows = calloc(1, sizeof(*flows));
	int r;

	if (!flows)
		return -ENOMEM;
	flows->quiet_ns = quiet_ns;
	r = table_new(&flows->states, sizeof(struct flow_name), sizeof(struct flow_state), capacity,
		      NULL, NULL);
	if (r < 0) {
		free(flows);
		return r;
	}
	*ret_flows = flows;
	return 0;
}

void flows_free(struct flows *flows)
{
	if (!flows)
		return;
	table_free(flows->states);
	free(flows);
}

void flows_set(struct flows *flows, uint64_t quiet_ns)
{
	flows->quiet_ns = quiet_ns;
}

struct flow_name flow_name(const struct sighting *sighting, enum action action)
{
	bool in = sighting->direction == DIRECTION_IN;
	const struct endpoint *peer = sighting_peer(sighting);
	const struct endpoint *local = in ? &sighting->destination : &sighting->source;

	return (struct flow_name){
		.peer = peer->addr,
		.local = local->addr,
		.peer_port = peer->port,
		.local_port = local->port,
		.action = (uint8_t)action,
		.protocol = (uint8_t)sighting->protocol,
	};
}

struct flow_process flow_process(const struct process *process)
{
	return (struct flow_process){
		.start_boot_ns = process->start_boot_ns,
		.pid = (uint64_t)process->pid,
	};
}

bool flow_same_process(const struct flow_process *a, const struct flow_process *b)
{
	return a->start_boot_ns == b->start_boot_ns && a->pid == b->pid;
}

bool flow_knows_process(const struct flow_process *process)
{
	return process->pid || process->start_boot_ns;
}

bool flow_is_settled(const struct sighting *sighting)
{
	return sighting->quality != QUALITY_NONE && sighting->quality != QUALITY_LISTENER;
}

static bool flow_is_over(const struct flows *flows, const struct flow_state *state,
			 const struct sighting *sighting, uint64_t now_ns)
{
	if (now_ns >= state->last_ns + flows->quiet_ns)
		return true;
	return state->has_ended && sighting->kind == KIND_SYN;
}

static void flow_settle(struct flow_state *state, const struct sighting *sighting)
{
	state->process = flow_process(&sighting->process);
	state->is_settled = true;
}

struct flow_process flows_take(struct flows *flows, const struct sighting *sighting,
			       enum action action, uint64_t now_ns, struct flow_process *ret_before)
{
	const struct flow_name name = flow_name(sighting, action);
	struct flow_process told = flow_process(&sighting->process), before;
	struct flow_state *state;
	bool is_new, was_settled;

	*ret_before = told;
	state = table_put(flows->states, &name, &is_new);
	if (!state)
		return told; /* no memory: the packet stands for itself */
	if (is_new || flow_is_over(flows, state, sighting, now_ns))
		*state = (struct flow_state){ .process = told };
	before = state->process;
	was_settled = state->is_settled;
	if (flow_is_settled(sighting))
		flow_settle(state, sighting);
	else if (!state->is_settled && flow_knows_process(&told))
		state->process = told;
	state->has_ended |= sighting->kind == KIND_FIN || sighting->kind == KIND_RST;
	state->last_ns = now_ns;
	*ret_before = was_settled ? state->process : before;
	return state->process;
}
