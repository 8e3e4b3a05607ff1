// SPDX-License-Identifier: GPL-2.0-only
/*
 * actor_exe.c - whose file, pid or cgroup is not what it seems. All need a folder to work in (-e),
 * save where said otherwise; each process makes a connection.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "actor.h"
#include "truth.h"

#define LAST_PID "/proc/sys/kernel/ns_last_pid"
#define PATH_PIPE 8 /* where act_seen_from_outside() reads its executable's path */
#define PID_TRIES 100

static void copy_self(int to)
{
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct stat status;

	if (from < 0 || fstat(from, &status) < 0 || fchmod(to, 0755) < 0)
		die("/proc/self/exe");
	while (status.st_size > 0) {
		ssize_t copied = sendfile(to, from, NULL, status.st_size);

		if (copied <= 0)
			die("sendfile");
		status.st_size -= copied;
	}
	close(from);
}

static void copy_self_to(const char *path)
{
	int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);

	if (to < 0)
		die(path);
	copy_self(to);
	close(to);
}

static void make_folder(const char *path)
{
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		die(path);
}

__attribute__((format(printf, 2, 3))) static char *path_in(const struct act *act,
							    const char *format, ...)
{
	char rest[PATH_MAX / 2], *path;
	va_list arguments;

	if (!act->other)
		die("no folder (-e)");
	va_start(arguments, format);
	vsnprintf(rest, sizeof(rest), format, arguments);
	va_end(arguments);
	if (asprintf(&path, "%s/%s", act->other, rest) < 0)
		die("asprintf");
	return path;
}

/* Asks for the pid that the next fork is to get; another process's fork may be quicker. */
static bool start_with_pid(const struct act *act, pid_t pid, const char *path)
{
	FILE *file = fopen(LAST_PID, "w");
	pid_t got;

	if (!file)
		skip(LAST_PID);
	fprintf(file, "%d", pid - 1);
	if (fclose(file) != 0)
		skip(LAST_PID);
	got = start_child();
	if (got == 0 && getpid() != pid)
		_exit(0);
	if (got == 0)
		become(act, path, "tcp");
	wait_child(got);
	return got == pid;
}

/* Two programs in turn under one pid; -e names the other file. */
int act_reuse_pid(const struct act *act)
{
	pid_t pid = start_child();
	long made = 0;

	if (pid == 0)
		_exit(0);
	wait_child(pid);
	for (long tries = 0; made < act->count && tries < act->count + PID_TRIES; tries++)
		made += start_with_pid(act, pid, made % 2 ? act->other : NULL);
	if (made < act->count)
		die("the same pid again");
	return 0;
}

/* The executable's path as others see it: the process itself may not. */
static void tell_path(pid_t pid, int to)
{
	char link[64], path[PATH_MAX];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/%d/exe", pid);
	length = readlink(link, path, sizeof(path));
	if (length < 0)
		wait_child(pid); /* which did not get as far: it may have said why */
	if (length < 0 || write(to, path, length) != length)
		die(link);
	close(to);
}

int act_seen_from_outside(const struct act *act)
{
	char path[PATH_MAX] = "";

	if (read(PATH_PIPE, path, sizeof(path) - 1) <= 0)
		die("the path's pipe");
	truth_set_executable(path);
	return act_tcp(act);
}

typedef void prepare_function(const struct act *act, const char *path);

/* exec is done when the pipe that exec closes is closed. */
static int run_file(const struct act *act, prepare_function *prepare, const char *path)
{
	int names[2], executed[2];
	char octet;
	pid_t pid;

	if (pipe2(names, O_CLOEXEC) < 0 || pipe2(executed, O_CLOEXEC) < 0)
		die("pipe");
	pid = start_child();
	if (pid == 0) {
		dup2(names[0], PATH_PIPE);
		if (prepare)
			prepare(act, path);
		become(act, path, "seen-from-outside");
	}
	close(executed[1]);
	if (read(executed[0], &octet, 1) != 0)
		die("pipe");
	if (!prepare)
		unlink(path);
	tell_path(pid, names[1]);
	wait_child(pid);
	return 0;
}

