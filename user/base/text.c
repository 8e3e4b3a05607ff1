/* SPDX-License-Identifier: GPL-2.0-only */
/* text.c - parsers that take all or nothing, and escapes that let nothing through. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "clock.h"
#include "text.h"
#include "util.h"

/* Reads the digits at the front; what follows them is left at *ret_rest. */
static int text_take_number(const char *text, uint64_t *ret_number, const char **ret_rest)
{
	uint64_t number = 0;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	for (; *text >= '0' && *text <= '9'; text++)
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(*text - '0'), &number))
			return -ERANGE;
	*ret_number = number;
	*ret_rest = text;
	return 0;
}

int text_refuse(char *ret_why, size_t why_size, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(ret_why, why_size, format, arguments);
	va_end(arguments);
	return -EINVAL;
}

int text_parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *ret_number)
{
	const char *rest;
	uint64_t number;
	int r;

	r = text_take_number(text, &number, &rest);
	if (r)
		return r;
	if (*rest)
		return -EINVAL;
	if (number < min || number > max)
		return -ERANGE;
	*ret_number = number;
	return 0;
}

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit time_units[] = {
	{ "ms", CLOCK_NS_PER_SECOND / 1000 },
	{ "s", CLOCK_NS_PER_SECOND },
	{ "m", 60 * CLOCK_NS_PER_SECOND },
	{ "h", 3600 * CLOCK_NS_PER_SECOND },
	{ "d", 86400 * CLOCK_NS_PER_SECOND },
	{ "", CLOCK_NS_PER_SECOND },
};

static const struct unit size_units[] = {
	{ "", 1 },
	{ "K", 1ULL << 10 },
	{ "M", 1ULL << 20 },
	{ "G", 1ULL << 30 },
};

static const struct unit *text_find_unit(const struct unit *units, size_t count, const char *name)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (util_streq(units[i].name, name))
			return &units[i];
	return NULL;
}

static int text_parse_quantity(const char *text, const struct unit *units, size_t count,
			       uint64_t *ret_value)
{
	const struct unit *unit;
	const char *rest;
	uint64_t number;
	int r;

	r = text_take_number(text, &number, &rest);
	if (r)
		return r;
	unit = text_find_unit(units, count, rest);
	if (!unit)
		return -EINVAL;
	if (__builtin_mul_overflow(number, unit->factor, &number))
		return -ERANGE;
	*ret_value = number;
	return 0;
}

int text_parse_duration(const char *text, uint64_t *ret_ns)
{
	return text_parse_quantity(text, time_units, ARRAY_SIZE(time_units), ret_ns);
}

int text_parse_size(const char *text, uint64_t *ret_octets)
{
	return text_parse_quantity(text, size_units, ARRAY_SIZE(size_units), ret_octets);
}

int text_parse_rate(const char *text, uint64_t *ret_events, uint64_t *ret_per_ns)
{
	const struct unit *unit;
	const char *rest;
	uint64_t events;
	int r;

	r = text_take_number(text, &events, &rest);
	if (r)
		return r;
	if (rest[0] != '/' || !rest[1])
		return -EINVAL;
	unit = text_find_unit(time_units, ARRAY_SIZE(time_units), rest + 1);
	if (!unit)
		return -EINVAL;
	*ret_events = events;
	*ret_per_ns = unit->factor;
	return 0;
}

int text_parse_bool(const char *text, bool *ret_value)
{
	static const struct {
		const char *word;
		bool value;
	} words[] = {
		{ "yes", true }, { "no", false },  { "true", true }, { "false", false },
		{ "on", true },	 { "off", false }, { "1", true },    { "0", false },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		if (util_streq(words[i].word, text)) {
			*ret_value = words[i].value;
			return 0;
		}
	}
	return -EINVAL;
}

char *text_next_item(char **list)
{
	char *item = strsep(list, ",");

	return item ? text_trim(item) : NULL;
}

char *text_trim(char *text)
{
	char *end;

	while (isspace((unsigned char)*text))
		text++;
	end = text + strlen(text);
	while (end > text && isspace((unsigned char)end[-1]))
		end--;
	*end = '\0';
	return text;
}

static bool is_between(unsigned char octet, unsigned char low, unsigned char high)
{
	return octet >= low && octet <= high;
}

