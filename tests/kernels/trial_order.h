/* SPDX-License-Identifier: GPL-2.0-only */
/* trial_order.h - what a lane tells its actors to do, and how the parts of an actor do it. */
#ifndef KERNELS_TRIAL_ORDER_H
#define KERNELS_TRIAL_ORDER_H

#include "trial.h"

#define HELD_MAX 64 /* sockets of one actor */
#define DATAGRAM_MAX 1400
#define WAIT_MS 400 /* the longest that a call waits for data, or for room */

enum operation {
	OP_NOTHING, /* is it there? */
	OP_SOCKET, /* opens, binds to `local` and its device; TCP listens when `count` */
	OP_CONNECT, /* to `remote` */
	OP_ACCEPT, /* by `socket`; the connection is `other` */
	OP_FORK, /* a child that is actor `actor` and holds `held` */
	OP_PASS, /* to actor `actor`, by SCM_RIGHTS */
	OP_RECEIVE, /* what was passed */
	OP_COPY, /* from process `value`, by pidfd_getfd */
	OP_EXEC, /* becomes `text` */
	OP_USER, /* real user `value`, effective one `count` */
	OP_GROUP, /* moves to the control group `text` */
	OP_RENAME, /* is called `text` */
	OP_CLOSE,
	OP_SHUTDOWN,
	OP_SEND, /* `count` datagrams of `size` octets, tagged from `value` on, to `remote` if any
		  */
	OP_TAKE, /* up to `count` datagrams */
	OP_WRITE, /* `value` octets from `from` on of the stream */
	OP_READ, /* `value` octets, or what comes until none does for WAIT_MS */
	OP_FORGE, /* `how`: raw-udp, raw-syn, packet; from `local` to `remote` */
	OP_CHAT, /* connects to `remote` in `place`, writes `value` octets and is gone */
};

/* How to wait for data. */
enum wait {
	WAIT_BLOCK, /* in the call */
	WAIT_POLL, /* in poll(), then the call fails if another was faster */
	WAIT_SPIN, /* calls that fail, again and again */
	WAIT_NOT, /* one call, that may fail */
	WAIT_PEEK, /* looks at it and leaves it there */
};

struct order {
	uint32_t number; /* of the order; 0 is none */
	uint32_t act;
	enum operation operation;
	enum wait wait;
	uint16_t socket, other;
	uint8_t place, actor;
	bool is_tcp, is_reuseport, closes;
	int32_t count, size;
	uint64_t value, from;
	struct sockaddr_in6 local, remote; /* family AF_INET6 means as it stands; IPv4 is mapped */
	char device[16];
	char how[HOW_SIZE];
	char text[PATH_SIZE];
	uint16_t held_count, held[HELD_MAX];
};

struct answer {
	uint32_t number;
	uint32_t actor;
	int32_t pid;
	int32_t error; /* an errno, 0: done */
	int64_t value; /* datagrams or octets */
};

static inline int trial_fd(uint16_t socket)
{
	return FD_SOCKETS + socket % SOCKETS_AT_ONCE;
}

void trial_path(char out[PATH_SIZE], const char *folder, unsigned int lane, unsigned int actor);
/* A bound socket for orders or answers, of number `fd`. */
void trial_bind(int fd, const char *folder, unsigned int lane, unsigned int actor);
/* Both of an actor's. */
void trial_bind_actor(const char *folder, unsigned int lane, unsigned int actor);
void trial_send(int fd, const char *folder, unsigned int lane, unsigned int actor,
		const void *message, size_t length, int passed);
/* The actor number of the conductor itself. */
#define CONDUCTOR 255
/* Where an actor gets sockets. */
#define PASSED_TO(actor) (100 + (actor))

/* As the kernel takes it: mapped ones become IPv4 unless the socket is IPv6's. */
socklen_t trial_address(const struct sockaddr_in6 *from, struct sockaddr_storage *ret_address);

/* What each returns: an amount, or -errno. */
int64_t data_send(const struct order *order);
int64_t data_take(const struct order *order);
int64_t data_write(const struct order *order);
int64_t data_read(const struct order *order);
int64_t forge(const struct order *order);

/* One operation of io_uring; -ENOSYS and the like where there is none. */
ssize_t uring_transfer(int fd, void *octets, size_t length, bool is_send);

/* Octets, or -1 and errno: by that call. */
ssize_t call_take(const char *how, int fd, void *octets, size_t room, int flags);
ssize_t call_give(const char *how, int fd, void *octets, size_t length,
		  const struct sockaddr_in6 *to);

#endif
