/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * visible.h - a value one character at a time, in a form that keeps to its line and moves no
 * terminal. Printable text, backslashes included, passes unchanged (unit names are full of
 * "\x2d"); all that text_escape() calls unsafe becomes \n, \x1b and the like.
 */
#ifndef SINK_VISIBLE_H
#define SINK_VISIBLE_H

#include <stddef.h>

#define VISIBLE_SIZE 24

/*
 * Takes the next character of `length` > 0 octets and writes, terminated, what shows it. Returns
 * the octets taken.
 */
size_t visible_next(const char *text, size_t length, char out[VISIBLE_SIZE]);

/*
 * The whole of a terminated text, cut at a whole character when `size` is short. Returns the
 * length written.
 */
size_t visible_copy(char *out, size_t size, const char *text);

#endif
