// SPDX-License-Identifier: GPL-2.0-only
/* rundir.c - a lock by fcntl(2), whose holder any process can ask for. */
#include "rundir.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "../base/util.h"

#define INSTANCE_MAX 64

bool rundir_instance_valid(const char *instance)
{
	size_t length = strlen(instance);

	if (length == 0 || length > INSTANCE_MAX || instance[0] == '.' || instance[0] == '-')
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)instance[i]) && !strchr("-_.", instance[i]))
			return false;
	return true;
}

void rundir_path(const char *instance, const char *name, char path[RUNDIR_PATH_SIZE])
{
	snprintf(path, RUNDIR_PATH_SIZE, "/run/%s%s%s", instance, name[0] ? "/" : "", name);
}

static int rundir_open_lock(const char *instance, int flags)
{
	char path[RUNDIR_PATH_SIZE];
	int fd;

	rundir_path(instance, "lock", path);
	fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0644);
	return fd < 0 ? -errno : fd;
}

int rundir_lock(const char *instance)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char path[RUNDIR_PATH_SIZE];
	_cleanup_close_ int fd = -1;

	rundir_path(instance, "", path);
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return -errno;
	fd = rundir_open_lock(instance, O_RDWR | O_CREAT);
	if (fd < 0)
		return fd;
	if (fcntl(fd, F_SETLK, &whole) < 0)
		return errno == EACCES || errno == EAGAIN ? -EBUSY : -errno;
	return TAKE_FD(fd);
}

pid_t rundir_holder(const char *instance)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	_cleanup_close_ int fd = rundir_open_lock(instance, O_RDONLY);

	if (fd < 0 || fcntl(fd, F_GETLK, &whole) < 0 || whole.l_type == F_UNLCK)
		return 0;
	return whole.l_pid;
}

#define STATUS "status.json"
#define EXPECTATIONS "expectations.json"

/* In one step: no reader sees half a file. */
static int rundir_write(const char *instance, const char *name, const json_t *value)
{
	char path[RUNDIR_PATH_SIZE], fresh[RUNDIR_PATH_SIZE];

	rundir_path(instance, name, path);
	rundir_path(instance, "new", fresh);
	if (json_dump_file(value, fresh, JSON_COMPACT) < 0)
		return -EIO;
	return rename(fresh, path) < 0 ? -errno : 0;
}

static json_t *rundir_read(const char *instance, const char *name)
{
	char path[RUNDIR_PATH_SIZE];

	rundir_path(instance, name, path);
	return json_load_file(path, 0, NULL);
}

int rundir_write_status(const char *instance, const json_t *status)
{
	return rundir_write(instance, STATUS, status);
}

json_t *rundir_read_status(const char *instance)
{
	return rundir_read(instance, STATUS);
}

int rundir_write_expectations(const char *instance, const json_t *expectations)
{
	return rundir_write(instance, EXPECTATIONS, expectations);
}

json_t *rundir_read_expectations(const char *instance)
{
	return rundir_read(instance, EXPECTATIONS);
}

void rundir_remove_status(const char *instance)
{
	char path[RUNDIR_PATH_SIZE];

	rundir_path(instance, STATUS, path);
	unlink(path);
	rundir_path(instance, EXPECTATIONS, path);
	unlink(path);
}
