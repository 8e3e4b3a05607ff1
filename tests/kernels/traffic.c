// SPDX-License-Identifier: GPL-2.0-only
/*
 * traffic.c - both ends of the traffic that the sensor is tested with inside other kernels.
 *
 *   traffic listen PORT                    on TCP and UDP, IPv4 and IPv6, until killed
 *   traffic tcp ADDRESS PORT COUNT         connections, one after the other
 *   traffic udp ADDRESS PORT COUNT [SIZE]  datagrams, as fast as they go
 */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DATA_SMALL 8
#define DATA_MAX 8192

static char data[DATA_MAX];

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static struct addrinfo *resolve(const char *address, const char *port, int type)
{
	struct addrinfo hints = { .ai_socktype = type,
				  .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
	struct addrinfo *found;
	int r = getaddrinfo(address, port, &hints, &found);

	if (r != 0) {
		fprintf(stderr, "%s %s: %s\n", address, port, gai_strerror(r));
		exit(1);
	}
	return found;
}

static int open_socket(const struct addrinfo *to)
{
	int fd = socket(to->ai_family, to->ai_socktype, 0);

	if (fd < 0)
		fail("socket");
	return fd;
}

/* "::" takes IPv4, too. */
static int open_bound(const char *port, int type)
{
	struct addrinfo *at = resolve("::", port, type);
	int fd = open_socket(at), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, at->ai_addr, at->ai_addrlen) < 0)
		fail("bind");
	if (type == SOCK_STREAM && listen(fd, 16) < 0)
		fail("listen");
	freeaddrinfo(at);
	return fd;
}

/* Reads one connection to its end. */
static void take_connection(int listener)
{
	int fd = accept(listener, NULL, NULL);

	if (fd < 0)
		fail("accept");
	while (read(fd, data, sizeof(data)) > 0)
		;
	close(fd);
}

static void serve(const char *port)
{
	struct pollfd both[2] = {
		{ .fd = open_bound(port, SOCK_STREAM), .events = POLLIN },
		{ .fd = open_bound(port, SOCK_DGRAM), .events = POLLIN },
	};

	while (poll(both, 2, -1) > 0) {
		if (both[0].revents)
			take_connection(both[0].fd);
		if (both[1].revents && recv(both[1].fd, data, sizeof(data), 0) < 0)
			fail("recv");
	}
}

/* One connection, data in it, and its end waited for. 0 or the reason that there was none. */
static int converse(const struct addrinfo *to)
{
	int fd = open_socket(to);
	int error = connect(fd, to->ai_addr, to->ai_addrlen) < 0 ? errno : 0;

	if (error == 0) {
		if (send(fd, data, DATA_SMALL, MSG_NOSIGNAL) < 0 || shutdown(fd, SHUT_WR) < 0)
			fail("send");
		while (read(fd, data, sizeof(data)) > 0)
			;
	}
	close(fd);
	return error;
}

static void connect_often(const struct addrinfo *to, long count)
{
	while (count-- > 0) {
		errno = converse(to);
		if (errno != 0 && errno != ECONNREFUSED)
			fail("connect");
	}
}

/* Not connected: so that no ICMP error stops it. */
static void send_often(const struct addrinfo *to, long count, size_t size)
{
	int fd = open_socket(to);

	while (count-- > 0)
		if (sendto(fd, data, size, 0, to->ai_addr, to->ai_addrlen) < 0)
			fail("sendto");
	close(fd);
}

int main(int argc, char **argv)
{
	size_t size = argc == 6 ? atol(argv[5]) : DATA_SMALL;

	if (argc == 3 && strcmp(argv[1], "listen") == 0)
		serve(argv[2]);
	else if (argc == 5 && strcmp(argv[1], "tcp") == 0)
		connect_often(resolve(argv[2], argv[3], SOCK_STREAM), atol(argv[4]));
	else if (argc >= 5 && size <= DATA_MAX && strcmp(argv[1], "udp") == 0)
		send_often(resolve(argv[2], argv[3], SOCK_DGRAM), atol(argv[4]), size);
	else
		return 2;
	return 0;
}
