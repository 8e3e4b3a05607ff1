// SPDX-License-Identifier: GPL-2.0-only
/* trial_data.c - datagrams and streams, given and taken, and told. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "trial_order.h"

#define TAKE_ROOM (256 << 10)
#define SPIN_US 500

static void tell_failure(const struct order *order, uint64_t begin, int error)
{
	struct deed deed = deed_begin(DID_FAIL, order->act, order->socket);

	deed.begin = begin;
	deed.from = error;
	memcpy(deed.how, order->how, HOW_SIZE);
	deed_tell(&deed);
}

static const struct sockaddr_in6 *target(const struct order *order)
{
	return order->remote.sin6_family ? &order->remote : NULL;
}

int64_t data_send(const struct order *order)
{
	uint8_t octets[DATAGRAM_MAX] = { 0 };

	for (int i = 0; i < order->count; i++) {
		struct deed deed = deed_begin(DID_SEND, order->act, order->socket);
		ssize_t r;

		deed.from = order->value + i;
		memcpy(deed.how, order->how, HOW_SIZE);
		trial_put_word(octets, deed.from);
		deed_tell(&deed); /* before the packet can be seen */
		r = call_give(order->how, trial_fd(order->socket), octets, order->size,
			      target(order));
		if (r < 0 && errno == ECONNREFUSED) /* of one before: it was not sent */
			r = call_give(order->how, trial_fd(order->socket), octets, order->size,
				      target(order));
		if (r < 0)
			return -errno;
	}
	return order->count;
}

static bool is_readable(int fd, int ms)
{
	struct pollfd ask = { .fd = fd, .events = POLLIN };

	return poll(&ask, 1, ms) > 0;
}

/* These calls do not wait by themselves: they are told to after poll(), or are called again. */
static bool never_blocks(const char *how)
{
	return strcmp(how, "uring") == 0 || strcmp(how, "zerocopy") == 0 ||
	       strcmp(how, "splice") == 0;
}

static ssize_t take_once(const struct order *order, void *octets, size_t room, uint64_t *ret_begin)
{
	int fd = trial_fd(order->socket), flags = order->wait == WAIT_BLOCK ? 0 : MSG_DONTWAIT;
	ssize_t r;

	if (order->wait == WAIT_PEEK)
		return recv(fd, octets, room, MSG_PEEK);
	if (order->wait == WAIT_POLL || (order->wait == WAIT_BLOCK && never_blocks(order->how)))
		is_readable(fd, WAIT_MS);
	for (int us = 0;; us += SPIN_US) {
		*ret_begin = trial_now();
		r = call_take(order->how, fd, octets, room, flags);
		if (r < 0 && errno == EINTR) /* by io_uring's own work */
			continue;
		if (r >= 0 || errno != EAGAIN || order->wait != WAIT_SPIN || us > WAIT_MS * 1000)
			return r;
		usleep(SPIN_US);
	}
}

static void tell_taken(const struct order *order, uint64_t begin, const void *octets, ssize_t r)
{
	struct deed deed = deed_begin(DID_TAKE, order->act, order->socket);

	deed.begin = begin;
	deed.from = r >= TRIAL_WORD ? trial_get_word(octets) : 0;
	memcpy(deed.how, order->how, HOW_SIZE);
	deed_tell(&deed);
}

int64_t data_take(const struct order *order)
{
	static uint8_t octets[4096];
	uint64_t begin = trial_now();

	for (int i = 0; i < order->count; i++) {
		ssize_t r = take_once(order, octets, sizeof(octets), &begin);

		if (r < 0 && errno == ECONNREFUSED)
			r = take_once(order, octets, sizeof(octets), &begin);
		if (r < 0) {
			tell_failure(order, begin, errno);
			return i ? i : -errno;
		}
		if (order->wait != WAIT_PEEK)
			tell_taken(order, begin, octets, r);
	}
	return order->count;
}

/* Told before, as what is meant, and after, if less of it went out. */
int64_t data_write(const struct order *order)
{
	uint8_t *octets = malloc(order->value);
	uint64_t done = 0;
	ssize_t r = 0;

	if (!octets)
		trial_die("memory");
	stream_fill(octets, order->value, order->socket, order->from);
	while (done < order->value) {
		struct deed deed = deed_begin(DID_WRITE, order->act, order->socket);

		deed.stream = order->socket;
		deed.from = order->from + done;
		deed.to = order->from + order->value;
		memcpy(deed.how, order->how, HOW_SIZE);
		deed_tell(&deed);
		r = call_give(order->how, trial_fd(order->socket), octets + done,
			      order->value - done, NULL);
		if (r <= 0)
			break;
		done += r;
	}
	free(octets);
	return done || r >= 0 ? (int64_t)done : -errno;
}

/* order->from is where the lane thinks the stream is, for what is too short to tell itself. */
static void tell_read(const struct order *order, uint64_t begin, const void *octets, ssize_t r,
		      uint64_t done)
{
	struct deed deed = deed_begin(DID_READ, order->act, order->socket);

	deed.begin = begin;
	deed.stream = stream_find(octets, r, &deed.from);
	if (!deed.stream) {
		deed.stream = order->other;
		deed.from = order->from + done;
	}
	deed.to = deed.from + r;
	memcpy(deed.how, order->how, HOW_SIZE);
	deed_tell(&deed);
}

int64_t data_read(const struct order *order)
{
	static uint8_t octets[TAKE_ROOM];
	uint64_t done = 0, begin = trial_now();

	while (done < order->value) {
		size_t room = order->value - done < TAKE_ROOM ? order->value - done : TAKE_ROOM;
		ssize_t r = take_once(order, octets, room, &begin);

		if (order->wait == WAIT_PEEK)
			return r < 0 ? -errno : r;
		if (r <= 0) {
			if (r < 0)
				tell_failure(order, begin, errno);
			return done || r == 0 ? (int64_t)done : -errno;
		}
		tell_read(order, begin, octets, r, done);
		done += r;
	}
	return done;
}
