/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * out.h - the only printer. A command builds one JSON value and says nothing about its looks:
 * under -j it is printed as JSON, else by one general rule:
 *   an object's scalar members   "name  value" lines, aligned
 *   an array of objects          a table, one column a member in order of appearance; a column
 *                                whose values are all null or absent is left out
 *   an object inside a cell      "syn 6, rst 3"
 *   an array of scalars          joined by ", "
 * Everything printed plain is escaped: no value reaches the terminal as a control character.
 */
#ifndef VIEW_OUT_H
#define VIEW_OUT_H

#include <jansson.h>

enum out_format {
	OUT_PLAIN,
	OUT_JSON,
	OUT_JSON_PRETTY,
};

/* Prints the value to standard output and drops the caller's reference. 0 or -errno (write). */
int out_print(enum out_format format, json_t *value);

/* The same for one element of a stream: one JSON object a line, or one plain line. */
int out_print_line(enum out_format format, json_t *value);

#endif
