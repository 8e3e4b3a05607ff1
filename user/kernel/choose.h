/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * choose.h - which interfaces are watched. `auto` watches where packets enter and leave this
 * network namespace: the devices at the bottom. What stands on them sees the same packets again
 * and is left out; where what a device stands on is in another namespace, the device is the bottom
 * here. So every packet that this host's stack sends or receives passes one watched device, and
 * what it forwards one on its way in and one on its way out.
 */
#ifndef KERNEL_CHOOSE_H
#define KERNEL_CHOOSE_H

#include "link.h"

/* A link and those around it; NULL: there is none in this namespace, or it is not known. */
struct link_view {
	const struct link *link;
	const struct link *lower; /* see struct link */
	const struct link *master;
	bool has_datapath; /* of Open vSwitch, in this namespace */
};

enum choice {
	CHOICE_WATCH,
	CHOICE_NOT_WANTED, /* by the pattern */
	CHOICE_LEFT_OUT, /* `auto` leaves it out, and says why */
};

#define CHOICE_WHY_SIZE 96

/*
 * By `pattern` ("auto", or names and globs with ! excluding, by comma). `why` is set for
 * CHOICE_LEFT_OUT, else "".
 */
enum choice choose_link(const struct link_view *view, const char *pattern,
			char why[CHOICE_WHY_SIZE]);

/*
 * Is the link a port of a bridge? What comes in by one port and leaves by another was seen where it
 * came in.
 */
bool choose_is_bridged(const struct link_view *view);

#endif
