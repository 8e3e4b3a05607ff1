/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * resolve.h - a host name looked up without making anyone wait: getaddrinfo(3) runs in a thread
 * of its own. Life: resolve_start -> resolve_fd becomes readable -> resolve_take -> resolve_free,
 * which is allowed at any time: the thread then finishes alone.
 */
#ifndef SINK_RESOLVE_H
#define SINK_RESOLVE_H

#include <netdb.h>

struct resolve;

/* socket_type: SOCK_DGRAM or SOCK_STREAM. 0 or -errno. */
int resolve_start(struct resolve **ret_resolve, const char *host, const char *port,
		  int socket_type);

/* Readable when the answer is there. */
int resolve_fd(const struct resolve *resolve);

/*
 * The answer: 0 and a list the caller frees with freeaddrinfo(); -EAGAIN while there is none;
 * else -EHOSTUNREACH, with getaddrinfo's reason in ret_why (static).
 */
int resolve_take(struct resolve *resolve, struct addrinfo **ret_list, const char **ret_why);

/* NULL is allowed. */
void resolve_free(struct resolve *resolve);

/* The same for an address in figures: never waits. -EINVAL: it is a name. */
int resolve_numeric(const char *host, const char *port, int socket_type,
		    struct addrinfo **ret_list);

#endif
