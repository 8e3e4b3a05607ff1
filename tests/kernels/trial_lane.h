/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trial_lane.h - a lane's plan: the actors and sockets that there are by now if all went as it
 * should. What is done next depends on the plan and the seed alone, never on how an act went.
 */
#ifndef KERNELS_TRIAL_LANE_H
#define KERNELS_TRIAL_LANE_H

#include <stdio.h>

#include "trial_order.h"

#define SOCKETS_MAX 24 /* of a lane, at the same time */
#define PORT_FIRST 3400
#define PORTS_OF_LANE 4 /* the last is the scenes' */

enum type { FREE, SERVER, CLIENT, LISTENER, STREAM };

struct plan_actor {
	bool is_alive;
	uint32_t waits_for; /* an order's number; 0: it is idle */
	struct answer answer; /* to the last order */
	int pid;
	bool is_root;
};

struct plan_socket {
	enum type type;
	uint16_t number;
	bool is_connected; /* CLIENT */
	enum place place;
	struct sockaddr_in6 local; /* where others reach it; a wildcard may be bound */
	struct plan_socket *peer; /* the CLIENT's server, the STREAM's other end; NULL: gone */
	uint32_t holders; /* a bit for each actor */
	int waiting; /* datagrams, or connections */
	uint64_t written, read; /* STREAM: octets; by now */
};

struct lane {
	const struct trial *trial;
	unsigned int number;
	uint64_t random;
	uint32_t act, order;
	const char *act_name;
	struct plan_actor actors[ACTORS_MAX];
	struct plan_socket sockets[SOCKETS_MAX];
	uint16_t next_socket;
	uint16_t next_port;
	uint32_t next_tag;
	long packets; /* about so many were sent */
	FILE *plan;
};

/* Random numbers: below n, and yes in so many of 100 cases. */
unsigned int lane_below(struct lane *lane, unsigned int n);
bool lane_chance(struct lane *lane, unsigned int percent);

__attribute__((format(printf, 2, 3))) void lane_note(struct lane *lane, const char *format, ...);

/* An order of this act for a socket, which may be NULL. */
struct order lane_order(struct lane *lane, enum operation operation,
			const struct plan_socket *socket);
/* Begins it, and waits for its end; both. */
void lane_begin(struct lane *lane, int actor, struct order order);
const struct answer *lane_finish(struct lane *lane, int actor);
const struct answer *lane_do(struct lane *lane, int actor, struct order order);

/* Actors: -1 where there is none. */
int lane_add_actor(struct lane *lane); /* its place only: nobody is there yet */
int lane_start_actor(struct lane *lane);
int lane_pick_actor(struct lane *lane, uint32_t among);
int lane_pick_root(struct lane *lane, uint32_t among);
uint32_t lane_alive(const struct lane *lane);
void lane_kill(struct lane *lane, int actor);
/* One that ends by itself. */
void lane_bury(struct lane *lane, int actor);
/* Starts one if there is none. */
int lane_any_root(struct lane *lane);

/* Sockets: NULL where there is none. */
struct plan_socket *lane_add_socket(struct lane *lane, enum type type, enum place place);
struct plan_socket *lane_pick_socket(struct lane *lane, unsigned int types);
#define TYPE(type) (1u << (type))
void lane_release(struct lane *lane, struct plan_socket *socket, int actor);
uint32_t lane_new_tags(struct lane *lane, int count);

/* Addresses of a place as seen from another, IPv4 or not. False: there is no way. */
bool lane_address(enum place of, enum place from, bool is_ipv6, struct sockaddr_in6 *ret_address);
struct sockaddr_in6 lane_any(bool is_ipv6, uint16_t port);

struct act {
	const char *name;
	unsigned int weight;
	bool (*play)(struct lane *lane); /* false: there was nothing to do it with */
};

extern const struct act trial_acts[], trial_scenes[]; /* up to one without a name */

#endif
