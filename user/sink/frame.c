/* SPDX-License-Identifier: GPL-2.0-only */
/* frame.c - framing and partial writes. */
#include "frame.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "../base/util.h"

#define FRAME_PARTS 3
#define FRAME_READS_MAX 16

/* Takes the first `skip` octets off the parts. */
static void frame_skip(struct iovec *parts, size_t skip)
{
	for (size_t i = 0; i < FRAME_PARTS; i++) {
		size_t taken = MIN(skip, parts[i].iov_len);

		parts[i].iov_base = (char *)parts[i].iov_base + taken;
		parts[i].iov_len -= taken;
		skip -= taken;
	}
}

static int frame_send_once(int fd, struct iovec *parts, size_t *ret_count)
{
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = FRAME_PARTS };
	ssize_t count;

	do {
		count = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (count < 0 && errno == EINTR);
	if (count < 0)
		return -errno;
	*ret_count = (size_t)count;
	return 0;
}

int frame_send(int fd, enum frame_kind kind, const void *data, size_t length, size_t *sent)
{
	char count[24];
	int digits = snprintf(count, sizeof(count), "%zu ", length);
	struct iovec parts[FRAME_PARTS] = {
		{ .iov_base = count, .iov_len = kind == FRAME_COUNTED ? (size_t)digits : 0 },
		{ .iov_base = (void *)data, .iov_len = length },
		{ .iov_base = "\n", .iov_len = kind == FRAME_LINE ? 1 : 0 },
	};
	size_t total = parts[0].iov_len + parts[1].iov_len + parts[2].iov_len;

	frame_skip(parts, *sent);
	while (*sent < total) {
		size_t step = 0;
		int r = frame_send_once(fd, parts, &step);

		if (r < 0)
			return r;
		*sent += step;
		frame_skip(parts, step);
	}
	*sent = 0;
	return 0;
}

bool frame_peer_gone(int fd, enum frame_kind kind)
{
	char ignored[512];

	for (int i = 0; i < FRAME_READS_MAX; i++) {
		ssize_t count = recv(fd, ignored, sizeof(ignored), MSG_DONTWAIT);

		if (count < 0 && errno != EINTR)
			return errno != EAGAIN;
		if (count == 0 && kind != FRAME_DATAGRAM)
			return true;
	}
	return false;
}
