/* SPDX-License-Identifier: GPL-2.0-only */
/* netns.h - the network namespaces that processes live in. */
#ifndef WHO_NETNS_H
#define WHO_NETNS_H

#include <stdint.h>

struct mnl_socket;

/* The inode of this process's own; 0 when it cannot be told. */
uint64_t netns_own(void);

/*
 * A netlink socket of a namespace (a descriptor, the caller's; -1: this thread's own), bound, for
 * mnl_socket_close(). 0 or -errno.
 */
int netns_open_netlink(int netns, int bus, struct mnl_socket **ret_socket);

/*
 * Visits each once, the own one first: its inode and a descriptor that is closed afterwards.
 * 0 or -errno.
 */
typedef void netns_visitor(void *argument, uint64_t inode, int fd);
int netns_visit(netns_visitor *visit, void *argument);

#endif
