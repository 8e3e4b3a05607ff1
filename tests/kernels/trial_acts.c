// SPDX-License-Identifier: GPL-2.0-only
/* trial_acts.c - the acts that any sequence can be made of: sockets, processes, data. */
#include <stdio.h>
#include <string.h>

#include "trial_lane.h"
#include "trial_ways.h"

#define ANY_PLACE_PERCENT 75 /* of the sockets are the sensor's own neighbours */

static enum place some_place(struct lane *lane)
{
	if (lane_chance(lane, ANY_PLACE_PERCENT))
		return HERE;
	return lane_chance(lane, 60) ? THERE : INNER;
}

static uint16_t some_port(struct lane *lane)
{
	return PORT_FIRST + lane->number * PORTS_OF_LANE + lane_below(lane, PORTS_OF_LANE - 1);
}

static uint16_t client_port(struct lane *lane)
{
	return 20000 + 2000 * lane->number + lane->next_port++ % 2000;
}

static bool is_taken(const struct lane *lane, enum place place, uint16_t port, enum type type)
{
	for (int i = 0; i < SOCKETS_MAX; i++)
		if (lane->sockets[i].type == type && lane->sockets[i].place == place &&
		    ntohs(lane->sockets[i].local.sin6_port) == port)
			return true;
	return false;
}

int64_t open_planned(struct lane *lane, int actor, struct plan_socket *socket, const char *device,
		     bool is_reuseport)
{
	struct order order = lane_order(lane, OP_SOCKET, socket);

	socket->holders = 1u << actor;
	order.local = socket->local;
	order.count = socket->type == LISTENER;
	order.is_reuseport = is_reuseport;
	snprintf(order.device, sizeof(order.device), "%s", device);
	return lane_do(lane, actor, order)->error;
}

struct plan_socket *open_server(struct lane *lane, int actor, enum type type, enum place place,
				uint16_t port, bool is_ipv6)
{
	struct plan_socket *socket = lane_add_socket(lane, type, place);

	if (!socket)
		return NULL;
	socket->local = lane_any(is_ipv6, port);
	open_planned(lane, actor, socket, "", false);
	return socket;
}

static bool add_server(struct lane *lane, enum type type)
{
	enum place place = some_place(lane);
	uint16_t port = some_port(lane);
	bool is_ipv6 = place != INNER && lane_chance(lane, 30);
	int actor;

	if (is_taken(lane, place, port, type))
		return false;
	actor = lane_any_root(lane);
	if (actor < 0)
		return false;
	lane_note(lane, "actor %d opens port %u in place %d", actor, port, place);
	return open_server(lane, actor, type, place, port, is_ipv6);
}

static bool act_server(struct lane *lane)
{
	return add_server(lane, SERVER);
}

static bool act_listener(struct lane *lane)
{
	return add_server(lane, LISTENER);
}

/* Where a server can be reached by clients of a place: its address there, port and all. */
bool find_way(struct lane *lane, const struct plan_socket *server, enum place from,
	      struct sockaddr_in6 *ret_to)
{
	bool is_ipv6 = !IN6_IS_ADDR_V4MAPPED(&server->local.sin6_addr) && lane_chance(lane, 70);

	if (!lane_address(server->place, from, is_ipv6, ret_to))
		return false;
	ret_to->sin6_port = server->local.sin6_port;
	return true;
}

/* Its socket, with a port of its own so that answers find it; not yet connected. */
static struct plan_socket *open_client(struct lane *lane, int actor, struct plan_socket *server,
				       enum place place, const struct sockaddr_in6 *to)
{
	struct plan_socket *client =
		lane_add_socket(lane, server->type == SERVER ? CLIENT : STREAM, place);
	bool is_ipv6 = !IN6_IS_ADDR_V4MAPPED(&to->sin6_addr);
	struct sockaddr_in6 reached;

	if (!client)
		return NULL;
	client->peer = server;
	client->local = lane_any(is_ipv6, client->type == CLIENT ? client_port(lane) : 0);
	open_planned(lane, actor, client, "", false);
	if (client->type == CLIENT && lane_address(place, server->place, is_ipv6, &reached)) {
		reached.sin6_port = client->local.sin6_port;
		client->local = reached; /* where the server finds it */
	}
	return client;
}

static void connect_to(struct lane *lane, int actor, struct plan_socket *client,
		       const struct sockaddr_in6 *to)
{
	struct order order = lane_order(lane, OP_CONNECT, client);

	order.remote = *to;
	lane_begin(lane, actor, order);
}

static bool act_client(struct lane *lane)
{
	struct plan_socket *server = lane_pick_socket(lane, TYPE(SERVER)), *client;
	enum place place = some_place(lane);
	struct sockaddr_in6 to;
	int actor;

	if (!server || !find_way(lane, server, place, &to))
		return false;
	actor = lane_any_root(lane);
	if (actor < 0)
		return false;
	client = open_client(lane, actor, server, place, &to);
	if (!client)
		return false;
	client->is_connected = lane_chance(lane, 50);
	lane_note(lane, "actor %d: socket %u to %u, connected %d", actor, client->number,
		  server->number, client->is_connected);
	if (client->is_connected) {
		connect_to(lane, actor, client, &to);
		lane_finish(lane, actor);
	}
	return true;
}

