// SPDX-License-Identifier: GPL-2.0-only
/* records.c - the reader's side of the owner hooks' ring. */
#include "records.h"

#include <errno.h>
#include <sys/epoll.h>

#include <bpf/libbpf.h>

#include "../base/util.h"

struct records {
	struct ring_buffer *buffer;
	struct loop_source *readable;
	struct records_handlers handlers;
};

static bool records_is_process(const struct process_event *event, size_t size)
{
	return size == sizeof(*event) && event->exe_length <= PROCESS_EXE_SIZE &&
	       event->args_length <= PROCESS_ARGS_SIZE &&
	       event->cgroup_length <= PROCESS_CGROUP_SIZE;
}

/* A record that is none of these was written by another version: it says nothing here. */
static int records_on_record(void *argument, void *data, size_t size)
{
	const struct records *records = argument;
	const struct records_handlers *handlers = &records->handlers;
	const struct owner_event *head = data;

	if (size < sizeof(*head) || head->version != ABI_VERSION || head->size != size)
		return 0;
	if (head->type == OWNER_PROCESS && records_is_process(data, size))
		handlers->process(handlers->argument, data);
	else if (head->type != OWNER_PROCESS && size == sizeof(struct listener_event))
		handlers->socket(handlers->argument, data);
	return 0;
}

void records_drain(struct records *records)
{
	ring_buffer__consume(records->buffer);
}

static void records_on_readable(void *argument, uint32_t events)
{
	(void)events;
	records_drain(argument);
}

int records_new(struct records **ret_records, struct loop *loop, int fd,
		const struct records_handlers *handlers)
{
	struct records *records = calloc(1, sizeof(*records));
	int r = -ENOMEM;

	if (!records)
		return r;
	records->handlers = *handlers;
	records->buffer = ring_buffer__new(fd, records_on_record, records, NULL);
	if (!records->buffer)
		r = -errno;
	else
		r = loop_add_fd(loop, ring_buffer__epoll_fd(records->buffer), EPOLLIN,
				records_on_readable, records, &records->readable);
	if (r < 0) {
		records_free(records);
		return r;
	}
	*ret_records = records;
	return 0;
}

void records_free(struct records *records)
{
	if (!records)
		return;
	loop_source_free(records->readable);
	ring_buffer__free(records->buffer);
	free(records);
}
