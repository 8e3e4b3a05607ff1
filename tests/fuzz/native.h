/* SPDX-License-Identifier: GPL-2.0-only */
/* native.h - the parser of the BPF programs, compiled for this machine. */
#ifndef TESTS_NATIVE_H
#define TESTS_NATIVE_H

#include <stdint.h>
#include <string.h>

#pragma GCC diagnostic ignored "-Wunknown-pragmas" /* clang's unroll */
#include "../../bpf/parse.h"
#include "../../bpf/tunnel.h"

/* What the doors do: shallow first, deep where that gives up, a long chain in steps. */
static inline enum parsed native_parse(const uint8_t *data, size_t length, enum link link,
				       struct packet *ret_packet)
{
	struct cursor cursor = { .data = data, .pos = data, .end = data + length };
	struct fragment fragment = {};
	enum parsed parsed;

	memset(ret_packet, 0, sizeof(*ret_packet));
	parsed = parse_packet(&cursor, PARSE_SHALLOW, link, ret_packet, &fragment);
	if (parsed != PARSED_UNUSUAL)
		return parsed;
	cursor.pos = data;
	memset(ret_packet, 0, sizeof(*ret_packet));
	parsed = parse_packet(&cursor, PARSE_DEEP, link, ret_packet, &fragment);
	for (int step = 1; step < PARSE_CHAIN_STEPS; step++)
		if (parsed == parse_failed(UNPARSED_TOO_DEEP) && parse_may_go_on(ret_packet))
			parsed = parse_behind(&cursor, PARSE_DEEP, ret_packet, &fragment);
	return parsed;
}

#endif
