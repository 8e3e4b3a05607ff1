/* SPDX-License-Identifier: GPL-2.0-only */
/* dial.c - sockets and their options. */
#include "dial.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "../base/util.h"

/*
 * What the kernel holds for a collector that stops reading is lost with the connection and
 * counts as sent: keep it small, the queue holds the rest.
 */
#define DIAL_TCP_BUFFER 65536

/* A collector that acknowledges nothing, or takes nothing, for so long is gone. */
#define DIAL_TCP_TIMEOUT_MS 300000
#define DIAL_TCP_KEEPALIVE_SECONDS 60

static int dial_unix_type(const char *path, int type, int *ret_fd)
{
	_cleanup_close_ int fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (fd < 0)
		return -errno;
	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static int dial_unix(const char *path, int *ret_fd, bool *ret_is_stream)
{
	int r = dial_unix_type(path, SOCK_DGRAM, ret_fd);

	*ret_is_stream = r == -EPROTOTYPE;
	return *ret_is_stream ? dial_unix_type(path, SOCK_STREAM, ret_fd) : r;
}

static void dial_set(int fd, int level, int option, int value)
{
	/* Tuning: without it the connection works all the same. */
	(void)setsockopt(fd, level, option, &value, sizeof(value));
}

static void dial_tune(int fd, const struct addrinfo *address)
{
	if (address->ai_socktype == SOCK_STREAM) {
		dial_set(fd, SOL_SOCKET, SO_SNDBUF, DIAL_TCP_BUFFER);
		dial_set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
		dial_set(fd, IPPROTO_TCP, TCP_KEEPIDLE, DIAL_TCP_KEEPALIVE_SECONDS);
		dial_set(fd, IPPROTO_TCP, TCP_KEEPINTVL, DIAL_TCP_KEEPALIVE_SECONDS / 4);
		dial_set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, DIAL_TCP_TIMEOUT_MS);
		return;
	}
	/* RFC 5426 lets datagrams be fragmented; a lost one is worse. */
	if (address->ai_family == AF_INET6)
		dial_set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT);
	else
		dial_set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
}

static int dial_inet(const struct addrinfo *address, int *ret_fd)
{
	_cleanup_close_ int fd = socket(address->ai_family,
					address->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
					address->ai_protocol);
	int r = 0;

	if (fd < 0)
		return -errno;
	dial_tune(fd, address);
	if (connect(fd, address->ai_addr, address->ai_addrlen) < 0)
		r = -errno;
	if (r < 0 && r != -EINPROGRESS)
		return r;
	*ret_fd = TAKE_FD(fd);
	return r;
}

void dial_clear(struct dial_list *list)
{
	if (list->addresses)
		freeaddrinfo(list->addresses);
	*list = (struct dial_list){ 0 };
}

bool dial_has_next(const struct dial_list *list)
{
	return list->next_address || list->next_path < list->path_count;
}

int dial_next(struct dial_list *list, int *ret_fd, bool *ret_is_stream)
{
	const struct addrinfo *address = list->next_address;

	if (!address)
		return dial_unix(list->paths[list->next_path++], ret_fd, ret_is_stream);
	list->next_address = address->ai_next;
	*ret_is_stream = address->ai_socktype == SOCK_STREAM;
	return dial_inet(address, ret_fd);
}

int dial_error(int fd)
{
	int error = 0;
	socklen_t size = sizeof(error);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
		return -errno;
	return -error;
}
