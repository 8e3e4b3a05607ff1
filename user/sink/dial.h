/* SPDX-License-Identifier: GPL-2.0-only */
/* dial.h - attempts at a connection, one place after the other; nothing waits. */
#ifndef SINK_DIAL_H
#define SINK_DIAL_H

#include <netdb.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Where a connection may be had, best first. All zero: nowhere. The paths are borrowed, the
 * addresses are owned; dial_clear() frees them.
 */
struct dial_list {
	const char *const *paths;
	size_t path_count;
	size_t next_path;
	struct addrinfo *addresses;
	struct addrinfo *next_address;
};

void dial_clear(struct dial_list *list);

/* Are there places that were not tried? */
bool dial_has_next(const struct dial_list *list);

/*
 * Tries the next place. 0 (connected) or -EINPROGRESS with the socket in ret_fd, or another
 * -errno and no socket. The socket is non-blocking and closes on exec. A path is taken as a
 * datagram socket, or a stream where it is one.
 */
int dial_next(struct dial_list *list, int *ret_fd, bool *ret_is_stream);

/* The error a socket has pending, as -errno; 0: none. */
int dial_error(int fd);

#endif
