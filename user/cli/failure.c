// SPDX-License-Identifier: GPL-2.0-only
/* failure.c - the log handler of the command line. */
#include "failure.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#include "../base/log.h"

#define FAILURE_MESSAGE_SIZE 2048

static struct {
	enum out_format format;
	bool is_stream;
	char *kept; /* messages, joined */
} failure;

static void failure_keep(const char *message)
{
	char *joined;

	if (asprintf(&joined, "%s%s%s", failure.kept ? failure.kept : "",
		     failure.kept ? "; " : "", message) < 0)
		return;
	free(failure.kept);
	failure.kept = joined;
}

static void failure_handle(enum log_level level, const char *message)
{
	if (level != LOG_LEVEL_ERROR)
		fprintf(stderr, "portsentinel: %s\n", message);
	else if (failure.is_stream)
		out_print_line(failure.format, json_pack("{s:s}", "error", message));
	else
		failure_keep(message);
}

void failure_begin(enum out_format format)
{
	failure.format = format;
	log_set_handler(format == OUT_PLAIN ? NULL : failure_handle);
}

void failure_stream(void)
{
	failure.is_stream = true;
}

json_t *failure_take(void)
{
	json_t *value = failure.kept ? json_pack("{s:s}", "error", failure.kept) : NULL;

	free(failure.kept);
	failure.kept = NULL;
	return value;
}

void failure_tell(void)
{
	if (failure.kept)
		fprintf(stderr, "portsentinel: %s\n", failure.kept);
	free(failure.kept);
	failure.kept = NULL;
}

int failure_misused(const char *format, ...)
{
	char message[FAILURE_MESSAGE_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	log_error(0, "%s", message);
	return OUTCOME_MISUSED;
}

int failure_failed(const char *format, ...)
{
	char message[FAILURE_MESSAGE_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	log_error(0, "%s", message);
	return OUTCOME_FAILED;
}

int failure_of_output(int r)
{
	if (r == 0 || r == -EPIPE)
		return OUTCOME_DONE;
	log_set_handler(NULL); /* nothing can be said on standard output */
	log_error(r, "write standard output");
	return OUTCOME_FAILED;
}
