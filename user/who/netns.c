// SPDX-License-Identifier: GPL-2.0-only
/* netns.c - by way of /proc/PID/ns/net, of mounts, and of what descriptors lead to. */
#include "netns.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>

#include <libmnl/libmnl.h>

#include "../base/table.h"
#include "../base/util.h"
#include "netns_socket.h"
#include "proc.h"

#define NETNS_MAX 65536
#define NETNS_PATH_SIZE (PATH_MAX + 64)

struct netns_tour {
	struct table *seen; /* inode -> nothing */
	struct table *mounts; /* inode of a mount namespace -> nothing */
	struct netns_asker *asker;
	bool asks_threads;
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

static void netns_take(struct netns_tour *tour, int fd)
{
	struct stat status;
	uint64_t inode;
	bool is_new;

	if (fd < 0 || fstat(fd, &status) < 0)
		return;
	inode = status.st_ino;
	if (table_put(tour->seen, &inode, &is_new) && is_new)
		tour->visit(tour->argument, inode, fd);
}

/* inode: what the name says, which spares opening it twice. */
static void netns_take_path(struct netns_tour *tour, const char *path, uint64_t inode)
{
	_cleanup_close_ int fd = -1;

	if (table_get(tour->seen, &inode))
		return;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	netns_take(tour, fd); /* not there: the process is gone, or not ours to look at */
}

/* The inode of "net:[4026531840]" or "mnt:[...]"; 0: it cannot be told. */
static uint64_t netns_read_link(pid_t task, const char *name, char path[NETNS_PATH_SIZE])
{
	char target[64];
	const char *digits;
	ssize_t length;

	snprintf(path, NETNS_PATH_SIZE, "/proc/%d/ns/%s", (int)task, name);
	length = readlink(path, target, sizeof(target) - 1);
	target[MAX(length, 0)] = '\0';
	digits = strchr(target, '[');
	return digits ? strtoull(digits + 1, NULL, 10) : 0;
}

static void netns_take_task(void *argument, pid_t task)
{
	char path[NETNS_PATH_SIZE];
	uint64_t inode = netns_read_link(task, "net", path);

	if (inode)
		netns_take_path(argument, path, inode);
}

/* Has the first thread ended? It has left its namespaces then, where others may still be. */
static bool netns_has_left(pid_t pid)
{
	char path[NETNS_PATH_SIZE];

	return netns_read_link(pid, "net", path) == 0;
}

/* As mountinfo writes a blank: \040. */
static void netns_unescape(char *text)
{
	char *to = text;
	unsigned int octet;

	for (const char *from = text; *from; from++) {
		if (sscanf(from, "\\%3o", &octet) == 1) {
			*to++ = (char)octet;
			from += 3;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
}

/* "36 35 0:4 net:[4026532281] /run/netns/blue rw shared:7 - nsfs nsfs rw" */
static void netns_take_mount(struct netns_tour *tour, pid_t pid, const char *line)
{
	char path[NETNS_PATH_SIZE], point[PATH_MAX];
	unsigned long inode;

	if (sscanf(line, "%*d %*d %*s net:[%lu] %4095s", &inode, point) != 2 ||
	    !strstr(line, " - nsfs "))
		return;
	netns_unescape(point);
	snprintf(path, sizeof(path), "/proc/%d/root%s", (int)pid, point);
	netns_take_path(tour, path, inode);
}

static void netns_take_mounts(struct netns_tour *tour, pid_t pid)
{
	char path[NETNS_PATH_SIZE];
	uint64_t inode = netns_read_link(pid, "mnt", path);
	bool is_new;
	char *line = NULL;
	size_t size = 0;
	FILE *mounts;

	if (!inode || !table_put(tour->mounts, &inode, &is_new) || !is_new)
		return;
	snprintf(path, sizeof(path), "/proc/%d/mountinfo", (int)pid);
	mounts = fopen(path, "re");
	if (!mounts)
		return;
	while (getline(&line, &size, mounts) >= 0)
		netns_take_mount(tour, pid, line);
	free(line);
	fclose(mounts);
}

static void netns_take_process(void *argument, pid_t pid)
{
	struct netns_tour *tour = argument;

	netns_take_task(tour, pid);
	if (tour->asks_threads || netns_has_left(pid))
		proc_visit_threads(pid, netns_take_task, tour);
	netns_take_mounts(tour, pid);
}

static int netns_tour_new(struct netns_tour *tour)
{
	int r = table_new(&tour->seen, sizeof(uint64_t), 1, NETNS_MAX, NULL, NULL);

	if (r == 0)
		r = table_new(&tour->mounts, sizeof(uint64_t), 1, NETNS_MAX, NULL, NULL);
	return r < 0 ? r : netns_asker_new(&tour->asker);
}

int netns_tour_begin(struct netns_tour **ret_tour, bool asks_threads, netns_visitor *visit,
		     void *argument)
{
	struct netns_tour *tour = calloc(1, sizeof(*tour));
	int r = tour ? netns_tour_new(tour) : -ENOMEM;

	if (r == 0) {
		tour->asks_threads = asks_threads;
		tour->visit = visit;
		tour->argument = argument;
		netns_take_path(tour, "/proc/self/ns/net", netns_own());
		r = proc_visit(netns_take_process, tour);
	}
	if (r < 0) {
		netns_tour_end(tour);
		return r;
	}
	*ret_tour = tour;
	return 0;
}

void netns_tour_follow(struct netns_tour *tour, const struct proc_link *link)
{
	_cleanup_close_ int fd = -1;
	char path[NETNS_PATH_SIZE];

	if (link->is_netns) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)link->task, link->fd);
		netns_take_path(tour, path, link->inode);
		return;
	}
	fd = netns_ask_socket(tour->asker, link);
	netns_take(tour, fd);
}

void netns_tour_end(struct netns_tour *tour)
{
	if (!tour)
		return;
	table_free(tour->seen);
	table_free(tour->mounts);
	netns_asker_free(tour->asker);
	free(tour);
}

int netns_visit(netns_visitor *visit, void *argument)
{
	struct netns_tour *tour;
	int r = netns_tour_begin(&tour, false, visit, argument);

	if (r == 0)
		netns_tour_end(tour);
	return r;
}
