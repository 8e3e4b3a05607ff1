// SPDX-License-Identifier: GPL-2.0-only
/* detached.c - fsopen(2), fsmount(2): 5.2 on. */
#include "detached.h"

#include <errno.h>
#include <sys/mount.h>

#include "../base/util.h"

int detached_mount(const char *type)
{
	_cleanup_close_ int context = fsopen(type, FSOPEN_CLOEXEC);
	int root;

	if (context < 0 || fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	root = fsmount(context, FSMOUNT_CLOEXEC, 0);
	return root < 0 ? -errno : root;
}
