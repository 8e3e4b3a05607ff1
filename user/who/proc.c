// SPDX-License-Identifier: GPL-2.0-only
/* proc.c - reads proc(5). Every text in it is the process's own choice: bounded, never trusted. */
#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>

#include "../base/clock.h"
#include "../base/util.h"
#include "../model/command.h"
#include "cgroup.h"
#include "cgroup_owner.h"
#include "path.h"
#include "program_file.h"

#define PROC_PATH_SIZE 64
#define PROC_INITIAL_NAMESPACE 0xeffffffcU /* PID_NS_INIT_INO of the kernel's linux/nsfs.h */

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

struct proc_stat {
	unsigned long long start_ticks;
	char state;
};

static int proc_read_stat(pid_t pid, struct process *process, struct proc_stat *ret_stat)
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
		   "%c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
		   &ret_stat->state, &parent, &ret_stat->start_ticks) != 3)
		return -ESRCH;
	process->parent_pid = parent;
	return 0;
}

static void proc_read_command_line(pid_t pid, struct process *process)
{
	_cleanup_free_ char *arguments = malloc(COMMAND_LENGTH_MAX + 1);
	ssize_t length = arguments ? proc_read_file(pid, "cmdline", arguments,
						    COMMAND_LENGTH_MAX + 1) : 0;

	command_set(process, arguments, MAX(length, 0));
}

/* Is there a file of this name, as the process sees it? Then the remark is a part of the name. */
static bool proc_is_named(pid_t pid, const struct stat *file, const char *executable)
{
	char path[PROC_PATH_SIZE + PATH_MAX];
	struct stat named;

	snprintf(path, sizeof(path), "/proc/%d/root%s", (int)pid, executable);
	return stat(path, &named) == 0 && named.st_ino == file->st_ino &&
	       named.st_dev == file->st_dev;
}

static void proc_read_executable(pid_t pid, struct process *process, uint64_t *ret_inode)
{
	char path[PROC_PATH_SIZE], target[PATH_MAX];
	struct stat file = {};
	ssize_t length;

	proc_path(pid, "exe", path);
	length = readlink(path, target, sizeof(target) - 1);
	if (length <= 0)
		return; /* a kernel thread has none */
	target[length] = '\0';
	if (stat(path, &file) == 0) {
		*ret_inode = file.st_ino;
		process->file = program_file_of(&file, clock_boot_ns());
	}
	if (!proc_is_named(pid, &file, target))
		process->executable_unlinked = path_strip_deleted(target);
	path_strip_memfd(target, process->executable_unlinked);
	path_strip_root(target);
	path_copy(target, process->executable, sizeof(process->executable));
}

void proc_name_user(uid_t uid, char *ret_name, size_t size)
{
	struct passwd entry, *found = NULL;
	char buffer[1024];

	ret_name[0] = '\0';
	if (getpwuid_r(uid, &entry, buffer, sizeof(buffer), &found) == 0 && found)
		snprintf(ret_name, size, "%s", found->pw_name);
}

static void proc_read_user(pid_t pid, struct process *process)
{
	char path[PROC_PATH_SIZE];
	struct stat status;

	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	if (stat(path, &status) < 0)
		return;
	process->uid = status.st_uid;
	proc_name_user(process->uid, process->user, sizeof(process->user));
}

static void proc_read_netns(pid_t pid, struct process *process)
{
	char path[PROC_PATH_SIZE];
	struct stat status;

	proc_path(pid, "ns/net", path);
	if (stat(path, &status) == 0)
		process->netns = status.st_ino;
}

/* Takes the next "7:CONTROLLERS:/PATH" of a list. Its path; NULL: the list is at its end. */
static const char *proc_next_group(char **rest, const char **ret_controllers)
{
	char *line;

	while ((line = strsep(rest, "\n"))) {
		char *controllers = strchr(line, ':');
		char *path = controllers ? strchr(controllers + 1, ':') : NULL;

		if (!path || path[1] != '/')
			continue;
		*path = '\0';
		*ret_controllers = controllers + 1;
		return path + 1;
	}
	return NULL;
}

/* "0::/system.slice/x.service", or on v1 hosts the name=systemd and pids hierarchies. */
static void proc_read_cgroup(pid_t pid, struct process *process)
{
	char buffer[4096], *rest = buffer;
	const char *controllers, *path;
	size_t named;

	if (proc_read_file(pid, "cgroup", buffer, sizeof(buffer)) < 0)
		return;
	while ((path = proc_next_group(&rest, &controllers))) {
		if (strlen(process->cgroup) <= strlen("/"))
			path_copy(path, process->cgroup, sizeof(process->cgroup));
		named = cgroup_named(controllers, path);
		if (!process->unit[0])
			cgroup_unit(path, named, process->unit, sizeof(process->unit));
		if (!process->container[0])
			cgroup_container(path, named, process->container,
					 sizeof(process->container));
	}
}

