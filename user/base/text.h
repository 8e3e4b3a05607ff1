/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * text.h - numbers, durations, rates, sizes, lists and escapes. Parsers take the whole string or
 * nothing: they return 0, -EINVAL (not of the form) or -ERANGE, and leave the output untouched
 * on failure.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util.h"

/* Says why a text is refused: writes the reason, returns -EINVAL. */
int text_refuse(char *ret_why, size_t why_size, const char *format, ...) PRINTF_LIKE(3, 4);

int text_parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *ret_number);

/* "60s" "5m" "12h" "30d" "250ms"; a bare number is seconds. Nanoseconds. */
int text_parse_duration(const char *text, uint64_t *ret_ns);

/* "10/s" "600/m" "1/h"; events and the time they may take, in nanoseconds. */
int text_parse_rate(const char *text, uint64_t *ret_events, uint64_t *ret_per_ns);

/* "128" "64K" "256M" "1G", powers of 1024. Octets. */
int text_parse_size(const char *text, uint64_t *ret_octets);

/* "yes" "no" "true" "false" "on" "off" "1" "0". */
int text_parse_bool(const char *text, bool *ret_value);

/*
 * Takes the next item of a comma-separated list: returns it trimmed (the list is cut up in
 * place) and moves *list on; NULL at the end. An empty item is returned as "".
 */
char *text_next_item(char **list);

/* White space off both ends, in place; returns the new start. */
char *text_trim(char *text);

/*
 * Writes text so that it stays on its line and cannot steer a terminal: control characters,
 * DEL, C1 controls (U+0080..U+009F), bidirectional overrides and octets that are no UTF-8 become
 * \n, \t, \x1b and the like; a backslash is doubled. Cuts at whole escapes when `size` is short,
 * always terminates. Returns the length the whole would need, as snprintf does.
 */
size_t text_escape(char *out, size_t size, const char *text, size_t length);

/* The same for a terminated string, into memory the caller frees; NULL when memory is out. */
char *text_escape_dup(const char *text);

/* Length in octets of the valid UTF-8 character at text (Unicode 15 table 3-7); 0 if none. */
size_t text_utf8_length(const char *text, size_t length);

/* Of `count` candidates the one nearest to `word` by edit distance; NULL when none is near. */
const char *text_nearest(const char *word, const char *const *candidates, size_t count);

/* Shell-style match of the whole text: * and ? only. */
#define TEXT_GLOB_WILD "*?"
bool text_glob(const char *pattern, const char *text);

#endif
