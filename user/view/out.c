// SPDX-License-Identifier: GPL-2.0-only
/*
 * out.c - one JSON value to text, as JSON or by the general rule of out.h. The whole text is made
 * first and written in one go, so that a failed write is told by its own error.
 */
#include "out.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#include "../base/text.h"
#include "../base/util.h"

/* ASCII alone: jansson would let C1 controls and bidirectional overrides through. */
#define OUT_JSON_FLAGS (JSON_ENSURE_ASCII | JSON_ENCODE_ANY)
#define OUT_INDENT 2
#define OUT_GAP 2 /* between columns */
#define OUT_PIECE_SIZE 32 /* of one character, escaped */

static void out_write_value(FILE *out, const json_t *value);

static bool out_is_blank(const json_t *value)
{
	return !value || json_is_null(value) ||
	       (json_is_string(value) && json_string_length(value) == 0) ||
	       (json_is_array(value) && json_array_size(value) == 0) ||
	       (json_is_object(value) && json_object_size(value) == 0);
}

/* An array of objects, and not an empty one. */
static bool out_is_table(const json_t *value)
{
	for (size_t i = 0; i < json_array_size(value); i++)
		if (!json_is_object(json_array_get(value, i)))
			return false;
	return json_array_size(value) > 0;
}

/* Something that needs more than a line. */
static bool out_is_block(const json_t *value)
{
	return json_is_object(value) || out_is_table(value);
}

static void out_write_text(FILE *out, const char *text, size_t length)
{
	char piece[OUT_PIECE_SIZE];

	while (length) {
		size_t character = MAX(text_utf8_length(text, length), 1U);

		text_escape(piece, sizeof(piece), text, character);
		fputs(piece, out);
		text += character;
		length -= character;
	}
}

/* A value inside another: what has parts itself goes into parentheses. */
static void out_write_nested(FILE *out, const json_t *value)
{
	bool has_parts = json_is_object(value) || json_is_array(value);

	fputs(has_parts ? "(" : "", out);
	out_write_value(out, value);
	fputs(has_parts ? ")" : "", out);
}

static void out_write_items(FILE *out, const json_t *array)
{
	for (size_t i = 0; i < json_array_size(array); i++) {
		fputs(i ? ", " : "", out);
		out_write_nested(out, json_array_get(array, i));
	}
}

static void out_write_members(FILE *out, const json_t *object)
{
	const char *separator = "", *name;
	json_t *member;

	json_object_foreach((json_t *)object, name, member) {
		if (out_is_blank(member))
			continue;
		fputs(separator, out);
		out_write_text(out, name, strlen(name));
		fputc(' ', out);
		out_write_nested(out, member);
		separator = ", ";
	}
}

static void out_write_value(FILE *out, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		out_write_members(out, value);
		break;
	case JSON_ARRAY:
		out_write_items(out, value);
		break;
	case JSON_STRING:
		out_write_text(out, json_string_value(value), json_string_length(value));
		break;
	case JSON_INTEGER:
		fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		break;
	case JSON_REAL:
		fprintf(out, "%g", json_real_value(value));
		break;
	case JSON_TRUE:
		fputs("yes", out);
		break;
	case JSON_FALSE:
		fputs("no", out);
		break;
	case JSON_NULL:
		break;
	}
}

/* The value's text, the caller's; NULL when memory is out. */
static char *out_cell(const json_t *value)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		return NULL;
	if (out_is_blank(value))
		fputc('-', stream);
	else
		out_write_value(stream, value);
	if (fclose(stream) == 0)
		return text;
	free(text);
	return NULL;
}

/* Columns that a text takes on a terminal, every character counting as one. */
static size_t out_width(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += (*text & 0xc0) != 0x80;
	return width;
}

static void out_pad(FILE *out, size_t width)
{
	fprintf(out, "%*s", (int)width, "");
}

struct column {
	const char *name; /* borrowed of the rows */
	size_t width;
	bool is_shown; /* some row has a value */
	bool is_number; /* so have all, and each is an integer */
};

