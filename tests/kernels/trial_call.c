// SPDX-License-Identifier: GPL-2.0-only
/* trial_call.c - the calls that give a socket data, and those that take it off. */
#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "trial_order.h"

/* linux/tcp.h of an old libc ends earlier. */
struct zerocopy {
	uint64_t address;
	uint32_t length, recv_skip_hint, inq;
	int32_t err;
	uint64_t copybuf_address;
	int32_t copybuf_len;
	uint32_t flags;
	uint64_t msg_control, msg_controllen;
	uint32_t msg_flags, reserved;
};
#define MAPPED_OCTETS 65536

#ifndef TCP_ZEROCOPY_RECEIVE
#define TCP_ZEROCOPY_RECEIVE 35
#endif

socklen_t trial_address(const struct sockaddr_in6 *from, struct sockaddr_storage *ret_address)
{
	struct sockaddr_in *ipv4 = (struct sockaddr_in *)ret_address;

	memset(ret_address, 0, sizeof(*ret_address));
	if (!IN6_IS_ADDR_V4MAPPED(&from->sin6_addr)) {
		memcpy(ret_address, from, sizeof(*from));
		return sizeof(*from);
	}
	ipv4->sin_family = AF_INET;
	ipv4->sin_port = from->sin6_port;
	memcpy(&ipv4->sin_addr, from->sin6_addr.s6_addr + 12, 4);
	return sizeof(*ipv4);
}

static ssize_t take_by_message(int fd, struct iovec *part, int flags)
{
	struct msghdr message = { .msg_iov = part, .msg_iovlen = 1 };

	return recvmsg(fd, &message, flags);
}

static ssize_t take_by_messages(int fd, struct iovec *part, int flags)
{
	struct mmsghdr message = { .msg_hdr = { .msg_iov = part, .msg_iovlen = 1 } };
	int r = recvmmsg(fd, &message, 1, flags, NULL);

	return r == 1 ? (ssize_t)message.msg_len : r;
}

static ssize_t take_from_anyone(int fd, void *octets, size_t room, int flags)
{
	struct sockaddr_storage from;
	socklen_t length = sizeof(from);

	return recvfrom(fd, octets, room, flags, (struct sockaddr *)&from, &length);
}

/* For calls that have no flags. It is said to all who have the socket. */
static void set_waiting(int fd, bool waits)
{
	int flags = fcntl(fd, F_GETFL), error = errno;

	fcntl(fd, F_SETFL, waits ? flags & ~O_NONBLOCK : flags | O_NONBLOCK);
	errno = error;
}

static ssize_t take_by_read(const char *how, int fd, struct iovec *part, int flags)
{
	ssize_t r;

	if (flags & MSG_DONTWAIT)
		set_waiting(fd, false);
	r = strcmp(how, "readv") == 0 ? readv(fd, part, 1) :
					read(fd, part->iov_base, part->iov_len);
	if (flags & MSG_DONTWAIT)
		set_waiting(fd, true);
	return r;
}

/* Through a pipe. What went into it has been taken, whoever reads it. Never waits. */
static ssize_t take_by_splice(int fd, void *octets, size_t room)
{
	ssize_t r, got = 0, more;
	int ends[2], error;

	if (pipe(ends) < 0)
		return -1;
	set_waiting(fd, false); /* the flag of splice() is nothing to a datagram socket */
	r = splice(fd, NULL, ends[1], NULL, room, SPLICE_F_NONBLOCK);
	set_waiting(fd, true);
	error = errno;
	while (got < r && (more = read(ends[0], (char *)octets + got, r - got)) > 0)
		got += more;
	close(ends[0]);
	close(ends[1]);
	errno = error;
	return r;
}

