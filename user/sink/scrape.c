/* SPDX-License-Identifier: GPL-2.0-only */
/* scrape.c - libmicrohttpd, whose epoll descriptor is one more source of the loop. */
#include "scrape.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "../base/clock.h"
#include "../base/util.h"
#include "prometheus.h"
#include "resolve.h"
#include "target.h"

#define SCRAPE_PATH "/metrics"
#define SCRAPE_CONNECTIONS 8
#define SCRAPE_HEADERS_MAX 8192 /* octets of memory a connection has for its request */
#define SCRAPE_BACKLOG 16

/*
 * libmicrohttpd ends connections that are idle; one that sends an octet now and then is not. So
 * each has its whole life limited, too.
 */
#define SCRAPE_IDLE_SECONDS 5
#define SCRAPE_LIFE_NS (10 * CLOCK_NS_PER_SECOND)
#define SCRAPE_SWEEP_NS CLOCK_NS_PER_SECOND

struct scrape_connection {
	int fd; /* libmicrohttpd's; -1: this place is free */
	uint64_t since_ns;
};

struct scrape {
	struct MHD_Daemon *http;
	struct loop_source *source; /* of its epoll descriptor */
	struct loop_source *timer; /* its next timeout */
	struct loop_source *sweep;
	struct scrape_connection connections[SCRAPE_CONNECTIONS];
	scrape_writer *write;
	void *argument;
};

static void scrape_arm(struct scrape *scrape)
{
	MHD_UNSIGNED_LONG_LONG milliseconds;

	if (MHD_get_timeout(scrape->http, &milliseconds) != MHD_YES)
		loop_timer_set(scrape->timer, 0, 0);
	else
		loop_timer_set(scrape->timer, milliseconds ? milliseconds * 1000000 : 1, 0);
}

static void scrape_run(void *argument, uint32_t events)
{
	struct scrape *scrape = argument;

	(void)events;
	MHD_run(scrape->http);
	scrape_arm(scrape);
}

/* Ends connections that live for too long: libmicrohttpd finds them shut. */
static void scrape_on_sweep(void *argument, uint32_t events)
{
	struct scrape *scrape = argument;
	uint64_t now_ns = clock_boot_ns();

	for (size_t i = 0; i < SCRAPE_CONNECTIONS; i++)
		if (scrape->connections[i].fd >= 0 &&
		    now_ns - scrape->connections[i].since_ns >= SCRAPE_LIFE_NS)
			shutdown(scrape->connections[i].fd, SHUT_RDWR);
	scrape_run(scrape, events);
}

static void scrape_on_connection(void *argument, struct MHD_Connection *connection, void **place,
				 enum MHD_ConnectionNotificationCode code)
{
	struct scrape *scrape = argument;
	struct scrape_connection *entry = *place;
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	if (code == MHD_CONNECTION_NOTIFY_CLOSED && entry)
		entry->fd = -1;
	if (code != MHD_CONNECTION_NOTIFY_STARTED || !info)
		return;
	for (size_t i = 0; i < SCRAPE_CONNECTIONS; i++) {
		if (scrape->connections[i].fd >= 0)
			continue;
		scrape->connections[i] =
			(struct scrape_connection){ info->connect_fd, clock_boot_ns() };
		*place = &scrape->connections[i];
		return;
	}
}

/* Takes the response over. */
static enum MHD_Result scrape_reply(struct MHD_Connection *connection, unsigned int status,
				    struct MHD_Response *response)
{
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result scrape_refuse(struct MHD_Connection *connection, unsigned int status)
{
	static char text[] = "portsentinel: GET " SCRAPE_PATH "\n";
	struct MHD_Response *response =
		MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_PERSISTENT);

	if (response && status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	return scrape_reply(connection, status, response);
}

static enum MHD_Result scrape_give(struct scrape *scrape, struct MHD_Connection *connection)
{
	struct MHD_Response *response;
	size_t length = 0;
	char *text = scrape->write(scrape->argument, &length);

	if (!text)
		return scrape_refuse(connection, MHD_HTTP_SERVICE_UNAVAILABLE);
	response = MHD_create_response_from_buffer(length, text, MHD_RESPMEM_MUST_FREE);
	if (!response) {
		free(text);
		return MHD_NO;
	}
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, PROMETHEUS_CONTENT_TYPE);
	return scrape_reply(connection, MHD_HTTP_OK, response);
}

