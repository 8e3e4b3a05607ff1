/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * line.h - a line for people that grows at its end, in a place of fixed size; what does not fit
 * is cut off, at a whole escape in what others wrote.
 */
#ifndef MODEL_LINE_H
#define MODEL_LINE_H

#include <stddef.h>

#include "../base/util.h"

struct line {
	char *out; /* terminated; to begin with, empty */
	size_t size;
	size_t used;
};

void line_add(struct line *line, const char *format, ...) PRINTF_LIKE(2, 3);

/* A text that a peer or a process chose: text_escape()d. */
void line_add_foreign(struct line *line, const char *text);

/* The same between double quotes, which it cannot end: its own become \". */
void line_add_quoted(struct line *line, const char *text);

#endif
