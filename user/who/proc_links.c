// SPDX-License-Identifier: GPL-2.0-only
/* proc_links.c - processes, their threads and what their descriptors lead to, out of proc(5). */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../base/util.h"
#include "proc.h"

#define LINK_PATH_SIZE 64

static void proc_close_directory(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}
#define _cleanup_directory_ __attribute__((cleanup(proc_close_directory)))

static DIR *proc_open(pid_t task, const char *name)
{
	char path[LINK_PATH_SIZE];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)task, name);
	return opendir(path);
}

static void proc_visit_numbers(DIR *directory, proc_visitor *visit, void *argument)
{
	const struct dirent *entry;

	while (directory && (entry = readdir(directory)))
		if (isdigit((unsigned char)entry->d_name[0]))
			visit(argument, atoi(entry->d_name));
}

int proc_visit(proc_visitor *visit, void *argument)
{
	_cleanup_directory_ DIR *processes = opendir("/proc");

	if (!processes)
		return -errno;
	proc_visit_numbers(processes, visit, argument);
	return 0;
}

/* The folder of its threads has a link for each, and two of its own. */
static bool proc_has_threads(pid_t pid)
{
	char path[LINK_PATH_SIZE];
	struct stat folder;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	return stat(path, &folder) == 0 && folder.st_nlink > 3;
}

struct thread_walk {
	pid_t pid;
	proc_visitor *visit;
	void *argument;
};

static void proc_visit_thread(void *argument, pid_t task)
{
	const struct thread_walk *walk = argument;

	if (task != walk->pid)
		walk->visit(walk->argument, task);
}

void proc_visit_threads(pid_t pid, proc_visitor *visit, void *argument)
{
	struct thread_walk walk = { pid, visit, argument };

	if (!proc_has_threads(pid))
		return;
	_cleanup_directory_ DIR *threads = proc_open(pid, "task");

	proc_visit_numbers(threads, proc_visit_thread, &walk);
}

/* What a descriptor's link says: "socket:[12345]" or "net:[12345]". False: something else. */
static bool proc_parse_link(const char *target, struct proc_link *link)
{
	link->is_netns = strncmp(target, "net:[", 5) == 0;
	if (!link->is_netns && strncmp(target, "socket:[", 8) != 0)
		return false;
	link->inode = strtoul(strchr(target, '[') + 1, NULL, 10);
	return true;
}

static void proc_visit_table(pid_t pid, pid_t task, proc_link_visitor *visit, void *argument)
{
	_cleanup_directory_ DIR *descriptors = proc_open(task, "fd");
	struct proc_link link = { .pid = pid, .task = task };
	const struct dirent *entry;
	char target[64];

	while (descriptors && (entry = readdir(descriptors))) {
		ssize_t length = readlinkat(dirfd(descriptors), entry->d_name, target,
					    sizeof(target) - 1);

		target[MAX(length, 0)] = '\0';
		if (!proc_parse_link(target, &link))
			continue;
		link.fd = atoi(entry->d_name);
		visit(argument, &link);
	}
}

/* One thread of each table that was visited, in the order that kcmp(2) gives the tables. */
struct table_walk {
	pid_t pid;
	proc_link_visitor *visit;
	void *argument;
	pid_t *tasks;
	size_t count;
	size_t room;
};

static long proc_compare_tables(pid_t one, pid_t other)
{
	return syscall(SYS_kcmp, one, other, KCMP_FILES, 0, 0);
}

/* Where the thread's table belongs among those visited; false: it is one of them. */
static bool proc_place_table(const struct table_walk *walk, pid_t task, size_t *ret_place)
{
	size_t low = 0, high = walk->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		long order = proc_compare_tables(task, walk->tasks[middle]);

		if (order == 0)
			return false;
		if (order < 0)
			break; /* one of the two is gone: read once too often does no harm */
		if (order == 1)
			high = middle;
		else
			low = middle + 1;
	}
	*ret_place = low;
	return true;
}

static void proc_note_table(struct table_walk *walk, pid_t task, size_t place)
{
	if (walk->count == walk->room) {
		size_t room = walk->room ? walk->room * 2 : 4;
		pid_t *larger = reallocarray(walk->tasks, room, sizeof(*larger));

		if (!larger)
			return;
		walk->tasks = larger;
		walk->room = room;
	}
	memmove(walk->tasks + place + 1, walk->tasks + place,
		(walk->count - place) * sizeof(*walk->tasks));
	walk->tasks[place] = task;
	walk->count++;
}

static void proc_visit_thread_table(void *argument, pid_t task)
{
	struct table_walk *walk = argument;
	size_t place;

	if (!proc_place_table(walk, task, &place))
		return;
	proc_note_table(walk, task, place);
	proc_visit_table(walk->pid, task, walk->visit, walk->argument);
}

static void proc_visit_any_table(void *argument, pid_t task)
{
	const struct table_walk *walk = argument;

	proc_visit_table(walk->pid, task, walk->visit, walk->argument);
}

static bool proc_first_thread_has_table(pid_t pid)
{
	_cleanup_directory_ DIR *descriptors = proc_open(pid, "fd");
	size_t entries = 0;

	while (descriptors && readdir(descriptors))
		entries++;
	return entries > 2; /* "." and ".." */
}

void proc_visit_links(pid_t pid, proc_link_visitor *visit, void *argument)
{
	struct table_walk walk = { .pid = pid, .visit = visit, .argument = argument };

	proc_visit_table(pid, pid, visit, argument);
	if (!proc_has_threads(pid))
		return;
	/* kcmp(2) takes the numbers of this process's pid namespace: does /proc tell the same? */
	if (proc_self() == getpid() && proc_compare_tables(pid, pid) == 0) {
		proc_note_table(&walk, pid, 0);
		proc_visit_threads(pid, proc_visit_thread_table, &walk);
	} else if (!proc_first_thread_has_table(pid)) {
		proc_visit_threads(pid, proc_visit_any_table, &walk);
	}
	free(walk.tasks);
}

struct link_walk {
	proc_link_visitor *visit;
	void *argument;
};

static void proc_visit_process(void *argument, pid_t pid)
{
	const struct link_walk *walk = argument;

	proc_visit_links(pid, walk->visit, walk->argument);
}

int proc_visit_all_links(proc_link_visitor *visit, void *argument)
{
	struct link_walk walk = { visit, argument };

	return proc_visit(proc_visit_process, &walk);
}

struct socket_walk {
	proc_socket_visitor *visit;
	void *argument;
};

static void proc_visit_socket(void *argument, const struct proc_link *link)
{
	const struct socket_walk *walk = argument;

	if (!link->is_netns)
		walk->visit(walk->argument, link->pid, link->inode);
}

int proc_visit_sockets(proc_socket_visitor *visit, void *argument)
{
	struct socket_walk walk = { visit, argument };

	return proc_visit_all_links(proc_visit_socket, &walk);
}

struct proc_search {
	unsigned long inode;
	bool found;
};

static void proc_match_socket(void *argument, const struct proc_link *link)
{
	struct proc_search *search = argument;

	search->found |= !link->is_netns && link->inode == search->inode;
}

bool proc_holds_socket(pid_t pid, uint64_t start_boot_ns, unsigned long inode)
{
	struct proc_search search = { .inode = inode };

	proc_visit_links(pid, proc_match_socket, &search);
	/* Asked afterwards: who has the number now and began before had it all the time. */
	return search.found && (!start_boot_ns || proc_began_at(pid, start_boot_ns));
}
