/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stream.h - lines to a file or to standard output. A regular file takes each line at once and
 * whole; a pipe or terminal that is slow never makes the caller wait: lines queue, bounded.
 */
#ifndef SINK_STREAM_H
#define SINK_STREAM_H

#include "sink.h"

struct stream;

/*
 * path "-": standard output. Another path is appended to, made with mode 0640 when absent, and
 * must not be a symbolic link. 0 or -errno.
 */
int stream_new(struct stream **ret_stream, struct loop *loop, const char *path);
/* NULL is allowed. */
void stream_free(struct stream *stream);

/* One line, its newline included: an alert. */
void stream_write(struct stream *stream, const char *line, size_t length);

/* The same for a line that is no alert, which the numbers leave out. */
void stream_say(struct stream *stream, const char *line, size_t length);

/* Counts a line that could not even be made. */
void stream_drop(struct stream *stream, int error);

/* Opens the path anew; keeps the old file when that fails. */
void stream_reopen(struct stream *stream);

/* As in struct sink_ops. `status` leaves `kind` alone. */
void stream_flush(struct stream *stream, struct pollfd *ret_poll);
void stream_status(const struct stream *stream, struct sink_status *ret_status);

bool stream_is_terminal(const struct stream *stream);

#endif
