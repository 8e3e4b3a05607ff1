/* SPDX-License-Identifier: GPL-2.0-only */
/* transport.c - the phases: pause -> connecting (-> greeting) -> connected -> pause. */
#include "transport.h"

#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>

#include "../base/clock.h"
#include "../base/util.h"
#include "dial.h"
#include "frame.h"

#define TRANSPORT_PAUSE_MIN (1 * CLOCK_NS_PER_SECOND)
#define TRANSPORT_PAUSE_MAX (60 * CLOCK_NS_PER_SECOND)

/*
 * A UDP target that refuses says so within a round trip, and so does a TLS server that does not
 * like our certificate; silence for so long is success.
 */
#define TRANSPORT_PROOF (2 * CLOCK_NS_PER_SECOND)
#define TRANSPORT_GREETING_MAX (10 * CLOCK_NS_PER_SECOND)

#define TRANSPORT_WHY_SIZE 128
#define TRANSPORT_EVENTS (EPOLLIN | EPOLLRDHUP)

enum transport_phase {
	TRANSPORT_PAUSED,
	TRANSPORT_CONNECTING,
	TRANSPORT_GREETING, /* the TLS handshake */
	TRANSPORT_CONNECTED,
};

struct transport {
	struct loop *loop;
	enum target_kind target_kind;
	struct connector *connector;
	struct tls_context *security; /* borrowed; of TARGET_TLS alone */
	transport_ready *ready;
	void *argument;

	enum transport_phase phase;
	struct loop_source *timer; /* the pause's end, or the greeting's */
	struct loop_source *source;
	int fd;
	struct tls *tls; /* over fd */
	enum frame_kind frame_kind;
	size_t path;
	bool got_through; /* this connection took a whole message */
	uint64_t since_ns;
	uint64_t pause_ns;
	size_t sent; /* octets of the current frame that are gone already */
	char why[TRANSPORT_WHY_SIZE];
};

static void transport_close(struct transport *transport)
{
	connector_cancel(transport->connector);
	loop_timer_set(transport->timer, 0, 0);
	loop_source_free(TAKE(transport->source));
	tls_end(TAKE(transport->tls));
	util_close_fd(&transport->fd);
	transport->fd = -1;
	transport->sent = 0;
}

static bool transport_was_good(const struct transport *transport)
{
	bool has_lasted = clock_boot_ns() - transport->since_ns >= TRANSPORT_PROOF;

	if (transport->phase != TRANSPORT_CONNECTED)
		return false;
	if (transport->target_kind == TARGET_UDP)
		return has_lasted;
	return transport->got_through && (has_lasted || !transport->tls);
}

static void transport_pause(struct transport *transport, const char *why)
{
	bool was_good = transport_was_good(transport);

	if (transport->phase >= TRANSPORT_GREETING && !was_good)
		connector_distrust(transport->connector);
	if (was_good || !transport->pause_ns)
		transport->pause_ns = TRANSPORT_PAUSE_MIN;
	else
		transport->pause_ns = MIN(2 * transport->pause_ns, TRANSPORT_PAUSE_MAX);
	snprintf(transport->why, sizeof(transport->why), "%.80s, next try after %u s", why,
		 (unsigned int)(transport->pause_ns / CLOCK_NS_PER_SECOND));
	transport_close(transport);
	transport->phase = TRANSPORT_PAUSED;
	loop_timer_set(transport->timer, transport->pause_ns, 0);
}

static bool transport_peer_gone(struct transport *transport)
{
	if (transport->tls)
		return tls_peer_gone(transport->tls);
	return frame_peer_gone(transport->fd, transport->frame_kind);
}

/* `otherwise`: why, where TLS does not know it better. */
static void transport_pause_failed(struct transport *transport, const char *otherwise)
{
	char why[TRANSPORT_WHY_SIZE];

	/* A copy: the session ends before the reason is read. */
	snprintf(why, sizeof(why), "%s", transport->tls ? tls_why(transport->tls) : otherwise);
	transport_pause(transport, why);
}

