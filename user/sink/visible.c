/* SPDX-License-Identifier: GPL-2.0-only */
/* visible.c - values made harmless, character by character. */
#include "visible.h"

#include "../base/text.h"
#include "../base/util.h"

size_t visible_next(const char *text, size_t length, char out[VISIBLE_SIZE])
{
	size_t taken = text_utf8_length(text, length);

	if (!taken)
		taken = 1;
	if (*text == '\\')
		strcpy(out, "\\");
	else
		text_escape(out, VISIBLE_SIZE, text, taken);
	return taken;
}

size_t visible_copy(char *out, size_t size, const char *text)
{
	size_t left = strlen(text);
	size_t used = 0;

	while (left) {
		char shown[VISIBLE_SIZE];
		size_t taken = visible_next(text, left, shown);
		size_t length = strlen(shown);

		if (used + length >= size)
			break;
		memcpy(out + used, shown, length);
		used += length;
		text += taken;
		left -= taken;
	}
	out[used] = '\0';
	return used;
}
