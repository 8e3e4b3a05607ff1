// SPDX-License-Identifier: GPL-2.0-only
/* netns.c - by way of /proc/PID/ns/net: a namespace without a process has no socket that matters. */
#include "netns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>

#include <libmnl/libmnl.h>

#include "../base/table.h"
#include "../base/util.h"
#include "proc.h"

#define NETNS_MAX 4096

struct netns_walk {
	struct table *seen; /* inode -> nothing */
	netns_visitor *visit;
	void *argument;
};

uint64_t netns_own(void)
{
	struct stat status;

	return stat("/proc/self/ns/net", &status) < 0 ? 0 : status.st_ino;
}

static int netns_open_here(int bus, struct mnl_socket **ret_socket)
{
	struct mnl_socket *socket = mnl_socket_open2(bus, SOCK_CLOEXEC);
	int r;

	if (!socket)
		return -errno;
	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		r = -errno;
		mnl_socket_close(socket);
		return r;
	}
	*ret_socket = socket;
	return 0;
}

/* A socket belongs to the namespace in which it was opened: goes there and comes back. */
int netns_open_netlink(int netns, int bus, struct mnl_socket **ret_socket)
{
	_cleanup_close_ int own = -1;
	int r;

	if (netns < 0)
		return netns_open_here(bus, ret_socket);
	own = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (own < 0 || setns(netns, CLONE_NEWNET) < 0)
		return -errno;
	r = netns_open_here(bus, ret_socket);
	/* Everything else would be done in a stranger's namespace. */
	if (setns(own, CLONE_NEWNET) < 0)
		abort();
	return r;
}

static void netns_visit_path(struct netns_walk *walk, const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	uint64_t inode;
	bool is_new;

	if (fd < 0 || fstat(fd, &status) < 0)
		return; /* the process is gone, or not ours to look at */
	inode = status.st_ino;
	if (table_put(walk->seen, &inode, &is_new) && is_new)
		walk->visit(walk->argument, inode, fd);
}

static void netns_visit_process(void *argument, pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	netns_visit_path(argument, path);
}

int netns_visit(netns_visitor *visit, void *argument)
{
	struct netns_walk walk = { .visit = visit, .argument = argument };
	int r = table_new(&walk.seen, sizeof(uint64_t), 1, NETNS_MAX, NULL, NULL);

	if (r < 0)
		return r;
	netns_visit_path(&walk, "/proc/self/ns/net");
	r = proc_visit(netns_visit_process, &walk);
	table_free(walk.seen);
	return r;
}
