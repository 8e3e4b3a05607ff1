// SPDX-License-Identifier: GPL-2.0-only
/* trial_data_acts.c - acts that move data: by any of the holders, by any call, any way of waiting.
 */
#include <stdio.h>
#include <string.h>

#include "trial_lane.h"
#include "trial_ways.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define BIG_OCTETS (2 << 20)

static const char *const
	takers[] = { "recv",  "recvfrom", "recvmsg", "recvmmsg", "read",
		     "readv", "splice",	  "uring",   "zerocopy" /* the last: streams' own */ };
static const char *const givers[] = { "sendto", "sendmsg", "sendmmsg", /* those with an address */
				      "write",	"writev",  "sendfile", "splice", "uring" };

static void choose_how(struct lane *lane, struct order *order, const char *const words[],
		       size_t count)
{
	snprintf(order->how, HOW_SIZE, "%s", words[lane_below(lane, count)]);
}

static struct order take_order(struct lane *lane, struct plan_socket *socket, int count)
{
	struct order order = lane_order(lane, OP_TAKE, socket);

	order.count = count;
	order.wait = lane_below(lane, 3);
	choose_how(lane, &order, takers, COUNT(takers) - 1);
	return order;
}

/* Datagrams from a client to its server, or (to a client) the other way. */
static struct order send_order(struct lane *lane, struct plan_socket *from,
			       const struct sockaddr_in6 *to, int count)
{
	struct order order = lane_order(lane, OP_SEND, from);

	order.count = count;
	order.size = TRIAL_WORD + (lane_chance(lane, 60) ? lane_below(lane, 40) :
							   lane_below(lane, DATAGRAM_MAX - 8));
	order.value = trial_word(TAG_MAGIC, lane->number, lane_new_tags(lane, count));
	choose_how(lane, &order, givers, to ? 3 : COUNT(givers));
	if (to)
		order.remote = *to;
	return order;
}

void send_over(struct lane *lane, int actor, struct plan_socket *socket,
	       const struct sockaddr_in6 *to, int count)
{
	lane_do(lane, actor, send_order(lane, socket, to, count));
}

void begin_taking(struct lane *lane, int actor, struct plan_socket *socket, int count)
{
	lane_begin(lane, actor, take_order(lane, socket, count));
}

/* A server's address as this client's sockets reach it, always the same way. */
static bool server_of(const struct plan_socket *client, struct sockaddr_in6 *ret_to)
{
	bool is_ipv6 = !IN6_IS_ADDR_V4MAPPED(&client->local.sin6_addr);

	if (!client->peer || !lane_address(client->peer->place, client->place, is_ipv6, ret_to))
		return false;
	ret_to->sin6_port = client->peer->local.sin6_port;
	return true;
}

bool act_send(struct lane *lane)
{
	struct plan_socket *client = lane_pick_socket(lane, TYPE(CLIENT));
	int count = 1 + lane_below(lane, 3), sender, taker;
	struct sockaddr_in6 to;
	bool is_taken_first = lane_chance(lane, 50), is_taken = lane_chance(lane, 85);
	struct order send, take;

	if (!client || !server_of(client, &to))
		return false;
	sender = lane_pick_actor(lane, client->holders);
	taker = lane_pick_actor(lane, client->peer->holders);
	send = send_order(lane, client, client->is_connected ? NULL : &to, count);
	take = take_order(lane, client->peer, count + client->peer->waiting);
	lane_note(lane, "%d by %d over %u (%s), taken %d by %d (%s, %d)", count, sender,
		  client->number, send.how, is_taken, taker, take.how, take.wait);
	if (!is_taken)
		client->peer->waiting += count;
	if (is_taken && is_taken_first && taker != sender)
		lane_begin(lane, taker, take);
	lane_do(lane, sender, send);
	if (is_taken && !(is_taken_first && taker != sender))
		lane_begin(lane, taker, take);
	lane_finish(lane, taker);
	if (is_taken)
		client->peer->waiting = 0;
	return true;
}

