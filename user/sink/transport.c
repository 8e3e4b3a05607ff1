/* SPDX-License-Identifier: GPL-2.0-only */
/* transport.c - the connection's phases: pause -> connecting -> connected -> pause. */
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

/* A UDP target that refuses says so within a round trip; silence for so long is success. */
#define TRANSPORT_UDP_PROOF (2 * CLOCK_NS_PER_SECOND)

#define TRANSPORT_WHY_SIZE 128
#define TRANSPORT_EVENTS (EPOLLIN | EPOLLRDHUP)

enum transport_phase {
	TRANSPORT_PAUSED,
	TRANSPORT_CONNECTING,
	TRANSPORT_CONNECTED,
};

struct transport {
	struct loop *loop;
	enum target_kind target_kind;
	struct connector *connector;
	transport_ready *ready;
	void *argument;

	enum transport_phase phase;
	struct loop_source *timer; /* the pause's end */
	struct loop_source *source;
	int fd;
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
	util_close_fd(&transport->fd);
	transport->fd = -1;
	transport->sent = 0;
}

static bool transport_was_good(const struct transport *transport)
{
	if (transport->phase != TRANSPORT_CONNECTED)
		return false;
	if (transport->target_kind != TARGET_UDP)
		return transport->got_through;
	return clock_boot_ns() - transport->since_ns >= TRANSPORT_UDP_PROOF;
}

static void transport_pause(struct transport *transport, const char *why)
{
	bool was_good = transport_was_good(transport);

	if (transport->phase == TRANSPORT_CONNECTED && !was_good)
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

static void transport_on_event(void *argument, uint32_t events)
{
	struct transport *transport = argument;
	int r = events & EPOLLERR ? dial_error(transport->fd) : 0;

	if (r < 0)
		transport_pause(transport, strerror(-r));
	else if (events & ~(uint32_t)EPOLLOUT &&
		 frame_peer_gone(transport->fd, transport->frame_kind))
		transport_pause(transport, "closed by the other end");
	else if (events & EPOLLOUT)
		loop_source_set_events(transport->source, TRANSPORT_EVENTS);
	if (transport->phase == TRANSPORT_CONNECTED)
		transport->ready(transport->argument);
}

static enum frame_kind transport_choose_frame(const struct transport *transport, bool is_stream)
{
	if (!is_stream)
		return FRAME_DATAGRAM;
	return transport->target_kind == TARGET_TCP ? FRAME_COUNTED : FRAME_LINE;
}

static int transport_adopt(struct transport *transport)
{
	bool is_stream;

	transport->fd = connector_take(transport->connector, &is_stream, &transport->path);
	transport->frame_kind = transport_choose_frame(transport, is_stream);
	transport->phase = TRANSPORT_CONNECTED;
	transport->since_ns = clock_boot_ns();
	transport->got_through = false;
	return loop_add_fd(transport->loop, transport->fd, TRANSPORT_EVENTS, transport_on_event,
			   transport, &transport->source);
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
	transport_begin(transport);
	if (transport->phase == TRANSPORT_CONNECTED)
		transport->ready(transport->argument);
}

int transport_new(struct transport **ret_transport, struct loop *loop, const struct target *target,
		  const struct connector_local *local, transport_ready *ready, void *argument)
{
	_cleanup_free_ struct transport *transport = calloc(1, sizeof(*transport));
	int r;

	if (!transport)
		return -ENOMEM;
	transport->loop = loop;
	transport->target_kind = target->kind;
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

void transport_reconnect(struct transport *transport)
{
	transport->pause_ns = 0;
	transport_begin(transport);
}

int transport_wait_ready(struct transport *transport)
{
	return loop_source_set_events(transport->source, TRANSPORT_EVENTS | EPOLLOUT);
}

int transport_send(struct transport *transport, const void *data, size_t length)
{
	int r;

	if (transport->phase != TRANSPORT_CONNECTED)
		return -ENOTCONN;
	if (!transport->sent && transport->frame_kind != FRAME_DATAGRAM &&
	    frame_peer_gone(transport->fd, transport->frame_kind)) {
		transport_pause(transport, "closed by the other end");
		return -ENOTCONN;
	}
	r = frame_send(transport->fd, transport->frame_kind, data, length, &transport->sent);
	if (r == -EAGAIN)
		r = transport_wait_ready(transport) ?: -EAGAIN;
	if (r == 0)
		transport->got_through = true;
	if (r == 0 || r == -EAGAIN || r == -EMSGSIZE)
		return r;
	transport_pause(transport, strerror(-r));
	return -ENOTCONN;
}

void transport_step(struct transport *transport, struct pollfd *ret_poll)
{
	*ret_poll = (struct pollfd){ .fd = -1 };
	if (transport->phase == TRANSPORT_CONNECTING)
		transport_on_result(transport, connector_step(transport->connector));
	if (transport->phase == TRANSPORT_CONNECTING)
		*ret_poll = connector_wait(transport->connector);
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
	default:
		return transport->why;
	}
}