/* By getsockopt(): pages where there are whole ones, else copied; never waits. */
static ssize_t take_by_zerocopy(int fd, void *octets, size_t room)
{
	void *mapped = mmap(NULL, MAPPED_OCTETS, PROT_READ, MAP_SHARED, fd, 0);
	struct zerocopy ask = { .address = (uintptr_t)mapped,
				.length = room >= 2 * MAPPED_OCTETS ? MAPPED_OCTETS : 0,
				.copybuf_address = (uintptr_t)octets,
				.copybuf_len = room > 16384 ? 16384 : room };
	socklen_t length = sizeof(ask);
	ssize_t got = -1;

	if (mapped == MAP_FAILED)
		return -1;
	errno = EAGAIN;
	if (getsockopt(fd, IPPROTO_TCP, TCP_ZEROCOPY_RECEIVE, &ask, &length) == 0) {
		int copied = length >= offsetof(struct zerocopy, flags) ? ask.copybuf_len : 0;

		if (ask.length > 0) { /* what was copied comes behind */
			memmove((char *)octets + ask.length, octets, copied > 0 ? copied : 0);
			memcpy(octets, mapped, ask.length);
		}
		got = (ssize_t)ask.length + (copied > 0 ? copied : 0);
		if (got == 0)
			got = -1;
	}
	munmap(mapped, MAPPED_OCTETS);
	return got;
}

ssize_t call_take(const char *how, int fd, void *octets, size_t room, int flags)
{
	struct iovec part = { .iov_base = octets, .iov_len = room };

	if (strcmp(how, "uring") == 0 && !(flags & MSG_PEEK))
		return uring_transfer(fd, octets, room, false);
	if (strcmp(how, "zerocopy") == 0)
		return take_by_zerocopy(fd, octets, room);
	if (strcmp(how, "splice") == 0)
		return take_by_splice(fd, octets, room);
	if (strcmp(how, "read") == 0 || strcmp(how, "readv") == 0)
		return take_by_read(how, fd, &part, flags);
	if (strcmp(how, "recvmsg") == 0)
		return take_by_message(fd, &part, flags);
	if (strcmp(how, "recvmmsg") == 0)
		return take_by_messages(fd, &part, flags);
	if (strcmp(how, "recvfrom") == 0)
		return take_from_anyone(fd, octets, room, flags);
	return recv(fd, octets, room, flags);
}

static ssize_t give_by_message(const char *how, int fd, struct iovec *part, void *to,
			       socklen_t to_length)
{
	struct mmsghdr message = { .msg_hdr = { .msg_iov = part,
						.msg_iovlen = 1,
						.msg_name = to,
						.msg_namelen = to_length } };
	int r;

	if (strcmp(how, "sendmmsg") != 0)
		return sendmsg(fd, &message.msg_hdr, MSG_NOSIGNAL);
	r = sendmmsg(fd, &message, 1, MSG_NOSIGNAL);
	return r == 1 ? (ssize_t)message.msg_len : r;
}

static ssize_t give_by_file(int fd, const void *octets, size_t length)
{
	int file = memfd_create("trial", 0), error;
	ssize_t r = -1;
	off_t from = 0;

	if (file < 0 || write(file, octets, length) != (ssize_t)length)
		return -1;
	r = sendfile(fd, file, &from, length);
	error = errno;
	close(file);
	errno = error;
	return r;
}

static ssize_t give_by_splice(int fd, const void *octets, size_t length)
{
	int ends[2], error;
	ssize_t r = -1;

	if (pipe(ends) < 0)
		return -1;
	if (length > 32768)
		length = 32768; /* what a pipe surely holds */
	r = write(ends[1], octets, length);
	if (r > 0)
		r = splice(ends[0], NULL, fd, NULL, r, 0);
	error = errno;
	close(ends[0]);
	close(ends[1]);
	errno = error;
	return r;
}

ssize_t call_give(const char *how, int fd, void *octets, size_t length,
		  const struct sockaddr_in6 *to)
{
	struct iovec part = { .iov_base = octets, .iov_len = length };
	struct sockaddr_storage address;
	socklen_t to_length = to ? trial_address(to, &address) : 0;
	struct sockaddr *name = to ? (struct sockaddr *)&address : NULL;

	if (strcmp(how, "sendmsg") == 0 || strcmp(how, "sendmmsg") == 0)
		return give_by_message(how, fd, &part, name, to_length);
	if (name)
		return sendto(fd, octets, length, MSG_NOSIGNAL, name, to_length);
	if (strcmp(how, "uring") == 0)
		return uring_transfer(fd, octets, length, true);
	if (strcmp(how, "sendfile") == 0)
		return give_by_file(fd, octets, length);
	if (strcmp(how, "splice") == 0)
		return give_by_splice(fd, octets, length);
	if (strcmp(how, "write") == 0)
		return write(fd, octets, length);
	if (strcmp(how, "writev") == 0)
		return writev(fd, &part, 1);
	return send(fd, octets, length, MSG_NOSIGNAL);
}
