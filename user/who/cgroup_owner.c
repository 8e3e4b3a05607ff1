// SPDX-License-Identifier: GPL-2.0-only
/* cgroup_owner.c - walks a path down through the mounted hierarchy. */
#include "cgroup_owner.h"

#include <limits.h>
#include <mntent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "../base/util.h"

#define CONTROLLER_SIZE 64

static bool is_hierarchy(const struct mntent *mount, const char *controller)
{
	if (!*controller)
		return util_streq(mount->mnt_type, "cgroup2");
	return util_streq(mount->mnt_type, "cgroup") && hasmntopt(mount, controller);
}

/* Where the hierarchy is mounted; false where it is not. */
static bool find_mount(const char *controllers, char ret_place[PATH_MAX])
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	char controller[CONTROLLER_SIZE];
	struct mntent *mount;
	bool is_found = false;

	if (!mounts)
		return false;
	snprintf(controller, sizeof(controller), "%.*s", (int)strcspn(controllers, ","),
		 controllers);
	while (!is_found && (mount = getmntent(mounts)))
		if (is_hierarchy(mount, controller))
			is_found = snprintf(ret_place, PATH_MAX, "%s", mount->mnt_dir) < PATH_MAX;
	endmntent(mounts);
	return is_found;
}

static bool is_roots(const char *place)
{
	struct stat group;

	return stat(place, &group) == 0 && group.st_uid == 0 &&
	       !(group.st_mode & (S_IWGRP | S_IWOTH));
}

size_t cgroup_named(const char *controllers, const char *path)
{
	char place[PATH_MAX];
	size_t length = strlen(path), above, named = 0;

	if (!find_mount(controllers, place))
		return 0;
	above = strlen(place);
	if (above + length >= sizeof(place))
		return 0;
	while (named < length) {
		named += 1 + strcspn(path + named + 1, "/");
		memcpy(place + above, path, named);
		place[above + named] = '\0';
		if (!is_roots(place))
			break;
	}
	return named;
}