/* Goes on with the handshake, if that is what there is to do. */
static void transport_greet(struct transport *transport)
{
	int r;

	if (transport->phase != TRANSPORT_GREETING)
		return;
	r = tls_greet(transport->tls);
	if (r == -EAGAIN) {
		r = loop_source_set_events(transport->source,
					   (uint32_t)tls_wants(transport->tls));
		if (r == 0)
			return;
	}
	if (r < 0) {
		transport_pause_failed(transport, strerror(-r));
		return;
	}
	loop_timer_set(transport->timer, 0, 0);
	loop_source_set_events(transport->source, TRANSPORT_EVENTS);
	transport->phase = TRANSPORT_CONNECTED;
	transport->since_ns = clock_boot_ns();
}

static void transport_on_event(void *argument, uint32_t events)
{
	struct transport *transport = argument;
	/* Over TLS, what stands before an error in the stream may tell more than the error. */
	int r = events & EPOLLERR && !transport->tls ? dial_error(transport->fd) : 0;

	if (r < 0)
		transport_pause(transport, strerror(-r));
	else if (transport->phase == TRANSPORT_GREETING)
		transport_greet(transport);
	else if (events & ~(uint32_t)EPOLLOUT && transport_peer_gone(transport))
		transport_pause_failed(transport, "closed by the other end");
	else if (events & EPOLLOUT)
		loop_source_set_events(transport->source, TRANSPORT_EVENTS);
	if (transport->phase == TRANSPORT_CONNECTED)
		transport->ready(transport->argument);
}

static enum frame_kind transport_choose_frame(const struct transport *transport, bool is_stream)
{
	if (!is_stream)
		return FRAME_DATAGRAM;
	return transport->target_kind >= TARGET_TCP ? FRAME_COUNTED : FRAME_LINE;
}

/* Before anything else goes over a connection. */
static int transport_begin_greeting(struct transport *transport)
{
	int r = tls_start(&transport->tls, transport->security, transport->fd);

	if (r < 0)
		return r;
	transport->phase = TRANSPORT_GREETING;
	loop_timer_set(transport->timer, TRANSPORT_GREETING_MAX, 0);
	transport_greet(transport);
	return 0;
}

static int transport_adopt(struct transport *transport)
{
	bool is_stream;
	int r;

	transport->fd = connector_take(transport->connector, &is_stream, &transport->path);
	transport->frame_kind = transport_choose_frame(transport, is_stream);
	transport->phase = TRANSPORT_CONNECTED;
	transport->since_ns = clock_boot_ns();
	transport->got_through = false;
	r = loop_add_fd(transport->loop, transport->fd, TRANSPORT_EVENTS, transport_on_event,
			transport, &transport->source);
	return r == 0 && transport->target_kind == TARGET_TLS ?
		       transport_begin_greeting(transport) :
		       r;
}

/* The connector's answer, in whichever way it came. */
static void transport_on_result(struct transport *transport, int result)
{
	if (result == -EINPROGRESS)
		return;
	if (result < 0) {
		transport_pause(transport, connector_why(transport->connector));
		return;
	}
	result = transport_adopt(transport);
	if (result < 0)
		transport_pause(transport, strerror(-result));
}

static void transport_on_done(void *argument, int result)
{
	struct transport *transport = argument;

	transport_on_result(transport, result);
	if (transport->phase == TRANSPORT_CONNECTED)
		transport->ready(transport->argument);
}

static void transport_begin(struct transport *transport)
{
	transport_close(transport);
	transport->phase = TRANSPORT_CONNECTING;
	transport_on_result(transport, connector_begin(transport->connector));
}

static void transport_on_timer(void *argument, uint32_t events)
{
	struct transport *transport = argument;

	(void)events;
	if (transport->phase == TRANSPORT_GREETING)
		transport_pause(transport, "no answer to the TLS handshake");
	else
		transport_begin(transport);
	if (transport->phase == TRANSPORT_CONNECTED)
		transport->ready(transport->argument);
}

