/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * log.h - what the program says about itself. Library code returns -errno and stays silent; the
 * caller who knows the purpose logs once: `return log_error(r, "load %s", name)`.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "util.h"

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_NOTICE,
	LOG_LEVEL_DEBUG,
};

/* Takes one finished message, without prefix and newline. */
typedef void log_handler(enum log_level level, const char *message);

/* Replaces the default handler ("portsentinel: MESSAGE" on standard error); NULL brings it back. */
void log_set_handler(log_handler *handler);

/* Lets debug messages through. */
void log_set_debug(int on);

/*
 * Logs "MESSAGE: strerror(-error)"; with error 0 the message alone. Returns error unchanged.
 * Control characters in the message are escaped.
 */
int log_error(int error, const char *format, ...) PRINTF_LIKE(2, 3);

/* Something the user should know and that is no failure. */
void log_notice(const char *format, ...) PRINTF_LIKE(1, 2);

/* Shown under --debug only. */
void log_debug(const char *format, ...) PRINTF_LIKE(1, 2);

#endif
