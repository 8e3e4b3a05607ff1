/* SPDX-License-Identifier: GPL-2.0-only */
/* console.c - alerts as lines for people, on standard output. */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "../base/clock.h"
#include "../base/util.h"
#include "../model/severity.h"
#include "sink.h"
#include "stream.h"

#define CONSOLE_LINE_SIZE (ALERT_MESSAGE_SIZE + 128)
#define CONSOLE_TIME_SIZE 40

struct console_sink {
	struct sink sink; /* first */
	struct stream *stream;
	bool is_coloured;
};

static const char *const console_colours[SEVERITY_COUNT] = {
	[SEVERITY_EMERG] = "\033[1;31m", [SEVERITY_ALERT] = "\033[1;31m",
	[SEVERITY_CRIT] = "\033[1;31m",  [SEVERITY_ERR] = "\033[31m",
	[SEVERITY_WARNING] = "\033[33m", [SEVERITY_NOTICE] = "\033[36m",
	[SEVERITY_INFO] = "",		 [SEVERITY_DEBUG] = "\033[2m",
};

/* "2026-11-22 06:35:00.123", local time. */
static void console_format_time(uint64_t wall_ns, char out[CONSOLE_TIME_SIZE])
{
	time_t seconds = (time_t)(wall_ns / CLOCK_NS_PER_SECOND);
	struct tm parts = { 0 };
	size_t length;

	localtime_r(&seconds, &parts);
	length = strftime(out, CONSOLE_TIME_SIZE, "%Y-%m-%d %H:%M:%S", &parts);
	snprintf(out + length, CONSOLE_TIME_SIZE - length, ".%03u",
		 (unsigned int)(wall_ns % CLOCK_NS_PER_SECOND / 1000000));
}

static void console_send(struct sink *base, const struct alert *alert)
{
	struct console_sink *sink = (struct console_sink *)base;
	enum severity severity = MIN((enum severity)alert->severity, SEVERITY_DEBUG);
	const char *colour = sink->is_coloured ? console_colours[severity] : "";
	char message[ALERT_MESSAGE_SIZE];
	char when[CONSOLE_TIME_SIZE];
	char line[CONSOLE_LINE_SIZE];
	int length;

	console_format_time(alert->wall_ns, when);
	length = snprintf(line, sizeof(line), "%s %s%-7s%s %-11s %s\n", when, colour,
			  severity_word(severity), *colour ? "\033[0m" : "",
			  alert_action_word(alert->action), alert_format_message(alert, message));
	stream_write(sink->stream, line, (size_t)length);
}

static void console_say(struct sink *base, const char *text)
{
	struct console_sink *sink = (struct console_sink *)base;
	_cleanup_free_ char *line = NULL;
	int length = asprintf(&line, "portsentinel: %s\n", text);

	if (length > 0)
		stream_say(sink->stream, line, (size_t)length);
}

static void console_flush(struct sink *base, struct pollfd *ret_poll)
{
	stream_flush(((struct console_sink *)base)->stream, ret_poll);
}

static void console_status(const struct sink *base, struct sink_status *ret_status)
{
	*ret_status = (struct sink_status){ .kind = "console" };
	stream_status(((const struct console_sink *)base)->stream, ret_status);
}

static void console_free(struct sink *base)
{
	struct console_sink *sink = (struct console_sink *)base;

	stream_free(sink->stream);
	free(sink);
}

static const struct sink_ops console_ops = {
	.send = console_send,
	.say = console_say,
	.flush = console_flush,
	.status = console_status,
	.free = console_free,
};

/* https://no-color.org: set and not empty. */
static bool console_wants_colour(const struct stream *stream)
{
	const char *no_colour = getenv("NO_COLOR");

	return stream_is_terminal(stream) && !(no_colour && *no_colour);
}

int console_sink_new(struct sink **ret_sink, struct loop *loop)
{
	_cleanup_free_ struct console_sink *sink = calloc(1, sizeof(*sink));
	int r;

	if (!sink)
		return -ENOMEM;
	sink->sink.ops = &console_ops;
	r = stream_new(&sink->stream, loop, "-");
	if (r < 0)
		return r;
	sink->is_coloured = console_wants_colour(sink->stream);
	*ret_sink = &TAKE(sink)->sink;
	return 0;
}
