/* SPDX-License-Identifier: GPL-2.0-only */
/* jsonl.c - the JSON log: one object a line. */
#include <errno.h>

#include "../base/util.h"
#include "sink.h"
#include "stream.h"

/*
 * Non-ASCII is written as \uXXXX: the same string for every reader, and nothing but printable
 * ASCII on a terminal.
 */
#define JSONL_FLAGS (JSON_COMPACT | JSON_ENSURE_ASCII)

struct jsonl_sink {
	struct sink sink; /* first */
	struct stream *stream;
	char hostname[SINK_HOSTNAME_SIZE];
};

/* The alert's line in memory the caller frees; NULL: no memory. */
static char *jsonl_format(struct jsonl_sink *sink, const struct alert *alert, size_t *ret_length)
{
	json_t *object = alert_to_json(alert, sink_hostname(sink->hostname));
	char *line = NULL;
	size_t length;

	if (!object)
		return NULL;
	length = json_dumpb(object, NULL, 0, JSONL_FLAGS);
	if (length)
		line = malloc(length + 1);
	if (line) {
		json_dumpb(object, line, length, JSONL_FLAGS);
		line[length] = '\n';
		*ret_length = length + 1;
	}
	json_decref(object);
	return line;
}

static void jsonl_send(struct sink *base, const struct alert *alert)
{
	struct jsonl_sink *sink = (struct jsonl_sink *)base;
	size_t length = 0;
	_cleanup_free_ char *line = jsonl_format(sink, alert, &length);

	if (line)
		stream_write(sink->stream, line, length);
	else
		stream_drop(sink->stream, -ENOMEM);
}

static void jsonl_reopen(struct sink *base)
{
	stream_reopen(((struct jsonl_sink *)base)->stream);
}

static void jsonl_flush(struct sink *base, struct pollfd *ret_poll)
{
	stream_flush(((struct jsonl_sink *)base)->stream, ret_poll);
}

static void jsonl_status(const struct sink *base, struct sink_status *ret_status)
{
	*ret_status = (struct sink_status){ .kind = "json-log" };
	stream_status(((const struct jsonl_sink *)base)->stream, ret_status);
}

static void jsonl_free(struct sink *base)
{
	struct jsonl_sink *sink = (struct jsonl_sink *)base;

	stream_free(sink->stream);
	free(sink);
}

static const struct sink_ops jsonl_ops = {
	.send = jsonl_send,
	.reopen = jsonl_reopen,
	.flush = jsonl_flush,
	.status = jsonl_status,
	.free = jsonl_free,
};

int jsonl_sink_new(struct sink **ret_sink, struct loop *loop, const char *path)
{
	_cleanup_free_ struct jsonl_sink *sink = calloc(1, sizeof(*sink));
	int r;

	if (!sink)
		return -ENOMEM;
	sink->sink.ops = &jsonl_ops;
	r = stream_new(&sink->stream, loop, path);
	if (r < 0)
		return r;
	*ret_sink = &TAKE(sink)->sink;
	return 0;
}
