// SPDX-License-Identifier: GPL-2.0-only
/* trial_scenes.c - acts that bring their own sockets, and mostly take them away again. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "trial_lane.h"
#include "trial_ways.h"

#define MEMBERS 3
#define FORGED_PORT 30000 /* and up: nobody else's */
#define DROPPED_PORT 35000

static uint16_t scene_port(const struct lane *lane)
{
	return PORT_FIRST + (lane->number + 1) * PORTS_OF_LANE - 1;
}

static struct sockaddr_in6 address(const char *text, uint16_t port)
{
	struct sockaddr_in6 end = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	inet_pton(AF_INET6, text, &end.sin6_addr);
	return end;
}

/* A new process that has its say to a listener in HERE and is gone; its socket's number. */
static uint16_t chat(struct lane *lane, int actor, enum place from, uint16_t port, uint64_t octets)
{
	struct order order = lane_order(lane, OP_CHAT, NULL);

	order.socket = lane->next_socket++;
	order.place = from;
	order.is_tcp = true;
	order.local = lane_any(false, 0);
	order.value = octets;
	snprintf(order.how, HOW_SIZE, "send");
	lane_address(HERE, from, false, &order.remote);
	order.remote.sin6_port = htons(port);
	lane->packets += 12;
	lane_begin(lane, actor, order);
	return order.socket;
}

static bool has_room(struct lane *lane, int sockets)
{
	for (int i = 0; i < SOCKETS_MAX; i++)
		sockets -= lane->sockets[i].type == FREE;
	return sockets <= 0 && lane->next_socket + 64u < (lane->number + 1) * ENDS_OF_LANE;
}

/* Short clients of a listener, which those who share it accept at once, whoever is first. */
static bool act_chats(struct lane *lane)
{
	struct plan_socket *listener = lane_pick_socket(lane, TYPE(LISTENER)), *streams[MEMBERS];
	int clients = 1 + (int)lane_below(lane, MEMBERS), client, crowd[MEMBERS], members = 0;
	enum place from = lane_chance(lane, 70) ? HERE : THERE;
	uint64_t octets = TRIAL_WORD * (2 + lane_below(lane, 20));
	uint16_t said = 0;

	if (!listener || listener->place != HERE || !has_room(lane, MEMBERS + 1))
		return false;
	for (int i = 0; i < ACTORS_MAX && members < MEMBERS; i++)
		if (listener->holders & 1u << i)
			crowd[members++] = i;
	lane_note(lane, "%d to %u, %llu octets", clients, listener->number,
		  (unsigned long long)octets);
	for (int i = 0; i < members; i++)
		streams[i] = accept_by(lane, crowd[i], listener);
	for (int i = 0; i < clients && (client = lane_start_actor(lane)) >= 0; i++) {
		said = chat(lane, client, from, ntohs(listener->local.sin6_port), octets);
		lane_bury(lane, client);
	}
	for (int i = 0; i < members; i++) {
		lane_finish(lane, crowd[i]);
		begin_reading(lane, crowd[i], streams[i], said, octets);
	}
	for (int i = 0; i < members; i++) {
		lane_finish(lane, crowd[i]);
		close_everywhere(lane, streams[i]);
	}
	return true;
}

/* The one who accepts gives each connection to a child of its own, and dies or goes on. */
static bool act_fork_each(struct lane *lane)
{
	struct plan_socket *listener = lane_pick_socket(lane, TYPE(LISTENER)), *stream;
	uint64_t octets = TRIAL_WORD * (2 + lane_below(lane, 20));
	int parent, child, client;
	uint16_t said;

	if (!listener || listener->place != HERE || !has_room(lane, 2) ||
	    __builtin_popcount(lane_alive(lane)) > ACTORS_MAX - 4)
		return false;
	parent = lane_pick_actor(lane, listener->holders);
	client = lane_start_actor(lane);
	stream = accept_by(lane, parent, listener);
	said = chat(lane, client, lane_chance(lane, 50) ? HERE : THERE,
		    ntohs(listener->local.sin6_port), octets);
	lane_bury(lane, client);
	lane_finish(lane, parent);
	child = fork_from(lane, parent);
	lane_note(lane, "listener %u: %d accepts, %d reads", listener->number, parent, child);
	lane_do(lane, parent, lane_order(lane, OP_CLOSE, stream));
	lane_release(lane, stream, parent);
	begin_reading(lane, child, stream, said, octets);
	lane_finish(lane, child);
	lane_kill(lane, child);
	return true;
}

