/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * truth.h - what really happened, told by the very process that did it: one JSON object a line,
 *
 *   {"@timestamp":"...Z","did":"accepted","transport":"tcp","local":{"ip","port"},
 *    "remote":{"ip","port"},"pid":N,"executable":"..."}
 *
 * appended by one write, so that lines of processes that act at once do not mix. Addresses are as
 * on the wire: an IPv4-mapped one is written as IPv4. A listener and a socket that takes datagrams
 * from anybody have no remote end.
 *
 * Deeds: listening, connected, accepted, sent, received. The time is that of the moment from which
 * on the process is behind the socket's packets: before connect() and send, after accept().
 */
#ifndef KERNELS_TRUTH_H
#define KERNELS_TRUTH_H

#include <netinet/in.h>
#include <time.h>

/* Opens (or, after an exec, takes over) the file that is appended to; ends the process if not. */
void truth_open(const char *path);

/* From now on this process tells this path as its executable: a chroot hides its real one. */
void truth_set_executable(const char *path);

struct timespec truth_now(void);

/* remote may be NULL. Ports and addresses in network byte order, IPv4 as IPv4-mapped. */
void truth_tell(struct timespec when, const char *did, const char *transport,
		const struct sockaddr_in6 *local, const struct sockaddr_in6 *remote);

/* Asks the socket for its ends; remote NULL: the connected one, if it is connected. */
void truth_tell_socket(struct timespec when, const char *did, int fd,
		       const struct sockaddr_in6 *remote);

/* IPv4 becomes IPv4-mapped. */
struct sockaddr_in6 truth_end(const struct sockaddr *address);

/*
 * truth_check TRUTH SAMPLES: joins the sensor's samples to the truth; argv[0] is "check".
 * Returns an exit status: 0 nothing was wrong and all that was demanded was named, 1 not so,
 * 2 the call is wrong.
 */
int truth_check(int argc, char **argv);

#endif