/* A request's headers are there. */
static enum MHD_Result scrape_answer(void *argument, struct MHD_Connection *connection,
				     const char *path, const char *method, const char *version,
				     const char *upload, size_t *upload_size, void **request)
{
	(void)version;
	(void)upload;
	(void)upload_size;
	(void)request;
	if (!util_streq(method, MHD_HTTP_METHOD_GET) && !util_streq(method, MHD_HTTP_METHOD_HEAD))
		return scrape_refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED);
	if (!util_streq(path, SCRAPE_PATH))
		return scrape_refuse(connection, MHD_HTTP_NOT_FOUND);
	return scrape_give(argument, connection);
}

static int scrape_parse(const char *listen, struct target *ret_target, char *ret_why,
			size_t why_size)
{
	struct addrinfo *addresses = NULL;
	char text[TARGET_HOST_SIZE + 32];
	bool is_port = *listen && strspn(listen, "0123456789") == strlen(listen);
	int r;

	snprintf(text, sizeof(text), "tcp://%s%s", is_port ? "127.0.0.1:" : "", listen);
	r = target_parse(text, ret_target, ret_why, why_size);
	if (r < 0)
		return r;
	r = resolve_numeric(ret_target->host, ret_target->port, SOCK_STREAM, &addresses);
	if (r < 0)
		snprintf(ret_why, why_size, "expected ADDRESS:PORT, the address in figures");
	else
		freeaddrinfo(addresses);
	return r;
}

bool scrape_listen_valid(const char *listen, char *ret_why, size_t why_size)
{
	struct target target;

	return scrape_parse(listen, &target, ret_why, why_size) == 0;
}

static int scrape_bind(const struct addrinfo *address, int *ret_fd)
{
	_cleanup_close_ int fd = socket(address->ai_family,
					SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, address->ai_addr, address->ai_addrlen) < 0 || listen(fd, SCRAPE_BACKLOG) < 0)
		return -errno;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static int scrape_listen(const struct target *target, int *ret_fd)
{
	struct addrinfo *addresses = NULL;
	int r = resolve_numeric(target->host, target->port, SOCK_STREAM, &addresses);

	if (r < 0)
		return r;
	r = scrape_bind(addresses, ret_fd);
	freeaddrinfo(addresses);
	return r;
}

/* Takes the descriptor over. */
static int scrape_start(struct scrape *scrape, struct loop *loop, int fd)
{
	const union MHD_DaemonInfo *info;
	int r;

	scrape->http = MHD_start_daemon(
		MHD_USE_EPOLL, 0, NULL, NULL, scrape_answer, scrape, MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_CONNECTION_LIMIT, SCRAPE_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
		SCRAPE_IDLE_SECONDS,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)SCRAPE_HEADERS_MAX,
		MHD_OPTION_NOTIFY_CONNECTION, scrape_on_connection, scrape, MHD_OPTION_END);
	if (!scrape->http) {
		close(fd);
		return -ENOMEM;
	}
	info = MHD_get_daemon_info(scrape->http, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info)
		return -EOPNOTSUPP;
	r = loop_add_timer(loop, scrape_run, scrape, &scrape->timer);
	if (r == 0)
		r = loop_add_timer(loop, scrape_on_sweep, scrape, &scrape->sweep);
	if (r == 0)
		r = loop_timer_set(scrape->sweep, SCRAPE_SWEEP_NS, SCRAPE_SWEEP_NS);
	return r < 0 ? r : loop_add_fd(loop, info->epoll_fd, EPOLLIN, scrape_run, scrape,
				       &scrape->source);
}

int scrape_new(struct scrape **ret_scrape, struct loop *loop, const char *listen,
	       scrape_writer *write, void *argument, char *ret_why, size_t why_size)
{
	struct scrape *scrape = calloc(1, sizeof(*scrape));
	struct target target;
	int fd = -1, r;

	snprintf(ret_why, why_size, "%s", strerror(ENOMEM));
	r = scrape ? scrape_parse(listen, &target, ret_why, why_size) : -ENOMEM;
	if (r < 0) {
		free(scrape);
		return r;
	}
	scrape->write = write;
	scrape->argument = argument;
	for (size_t i = 0; i < SCRAPE_CONNECTIONS; i++)
		scrape->connections[i].fd = -1;
	r = scrape_listen(&target, &fd);
	if (r == 0)
		r = scrape_start(scrape, loop, fd);
	if (r < 0) {
		snprintf(ret_why, why_size, "%s", strerror(-r));
		scrape_free(scrape);
		return r;
	}
	*ret_scrape = scrape;
	return 0;
}

void scrape_free(struct scrape *scrape)
{
	if (!scrape)
		return;
	loop_source_free(scrape->source);
	loop_source_free(scrape->timer);
	loop_source_free(scrape->sweep);
	if (scrape->http)
		MHD_stop_daemon(scrape->http);
	free(scrape);
}