/* The listener's maker is dead; another program got it. */
static bool act_activation(struct lane *lane)
{
	int maker = lane_start_actor(lane), heir = maker < 0 ? -1 : fork_from(lane, maker), client;
	struct plan_socket *listener, *stream;
	struct order become = lane_order(lane, OP_EXEC, NULL);
	uint16_t said;

	if (heir < 0 || !has_room(lane, 2))
		return false;
	lane_kill(lane, heir);
	listener = open_server(lane, maker, LISTENER, HERE, scene_port(lane), false);
	heir = fork_from(lane, maker);
	lane_kill(lane, maker);
	snprintf(become.text, PATH_SIZE, "%s/other%u", lane->trial->folder, lane_below(lane, 4));
	lane_note(lane, "%d made it, %d has it as %s", maker, heir, become.text);
	if (lane_chance(lane, 70))
		lane_do(lane, heir, become);
	client = lane_start_actor(lane);
	stream = accept_by(lane, heir, listener);
	said = chat(lane, client, HERE, scene_port(lane), 64);
	lane_bury(lane, client);
	begin_reading(lane, heir, stream, said, 64);
	lane_finish(lane, heir);
	lane_kill(lane, heir);
	return true;
}

/* Members of a group by SO_REUSEPORT: the kernel chooses, all of them ask. */
static bool act_group_udp(struct lane *lane)
{
	struct plan_socket *members[MEMBERS], *client;
	int actors[MEMBERS], sender = lane_any_root(lane), count = 1 + lane_below(lane, 4);
	struct sockaddr_in6 to = address("::ffff:127.0.0.1", scene_port(lane));

	if (sender < 0 || !has_room(lane, MEMBERS + 1) ||
	    __builtin_popcount(lane_alive(lane)) > ACTORS_MAX - 5)
		return false;
	lane_note(lane, "%d from %d", count, sender);
	for (int i = 0; i < MEMBERS; i++) {
		actors[i] = lane_start_actor(lane);
		members[i] = lane_add_socket(lane, SERVER, HERE);
		members[i]->local = lane_any(false, scene_port(lane));
		open_planned(lane, actors[i], members[i], "", true);
		begin_taking(lane, actors[i], members[i], count);
	}
	client = lane_add_socket(lane, CLIENT, HERE);
	client->local = lane_any(false, 20000 + 2000 * lane->number + lane->next_port++ % 2000);
	open_planned(lane, sender, client, "", false);
	send_over(lane, sender, client, &to, count);
	for (int i = 0; i < MEMBERS; i++) {
		lane_finish(lane, actors[i]);
		lane_kill(lane, actors[i]);
	}
	close_everywhere(lane, client);
	return true;
}

/* The same two addresses and ports on two wires, each by another process. */
static bool act_twins(struct lane *lane)
{
	static const char *const devices[] = { "s1", "s2" };
	static const enum place places[] = { THERE, TWIN };
	uint16_t port = 20000 + 2000 * lane->number + lane->next_port++ % 2000;
	struct sockaddr_in6 to = address("::ffff:192.0.2.1", scene_port(lane));
	struct plan_socket *servers[2], *clients[2];
	int holders[2], senders[2], count = 1 + lane_below(lane, 3);

	if (!has_room(lane, 4) || __builtin_popcount(lane_alive(lane)) > ACTORS_MAX - 6)
		return false;
	lane_note(lane, "%d each", count);
	for (int i = 0; i < 2; i++) {
		holders[i] = lane_start_actor(lane);
		senders[i] = lane_start_actor(lane);
		servers[i] = lane_add_socket(lane, SERVER, HERE);
		servers[i]->local = lane_any(false, scene_port(lane));
		open_planned(lane, holders[i], servers[i], devices[i], true);
		clients[i] = lane_add_socket(lane, CLIENT, places[i]);
		clients[i]->local = lane_any(false, port);
		open_planned(lane, senders[i], clients[i], "", false);
	}
	for (int i = 0; i < 2; i++)
		begin_taking(lane, holders[i], servers[i], count);
	for (int i = 0; i < 2; i++)
		send_over(lane, senders[i], clients[i], &to, count);
	for (int i = 0; i < 2; i++) {
		struct sockaddr_in6 back = address("::ffff:192.0.2.2", port);

		lane_finish(lane, holders[i]);
		send_over(lane, holders[i], servers[i], &back, count);
		lane_kill(lane, holders[i]);
		lane_kill(lane, senders[i]);
	}
	return true;
}