/* The server's side: to where the client is. */
bool act_reply(struct lane *lane)
{
	struct plan_socket *client = lane_pick_socket(lane, TYPE(CLIENT));
	int count = 1 + lane_below(lane, 2), sender, taker;
	struct order send, take;

	if (!client || !client->peer)
		return false;
	sender = lane_pick_actor(lane, client->peer->holders);
	taker = lane_pick_actor(lane, client->holders);
	send = send_order(lane, client->peer, &client->local, count);
	take = take_order(lane, client, count);
	lane_note(lane, "%d by %d over %u (%s), taken by %d (%s, %d)", count, sender,
		  client->peer->number, send.how, taker, take.how, take.wait);
	if (taker != sender)
		lane_begin(lane, taker, take);
	lane_do(lane, sender, send);
	if (taker == sender)
		lane_begin(lane, taker, take);
	lane_finish(lane, taker);
	return true;
}

bool act_take(struct lane *lane)
{
	struct plan_socket *server = lane_pick_socket(lane, TYPE(SERVER));
	struct order take;
	int taker;

	if (!server || !server->waiting)
		return false;
	taker = lane_pick_actor(lane, server->holders);
	take = take_order(lane, server, server->waiting);
	lane_note(lane, "%d by %d (%s, %d)", server->waiting, taker, take.how, take.wait);
	lane_do(lane, taker, take);
	server->waiting = 0;
	return true;
}

/* One looks and leaves it; another, or nobody for now, takes it. */
bool act_peek(struct lane *lane)
{
	struct plan_socket *client = lane_pick_socket(lane, TYPE(CLIENT));
	struct sockaddr_in6 to;
	struct order look, take;
	int sender, looker, taker;

	if (!client || !server_of(client, &to))
		return false;
	sender = lane_pick_actor(lane, client->holders);
	looker = lane_pick_actor(lane, client->peer->holders);
	taker = lane_pick_actor(lane, client->peer->holders);
	look = lane_order(lane, OP_TAKE, client->peer);
	look.count = 1;
	look.wait = WAIT_PEEK;
	lane_note(lane, "sent by %d, seen by %d, taken by %d", sender, looker, taker);
	if (looker != sender)
		lane_begin(lane, looker, look);
	lane_do(lane, sender, send_order(lane, client, client->is_connected ? NULL : &to, 1));
	if (looker == sender)
		lane_begin(lane, looker, look);
	lane_finish(lane, looker);
	take = take_order(lane, client->peer, 1 + client->peer->waiting);
	lane_do(lane, taker, take);
	client->peer->waiting = 0;
	return true;
}

/* All who hold a server's socket want the data, each in its own way. */
bool act_crowd(struct lane *lane)
{
	struct plan_socket *client = lane_pick_socket(lane, TYPE(CLIENT));
	int count = 1 + lane_below(lane, 4), sender;
	struct sockaddr_in6 to;
	uint32_t crowd;

	if (!client || !server_of(client, &to))
		return false;
	sender = lane_pick_actor(lane, client->holders);
	crowd = client->peer->holders & ~(1u << sender);
	if (__builtin_popcount(crowd) < 2)
		return false;
	lane_note(lane, "%d by %d over %u, taken by any of %x", count, sender, client->number,
		  crowd);
	for (int i = 0; i < ACTORS_MAX; i++)
		if (crowd & 1u << i)
			lane_begin(lane, i, take_order(lane, client->peer, count));
	lane_do(lane, sender, send_order(lane, client, client->is_connected ? NULL : &to, count));
	for (int i = 0; i < ACTORS_MAX; i++)
		if (crowd & 1u << i)
			lane_finish(lane, i);
	client->peer->waiting = 0;
	return true;
}

static struct order write_order(struct lane *lane, struct plan_socket *from, uint64_t octets)
{
	struct order order = lane_order(lane, OP_WRITE, from);

	order.value = octets;
	order.from = from->written;
	choose_how(lane, &order, givers, COUNT(givers));
	if (strncmp(order.how, "sendm", 5) == 0)
		snprintf(order.how, HOW_SIZE, "sendmsg");
	lane->packets += 4; /* and what acknowledges it */
	return order;
}

static struct order read_order(struct lane *lane, struct plan_socket *by, uint64_t octets)
{
	struct order order = lane_order(lane, OP_READ, by);

	order.value = octets;
	order.other = by->peer ? by->peer->number : 0;
	order.from = by->peer ? by->peer->read : 0;
	order.wait = lane_below(lane, 3);
	choose_how(lane, &order, takers, COUNT(takers));
	return order;
}

void write_over(struct lane *lane, int actor, struct plan_socket *stream, uint64_t octets)
{
	stream->written += lane_do(lane, actor, write_order(lane, stream, octets))->value;
}

