/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bridge.h - tells the packet programs which watched links are ports of one bridge: what it passes
 * between them is seen where it comes in, and not again where it leaves.
 */
#ifndef KERNEL_BRIDGE_H
#define KERNEL_BRIDGE_H

#include "choose.h"
#include "program.h"

/* A link that is watched as the view has it. */
void bridge_put(const struct program *program, const struct link_view *view);
/* One that is not. */
void bridge_remove(const struct program *program, uint32_t index);

/*
 * Where netfilter is given what bridges pass (br_netfilter), a packet's ports may change between:
 * it is seen at both ends. To be called now and then.
 */
void bridge_look(const struct program *program);

#endif
