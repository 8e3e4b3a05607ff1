// SPDX-License-Identifier: GPL-2.0-only
/* proc.c - reads proc(5). Every text in it is the process's own choice: bounded, never trusted. */
#include "proc.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>

#include "../base/clock.h"
#include "../base/util.h"
#include "cgroup.h"

#define PROC_PATH_SIZE 64

static void proc_path(pid_t pid, const char *name, char path[PROC_PATH_SIZE])
{
	snprintf(path, PROC_PATH_SIZE, "/proc/%d/%s", (int)pid, name);
}

/* The front of a file, terminated. Returns its length or -errno. */
static ssize_t proc_read_file(pid_t pid, const char *name, char *buffer, size_t size)
{
	char path[PROC_PATH_SIZE];
	_cleanup_close_ int fd = -1;
	size_t length = 0;
	ssize_t got;

	proc_path(pid, name, path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	while (length < size - 1 && (got = read(fd, buffer + length, size - 1 - length)) > 0)
		length += got;
	buffer[length] = '\0';
	return length;
}

static int proc_read_stat(pid_t pid, struct process *process, unsigned long long *ret_start_ticks)
{
	char stat[1024];
	char *name, *rest;
	int parent;

	if (proc_read_file(pid, "stat", stat, sizeof(stat)) < 0)
		return -ESRCH;
	/* The name stands in parentheses and may hold any of them itself. */
	name = strchr(stat, '(');
	rest = strrchr(stat, ')');
	if (!name || !rest || rest < name)
		return -ESRCH;
	*rest = '\0';
	snprintf(process->name, sizeof(process->name), "%s", name + 1);
	if (sscanf(rest + 2,
		   "%*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
		   &parent, ret_start_ticks) != 2)
		return -ESRCH;
	process->parent_pid = parent;
	return 0;
}

static void proc_read_command_line(pid_t pid, struct process *process)
{
	ssize_t length = proc_read_file(pid, "cmdline", process->command_line,
					sizeof(process->command_line));

	while (length > 0 && process->command_line[length - 1] == '\0')
		length--;
	for (ssize_t i = 0; i < length; i++)
		if (process->command_line[i] == '\0')
			process->command_line[i] = ' ';
}

static void proc_read_executable(pid_t pid, struct process *process)
{
	char path[PROC_PATH_SIZE];
	ssize_t length;

	proc_path(pid, "exe", path);
	length = readlink(path, process->executable, sizeof(process->executable) - 1);
	process->executable[MAX(length, 0)] = '\0';
}

static void proc_read_user(pid_t pid, struct process *process)
{
	char path[PROC_PATH_SIZE], buffer[1024];
	struct passwd entry, *found = NULL;
	struct stat status;

	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	if (stat(path, &status) < 0)
		return;
	process->uid = status.st_uid;
	if (getpwuid_r(process->uid, &entry, buffer, sizeof(buffer), &found) == 0 && found)
		snprintf(process->user, sizeof(process->user), "%s", found->pw_name);
}

/* "0::/system.slice/x.service", or on v1 hosts the name=systemd and pids hierarchies. */
static void proc_read_cgroup(pid_t pid, struct process *process)
{
	char buffer[4096], *rest = buffer, *line;

	if (proc_read_file(pid, "cgroup", buffer, sizeof(buffer)) < 0)
		return;
	while ((line = strsep(&rest, "\n"))) {
		const char *path = strchr(line, ':');

		path = path ? strchr(path + 1, ':') : NULL;
		if (!path)
			continue;
		if (!process->unit[0])
			cgroup_unit(path + 1, process->unit, sizeof(process->unit));
		if (!process->container[0])
			cgroup_container(path + 1, process->container, sizeof(process->container));
	}
}

int proc_read(pid_t pid, struct process *ret_process)
{
	unsigned long long start_ticks, start_again;
	struct process process = { .pid = pid }, again;
	uint64_t tick_ns = CLOCK_NS_PER_SECOND / sysconf(_SC_CLK_TCK);

	if (proc_read_stat(pid, &process, &start_ticks) < 0)
		return -ESRCH;
	proc_read_command_line(pid, &process);
	proc_read_executable(pid, &process);
	proc_read_user(pid, &process);
	proc_read_cgroup(pid, &process);
	if (proc_read_stat(pid, &again, &start_again) < 0 || start_again != start_ticks)
		return -ESRCH;
	process.start_wall_ns = clock_wall_from_boot(start_ticks * tick_ns);
	*ret_process = process;
	return 0;
}

static void proc_close_directory(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}
#define _cleanup_directory_ __attribute__((cleanup(proc_close_directory)))

static void proc_visit_descriptors(pid_t pid, proc_socket_visitor *visit, void *argument)
{
	char path[PROC_PATH_SIZE], target[64];
	const struct dirent *entry;
	unsigned long inode;

	proc_path(pid, "fd", path);
	_cleanup_directory_ DIR *descriptors = opendir(path);

	while (descriptors && (entry = readdir(descriptors))) {
		ssize_t length = readlinkat(dirfd(descriptors), entry->d_name, target,
					    sizeof(target) - 1);

		if (length <= 0)
			continue;
		target[length] = '\0';
		if (sscanf(target, "socket:[%lu]", &inode) == 1)
			visit(argument, pid, inode);
	}
}

int proc_visit(proc_visitor *visit, void *argument)
{
	_cleanup_directory_ DIR *processes = opendir("/proc");
	const struct dirent *entry;

	if (!processes)
		return -errno;
	while ((entry = readdir(processes)))
		if (isdigit((unsigned char)entry->d_name[0]))
			visit(argument, atoi(entry->d_name));
	return 0;
}

struct proc_socket_walk {
	proc_socket_visitor *visit;
	void *argument;
};

static void proc_visit_process(void *argument, pid_t pid)
{
	const struct proc_socket_walk *walk = argument;

	proc_visit_descriptors(pid, walk->visit, walk->argument);
}

int proc_visit_sockets(proc_socket_visitor *visit, void *argument)
{
	struct proc_socket_walk walk = { visit, argument };

	return proc_visit(proc_visit_process, &walk);
}
