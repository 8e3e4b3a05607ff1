/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * transport.h - a connection to a target that comes back by itself: pauses between attempts grow
 * from 1 s to 60 s and start over once messages got through. Nothing here waits.
 */
#ifndef SINK_TRANSPORT_H
#define SINK_TRANSPORT_H

#include "connector.h"
#include "tls.h"

struct transport;

/* Called from the loop when transport_send() may go on. */
typedef void transport_ready(void *argument);

/*
 * Copies target and local; makes the first attempt at once. security: NULL, or what a TLS target
 * has to prove; borrowed until the next transport_reconnect(). 0 or -errno.
 */
int transport_new(struct transport **ret_transport, struct loop *loop, const struct target *target,
		  const struct connector_local *local, struct tls_context *security,
		  transport_ready *ready, void *argument);
/* NULL is allowed. */
void transport_free(struct transport *transport);

/* Ends the connection and begins anew, without a pause. */
void transport_reconnect(struct transport *transport, struct tls_context *security);

/*
 * Sends one whole message: a datagram, octet-counted over TCP and TLS, a line over a unix stream.
 * 0: taken. -EAGAIN: call again with this very message. -ENOTCONN: there is no connection (any
 * more); whichever message comes first on the next one is sent from its start.
 * -EMSGSIZE: it can never be sent.
 */
int transport_send(struct transport *transport, const void *data, size_t length);

/* Goes on without the loop; ret_poll as for struct sink_ops flush, -1 during a pause. */
void transport_step(struct transport *transport, struct pollfd *ret_poll);

/* Asks for `ready` as soon as the connection takes more. */
int transport_wait_ready(struct transport *transport);

/* The connected socket, -1 when there is none. */
int transport_fd(const struct transport *transport);

/* Which path of `local` is connected. */
size_t transport_path(const struct transport *transport);

/* "connected", or what is wrong. Valid until the next call that changes it. */
const char *transport_state(const struct transport *transport);

#endif