void begin_reading(struct lane *lane, int actor, struct plan_socket *stream, uint16_t peer,
		   uint64_t octets)
{
	struct order order = read_order(lane, stream, octets);

	order.other = peer;
	lane_begin(lane, actor, order);
}

static void move(struct lane *lane, struct plan_socket *from, uint64_t octets, int writer,
		 int reader)
{
	struct plan_socket *to = from->peer;
	struct order read = read_order(lane, to, octets + from->written - from->read);
	bool is_read_first = lane_chance(lane, 50) && reader != writer;
	struct order write = write_order(lane, from, octets);

	lane_note(lane, "%llu by %d over %u (%s), read by %d (%s, %d)", (unsigned long long)octets,
		  writer, from->number, write.how, reader, read.how, read.wait);
	if (is_read_first)
		lane_begin(lane, reader, read);
	from->written += lane_do(lane, writer, write)->value;
	if (!is_read_first)
		lane_begin(lane, reader, read);
	from->read += lane_finish(lane, reader)->value;
}

static struct plan_socket *some_stream(struct lane *lane)
{
	struct plan_socket *stream = lane_pick_socket(lane, TYPE(STREAM));

	return stream && stream->peer && stream->peer->type == STREAM ? stream : NULL;
}

static uint64_t some_octets(struct lane *lane)
{
	unsigned int room = lane_chance(lane, 80) ? 64 : 2048;

	return TRIAL_WORD * (2 + lane_below(lane, room));
}

bool act_stream(struct lane *lane)
{
	struct plan_socket *stream = some_stream(lane);
	uint64_t octets;
	int writer;

	if (!stream)
		return false;
	octets = some_octets(lane);
	writer = lane_pick_actor(lane, stream->holders);
	if (lane_chance(lane, 85)) {
		move(lane, stream, octets, writer, lane_pick_actor(lane, stream->peer->holders));
		return true;
	}
	lane_note(lane, "%llu by %d over %u, not read yet", (unsigned long long)octets, writer,
		  stream->number);
	stream->written += lane_do(lane, writer, write_order(lane, stream, octets))->value;
	return true;
}

bool act_read(struct lane *lane)
{
	struct plan_socket *stream = some_stream(lane);
	struct order read;
	int reader;

	if (!stream)
		return false;
	reader = lane_pick_actor(lane, stream->holders);
	read = read_order(lane, stream, 4096);
	if (lane_chance(lane, 30))
		read.wait = WAIT_NOT;
	lane_note(lane, "over %u by %d (%s, %d)", stream->number, reader, read.how, read.wait);
	stream->peer->read += lane_do(lane, reader, read)->value;
	return true;
}

/* Writers and readers of one connection take turns. */
bool act_turns(struct lane *lane)
{
	struct plan_socket *stream = some_stream(lane);
	int turns = 2 + lane_below(lane, 5);

	if (!stream)
		return false;
	for (int i = 0; i < turns; i++) {
		move(lane, stream, some_octets(lane), lane_pick_actor(lane, stream->holders),
		     lane_pick_actor(lane, stream->peer->holders));
		if (lane_chance(lane, 30))
			stream = stream->peer;
	}
	return true;
}

/* One writes more than there is room for, another reads; then others have their turn. */
bool act_big(struct lane *lane)
{
	struct plan_socket *stream = some_stream(lane), *to = stream ? stream->peer : NULL;
	struct order write, read;
	int writer, reader;

	if (!stream)
		return false;
	writer = lane_pick_actor(lane, stream->holders);
	reader = lane_pick_actor(lane, to->holders);
	if (writer == reader)
		return false;
	write = write_order(lane, stream, BIG_OCTETS / 8 * (1 + lane_below(lane, 8)));
	snprintf(write.how, HOW_SIZE, "write");
	read = read_order(lane, to, write.value + stream->written - stream->read);
	lane_note(lane, "%llu by %d over %u, read by %d (%s)", (unsigned long long)write.value,
		  writer, stream->number, reader, read.how);
	lane->packets += write.value / 32768;
	lane_begin(lane, writer, write);
	lane_begin(lane, reader, read);
	stream->written += lane_finish(lane, writer)->value;
	stream->read += lane_finish(lane, reader)->value;
	move(lane, stream, some_octets(lane), lane_pick_actor(lane, stream->holders),
	     lane_pick_actor(lane, to->holders));
	return true;
}
