/* SPDX-License-Identifier: GPL-2.0-only */
/* netns.h - the network namespaces of this host. */
#ifndef WHO_NETNS_H
#define WHO_NETNS_H

#include <stdbool.h>
#include <stdint.h>

struct mnl_socket;
struct proc_link;

/* The inode of this process's own; 0 when it cannot be told. */
uint64_t netns_own(void);

/*
 * A netlink socket of a namespace (a descriptor, the caller's; -1: this thread's own), bound, for
 * mnl_socket_close(). 0 or -errno.
 */
int netns_open_netlink(int netns, int bus, struct mnl_socket **ret_socket);

/* Is called once for each: its inode and a descriptor that is closed afterwards. */
typedef void netns_visitor(void *argument, uint64_t inode, int fd);

/*
 * Visits those that have a process or a name: the own one first, those of processes, and those
 * mounted somewhere (/run/netns), in any mount namespace. 0 or -errno.
 */
int netns_visit(netns_visitor *visit, void *argument);

/*
 * The same in steps, for those that only a descriptor holds: netns_tour_begin() makes the visits of
 * netns_visit(), also to those of single threads if these are asked for, and each link of
 * proc_visit_all_links() may then lead to one more. A socket's own namespace is found by a copy of
 * its descriptor, which takes three system calls.
 */
struct netns_tour;
int netns_tour_begin(struct netns_tour **ret_tour, bool asks_threads, netns_visitor *visit,
		     void *argument);
void netns_tour_follow(struct netns_tour *tour, const struct proc_link *link);
void netns_tour_end(struct netns_tour *tour);

#endif
