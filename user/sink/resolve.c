/* SPDX-License-Identifier: GPL-2.0-only */
/* resolve.c - the thread and its owner share one counted struct; the last to leave frees it. */
#include "resolve.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/eventfd.h>

#include "../base/util.h"

struct resolve {
	atomic_int holders;
	atomic_bool done; /* the members below it are written before, and never after */
	int fd;
	int error; /* getaddrinfo's */
	struct addrinfo *list;
	int socket_type;
	char port[8];
	char host[];
};

static void resolve_release(struct resolve *resolve)
{
	if (atomic_fetch_sub(&resolve->holders, 1) > 1)
		return;
	if (resolve->list)
		freeaddrinfo(resolve->list);
	close(resolve->fd);
	free(resolve);
}

static int resolve_look_up(const char *host, const char *port, int socket_type, int flags,
			   struct addrinfo **ret_list)
{
	struct addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = socket_type,
		.ai_flags = AI_NUMERICSERV | flags,
	};

	return getaddrinfo(host, port, &hints, ret_list);
}

static void *resolve_main(void *argument)
{
	struct resolve *resolve = argument;

	/* No AI_ADDRCONFIG: where only the loopback device is up, it would find no localhost. */
	resolve->error = resolve_look_up(resolve->host, resolve->port, resolve->socket_type, 0,
					 &resolve->list);
	if (resolve->error)
		resolve->list = NULL;
	atomic_store(&resolve->done, true);
	eventfd_write(resolve->fd, 1);
	resolve_release(resolve);
	return NULL;
}

/* The thread starts with every signal blocked: they belong to the loop. */
static int resolve_start_thread(struct resolve *resolve)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	pthread_t thread;
	int r;

	r = pthread_attr_init(&attributes);
	if (r)
		return -r;
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&thread, &attributes, resolve_main, resolve);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return -r;
}

int resolve_start(struct resolve **ret_resolve, const char *host, const char *port,
		  int socket_type)
{
	_cleanup_free_ struct resolve *resolve = calloc(1, sizeof(*resolve) + strlen(host) + 1);
	int r;

	if (!resolve)
		return -ENOMEM;
	strcpy(resolve->host, host);
	snprintf(resolve->port, sizeof(resolve->port), "%s", port);
	resolve->socket_type = socket_type;
	atomic_init(&resolve->holders, 2);
	resolve->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (resolve->fd < 0)
		return -errno;
	r = resolve_start_thread(resolve);
	if (r < 0) {
		close(resolve->fd);
		return r;
	}
	*ret_resolve = TAKE(resolve);
	return 0;
}

int resolve_fd(const struct resolve *resolve)
{
	return resolve->fd;
}

int resolve_take(struct resolve *resolve, struct addrinfo **ret_list, const char **ret_why)
{
	if (!atomic_load(&resolve->done))
		return -EAGAIN;
	if (resolve->error || !resolve->list) {
		*ret_why = gai_strerror(resolve->error ? resolve->error : EAI_NONAME);
		return -EHOSTUNREACH;
	}
	*ret_list = TAKE(resolve->list);
	return 0;
}

void resolve_free(struct resolve *resolve)
{
	if (resolve)
		resolve_release(resolve);
}

int resolve_numeric(const char *host, const char *port, int socket_type,
		    struct addrinfo **ret_list)
{
	return resolve_look_up(host, port, socket_type, AI_NUMERICHOST, ret_list) ? -EINVAL : 0;
}
