/* SPDX-License-Identifier: GPL-2.0-only */
/* cases.h - the table of packets. */
#ifndef TESTS_CASES_H
#define TESTS_CASES_H

/* What a packet must come to: a row's words, the reason it was not parsed, or nothing. */
struct packet_case {
	const char *name;
	const char *frame; /* frame.h */
	const char *expected; /* "3409 tcp to syn", "truncated", ""; IN | OUT where they differ */
};

static const struct packet_case cases[] = {
#include "cases.inc"
};

#endif