int transport_new(struct transport **ret_transport, struct loop *loop, const struct target *target,
		  const struct connector_local *local, struct tls_context *security,
		  transport_ready *ready, void *argument)
{
	_cleanup_free_ struct transport *transport = calloc(1, sizeof(*transport));
	int r;

	if (!transport)
		return -ENOMEM;
	if (target->kind == TARGET_TLS && !security)
		return -EINVAL;
	transport->loop = loop;
	transport->target_kind = target->kind;
	transport->security = security;
	transport->ready = ready;
	transport->argument = argument;
	transport->fd = -1;
	r = loop_add_timer(loop, transport_on_timer, transport, &transport->timer);
	if (r < 0)
		return r;
	r = connector_new(&transport->connector, loop, target, local, transport_on_done, transport);
	if (r < 0) {
		loop_source_free(transport->timer);
		return r;
	}
	transport_begin(transport);
	*ret_transport = TAKE(transport);
	return 0;
}

void transport_free(struct transport *transport)
{
	if (!transport)
		return;
	transport_close(transport);
	connector_free(transport->connector);
	loop_source_free(transport->timer);
	free(transport);
}

void transport_reconnect(struct transport *transport, struct tls_context *security)
{
	transport->security = security;
	transport->pause_ns = 0;
	transport_begin(transport);
}

int transport_wait_ready(struct transport *transport)
{
	return loop_source_set_events(transport->source, TRANSPORT_EVENTS | EPOLLOUT);
}

static int transport_send_frame(struct transport *transport, const void *data, size_t length)
{
	if (transport->tls)
		return tls_send(transport->tls, data, length);
	return frame_send(transport->fd, transport->frame_kind, data, length, &transport->sent);
}

static bool transport_is_stream(const struct transport *transport)
{
	return transport->frame_kind != FRAME_DATAGRAM;
}

int transport_send(struct transport *transport, const void *data, size_t length)
{
	int r;

	if (transport->phase != TRANSPORT_CONNECTED)
		return -ENOTCONN;
	if (!transport->sent && transport_is_stream(transport) && transport_peer_gone(transport)) {
		transport_pause_failed(transport, "closed by the other end");
		return -ENOTCONN;
	}
	r = transport_send_frame(transport, data, length);
	if (r == -EAGAIN)
		r = transport_wait_ready(transport) ?: -EAGAIN;
	if (r == 0)
		transport->got_through = true;
	if (r == 0 || r == -EAGAIN || r == -EMSGSIZE)
		return r;
	transport_pause_failed(transport, strerror(-r));
	return -ENOTCONN;
}

void transport_step(struct transport *transport, struct pollfd *ret_poll)
{
	*ret_poll = (struct pollfd){ .fd = -1 };
	if (transport->phase == TRANSPORT_CONNECTING)
		transport_on_result(transport, connector_step(transport->connector));
	transport_greet(transport);
	if (transport->phase == TRANSPORT_CONNECTING)
		*ret_poll = connector_wait(transport->connector);
	else if (transport->phase == TRANSPORT_GREETING)
		*ret_poll = (struct pollfd){ transport->fd, tls_wants(transport->tls), 0 };
	else if (transport->phase == TRANSPORT_CONNECTED)
		*ret_poll = (struct pollfd){ transport->fd, POLLOUT, 0 };
}

int transport_fd(const struct transport *transport)
{
	return transport->phase == TRANSPORT_CONNECTED ? transport->fd : -1;
}

size_t transport_path(const struct transport *transport)
{
	return transport->path;
}

const char *transport_state(const struct transport *transport)
{
	switch (transport->phase) {
	case TRANSPORT_CONNECTED:
		return "connected";
	case TRANSPORT_CONNECTING:
		return connector_why(transport->connector);
	case TRANSPORT_GREETING:
		return "in the TLS handshake";
	default:
		return transport->why;
	}
}
