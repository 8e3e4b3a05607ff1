/* SPDX-License-Identifier: GPL-2.0-only */
/* log.c - formats one message, makes it safe to show, and hands it to whoever listens. */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#include "log.h"
#include "text.h"

/* A longer message is cut. */
#define LOG_MESSAGE_SIZE 4096

static void log_to_stderr(enum log_level level, const char *message)
{
	(void)level;
	fprintf(stderr, "portsentinel: %s\n", message);
}

static log_handler *current_handler = log_to_stderr;
static bool debug_is_on;

void log_set_handler(log_handler *handler)
{
	current_handler = handler ? handler : log_to_stderr;
}

void log_set_debug(int on)
{
	debug_is_on = on;
}

static void log_message(enum log_level level, int error, const char *format, va_list arguments)
{
	char raw[LOG_MESSAGE_SIZE];
	char escaped[LOG_MESSAGE_SIZE];
	size_t length;

	vsnprintf(raw, sizeof(raw), format, arguments);
	length = strlen(raw);
	if (error)
		snprintf(raw + length, sizeof(raw) - length, ": %s", strerror(abs(error)));
	text_escape(escaped, sizeof(escaped), raw, strlen(raw));
	current_handler(level, escaped);
}

int log_error(int error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	log_message(LOG_LEVEL_ERROR, error, format, arguments);
	va_end(arguments);
	return error;
}

void log_notice(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	log_message(LOG_LEVEL_NOTICE, 0, format, arguments);
	va_end(arguments);
}

void log_debug(const char *format, ...)
{
	va_list arguments;

	if (!debug_is_on)
		return;
	va_start(arguments, format);
	log_message(LOG_LEVEL_DEBUG, 0, format, arguments);
	va_end(arguments);
}