struct plan_socket *accept_by(struct lane *lane, int actor, struct plan_socket *listener)
{
	struct plan_socket *stream = lane_add_socket(lane, STREAM, listener->place);
	struct order order = lane_order(lane, OP_ACCEPT, listener);

	if (!stream)
		return NULL;
	stream->holders = 1u << actor;
	order.other = stream->number;
	lane_begin(lane, actor, order);
	return stream;
}

static bool act_connect(struct lane *lane)
{
	struct plan_socket *listener = lane_pick_socket(lane, TYPE(LISTENER)), *client, *server;
	enum place place = some_place(lane);
	struct sockaddr_in6 to;
	int actor, acceptor;

	if (!listener || !find_way(lane, listener, place, &to))
		return false;
	acceptor = lane_pick_actor(lane, listener->holders);
	actor = lane_any_root(lane);
	if (actor < 0 || acceptor < 0)
		return false;
	client = open_client(lane, actor, listener, place, &to);
	if (!client)
		return false;
	lane_note(lane, "actor %d: socket %u to %u, accepted by %d", actor, client->number,
		  listener->number, acceptor);
	if (actor == acceptor || lane_chance(lane, 50)) {
		connect_to(lane, actor, client, &to);
		lane_finish(lane, actor);
		server = accept_by(lane, acceptor, listener);
	} else {
		server = accept_by(lane, acceptor, listener);
		connect_to(lane, actor, client, &to);
	}
	lane_finish(lane, actor);
	lane_finish(lane, acceptor);
	client->peer = server;
	if (server)
		server->peer = client;
	return true;
}

int fork_from(struct lane *lane, int parent)
{
	struct order order = lane_order(lane, OP_FORK, NULL);
	int child = lane_add_actor(lane);

	if (child < 0)
		return -1;
	order.actor = child;
	for (int i = 0; i < SOCKETS_MAX; i++)
		if (lane->sockets[i].type != FREE && lane->sockets[i].holders & 1u << parent) {
			order.held[order.held_count++] = lane->sockets[i].number;
			lane->sockets[i].holders |= 1u << child;
		}
	lane->actors[child].is_root = lane->actors[parent].is_root;
	lane_begin(lane, parent, order);
	lane->actors[child].waits_for = lane->actors[parent].waits_for;
	lane->actors[parent].waits_for = 0;
	lane_finish(lane, child);
	return child;
}

static bool has_room_for_actors(struct lane *lane)
{
	return __builtin_popcount(lane_alive(lane)) < ACTORS_MAX - 4;
}

static bool act_fork(struct lane *lane)
{
	struct plan_socket *socket = lane_pick_socket(lane, ~0u);
	int parent = socket ? lane_pick_actor(lane, socket->holders) : -1, child;

	if (parent < 0 || !has_room_for_actors(lane))
		return false;
	child = fork_from(lane, parent);
	lane_note(lane, "%d of %d", child, parent);
	return true;
}

static bool act_pass(struct lane *lane)
{
	struct plan_socket *socket = lane_pick_socket(lane, ~0u);
	int from = socket ? lane_pick_actor(lane, socket->holders) : -1;
	int to = socket ? lane_pick_actor(lane, ~socket->holders) : -1;
	struct order order;

	if (from < 0 || to < 0)
		return false;
	order = lane_order(lane, OP_PASS, socket);
	order.actor = to;
	order.closes = lane_chance(lane, 50);
	lane_note(lane, "socket %u from %d to %d, closes %d", socket->number, from, to,
		  order.closes);
	lane_do(lane, from, order);
	lane_do(lane, to, lane_order(lane, OP_RECEIVE, socket));
	socket->holders |= 1u << to;
	if (order.closes)
		lane_release(lane, socket, from);
	return true;
}

static bool act_copy(struct lane *lane)
{
	struct plan_socket *socket = lane_pick_socket(lane, ~0u);
	int from = socket ? lane_pick_actor(lane, socket->holders) : -1;
	int to = socket ? lane_pick_root(lane, ~socket->holders) : -1;
	struct order order;

	if (from < 0 || to < 0)
		return false;
	lane_note(lane, "socket %u from %d by %d", socket->number, from, to);
	order = lane_order(lane, OP_COPY, socket);
	order.value = lane->actors[from].pid;
	if (lane_do(lane, to, order)->error == 0)
		socket->holders |= 1u << to;
	return true;
}

/* Of root's alone: exec would forget the user to go back to. */
static bool act_exec(struct lane *lane)
{
	int actor = lane_pick_root(lane, ~0u);
	struct order order = lane_order(lane, OP_EXEC, NULL);

	if (actor < 0)
		return false;
	snprintf(order.text, PATH_SIZE, "%s/other%u", lane->trial->folder, lane_below(lane, 4));
	lane_note(lane, "%d becomes %s", actor, order.text);
	lane_do(lane, actor, order);
	return true;
}

