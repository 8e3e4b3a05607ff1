// SPDX-License-Identifier: GPL-2.0-only
/* value.c - text, times and lists as JSON. */
#include "value.h"

#include <stdbool.h>

#include "../base/clock.h"
#include "../base/text.h"
#include "../base/util.h"

static bool value_is_utf8(const char *text)
{
	size_t length;

	while (*text) {
		length = text_utf8_length(text, strlen(text));
		if (!length)
			return false;
		text += length;
	}
	return true;
}

json_t *value_text(const char *text)
{
	_cleanup_free_ char *escaped = NULL;

	if (!text || !*text)
		return json_null();
	if (value_is_utf8(text))
		return json_string(text);
	escaped = text_escape_dup(text);
	return escaped ? json_string(escaped) : NULL;
}

json_t *value_time(uint64_t wall_ns)
{
	char text[CLOCK_TEXT_SIZE];

	if (!wall_ns)
		return json_null();
	clock_format(wall_ns, text);
	return json_string(text);
}

json_t *value_append(json_t *list, json_t *item)
{
	if (!list || !item) {
		json_decref(list);
		json_decref(item);
		return NULL;
	}
	if (json_array_append_new(list, item) == 0)
		return list;
	json_decref(list);
	return NULL;
}
