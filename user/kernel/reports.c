// SPDX-License-Identifier: GPL-2.0-only
/* reports.c - the reader's side of the owner hooks' ring. */
#include "reports.h"

#include <errno.h>
#include <sys/epoll.h>

#include <bpf/libbpf.h>

#include "../base/util.h"

struct reports {
	struct ring_buffer *buffer;
	struct loop_source *readable;
	struct reports_handlers handlers;
};

static bool reports_is_process(const struct process_event *event, size_t size)
{
	return size == sizeof(*event) && event->exe_length <= PROCESS_EXE_SIZE &&
	       event->args_length <= PROCESS_ARGS_SIZE &&
	       event->cgroup_length <= PROCESS_CGROUP_SIZE;
}

/* A record that is none of these was written by another version: it says nothing here. */
static int reports_on_record(void *argument, void *data, size_t size)
{
	const struct reports *reports = argument;
	const struct reports_handlers *handlers = &reports->handlers;
	const struct owner_event *head = data;

	if (size < sizeof(*head) || head->version != ABI_VERSION || head->size != size)
		return 0;
	if (head->type == OWNER_PROCESS && reports_is_process(data, size))
		handlers->process(handlers->argument, data);
	else if (head->type != OWNER_PROCESS && size == sizeof(struct listener_event))
		handlers->socket(handlers->argument, data);
	return 0;
}

void reports_drain(struct reports *reports)
{
	ring_buffer__consume(reports->buffer);
}

static void reports_on_readable(void *argument, uint32_t events)
{
	(void)events;
	reports_drain(argument);
}

int reports_new(struct reports **ret_reports, struct loop *loop, int fd,
		const struct reports_handlers *handlers)
{
	struct reports *reports = calloc(1, sizeof(*reports));
	int r = -ENOMEM;

	if (!reports)
		return r;
	reports->handlers = *handlers;
	reports->buffer = ring_buffer__new(fd, reports_on_record, reports, NULL);
	if (!reports->buffer)
		r = -errno;
	else
		r = loop_add_fd(loop, ring_buffer__epoll_fd(reports->buffer), EPOLLIN,
				reports_on_readable, reports, &reports->readable);
	if (r < 0) {
		reports_free(reports);
		return r;
	}
	*ret_reports = reports;
	return 0;
}

void reports_free(struct reports *reports)
{
	if (!reports)
		return;
	loop_source_free(reports->readable);
	ring_buffer__free(reports->buffer);
	free(reports);
}