/* A datagram that a firewall drops where there is one (ports from DROPPED_PORT on), and a server
 * that dies and is replaced: neither got it. */
static bool act_dropped(struct lane *lane)
{
	struct sockaddr_in6 to = address("::ffff:127.0.0.1", scene_port(lane));
	int sender = lane_any_root(lane), old = lane_start_actor(lane), heir, count;
	struct plan_socket *server, *client;

	if (sender < 0 || old < 0 || !has_room(lane, 3))
		return false;
	count = 1 + lane_below(lane, 3);
	server = open_server(lane, old, SERVER, HERE, scene_port(lane), false);
	client = lane_add_socket(lane, CLIENT, HERE);
	client->local =
		lane_any(false, DROPPED_PORT + 500 * lane->number + lane->next_port++ % 500);
	open_planned(lane, sender, client, "", false);
	lane_note(lane, "%d from %d to %d", count, sender, old);
	begin_taking(lane, old, server, count);
	send_over(lane, sender, client, &to, count);
	lane_finish(lane, old);
	if (lane_chance(lane, 50))
		send_over(lane, sender, client, &to, count);
	lane_kill(lane, old);
	heir = lane_start_actor(lane);
	server = open_server(lane, heir, SERVER, HERE, scene_port(lane), false);
	begin_taking(lane, heir, server, count);
	send_over(lane, sender, client, &to, count);
	lane_finish(lane, heir);
	close_everywhere(lane, client);
	lane_kill(lane, heir);
	return true;
}

static void forge_by(struct lane *lane, int actor, const char *how, struct sockaddr_in6 to)
{
	struct order order = lane_order(lane, OP_FORGE, NULL);
	uint16_t port = FORGED_PORT + 1000 * lane->number + lane->next_port++ % 1000;

	order.place = HERE;
	order.remote = to;
	order.local = address(
		to.sin6_addr.s6_addr[12] == 127 ? "::ffff:127.0.0.1" : "::ffff:192.0.2.1", port);
	order.value = strcmp(how, "raw-syn") == 0 ?
			      lane_new_tags(lane, 1) * UINT32_C(2654435761) :
			      trial_word(TAG_MAGIC, lane->number, lane_new_tags(lane, 1));
	snprintf(order.how, HOW_SIZE, "%s", how);
	snprintf(order.device, sizeof(order.device), "s1");
	lane_do(lane, actor, order);
}

/* Packets made by hand, to a server that is there and to one that is not. */
static bool act_forge(struct lane *lane)
{
	static const char *const ways[] = { "raw-udp", "raw-syn", "packet" };
	const char *how = ways[lane_below(lane, 3)];
	int forger = lane_any_root(lane);
	struct plan_socket *decoy = lane_pick_socket(lane, TYPE(SERVER) | TYPE(LISTENER));
	bool is_outside = how == ways[2] || lane_chance(lane, 50);

	if (forger < 0 || !decoy)
		return false;
	lane_note(lane, "%s by %d, beside %u", how, forger, decoy->number);
	for (int i = 1 + lane_below(lane, 3); i > 0; i--)
		forge_by(lane, forger, how,
			 address(is_outside ? "::ffff:192.0.2.2" : "::ffff:127.0.0.1",
				 ntohs(decoy->local.sin6_port)));
	return true;
}

const struct act trial_scenes[] = {
	{ "chats", 6, act_chats },	     { "fork-each", 3, act_fork_each },
	{ "activation", 2, act_activation }, { "reuseport", 2, act_group_udp },
	{ "twins", 2, act_twins },	     { "dropped", 2, act_dropped },
	{ "forge", 3, act_forge },	     { NULL, 0, NULL },
};