struct grid {
	const json_t *rows;
	struct column *columns;
	size_t count;
};

static struct column *grid_find(const struct grid *grid, const char *name)
{
	for (size_t i = 0; i < grid->count; i++)
		if (util_streq(grid->columns[i].name, name))
			return &grid->columns[i];
	return NULL;
}

static struct column *grid_add(struct grid *grid, const char *name)
{
	struct column *columns = reallocarray(grid->columns, grid->count + 1, sizeof(*columns));

	if (!columns)
		return NULL;
	grid->columns = columns;
	columns[grid->count] = (struct column){
		.name = name,
		.width = strlen(name),
		.is_number = true,
	};
	return &columns[grid->count++];
}

static int grid_measure(struct grid *grid, const json_t *row)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)row, name, value) {
		struct column *column = grid_find(grid, name) ?: grid_add(grid, name);
		_cleanup_free_ char *cell = out_cell(value);

		if (!column || !cell)
			return -ENOMEM;
		column->width = MAX(column->width, out_width(cell));
		if (out_is_blank(value))
			continue;
		column->is_shown = true;
		column->is_number &= json_is_integer(value);
	}
	return 0;
}

static size_t grid_last_shown(const struct grid *grid)
{
	size_t last = 0;

	for (size_t i = 0; i < grid->count; i++)
		if (grid->columns[i].is_shown)
			last = i;
	return last;
}

static void grid_write_cell(const struct grid *grid, size_t index, const char *text, FILE *out)
{
	const struct column *column = &grid->columns[index];
	size_t padding = column->width - MIN(column->width, out_width(text));
	bool is_last = index == grid_last_shown(grid);

	out_pad(out, column->is_number ? padding : 0);
	fputs(text, out);
	out_pad(out, is_last ? 0 : OUT_GAP + (column->is_number ? 0 : padding));
}

/* A member's name as a heading: capitals, and a space for an underscore. */
static char *grid_heading(const char *name)
{
	char *heading = text_escape_dup(name);

	for (char *letter = heading; letter && *letter; letter++)
		*letter = *letter == '_' ? ' ' : (char)toupper((unsigned char)*letter);
	return heading;
}

/* One line of the table; the headings when `row` is NULL. */
static int grid_write_line(const struct grid *grid, const json_t *row, size_t indent, FILE *out)
{
	out_pad(out, indent);
	for (size_t i = 0; i < grid->count; i++) {
		const struct column *column = &grid->columns[i];
		_cleanup_free_ char *text = NULL;

		if (!column->is_shown)
			continue;
		text = row ? out_cell(json_object_get(row, column->name)) :
			     grid_heading(column->name);
		if (!text)
			return -ENOMEM;
		grid_write_cell(grid, i, text, out);
	}
	fputc('\n', out);
	return 0;
}

static int grid_write(struct grid *grid, size_t indent, FILE *out)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < json_array_size(grid->rows); i++)
		r = grid_measure(grid, json_array_get(grid->rows, i));
	if (r == 0)
		r = grid_write_line(grid, NULL, indent, out);
	for (size_t i = 0; r == 0 && i < json_array_size(grid->rows); i++)
		r = grid_write_line(grid, json_array_get(grid->rows, i), indent, out);
	return r;
}

static int out_write_table(FILE *out, const json_t *rows, size_t indent)
{
	struct grid grid = { .rows = rows };
	int r = grid_write(&grid, indent, out);

	free(grid.columns);
	return r;
}

/* Does the member get a line of its own? At the top, what needs more gets a block. */
static bool out_is_line(const json_t *member, bool is_top)
{
	return !out_is_blank(member) && !(is_top && out_is_block(member));
}

