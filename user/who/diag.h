/* SPDX-License-Identifier: GPL-2.0-only */
/* diag.h - the kernel's own socket list of a network namespace, by sock_diag(7). */
#ifndef WHO_DIAG_H
#define WHO_DIAG_H

#include <stdbool.h>
#include <sys/types.h>

#include "../model/sighting.h"

struct diag;

/* The kernel's tables of sockets: UDP and UDP-Lite have the same ports, and each its sockets. */
enum diag_table {
	DIAG_TCP,
	DIAG_UDP,
	DIAG_UDPLITE, /* gone from Linux 7.1 on */
	DIAG_TABLE_COUNT,
};

struct diag_socket {
	enum diag_table table;
	enum protocol protocol; /* of UDP-Lite, UDP's, as everywhere */
	const char *state; /* "listen", "established", ...; UDP: "unconnected" too. Static */
	bool listening; /* TCP LISTEN, or an unconnected UDP socket */
	bool awaits_accept; /* a connection that no process has accepted yet */
	struct endpoint local;
	struct endpoint peer; /* port 0: none */
	uint64_t cookie;
	unsigned long inode; /* 0: no process holds it (any more, or yet) */
	uid_t uid;
};

/* netns: a descriptor of the namespace, the caller's; -1: this process's own. 0 or -errno. */
int diag_new(struct diag **ret_diag, int netns);
void diag_free(struct diag *diag);

/*
 * The socket that takes packets from peer to local when they come by that interface (0: by one to
 * which no socket is bound). 0, -ENOENT or -errno.
 */
int diag_find(struct diag *diag, enum diag_table table, const struct endpoint *local,
	      const struct endpoint *peer, uint32_t ifindex, struct diag_socket *ret_socket);

/* Visits all sockets of a table, IPv4 and IPv6; none where this kernel has no such. 0 or -errno. */
typedef void diag_visitor(void *argument, const struct diag_socket *socket);
int diag_visit(struct diag *diag, enum diag_table table, diag_visitor *visit, void *argument);

/* Visits the inodes of all sockets of AF_UNIX, which have no ports. 0 or -errno. */
typedef void diag_inode_visitor(void *argument, unsigned long inode);
int diag_visit_unix(struct diag *diag, diag_inode_visitor *visit, void *argument);

#endif
