/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * failure.h - what becomes of errors. Plain, each is a line on standard error. Under -j they are
 * kept until the command is over, and then stand in for its output as one JSON value, or are told
 * on standard error where it gave one all the same; a stream prints each as one of its lines.
 */
#ifndef CLI_FAILURE_H
#define CLI_FAILURE_H

#include "../base/util.h"
#include "../view/out.h"

/* Exit status. */
enum outcome {
	OUTCOME_DONE = 0,
	OUTCOME_FAILED = 1,
	OUTCOME_MISUSED = 2, /* the call or the configuration is wrong */
};

/* From now on errors go the format's way. */
void failure_begin(enum out_format format);

/* From now on the command writes a stream. */
void failure_stream(void);

/* {"error": "..."}, a new reference; NULL when nothing is kept. */
json_t *failure_take(void);

/* Tells on standard error what is kept. */
void failure_tell(void);

/* Logs the message and returns OUTCOME_MISUSED or OUTCOME_FAILED. */
int failure_misused(const char *format, ...) PRINTF_LIKE(1, 2);
int failure_failed(const char *format, ...) PRINTF_LIKE(1, 2);

/*
 * What a write to standard output came to. A reader that went away wanted no more: no failure.
 */
int failure_of_output(int r);

#endif
