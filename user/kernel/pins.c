// SPDX-License-Identifier: GPL-2.0-only
/* pins.c - finding the BPF file system, and the pins in it. */
#include "pins.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>

#include <bpf/bpf.h>

#include "../base/util.h"

#define BPF_FS "/sys/fs/bpf"
#define ANCESTORS_MAX 32
#define PINS_SELF 0 /* this process, whatever number /proc has for it */

/* errno tells why not. */
static bool pins_is_bpf_fs(const char *path)
{
	struct statfs fs;

	errno = 0;
	return statfs(path, &fs) == 0 && (unsigned long)fs.f_type == BPF_FS_MAGIC;
}

/* Where /proc shows a process. */
static const char *pins_folder(pid_t pid, char out[32])
{
	if (pid == PINS_SELF)
		return "/proc/self";
	snprintf(out, 32, "/proc/%d", (int)pid);
	return out;
}

static pid_t pins_parent(pid_t pid)
{
	char path[64], folder[32], stat[512];
	_cleanup_close_ int fd = -1;
	const char *rest;
	ssize_t length;
	int parent;

	snprintf(path, sizeof(path), "%s/stat", pins_folder(pid, folder));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	length = fd < 0 ? -1 : read(fd, stat, sizeof(stat) - 1);
	if (length <= 0)
		return 0;
	stat[length] = '\0';
	rest = strrchr(stat, ')');
	return rest && sscanf(rest + 1, " %*c %d", &parent) == 1 ? parent : 0;
}

/*
 * The processes through whose eyes to look: this one, the sensor, the ancestors up to process 1.
 * `ip netns exec` takes /sys/fs/bpf away from what it starts, but not from who started it.
 */
static size_t pins_viewers(pid_t sensor, pid_t viewers[ANCESTORS_MAX])
{
	size_t count = 0;

	viewers[count++] = PINS_SELF;
	if (sensor > 0)
		viewers[count++] = sensor;
	for (pid_t pid = pins_parent(PINS_SELF); pid > 0 && count < ANCESTORS_MAX;
	     pid = pins_parent(pid))
		viewers[count++] = pid;
	return count;
}

static int pins_instance_path(pid_t viewer, const char *instance, char path[PINS_PATH_SIZE])
{
	int length = viewer == PINS_SELF ?
			     snprintf(path, PINS_PATH_SIZE, BPF_FS "/%s", instance) :
			     snprintf(path, PINS_PATH_SIZE, "/proc/%d/root" BPF_FS "/%s",
				      (int)viewer, instance);

	return length < PINS_PATH_SIZE ? 0 : -ENAMETOOLONG;
}

int pins_find(const char *instance, pid_t sensor, char ret_directory[PINS_PATH_SIZE])
{
	pid_t viewers[ANCESTORS_MAX];
	size_t count = pins_viewers(sensor, viewers);
	int r = -ENOENT;

	for (size_t i = 0; i < count; i++) {
		if (pins_instance_path(viewers[i], instance, ret_directory) < 0)
			continue;
		if (pins_is_bpf_fs(ret_directory))
			return 0;
		/* The own view counts: other processes may be out of reach for good reasons. */
		if (i == 0 && (errno == EACCES || errno == EPERM))
			r = -errno;
	}
	return r;
}

/* Makes the instance's directory in the first BPF file system in sight. */
static int pins_make(const char *instance, char ret_directory[PINS_PATH_SIZE])
{
	pid_t viewers[ANCESTORS_MAX];
	size_t count = pins_viewers(0, viewers);
	char file_system[PINS_PATH_SIZE];

	for (size_t i = 0; i < count; i++) {
		if (pins_instance_path(viewers[i], "", file_system) < 0 ||
		    !pins_is_bpf_fs(file_system))
			continue;
		pins_instance_path(viewers[i], instance, ret_directory);
		return mkdir(ret_directory, 0700) < 0 ? -errno : 0;
	}
	return -ENODEV;
}

/* Mounts it in a process's mount namespace: in a child, as entering one is for good. */
static int pins_mount_for(pid_t pid)
{
	char path[64], folder[32];
	int status;
	pid_t child = fork();

	if (child < 0)
		return -errno;
	if (child == 0) {
		snprintf(path, sizeof(path), "%s/ns/mnt", pins_folder(pid, folder));

		_cleanup_close_ int namespace = open(path, O_RDONLY | O_CLOEXEC);

		if (namespace < 0 || setns(namespace, CLONE_NEWNS) < 0 ||
		    mount("bpf", BPF_FS, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700") < 0)
			_exit(1);
		_exit(0);
	}
	if (waitpid(child, &status, 0) < 0)
		return -errno;
	return status == 0 ? 0 : -EPERM;
}

/* Mounts it where most will see it: for the remotest ancestor that allows it. */
static int pins_mount(void)
{
	pid_t viewers[ANCESTORS_MAX];
	size_t count = pins_viewers(0, viewers);

	while (count-- > 0)
		if (pins_mount_for(viewers[count]) == 0)
			return 0;
	return -ENODEV;
}

int pins_find_or_make(const char *instance, char ret_directory[PINS_PATH_SIZE])
{
	int r = pins_find(instance, 0, ret_directory);

	if (r < 0)
		r = pins_make(instance, ret_directory);
	if (r == -ENODEV) {
		r = pins_mount();
		if (r == 0)
			r = pins_make(instance, ret_directory);
	}
	return r;
}

void pins_path(const char *directory, const char *name, char ret_path[PINS_PATH_SIZE])
{
	snprintf(ret_path, PINS_PATH_SIZE, "%s/%s", directory, name);
}

int pins_open(const char *directory, const char *name)
{
	char path[PINS_PATH_SIZE];
	int fd;

	pins_path(directory, name, path);
	fd = bpf_obj_get(path);
	return fd < 0 ? -errno : fd;
}

static void pins_close_directory(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}

int pins_visit(const char *directory, pins_visitor *visit, void *argument)
{
	__attribute__((cleanup(pins_close_directory))) DIR *stream = opendir(directory);
	const struct dirent *entry;
	int r;

	if (!stream)
		return -errno;
	while ((entry = readdir(stream))) {
		if (entry->d_name[0] == '.')
			continue;
		r = visit(argument, entry->d_name);
		if (r < 0)
			return r;
	}
	return 0;
}

int pins_remove(const char *directory, const char *name)
{
	char path[PINS_PATH_SIZE];

	pins_path(directory, name, path);
	return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}

static int pins_remove_visited(void *argument, const char *name)
{
	return pins_remove(argument, name);
}

int pins_remove_all(const char *directory)
{
	int r = pins_visit(directory, pins_remove_visited, (void *)directory);

	if (r < 0)
		return r;
	return rmdir(directory) < 0 ? -errno : 0;
}
