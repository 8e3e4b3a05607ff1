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

/* Where the hierarchy is mounted, by one list of mounts; false where it is not. */
static bool find_mount_in(const char *list, const char *root, const char *controller,
			  char ret_place[PATH_MAX])
{
	FILE *mounts = setmntent(list, "re");
	struct mntent *mount;
	bool is_found = false;

	if (!mounts)
		return false;
	while (!is_found && (mount = getmntent(mounts)))
		if (is_hierarchy(mount, controller))
			is_found = snprintf(ret_place, PATH_MAX, "%s%s", root, mount->mnt_dir) <
				   PATH_MAX;
	endmntent(mounts);
	return is_found;
}

/* Where it is not in this mount namespace (`ip netns exec` has a /sys of its own), by the first's.
 */
static bool find_mount(const char *controllers, char ret_place[PATH_MAX])
{
	char controller[CONTROLLER_SIZE];

	snprintf(controller, sizeof(controller), "%.*s", (int)strcspn(controllers, ","),
		 controllers);
	return find_mount_in("/proc/self/mounts", "", controller, ret_place) ||
	       find_mount_in("/proc/1/mounts", "/proc/1/root", controller, ret_place);
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
