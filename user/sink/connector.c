/* SPDX-License-Identifier: GPL-2.0-only */
/* connector.c - name -> addresses or paths -> the first that takes a connection. */
#include "connector.h"

#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "../base/clock.h"
#include "../base/util.h"
#include "dial.h"
#include "resolve.h"

#define CONNECTOR_TIMEOUT (10 * CLOCK_NS_PER_SECOND)
#define CONNECTOR_WHY_SIZE 96

struct connector {
	struct loop *loop;
	struct target target;
	const char *paths[CONNECTOR_LOCAL_PATHS];
	size_t path_count; /* 0: the target has a host */
	connector_done *done;
	void *argument;

	struct loop_source *timer;
	struct loop_source *source; /* of fd, or of the resolver's */
	struct resolve *resolve; /* a look-up in progress */
	struct dial_list places;
	size_t distrusted; /* how many attempts ended at an address that proved bad */
	int fd;
	bool is_stream;
	char why[CONNECTOR_WHY_SIZE];
};

static int connector_explain(struct connector *connector, int error, const char *why)
{
	snprintf(connector->why, sizeof(connector->why), "%.80s", why);
	return error;
}

static void connector_close(struct connector *connector)
{
	loop_timer_set(connector->timer, 0, 0);
	loop_source_free(TAKE(connector->source));
	util_close_fd(&connector->fd);
	connector->fd = -1;
}

void connector_cancel(struct connector *connector)
{
	connector_close(connector);
	resolve_free(TAKE(connector->resolve));
	dial_clear(&connector->places);
}

static void connector_on_event(void *argument, uint32_t events)
{
	struct connector *connector = argument;
	int r = connector_step(connector);

	(void)events;
	if (r != -EINPROGRESS)
		connector->done(connector->argument, r);
}

static int connector_watch(struct connector *connector, int fd, uint32_t events)
{
	return loop_add_fd(connector->loop, fd, events, connector_on_event, connector,
			   &connector->source);
}

/* Goes through the places. `error`: why the one before the next failed. */
static int connector_try(struct connector *connector, int error)
{
	connector_close(connector);
	while (dial_has_next(&connector->places)) {
		int r = dial_next(&connector->places, &connector->fd, &connector->is_stream);

		if (r == 0)
			return 0;
		if (r == -EINPROGRESS)
			r = connector_watch(connector, connector->fd, EPOLLOUT);
		if (r == 0) {
			loop_timer_set(connector->timer, CONNECTOR_TIMEOUT, 0);
			return connector_explain(connector, -EINPROGRESS, "connecting");
		}
		connector_close(connector);
		error = r;
	}
	return connector_explain(connector, error, strerror(-error));
}

static void connector_on_timer(void *argument, uint32_t events)
{
	struct connector *connector = argument;
	int r = connector_try(connector, -ETIMEDOUT);

	(void)events;
	if (r != -EINPROGRESS)
		connector->done(connector->argument, r);
}

void connector_distrust(struct connector *connector)
{
	connector->distrusted++;
}

static struct addrinfo *connector_choose(const struct connector *connector,
					 struct addrinfo *addresses)
{
	size_t count = 0, skip;

	for (const struct addrinfo *each = addresses; each; each = each->ai_next)
		count++;
	for (skip = connector->distrusted % count; skip; skip--)
		addresses = addresses->ai_next;
	return addresses;
}

static int connector_try_addresses(struct connector *connector, struct addrinfo *addresses)
{
	connector->places = (struct dial_list){
		.addresses = addresses,
		.next_address = connector_choose(connector, addresses),
	};
	return connector_try(connector, -EADDRNOTAVAIL);
}

static int connector_look_up(struct connector *connector, int socket_type)
{
	const struct target *target = &connector->target;
	int r = resolve_start(&connector->resolve, target->host, target->port, socket_type);

	if (r == 0)
		r = connector_watch(connector, resolve_fd(connector->resolve), EPOLLIN);
	if (r < 0)
		return connector_explain(connector, r, strerror(-r));
	snprintf(connector->why, sizeof(connector->why), "looking up %.64s", target->host);
	return -EINPROGRESS;
}

int connector_begin(struct connector *connector)
{
	const struct target *target = &connector->target;
	int type = target->kind == TARGET_UDP ? SOCK_DGRAM : SOCK_STREAM;
	struct addrinfo *addresses = NULL;

	connector_cancel(connector);
	if (connector->path_count) {
		connector->places.paths = connector->paths;
		connector->places.path_count = connector->path_count;
		return connector_try(connector, -ENOENT);
	}
	if (resolve_numeric(target->host, target->port, type, &addresses) < 0)
		return connector_look_up(connector, type);
	return connector_try_addresses(connector, addresses);
}

static int connector_step_resolve(struct connector *connector)
{
	struct addrinfo *addresses = NULL;
	const char *why = NULL;
	int r = resolve_take(connector->resolve, &addresses, &why);

	if (r == -EAGAIN)
		return -EINPROGRESS;
	connector_cancel(connector);
	if (r < 0)
		return connector_explain(connector, r, why);
	return connector_try_addresses(connector, addresses);
}

static int connector_step_connect(struct connector *connector)
{
	struct pollfd poll_fd = connector_wait(connector);
	int r;

	if (poll(&poll_fd, 1, 0) <= 0)
		return -EINPROGRESS;
	r = dial_error(connector->fd);
	return r < 0 ? connector_try(connector, r) : 0;
}

int connector_step(struct connector *connector)
{
	if (connector->resolve)
		return connector_step_resolve(connector);
	return connector_step_connect(connector);
}

struct pollfd connector_wait(const struct connector *connector)
{
	if (connector->resolve)
		return (struct pollfd){ resolve_fd(connector->resolve), POLLIN, 0 };
	return (struct pollfd){ connector->fd, POLLOUT, 0 };
}

int connector_take(struct connector *connector, bool *ret_is_stream, size_t *ret_path)
{
	int fd = TAKE_FD(connector->fd);

	*ret_is_stream = connector->is_stream;
	*ret_path = connector->places.next_path ? connector->places.next_path - 1 : 0;
	connector_cancel(connector);
	return fd;
}

const char *connector_why(const struct connector *connector)
{
	return connector->why;
}

static void connector_set_paths(struct connector *connector, const struct connector_local *local)
{
	if (connector->target.kind == TARGET_UNIX) {
		connector->paths[0] = connector->target.path;
		connector->path_count = 1;
	} else if (connector->target.kind == TARGET_LOCAL) {
		memcpy(connector->paths, local->paths, sizeof(connector->paths));
		connector->path_count = CONNECTOR_LOCAL_PATHS;
	}
}

int connector_new(struct connector **ret_connector, struct loop *loop, const struct target *target,
		  const struct connector_local *local, connector_done *done, void *argument)
{
	_cleanup_free_ struct connector *connector = calloc(1, sizeof(*connector));
	int r;

	if (!connector)
		return -ENOMEM;
	connector->loop = loop;
	connector->target = *target;
	connector->done = done;
	connector->argument = argument;
	connector->fd = -1;
	connector_set_paths(connector, local);
	r = loop_add_timer(loop, connector_on_timer, connector, &connector->timer);
	if (r < 0)
		return r;
	*ret_connector = TAKE(connector);
	return 0;
}

void connector_free(struct connector *connector)
{
	if (!connector)
		return;
	connector_cancel(connector);
	loop_source_free(connector->timer);
	free(connector);
}