static bool act_user(struct lane *lane)
{
	int actor = lane_pick_actor(lane, ~0u);
	struct order order = lane_order(lane, OP_USER, NULL);
	bool becomes_root;

	if (actor < 0)
		return false;
	becomes_root = !lane->actors[actor].is_root && lane_chance(lane, 70);
	order.value = becomes_root ? 0 : 1000 + lane_below(lane, 8);
	order.count = becomes_root ? 0 : lane_chance(lane, 50) ? order.value : order.value + 100;
	lane_note(lane, "%d: %u", actor, (unsigned int)order.value);
	if (!lane->actors[actor].is_root) { /* what is saved lets it be anybody */
		struct order back = lane_order(lane, OP_USER, NULL);

		lane_do(lane, actor, back);
	}
	lane_do(lane, actor, order);
	lane->actors[actor].is_root = becomes_root;
	return true;
}

static bool act_group(struct lane *lane)
{
	int actor = lane_pick_root(lane, ~0u);
	struct order order = lane_order(lane, OP_GROUP, NULL);

	if (actor < 0)
		return false;
	snprintf(order.text, PATH_SIZE, "%s/group%u", lane->trial->folder, lane_below(lane, 3));
	lane_note(lane, "%d: %s", actor, order.text);
	lane_do(lane, actor, order);
	return true;
}

static bool act_rename(struct lane *lane)
{
	int actor = lane_pick_actor(lane, ~0u);
	struct order order = lane_order(lane, OP_RENAME, NULL);

	if (actor < 0)
		return false;
	snprintf(order.text, PATH_SIZE, "n%u", lane_below(lane, 1000));
	lane_note(lane, "%d: %s", actor, order.text);
	lane_do(lane, actor, order);
	return true;
}

static bool act_kill(struct lane *lane)
{
	uint32_t alive = lane_alive(lane);
	int actor = lane_pick_actor(lane, alive);

	if (__builtin_popcount(alive) < 3)
		return false;
	lane_note(lane, "%d", actor);
	lane_kill(lane, actor);
	return true;
}

void close_everywhere(struct lane *lane, struct plan_socket *socket)
{
	uint32_t holders = socket->type == FREE ? 0 : socket->holders;
	int actor;

	while ((actor = lane_pick_actor(lane, holders)) >= 0) {
		lane_do(lane, actor, lane_order(lane, OP_CLOSE, socket));
		lane_release(lane, socket, actor);
		holders &= ~(1u << actor);
	}
}

static bool act_close(struct lane *lane)
{
	struct plan_socket *socket = lane_pick_socket(lane, ~0u);
	bool is_for_all = lane_chance(lane, 40);
	int actor;

	if (!socket)
		return false;
	lane_note(lane, "socket %u, by all %d", socket->number, is_for_all);
	if (is_for_all) {
		close_everywhere(lane, socket);
		return true;
	}
	actor = lane_pick_actor(lane, socket->holders);
	lane_do(lane, actor, lane_order(lane, OP_CLOSE, socket));
	lane_release(lane, socket, actor);
	return true;
}

/* The old one dies, and all that it had; a new one takes its place at once. */
static bool act_replace(struct lane *lane)
{
	struct plan_socket *old = lane_pick_socket(lane, TYPE(SERVER) | TYPE(LISTENER)), was;
	int actor, heir;

	if (!old)
		return false;
	was = *old;
	heir = lane_start_actor(lane);
	if (heir < 0)
		return false;
	lane_note(lane, "socket %u, by %d", was.number, heir);
	while ((actor = lane_pick_actor(lane, was.holders)) >= 0) {
		lane_kill(lane, actor);
		was.holders &= ~(1u << actor);
	}
	return open_server(lane, heir, was.type, was.place, ntohs(was.local.sin6_port),
			   !IN6_IS_ADDR_V4MAPPED(&was.local.sin6_addr));
}

const struct act trial_acts[] = {
	{ "server", 3, act_server },   { "listener", 3, act_listener }, { "client", 6, act_client },
	{ "connect", 8, act_connect }, { "fork", 4, act_fork },		{ "pass", 4, act_pass },
	{ "copy", 2, act_copy },       { "exec", 2, act_exec },		{ "user", 2, act_user },
	{ "group", 1, act_group },     { "rename", 1, act_rename },	{ "kill", 3, act_kill },
	{ "close", 4, act_close },     { "replace", 1, act_replace },	{ "send", 20, act_send },
	{ "reply", 8, act_reply },     { "take", 6, act_take },		{ "peek", 3, act_peek },
	{ "crowd", 5, act_crowd },     { "stream", 20, act_stream },	{ "read", 5, act_read },
	{ "turns", 4, act_turns },     { "big", 3, act_big },		{ NULL, 0, NULL },
};
