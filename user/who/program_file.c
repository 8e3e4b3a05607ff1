// SPDX-License-Identifier: GPL-2.0-only
/*
 * program_file.c - stat(2) numbers file systems otherwise than the kernel's records do on btrfs and
 * on some overlayfs, so the kernel's own numbers are asked for, too: fdinfo has the inode's (Linux
 * 5.14; before that stat's must do), mountinfo that of the file system.
 */
#include "program_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "../base/util.h"
#include "proc.h"

#define PROC_PATH_SIZE 64
#define DEVICE_MINOR_BITS 20 /* MINORBITS of the kernel's linux/kdev_t.h */

static uint32_t device_number(unsigned int major, unsigned int minor)
{
	return major << DEVICE_MINOR_BITS | minor;
}

static uint32_t stat_device(const struct stat *stat)
{
	return device_number(major(stat->st_dev), minor(stat->st_dev));
}

struct process_file program_file_of(const struct stat *stat, uint64_t seen_boot_ns)
{
	return (struct process_file){
		.seen_boot_ns = seen_boot_ns,
		.inode = stat->st_ino,
		.device = stat_device(stat),
		.is_by_stat = true,
	};
}

/* Links are followed below that root, never out of it. A descriptor or -errno. */
static int open_path(pid_t pid, const char *path)
{
	const struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };
	char place[PROC_PATH_SIZE];
	_cleanup_close_ int root = -1;
	long fd;

	if (!pid) {
		fd = open(path, O_PATH | O_CLOEXEC);
	} else {
		snprintf(place, sizeof(place), "/proc/%d/root", (int)pid);
		root = open(place, O_PATH | O_DIRECTORY | O_CLOEXEC);
		fd = root < 0 ? -1 : syscall(SYS_openat2, root, path, &how, sizeof(how));
	}
	return fd < 0 ? -errno : (int)fd;
}

/* The number of the mount that the descriptor is on (0: not known), and the kernel's inode. */
static int read_fdinfo(int fd, uint64_t *inode)
{
	char path[PROC_PATH_SIZE], line[256];
	unsigned long long number;
	int mount = 0;
	FILE *info;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = fopen(path, "re");
	while (info && fgets(line, sizeof(line), info)) {
		(void)sscanf(line, "mnt_id: %d", &mount);
		if (sscanf(line, "ino: %llu", &number) == 1)
			*inode = number;
	}
	if (info)
		fclose(info);
	return mount;
}

/* The file system's number, of a mount that the process has; left as it is where it is not there.
 */
static void read_mount(pid_t pid, int mount, uint32_t *device)
{
	_cleanup_free_ char *line = NULL;
	char path[PROC_PATH_SIZE] = "/proc/self/mountinfo";
	unsigned int major, minor;
	size_t size = 0;
	FILE *mounts;
	int number;

	if (pid)
		snprintf(path, sizeof(path), "/proc/%d/mountinfo", (int)pid);
	mounts = fopen(path, "re");
	while (mounts && getline(&line, &size, mounts) > 0)
		if (sscanf(line, "%d %*d %u:%u", &number, &major, &minor) == 3 && number == mount) {
			*device = device_number(major, minor);
			break;
		}
	if (mounts)
		fclose(mounts);
}

static bool read_generation(int fd, uint32_t *ret_generation)
{
	char path[PROC_PATH_SIZE];
	_cleanup_close_ int readable = -1;
	long generation = 0; /* as the call is declared; an int is what is written */

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	readable = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (readable < 0 || ioctl(readable, FS_IOC_GETVERSION, &generation) < 0)
		return false;
	memcpy(ret_generation, &generation, sizeof(*ret_generation));
	return true;
}

static bool is_unchanged(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

int program_file_read(pid_t pid, const char *path, struct program_file *known)
{
	_cleanup_close_ int fd = open_path(pid, path);
	struct program_file file = {};

	if (fd < 0)
		return fd;
	if (fstat(fd, &file.stat) < 0)
		return -errno;
	if (!S_ISREG(file.stat.st_mode))
		return -EACCES; /* nor would it be executed, and to open it might do something */
	if (is_unchanged(&file.stat, &known->stat))
		return 0;
	file.inode = file.stat.st_ino;
	file.device = stat_device(&file.stat);
	read_mount(pid, read_fdinfo(fd, &file.inode), &file.device);
	file.has_generation = read_generation(fd, &file.generation);
	*known = file;
	return 0;
}

/* Asks the process while it lives: the number may be another's by then, the answer not. */
static bool is_run_by_living(const struct program_file *file, const struct process *process)
{
	char path[PROC_PATH_SIZE];
	struct stat stat_now;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)process->pid);
	return process->pid && stat(path, &stat_now) == 0 && stat_now.st_dev == file->stat.st_dev &&
	       stat_now.st_ino == file->stat.st_ino &&
	       proc_began_at(process->pid, process->start_boot_ns);
}

bool program_file_is_run(const struct program_file *file, const struct process *process)
{
	const struct process_file *run = &process->file;

	if (run->is_by_stat)
		return run->device == stat_device(&file->stat) && run->inode == file->stat.st_ino;
	if (run->device != file->device || run->inode != file->inode)
		return false;
	if (file->has_generation)
		return run->generation == file->generation;
	return file->device == stat_device(&file->stat) || is_run_by_living(file, process);
}