static void prepare_nothing(const struct act *act, const char *path)
{
	(void)act;
	(void)path;
}

int act_exe_memfd(const struct act *act)
{
	int fd = memfd_create("no file", 0);
	char path[64];

	copy_self(fd);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	/* a memfd that is open for writing cannot be executed */
	fd = open(path, O_RDONLY);
	close(atoi(strrchr(path, '/') + 1));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return run_file(act, prepare_nothing, path);
}

/* Unlinked as soon as it runs. */
int act_exe_deleted(const struct act *act)
{
	char *path = path_in(act, "deleted");

	copy_self_to(path);
	return run_file(act, NULL, path);
}

int act_exe_long(const struct act *act)
{
	char name[201] = { 0 }, *path;

	memset(name, 'n', sizeof(name) - 1);
	make_folder(path_in(act, "%s", name));
	path = path_in(act, "%s/%s", name, name);
	copy_self_to(path);
	return run_file(act, prepare_nothing, path);
}

static void enter_own_mounts(void)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		die("a mount namespace");
}

static void bind_folder(const struct act *act, const char *path)
{
	(void)path;
	enter_own_mounts();
	if (mount(path_in(act, "below"), path_in(act, "over"), NULL, MS_BIND, NULL) < 0)
		die("bind mount");
}

int act_exe_bind(const struct act *act)
{
	make_folder(path_in(act, "below"));
	make_folder(path_in(act, "over"));
	copy_self_to(path_in(act, "below/bound"));
	return run_file(act, bind_folder, path_in(act, "over/bound"));
}

static void lay_over(const struct act *act, const char *path)
{
	char *options;

	(void)path;
	enter_own_mounts();
	if (asprintf(&options, "lowerdir=%s,upperdir=%s,workdir=%s", path_in(act, "lower"),
		     path_in(act, "space/upper"), path_in(act, "space/work")) < 0)
		die("asprintf");
	if (mount("tmpfs", path_in(act, "space"), "tmpfs", 0, NULL) < 0)
		die("tmpfs");
	make_folder(path_in(act, "space/upper"));
	make_folder(path_in(act, "space/work"));
	if (mount("overlay", path_in(act, "merged"), "overlay", 0, options) < 0)
		skip("overlay");
}

int act_exe_overlay(const struct act *act)
{
	make_folder(path_in(act, "lower"));
	make_folder(path_in(act, "space"));
	make_folder(path_in(act, "merged"));
	copy_self_to(path_in(act, "lower/overlaid"));
	return run_file(act, lay_over, path_in(act, "merged/overlaid"));
}

/* The whole file system, seen from a folder, so that the program finds its libraries. */
static void change_root(const struct act *act, const char *path)
{
	(void)path;
	enter_own_mounts();
	if (mount("/", path_in(act, "root"), NULL, MS_BIND | MS_REC, NULL) < 0)
		die("bind mount");
	if (chroot(path_in(act, "root")) < 0 || chdir("/") < 0)
		die("chroot");
}

int act_exe_chroot(const struct act *act)
{
	char *path = path_in(act, "rooted");

	make_folder(path_in(act, "root"));
	copy_self_to(path);
	return run_file(act, change_root, path);
}

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die(path);
	close(fd);
}

/* Each in a cgroup of its own below -e, a folder of a cgroup file system, that is gone at once. */
int act_cgroups(const struct act *act)
{
	for (long i = 0; i < act->count; i++) {
		char *group = path_in(act, "actor-%d-%ld", getpid(), i);
		pid_t pid;

		make_folder(group);
		pid = start_child();
		if (pid == 0) {
			write_text(path_in(act, "actor-%d-%ld/cgroup.procs", getppid(), i), "0");
			become(act, NULL, "tcp");
		}
		wait_child(pid);
		if (rmdir(group) < 0)
			die(group);
		free(group);
	}
	return 0;
}