bool proc_is_in_container(pid_t pid, const char *id)
{
	char buffer[4096], *rest = buffer, found[PROCESS_CONTAINER_SIZE];
	const char *controllers, *path;

	if (proc_read_file(pid, "cgroup", buffer, sizeof(buffer)) < 0)
		return false;
	while ((path = proc_next_group(&rest, &controllers))) {
		/* Who owns the groups is asked only of those that are called so. */
		cgroup_container(path, strlen(path), found, sizeof(found));
		if (!util_streq(found, id))
			continue;
		cgroup_container(path, cgroup_named(controllers, path), found, sizeof(found));
		if (util_streq(found, id))
			return true;
	}
	return false;
}

static uint64_t proc_tick_ns(void)
{
	return CLOCK_NS_PER_SECOND / sysconf(_SC_CLK_TCK);
}

static void proc_read_parent(struct process *process)
{
	struct process parent = {};
	struct proc_stat stat;

	if (process->parent_pid && proc_read_stat(process->parent_pid, &parent, &stat) == 0)
		memcpy(process->parent_name, parent.name, sizeof(process->parent_name));
}

static void proc_keep_first(void *argument, pid_t task)
{
	pid_t *kept = argument;

	*kept = *kept ? *kept : task;
}

/* The thread that tells of the process: the first one tells nothing once it has ended. */
static pid_t proc_telling_thread(pid_t pid, char state)
{
	pid_t other = 0;

	if (state == 'Z')
		proc_visit_threads(pid, proc_keep_first, &other);
	return other ? other : pid;
}

/* exe_inode: 0 where it is not known. */
static int proc_read_whole(pid_t pid, struct process *ret_process, uint64_t *ret_exe_inode)
{
	struct process process = { .pid = pid }, again;
	struct proc_stat stat, stat_again;
	pid_t task;

	if (proc_read_stat(pid, &process, &stat) < 0)
		return -ESRCH;
	task = proc_telling_thread(pid, stat.state);
	proc_read_command_line(task, &process);
	proc_read_executable(task, &process, ret_exe_inode);
	proc_read_user(task, &process);
	proc_read_cgroup(task, &process);
	proc_read_netns(task, &process);
	proc_read_parent(&process);
	if (proc_read_stat(pid, &again, &stat_again) < 0 ||
	    stat_again.start_ticks != stat.start_ticks)
		return -ESRCH;
	process.start_boot_ns = stat.start_ticks * proc_tick_ns();
	process.start_wall_ns = clock_wall_from_boot(process.start_boot_ns);
	*ret_process = process;
	return 0;
}

int proc_read(pid_t pid, struct process *ret_process)
{
	uint64_t exe_inode = 0;

	return proc_read_whole(pid, ret_process, &exe_inode);
}

int proc_read_same(pid_t pid, uint64_t start_boot_ns, uint64_t exe_inode,
		   struct process *ret_process)
{
	uint64_t found_inode = 0;
	struct process process;

	if (proc_read_whole(pid, &process, &found_inode) < 0 ||
	    process.start_boot_ns / proc_tick_ns() != start_boot_ns / proc_tick_ns() ||
	    (exe_inode && exe_inode != found_inode))
		return -ESRCH;
	*ret_process = process;
	ret_process->start_boot_ns = start_boot_ns;
	return 0;
}

pid_t proc_self(void)
{
	char self[16];
	ssize_t length = readlink("/proc/self", self, sizeof(self) - 1);

	self[MAX(length, 0)] = '\0';
	return atoi(self);
}

/*
 * The first process of /proc's pid namespace is in it, wherever this one is; where that may not be
 * looked at, /proc is taken to be that of the own namespace.
 */
bool proc_numbers_all(void)
{
	struct stat namespace;

	return (stat("/proc/1/ns/pid", &namespace) < 0 &&
		stat("/proc/self/ns/pid", &namespace) < 0) ||
	       namespace.st_ino == PROC_INITIAL_NAMESPACE;
}

int proc_read_start(pid_t pid, uint64_t *ret_start_boot_ns)
{
	struct process process;
	struct proc_stat stat;

	if (proc_read_stat(pid, &process, &stat) < 0)
		return -ESRCH;
	*ret_start_boot_ns = stat.start_ticks * proc_tick_ns();
	return 0;
}

bool proc_began_at(pid_t pid, uint64_t start_boot_ns)
{
	struct process process;
	struct proc_stat stat;

	return proc_read_stat(pid, &process, &stat) == 0 &&
	       (!start_boot_ns || stat.start_ticks == start_boot_ns / proc_tick_ns());
}
