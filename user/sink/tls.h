/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tls.h - TLS 1.2 or later towards a collector whose certificate is checked first (RFC 5425).
 * Nothing here waits or raises SIGPIPE. Life: tls_context_new -> a session per connection:
 * tls_start -> tls_greet ... -> tls_send ... -> tls_end -> tls_context_free.
 */
#ifndef SINK_TLS_H
#define SINK_TLS_H

#include <stdbool.h>
#include <stddef.h>

struct tls;
struct tls_context;

#define TLS_CA_SYSTEM "system"

/* Borrowed for the time of the call. NULL, "" and "none": not given. */
struct tls_settings {
	const char *host; /* name or address that the certificate has to bear */
	const char *ca; /* file of trusted certificates; not given or "system": the system's */
	const char *certificate; /* of this host, its chain following */
	const char *key; /* not given: it is in the certificate's file */
};

/* 0 or -EINVAL, with the reason in ret_why. */
int tls_context_new(struct tls_context **ret_context, const struct tls_settings *settings,
		    char *ret_why, size_t why_size);
/* After its last session. NULL is allowed. */
void tls_context_free(struct tls_context *context);

/* A session over a connected socket, which stays the caller's. 0 or -errno. */
int tls_start(struct tls **ret_tls, struct tls_context *context, int fd);

/* Says goodbye (close_notify) where that can be said. NULL is allowed. */
void tls_end(struct tls *tls);

/*
 * Goes on with the handshake. 0: done, the server is who it should be. -EAGAIN: call again when
 * the socket is ready for tls_wants(). Else -EPROTO or -ECONNRESET; tls_why() tells more.
 */
int tls_greet(struct tls *tls);

/* POLLIN or POLLOUT, which are EPOLLIN and EPOLLOUT. */
short tls_wants(const struct tls *tls);

/*
 * One message, its octets counted in front. 0, -EAGAIN (call again with the same message),
 * -EMSGSIZE or another -errno.
 */
int tls_send(struct tls *tls, const void *data, size_t length);

/* Has the other end closed? Whatever it said instead is read and forgotten. */
bool tls_peer_gone(struct tls *tls);

/* Why the last call failed. Valid until the next. */
const char *tls_why(const struct tls *tls);

#endif
