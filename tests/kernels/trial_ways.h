/* SPDX-License-Identifier: GPL-2.0-only */
/* trial_ways.h - what acts and scenes are made of. */
#ifndef KERNELS_TRIAL_WAYS_H
#define KERNELS_TRIAL_WAYS_H

#include "trial_lane.h"

/* trial_acts.c */
struct plan_socket *open_server(struct lane *lane, int actor, enum type type, enum place place,
				uint16_t port, bool is_ipv6);
bool find_way(struct lane *lane, const struct plan_socket *server, enum place from,
	      struct sockaddr_in6 *ret_to);
struct plan_socket *accept_by(struct lane *lane, int actor, struct plan_socket *listener);
int fork_from(struct lane *lane, int parent);
void close_everywhere(struct lane *lane, struct plan_socket *socket);
/* A socket that is in the plan, with what else it is bound to. */
int64_t open_planned(struct lane *lane, int actor, struct plan_socket *socket, const char *device,
		     bool is_reuseport);

/* trial_data_acts.c */
/* Datagrams over a socket, to an address or (NULL) where it is connected to; and taken. */
void send_over(struct lane *lane, int actor, struct plan_socket *socket,
	       const struct sockaddr_in6 *to, int count);
void begin_taking(struct lane *lane, int actor, struct plan_socket *socket, int count);
/* Of a stream, that many octets more; `peer` is whose they are. */
void write_over(struct lane *lane, int actor, struct plan_socket *stream, uint64_t octets);
void begin_reading(struct lane *lane, int actor, struct plan_socket *stream, uint16_t peer,
		   uint64_t octets);
bool act_send(struct lane *lane);
bool act_reply(struct lane *lane);
bool act_take(struct lane *lane);
bool act_peek(struct lane *lane);
bool act_crowd(struct lane *lane);
bool act_stream(struct lane *lane);
bool act_read(struct lane *lane);
bool act_turns(struct lane *lane);
bool act_big(struct lane *lane);

#endif
