/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * strays.h - what the packet programs need to know to be sure that a packet for which they find
 * no socket is of no connection (bpf/exchange.h).
 */
#ifndef KERNEL_STRAYS_H
#define KERNEL_STRAYS_H

#include <stdbool.h>
#include <stdint.h>

struct links;
struct program;

/*
 * The addresses of this namespace, as links has them by now; none while connections may be
 * translated. 0 or -errno.
 */
int strays_set_addresses(const struct program *program, struct links *links, bool translates);

/* Is the interface part of another one? 0 or -errno. */
int strays_set_lower(const struct program *program, uint32_t ifindex, bool is_lower);

#endif
