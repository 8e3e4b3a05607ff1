/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * scrape.h - a small HTTP server for one page, /metrics: GET and HEAD only, one request a
 * connection, a few connections at a time, each for a few seconds at most. Runs in the loop.
 */
#ifndef SINK_SCRAPE_H
#define SINK_SCRAPE_H

#include <stdbool.h>
#include <stddef.h>

#include "../base/loop.h"

struct scrape;

/* The page, in memory that the server frees; NULL: there is none now. */
typedef char *scrape_writer(void *argument, size_t *ret_length);

/*
 * listen: "ADDRESS:PORT", "[ADDRESS]:PORT", or "PORT" for 127.0.0.1. 0 or -errno, with the reason
 * in ret_why.
 */
int scrape_new(struct scrape **ret_scrape, struct loop *loop, const char *listen,
	       scrape_writer *write, void *argument, char *ret_why, size_t why_size);
/* NULL is allowed. */
void scrape_free(struct scrape *scrape);

/* Is the text of a form that scrape_new() takes? The reason in ret_why if not. */
bool scrape_listen_valid(const char *listen, char *ret_why, size_t why_size);

#endif