/* Where the second octet may lie depends on the first; the others lie in 80..BF. */
size_t text_utf8_length(const char *text, size_t length)
{
	static const struct {
		unsigned char first_low, first_high, second_low, second_high, length;
	} rows[] = {
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	const unsigned char *octets = (const unsigned char *)text;
	size_t row, i;

	if (length && octets[0] < 0x80)
		return 1;
	for (row = 0; length && row < ARRAY_SIZE(rows); row++) {
		if (!is_between(octets[0], rows[row].first_low, rows[row].first_high))
			continue;
		if (length < rows[row].length ||
		    !is_between(octets[1], rows[row].second_low, rows[row].second_high))
			return 0;
		for (i = 2; i < rows[row].length; i++)
			if (!is_between(octets[i], 0x80, 0xbf))
				return 0;
		return rows[row].length;
	}
	return 0;
}

/* The code point of the valid character at text. */
static uint32_t text_utf8_decode(const char *text, size_t length)
{
	static const unsigned char masks[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t code = (unsigned char)text[0] & masks[length];
	size_t i;

	for (i = 1; i < length; i++)
		code = code << 6 | ((unsigned char)text[i] & 0x3f);
	return code;
}

/* Does this character move the cursor, start a line, or turn the writing round? */
static bool text_is_steering(uint32_t code)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{ 0x0000, 0x001f }, /* C0 */
		{ 0x007f, 0x009f }, /* DEL, C1 */
		{ 0x061c, 0x061c }, /* bidirectional marks and overrides, here and below */
		{ 0x200e, 0x200f },
		{ 0x2028, 0x202e }, /* line and paragraph separators before the overrides */
		{ 0x2066, 0x2069 },
		{ 0xfeff, 0xfeff }, /* byte order mark */
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ranges); i++)
		if (code >= ranges[i].first && code <= ranges[i].last)
			return true;
	return false;
}

#define ESCAPE_OCTET_LENGTH 4 /* \xNN */
#define ESCAPE_PIECE_SIZE (4 * ESCAPE_OCTET_LENGTH + 1)

/* One character as it may be shown. Returns the length of the piece. */
static size_t text_escape_piece(char piece[ESCAPE_PIECE_SIZE], const char *text, size_t length)
{
	static const char digits[] = "0123456789abcdef";
	static const char plain[] = "\n\t\r\\";
	static const char letters[] = "ntr\\";
	const char *found = *text ? strchr(plain, *text) : NULL;
	size_t used = 0, i;

	if (found) {
		piece[0] = '\\';
		piece[1] = letters[found - plain];
		return 2;
	}
	for (i = 0; i < length; i++) {
		unsigned char octet = (unsigned char)text[i];

		piece[used++] = '\\';
		piece[used++] = 'x';
		piece[used++] = digits[octet >> 4];
		piece[used++] = digits[octet & 15];
	}
	return used;
}

size_t text_escape(char *out, size_t size, const char *text, size_t length)
{
	size_t needed = 0, written = 0;

	while (length) {
		size_t character = text_utf8_length(text, length);
		char escaped[ESCAPE_PIECE_SIZE];
		const char *piece = text;
		size_t piece_length = character;

		if (!character || *text == '\\' ||
		    text_is_steering(text_utf8_decode(text, character))) {
			character = MAX(character, 1U);
			piece_length = text_escape_piece(escaped, text, character);
			piece = escaped;
		}
		/* written == needed as long as nothing was cut. */
		if (written == needed && written + piece_length < size) {
			memcpy(out + written, piece, piece_length);
			written += piece_length;
		}
		needed += piece_length;
		text += character;
		length -= character;
	}
	if (size)
		out[written] = '\0';
	return needed;
}

char *text_escape_dup(const char *text)
{
	size_t size = text_escape(NULL, 0, text, strlen(text)) + 1;
	char *out = malloc(size);

	if (out)
		text_escape(out, size, text, strlen(text));
	return out;
}

#define NEAREST_WORD_MAX 63

static bool is_same_letter(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Insertions, deletions, substitutions and swaps of neighbours; `b` has at most the maximum. */
static size_t text_distance(const char *a, const char *b)
{
	size_t rows[3][NEAREST_WORD_MAX + 1];
	size_t *before = rows[0], *last = rows[1], *now = rows[2];
	size_t length = strlen(b), i, j;

	for (j = 0; j <= length; j++)
		last[j] = j;
	for (i = 1; a[i - 1]; i++) {
		size_t *spare = before;

		now[0] = i;
		for (j = 1; j <= length; j++) {
			now[j] = last[j - 1] + !is_same_letter(a[i - 1], b[j - 1]);
			now[j] = MIN(now[j], MIN(last[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && is_same_letter(a[i - 1], b[j - 2]) &&
			    is_same_letter(a[i - 2], b[j - 1]))
				now[j] = MIN(now[j], before[j - 2] + 1);
		}
		before = last;
		last = now;
		now = spare;
	}
	return last[length];
}

const char *text_nearest(const char *word, const char *const *candidates, size_t count)
{
	size_t length = strlen(word);
	size_t limit = (length + 2) / 3; /* about every third letter may be wrong */
	const char *nearest = NULL;
	size_t i;

	if (!length || length > NEAREST_WORD_MAX)
		return NULL;
	for (i = 0; i < count; i++) {
		size_t distance = text_distance(candidates[i], word);

		if (distance <= limit && (!nearest || distance < limit)) {
			nearest = candidates[i];
			limit = distance;
		}
	}
	return nearest;
}

bool text_glob(const char *pattern, const char *text)
{
	const char *star = NULL, *retry = NULL;

	while (*text) {
		if (*pattern == '*') {
			star = ++pattern;
			retry = text;
		} else if (*pattern == '?' || *pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star;
			text = ++retry;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}
