/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * witness.h - who did it, as far as the kernel can tell: the owner hooks, what they record, and
 * the engine that draws names from it.
 */
#ifndef DAEMON_WITNESS_H
#define DAEMON_WITNESS_H

#include <jansson.h>

#include "../base/loop.h"
#include "../kernel/program.h"
#include "../model/config.h"
#include "../who/owner.h"

struct witness;

/* A watched port is held from now on, or packets pass the hooks by. Valid during the call. */
typedef void witness_socket_handler(void *argument, const struct listener_event *event);

struct witness_options {
	struct loop *loop;
	const struct program *program;
	const struct config *config;
	witness_socket_handler *on_socket;
	void *argument;
};

/* 0 or -errno, said already. Without any hook it still names whom /proc shows. */
int witness_new(struct witness **ret_witness, const struct witness_options *options);
void witness_free(struct witness *witness);

struct owners *witness_owners(struct witness *witness);

/* Takes in what the kernel has recorded by now. */
void witness_catch_up(struct witness *witness);

/* Notes the sockets that are there: those of ports that were not watched before, too. */
void witness_rescan(struct witness *witness);

/*
 * Visits who holds one of the ports already: one process a socket, in a sighting without a
 * packet. 0 or -errno.
 */
typedef void witness_holder_visitor(void *argument, const struct sighting *sighting);
int witness_visit_holders(const struct port_set *ports, witness_holder_visitor *visit,
			  void *argument);

/*
 * Looks whether addresses are translated on this host. It is told when the rules of nftables
 * change; for what tells nobody it is to be called now and then.
 */
void witness_look(struct witness *witness);

/* Are addresses translated here, or were they? */
bool witness_translates(const struct witness *witness);

/* What is lost of the owners on this kernel, and why, for people; "" when nothing is. */
#define WITNESS_LOSS_SIZE 768
const char *witness_loss(const struct witness *witness, char out[WITNESS_LOSS_SIZE]);

/* What the owner hooks could not write down, ever, and whose (the user last refused). */
struct witness_records {
	uint64_t lost;
	uint64_t refused;
	uint32_t refused_uid;
};
struct witness_records witness_records(const struct witness *witness);

/* {"hooks", "cgroup_hooks", "scan", "all_sockets", "lost", ...}; a new reference. */
json_t *witness_status(const struct witness *witness);

#endif
