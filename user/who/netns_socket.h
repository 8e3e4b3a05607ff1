/* SPDX-License-Identifier: GPL-2.0-only */
/* netns_socket.h - the network namespace that a socket of some process belongs to. */
#ifndef WHO_NETNS_SOCKET_H
#define WHO_NETNS_SOCKET_H

struct netns_asker;
struct proc_link;

/* Remembers which namespaces it has told, and the process that it asked last. 0 or -errno. */
int netns_asker_new(struct netns_asker **ret_asker);
void netns_asker_free(struct netns_asker *asker);

/*
 * A descriptor of the namespace, the caller's; -EALREADY: one that was told already; -errno. The
 * sockets of a thread with a table of its own can be asked since Linux 6.9.
 */
int netns_ask_socket(struct netns_asker *asker, const struct proc_link *link);

#endif
