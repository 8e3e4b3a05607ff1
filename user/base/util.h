/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * util.h - ownership in words: a pointer declared with a cleanup attribute is freed at the end
 * of its scope unless TAKE() hands it on.
 */
#ifndef BASE_UTIL_H
#define BASE_UTIL_H

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

#define PRINTF_LIKE(string, first) __attribute__((format(printf, string, first)))

/* Hands the pointer on: the variable forgets it, so its cleanup does nothing. */
#define TAKE(pointer)                          \
	({                                     \
		__typeof__(pointer) *_p = &(pointer); \
		__typeof__(pointer) _taken = *_p;     \
		*_p = NULL;                    \
		_taken;                        \
	})

/* The same for a descriptor. */
#define TAKE_FD(fd)               \
	({                        \
		int *_p = &(fd);  \
		int _taken = *_p; \
		*_p = -1;         \
		_taken;           \
	})

static inline void util_free_pointer(void *pointer)
{
	free(*(void **)pointer);
}

static inline void util_close_fd(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

#define _cleanup_free_ __attribute__((cleanup(util_free_pointer)))
#define _cleanup_close_ __attribute__((cleanup(util_close_fd)))

static inline int util_streq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

#endif
