/* SPDX-License-Identifier: GPL-2.0-only */
/* frame.h - one message on a connected socket, marked off as its kind of connection asks. */
#ifndef SINK_FRAME_H
#define SINK_FRAME_H

#include <stdbool.h>
#include <stddef.h>

enum frame_kind {
	FRAME_DATAGRAM, /* the message is the datagram (RFC 5426 section 3.1) */
	FRAME_COUNTED, /* "LENGTH SP MESSAGE" (RFC 6587 section 3.4.1) */
	FRAME_LINE, /* the message and a newline (RFC 6587 section 3.4.2) */
};

/*
 * Sends what of the frame is not sent yet: *sent counts its octets and is 0 again when all is
 * gone. 0, -EAGAIN (call again with the same message), -EMSGSIZE or another -errno.
 */
int frame_send(int fd, enum frame_kind kind, const void *data, size_t length, size_t *sent);

/* Has the other end closed? Whatever it said instead is read and forgotten. */
bool frame_peer_gone(int fd, enum frame_kind kind);

#endif