/* "name  value", aligned. */
static void out_write_lines(FILE *out, const json_t *object, size_t indent, bool is_top)
{
	size_t width = 0;
	const char *name;
	json_t *member;

	json_object_foreach((json_t *)object, name, member)
		if (out_is_line(member, is_top))
			width = MAX(width, out_width(name));
	json_object_foreach((json_t *)object, name, member) {
		if (!out_is_line(member, is_top))
			continue;
		out_pad(out, indent);
		out_write_text(out, name, strlen(name));
		out_pad(out, width - out_width(name) + OUT_GAP);
		out_write_value(out, member);
		fputc('\n', out);
	}
}

static int out_write_block(FILE *out, const json_t *block, size_t indent)
{
	if (json_is_array(block))
		return out_write_table(out, block, indent);
	out_write_lines(out, block, indent, false);
	return 0;
}

/* The lines, then each block under its name; a block that is all there is needs no name. */
static int out_write_object(FILE *out, const json_t *object)
{
	const char *name, *space = "";
	size_t shown = 0;
	json_t *member;
	int r = 0;

	json_object_foreach((json_t *)object, name, member) {
		shown += !out_is_blank(member);
		if (out_is_line(member, true))
			space = "\n";
	}
	out_write_lines(out, object, 0, true);
	json_object_foreach((json_t *)object, name, member) {
		if (r < 0 || out_is_blank(member) || !out_is_block(member))
			continue;
		if (shown > 1) {
			fputs(space, out);
			out_write_text(out, name, strlen(name));
			fputc('\n', out);
		}
		r = out_write_block(out, member, shown > 1 ? OUT_INDENT : 0);
		space = "\n";
	}
	return r;
}

static int out_write_plain(FILE *out, const json_t *value)
{
	if (json_is_object(value))
		return out_write_object(out, value);
	if (out_is_table(value))
		return out_write_table(out, value, 0);
	if (!out_is_blank(value)) {
		out_write_value(out, value);
		fputc('\n', out);
	}
	return 0;
}

/* The values of an object on one line, without their names. */
static int out_write_plain_line(FILE *out, const json_t *value)
{
	const char *separator = "", *name;
	json_t *member;

	if (!json_is_object(value))
		return out_write_plain(out, value);
	json_object_foreach((json_t *)value, name, member) {
		if (out_is_blank(member))
			continue;
		fputs(separator, out);
		out_write_nested(out, member);
		separator = " ";
	}
	fputc('\n', out);
	return 0;
}

static int out_write_json(FILE *out, const json_t *value, size_t flags)
{
	if (json_dumpf(value, out, OUT_JSON_FLAGS | flags) < 0)
		return -ENOMEM;
	fputc('\n', out);
	return 0;
}

static int out_send(const char *text, size_t length)
{
	while (length) {
		ssize_t written = write(STDOUT_FILENO, text, length);

		if (written < 0 && errno != EINTR)
			return -errno;
		text += MAX(written, 0);
		length -= (size_t)MAX(written, 0);
	}
	return 0;
}

typedef int out_writer(FILE *out, const json_t *value);

static int out_write_compact(FILE *out, const json_t *value)
{
	return out_write_json(out, value, JSON_COMPACT);
}

static int out_write_pretty(FILE *out, const json_t *value)
{
	return out_write_json(out, value, JSON_INDENT(OUT_INDENT));
}

/* Drops the reference. */
static int out_print_by(out_writer *writer, json_t *value)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	FILE *stream = value ? open_memstream(&text, &size) : NULL;
	int r = stream ? writer(stream, value) : -ENOMEM;

	if (stream && fclose(stream) != 0)
		r = -ENOMEM;
	json_decref(value);
	return r < 0 ? r : out_send(text, size);
}

int out_print(enum out_format format, json_t *value)
{
	static out_writer *const writers[] = {
		[OUT_PLAIN] = out_write_plain,
		[OUT_JSON] = out_write_compact,
		[OUT_JSON_PRETTY] = out_write_pretty,
	};

	return out_print_by(writers[format], value);
}

int out_print_line(enum out_format format, json_t *value)
{
	return out_print_by(format == OUT_PLAIN ? out_write_plain_line : out_write_compact, value);
}
