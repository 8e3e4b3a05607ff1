// SPDX-License-Identifier: GPL-2.0-only
/* line.c - appending, never past the end. */
#include "line.h"

#include <stdarg.h>
#include <stdio.h>

#include "../base/text.h"

void line_add(struct line *line, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(line->out + line->used, line->size - line->used, format, arguments);
	va_end(arguments);
	line->used += MIN((size_t)length, line->size - line->used - 1);
}

static void line_add_escaped(struct line *line, const char *text, size_t length)
{
	size_t room = line->size - line->used;

	if (text_escape(line->out + line->used, room, text, length) >= room)
		line->size = line->used + strlen(line->out + line->used) + 1; /* full */
	line->used += strlen(line->out + line->used);
}

void line_add_foreign(struct line *line, const char *text)
{
	line_add_escaped(line, text, strlen(text));
}

void line_add_quoted(struct line *line, const char *text)
{
	line_add(line, "\"");
	while (*text) {
		size_t length = strcspn(text, "\"");

		line_add_escaped(line, text, length);
		text += length;
		if (!*text)
			break;
		line_add(line, "\\\"");
		text++;
	}
	line_add(line, "\"");
}
