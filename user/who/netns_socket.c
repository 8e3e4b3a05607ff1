// SPDX-License-Identifier: GPL-2.0-only
/* netns_socket.c - copies a socket's descriptor, and asks the copy. */
#include "netns_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../base/table.h"
#include "../base/util.h"
#include "proc.h"

#define ASKER_NAMESPACES_MAX 4096
#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71 /* Linux 5.14 */
#endif
#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL /* Linux 6.9 */
#endif

struct netns_asker {
	struct table *told; /* SO_NETNS_COOKIE -> nothing */
	pid_t task;
	int pidfd; /* of the task; -1: none, or it cannot be had */
};

int netns_asker_new(struct netns_asker **ret_asker)
{
	struct netns_asker *asker = calloc(1, sizeof(*asker));
	int r;

	if (!asker)
		return -ENOMEM;
	asker->pidfd = -1;
	r = table_new(&asker->told, sizeof(uint64_t), 1, ASKER_NAMESPACES_MAX, NULL, NULL);
	if (r < 0) {
		netns_asker_free(asker);
		return r;
	}
	*ret_asker = asker;
	return 0;
}

void netns_asker_free(struct netns_asker *asker)
{
	if (!asker)
		return;
	table_free(asker->told);
	util_close_fd(&asker->pidfd);
	free(asker);
}

static void asker_turn_to(struct netns_asker *asker, const struct proc_link *link)
{
	unsigned int flags = link->task == link->pid ? 0 : PIDFD_THREAD;

	if (asker->task == link->task)
		return;
	util_close_fd(&asker->pidfd);
	asker->task = link->task;
	asker->pidfd = (int)syscall(SYS_pidfd_open, link->task, flags);
}

/* Was a socket of the same namespace asked before? Kernels that do not say are asked each time. */
static bool asker_has_told(struct netns_asker *asker, int socket)
{
	uint64_t cookie = 0;
	socklen_t size = sizeof(cookie);
	bool is_new;

	if (getsockopt(socket, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size) < 0)
		return false;
	return table_put(asker->told, &cookie, &is_new) && !is_new;
}

int netns_ask_socket(struct netns_asker *asker, const struct proc_link *link)
{
	_cleanup_close_ int copy = -1;
	int netns;

	asker_turn_to(asker, link);
	if (asker->pidfd < 0)
		return -ESRCH;
	copy = (int)syscall(SYS_pidfd_getfd, asker->pidfd, link->fd, 0);
	if (copy < 0)
		return -errno;
	if (asker_has_told(asker, copy))
		return -EALREADY;
	netns = ioctl(copy, SIOCGSKNS);
	return netns < 0 ? -errno : netns;
}
