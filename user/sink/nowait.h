/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * nowait.h - writes that neither wait nor raise SIGPIPE, on descriptors that others share: the
 * flag O_NONBLOCK belongs to the open file, which may be the shell's too, so it is never set.
 */
#ifndef SINK_NOWAIT_H
#define SINK_NOWAIT_H

#include <stddef.h>
#include <sys/types.h>

/* What a pipe that is ready takes at once (PIPE_BUF). */
#define NOWAIT_CHUNK 4096

/*
 * A descriptor of our own for what `fd` is open on: a pipe or terminal opened anew, so that it
 * may be non-blocking; where that is refused, and for all else, a duplicate. ret_chunk: how much
 * one nowait_write() may be given. -errno on failure.
 */
int nowait_reopen(int fd, size_t *ret_chunk);

/* Octets written; -EAGAIN: not ready; -EPIPE: nobody reads; or another -errno. */
ssize_t nowait_write(int fd, const char *data, size_t length);

/* A regular file, which never says EAGAIN. 0 or -errno, with what was written all the same. */
int nowait_write_file(int fd, const char *data, size_t length, size_t *ret_written);

#endif
