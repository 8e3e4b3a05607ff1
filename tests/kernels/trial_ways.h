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

/* trial_data_acts.c */
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
