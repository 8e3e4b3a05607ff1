// SPDX-License-Identifier: GPL-2.0-only
/* trial_uring.c - one transfer by io_uring, with a ring of its own. */
#include <errno.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "trial_order.h"

struct rings {
	char *asked, *done;
	size_t asked_size, done_size, entries_size;
	struct io_uring_sqe *entries;
};

static bool map_rings(struct rings *rings, int fd, const struct io_uring_params *params)
{
	const int protection = PROT_READ | PROT_WRITE, flags = MAP_SHARED | MAP_POPULATE;

	rings->asked_size = params->sq_off.array + params->sq_entries * sizeof(unsigned int);
	rings->done_size = params->cq_off.cqes + params->cq_entries * sizeof(struct io_uring_cqe);
	rings->entries_size = params->sq_entries * sizeof(*rings->entries);
	rings->asked = mmap(NULL, rings->asked_size, protection, flags, fd, IORING_OFF_SQ_RING);
	rings->done = mmap(NULL, rings->done_size, protection, flags, fd, IORING_OFF_CQ_RING);
	rings->entries = mmap(NULL, rings->entries_size, protection, flags, fd, IORING_OFF_SQES);
	return rings->asked != MAP_FAILED && rings->done != MAP_FAILED &&
	       rings->entries != MAP_FAILED;
}

static void unmap_rings(struct rings *rings)
{
	munmap(rings->asked, rings->asked_size);
	munmap(rings->done, rings->done_size);
	munmap(rings->entries, rings->entries_size);
}

static int perform(int ring, struct rings *rings, const struct io_uring_params *params)
{
	unsigned int *tail = (unsigned int *)(rings->asked + params->sq_off.tail);
	unsigned int *array = (unsigned int *)(rings->asked + params->sq_off.array);
	unsigned int *done_tail = (unsigned int *)(rings->done + params->cq_off.tail);
	struct io_uring_cqe *done = (struct io_uring_cqe *)(rings->done + params->cq_off.cqes);
	int r;

	*array = 0;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	do
		r = syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return -errno;
	while (__atomic_load_n(done_tail, __ATOMIC_ACQUIRE) == 0)
		usleep(100);
	return done->res;
}

ssize_t uring_transfer(int fd, void *octets, size_t length, bool is_send)
{
	struct io_uring_params params = { 0 };
	struct pollfd room = { .fd = fd, .events = POLLOUT };
	struct rings rings = { 0 };
	int ring = syscall(SYS_io_uring_setup, 1, &params), r = -ENOMEM;

	if (ring < 0) /* this kernel has none, or forbids it: the same by another call */
		return is_send ? send(fd, octets, length, MSG_NOSIGNAL) :
				 recv(fd, octets, length, MSG_DONTWAIT);
	if (is_send) /* the time limit of the socket is nothing to io_uring */
		poll(&room, 1, WAIT_MS);
	if (map_rings(&rings, ring, &params)) {
		*rings.entries = (struct io_uring_sqe){
			.opcode = is_send ? IORING_OP_SEND : IORING_OP_RECV,
			.fd = fd,
			.addr = (uintptr_t)octets,
			.len = length,
			.msg_flags = MSG_NOSIGNAL | MSG_DONTWAIT,
		};
		r = perform(ring, &rings, &params);
		unmap_rings(&rings);
	}
	close(ring);
	errno = r < 0 ? -r : 0;
	return r < 0 ? -1 : r;
}
