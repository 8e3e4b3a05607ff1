// SPDX-License-Identifier: GPL-2.0-only
/* attach_watch.c - links by their pins, filters by their handles. */
#include "attach_watch.h"

#include <errno.h>

#include <bpf/bpf.h>

#include "../base/util.h"
#include "attach.h"
#include "clsact.h"
#include "pins.h"

/* A link that was detached lives on with no interface; one whose pin was removed is gone. */
static bool attach_link_holds(const char *directory, __u32 ifindex, enum direction direction,
			      __u32 program)
{
	struct bpf_link_info info = {};
	__u32 size = sizeof(info);
	char name[ATTACH_PIN_NAME_SIZE];
	_cleanup_close_ int link = -1;

	attach_pin_name(ifindex, direction, name);
	link = pins_open(directory, name);
	if (link < 0)
		return link != -ENOENT;
	if (bpf_obj_get_info_by_fd(link, &info, &size) < 0)
		return true;
	/* The interface is the first member for tcx links as well (Linux 6.6). */
	return info.xdp.ifindex == ifindex && info.prog_id == program;
}

bool attach_holds(const char *pin_directory, __u32 ifindex, enum direction direction,
		  const struct interface_record *record)
{
	const struct interface_door *door = &record->doors[direction];

	switch (door->mode) {
	case ATTACH_NONE:
		return true;
	case ATTACH_CLSACT:
		return clsact_holds(ifindex, direction, door);
	default:
		return attach_link_holds(pin_directory, ifindex, direction, door->program);
	}
}
