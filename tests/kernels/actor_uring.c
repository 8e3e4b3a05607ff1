// SPDX-License-Identifier: GPL-2.0-only
/*
 * actor_uring.c - sockets used by io_uring alone: no system call of a socket's is made, and with a
 * polling thread none at all. One operation at a time.
 */
#include <errno.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "actor.h"
#include "truth.h"

#define ENTRIES 4
#define DIRECT_SLOT 0

struct uring {
	int fd;
	unsigned int *tail, mask, *array;
	unsigned int *done_head, *done_tail, done_mask;
	struct io_uring_sqe *asked;
	struct io_uring_cqe *done;
	unsigned int flags; /* IOSQE_*, of every operation */
};

static void *map(int fd, size_t size, off_t offset)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, offset);

	if (at == MAP_FAILED)
		die("mmap");
	return at;
}

static void open_uring(struct uring *uring, unsigned int setup_flags)
{
	struct io_uring_params params = { .flags = setup_flags, .sq_thread_idle = 1000 };
	char *asked, *done;

	uring->fd = syscall(SYS_io_uring_setup, ENTRIES, &params);
	if (uring->fd < 0)
		skip("io_uring");
	asked = map(uring->fd, params.sq_off.array + params.sq_entries * sizeof(unsigned int),
		    IORING_OFF_SQ_RING);
	done = map(uring->fd, params.cq_off.cqes + params.cq_entries * sizeof(*uring->done),
		   IORING_OFF_CQ_RING);
	uring->asked = map(uring->fd, params.sq_entries * sizeof(*uring->asked), IORING_OFF_SQES);
	uring->tail = (unsigned int *)(asked + params.sq_off.tail);
	uring->mask = *(unsigned int *)(asked + params.sq_off.ring_mask);
	uring->array = (unsigned int *)(asked + params.sq_off.array);
	uring->done_head = (unsigned int *)(done + params.cq_off.head);
	uring->done_tail = (unsigned int *)(done + params.cq_off.tail);
	uring->done_mask = *(unsigned int *)(done + params.cq_off.ring_mask);
	uring->done = (struct io_uring_cqe *)(done + params.cq_off.cqes);
}

/* Its result, once it is done; negative errno. */
static int perform(struct uring *uring, struct io_uring_sqe operation)
{
	unsigned int tail = *uring->tail, head = *uring->done_head;
	unsigned int how = IORING_ENTER_GETEVENTS | IORING_ENTER_SQ_WAKEUP;

	operation.flags |= uring->flags;
	uring->asked[tail & uring->mask] = operation;
	uring->array[tail & uring->mask] = tail & uring->mask;
	__atomic_store_n(uring->tail, tail + 1, __ATOMIC_RELEASE);
	while (__atomic_load_n(uring->done_tail, __ATOMIC_ACQUIRE) == head)
		if (syscall(SYS_io_uring_enter, uring->fd, 1, 1, how, NULL, 0) < 0 &&
		    errno != EINTR)
			die("io_uring_enter");
	__atomic_store_n(uring->done_head, head + 1, __ATOMIC_RELEASE);
	return uring->done[head & uring->done_mask].res;
}

static void check_performed(int result, const char *what)
{
	if (result >= 0)
		return;
	errno = -result;
	die(what);
}

static void converse_by_uring(const struct act *act, struct uring *uring)
{
	struct address to = resolve(act, SOCK_STREAM);
	int fd = open_client(act, SOCK_STREAM);
	struct timespec when = truth_now();

	check_performed(perform(uring, (struct io_uring_sqe){ .opcode = IORING_OP_CONNECT,
							      .fd = fd,
							      .addr = (uintptr_t)&to.storage,
							      .off = to.length }),
			"connect");
	truth_tell_socket(when, "connected", fd, NULL);
	check_performed(perform(uring, (struct io_uring_sqe){ .opcode = IORING_OP_SEND,
							      .fd = fd,
							      .addr = (uintptr_t)"x",
							      .len = 1 }),
			"send");
	close(fd);
}

static int run_clients(const struct act *act, unsigned int setup_flags, unsigned int flags)
{
	struct uring uring = { .flags = flags };

	open_uring(&uring, setup_flags);
	for (long i = 0; i < act->count; i++)
		converse_by_uring(act, &uring);
	return 0;
}

int act_uring_clients(const struct act *act)
{
	return run_clients(act, 0, 0);
}

int act_uring_async(const struct act *act)
{
	return run_clients(act, 0, IOSQE_ASYNC);
}

/* The kernel's polling thread does it all. */
int act_uring_sqpoll(const struct act *act)
{
	return run_clients(act, IORING_SETUP_SQPOLL, 0);
}

int act_uring_serve(const struct act *act)
{
	int listener = open_listener(act, false), fd;
	struct uring uring = { 0 };

	open_uring(&uring, 0);
	for (long i = 0; i < act->count; i++) {
		fd = perform(&uring, (struct io_uring_sqe){ .opcode = IORING_OP_ACCEPT,
							    .fd = listener });
		check_performed(fd, "accept");
		truth_tell_socket(truth_now(), "accepted", fd, NULL);
		drain(fd);
	}
	return 0;
}

/* Reads a connection that has no descriptor to its end and closes it. */
static void drain_direct(struct uring *uring)
{
	char data[64];
	int r;

	do {
		r = perform(uring, (struct io_uring_sqe){ .opcode = IORING_OP_RECV,
							  .flags = IOSQE_FIXED_FILE,
							  .fd = DIRECT_SLOT,
							  .addr = (uintptr_t)data,
							  .len = sizeof(data) });
	} while (r > 0);
	check_performed(perform(uring, (struct io_uring_sqe){ .opcode = IORING_OP_CLOSE,
							      .file_index = DIRECT_SLOT + 1 }),
			"close");
}

/* Connections that ss, lsof and /proc cannot show, for they have no descriptor. */
int act_uring_direct(const struct act *act)
{
	struct address at = resolve(act, SOCK_STREAM);
	struct sockaddr_in6 local = truth_end((struct sockaddr *)&at.storage), remote;
	int listener = open_listener(act, false), no_file = -1, r;
	struct sockaddr_storage from;
	socklen_t length = sizeof(from);
	struct uring uring = { 0 };

	open_uring(&uring, 0);
	if (syscall(SYS_io_uring_register, uring.fd, IORING_REGISTER_FILES, &no_file, 1) < 0)
		skip("io_uring's own file table");
	for (long i = 0; i < act->count; i++, length = sizeof(from)) {
		r = perform(&uring, (struct io_uring_sqe){ .opcode = IORING_OP_ACCEPT,
							   .fd = listener,
							   .addr = (uintptr_t)&from,
							   .addr2 = (uintptr_t)&length,
							   .file_index = DIRECT_SLOT + 1 });
		if (r == -EINVAL)
			skip("accept without a descriptor");
		check_performed(r, "accept");
		remote = truth_end((struct sockaddr *)&from);
		truth_tell(truth_now(), "accepted", "tcp", &local, &remote);
		drain_direct(&uring);
	}
	return 0;
}
