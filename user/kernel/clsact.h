/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * clsact.h - the tc filter of kernels without tcx (tc-bpf(8)). The qdisc is made when missing
 * and removed again only if we made it and nobody else's filter is on it.
 */
#ifndef KERNEL_CLSACT_H
#define KERNEL_CLSACT_H

#include <stdbool.h>

#include "../../bpf/abi.h"

/* Fills the record's door and made_clsact. 0 or -errno. */
int clsact_attach(__u32 ifindex, enum direction direction, int program,
		  struct interface_record *record);

/* Is this direction's filter still ours? True as well where the interface is out of reach. */
bool clsact_holds(__u32 ifindex, enum direction direction, const struct interface_door *door);

/* Removes one direction's filter, if it is still ours. 0 or -errno. */
int clsact_remove_filter(__u32 ifindex, enum direction direction,
			 const struct interface_door *door);

/* Removes the record's filters, if they are still ours. 0 or -errno; a gone device is no error. */
int clsact_detach(__u32 ifindex, const struct interface_record *record);

#endif
