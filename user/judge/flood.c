// SPDX-License-Identifier: GPL-2.0-only
/* flood.c - a window over a number that only grows. */
#include "flood.h"

#include <stdio.h>
#include <stdlib.h>

#include "../base/clock.h"
#include "../base/util.h"

#define FLOOD_NAMED 3 /* peers in the text */
#define FLOOD_SEVERITY 4

void flood_free(struct flood *flood)
{
	free(flood->before);
	flood->before = NULL;
	flood->before_count = 0;
}

static int flood_compare_addr(const void *left, const void *right)
{
	const struct alert_peer *a = left, *b = right;

	return memcmp(&a->addr, &b->addr, sizeof(a->addr));
}

static int flood_compare_count(const void *left, const void *right)
{
	const struct alert_peer *a = left, *b = right;

	return a->count > b->count ? -1 : a->count < b->count;
}

/* Of no peer, where they cannot be read: then a flood names nobody. */
static size_t flood_read_peers(const struct flood *flood, struct alert_peer **ret_peers)
{
	size_t count = 0;

	*ret_peers = NULL;
	if (!flood->options.threshold ||
	    flood->options.read_peers(flood->options.argument, ret_peers, &count) < 0)
		return 0;
	return count;
}

static void flood_mark_peers(struct flood *flood)
{
	flood_free(flood);
	flood->before_count = flood_read_peers(flood, &flood->before);
	if (flood->before_count)
		qsort(flood->before, flood->before_count, sizeof(*flood->before),
		      flood_compare_addr);
}

/* What was held back of a peer since the window began; less than then is a peer seen anew. */
static uint64_t flood_grown(const struct flood *flood, const struct alert_peer *peer)
{
	const struct alert_peer *before = NULL;

	if (flood->before_count)
		before = bsearch(peer, flood->before, flood->before_count, sizeof(*peer),
				 flood_compare_addr);
	return before && before->count <= peer->count ? peer->count - before->count : peer->count;
}

static void flood_add_peers(const struct flood *flood, struct alert *alert)
{
	_cleanup_free_ struct alert_peer *peers = NULL;
	size_t count = flood_read_peers(flood, &peers);

	for (size_t i = 0; i < count; i++)
		peers[i].count = MIN(flood_grown(flood, &peers[i]), alert->count);
	if (count)
		qsort(peers, count, sizeof(*peers), flood_compare_count);
	for (size_t i = 0; i < MIN(count, ALERT_PEERS_MAX) && peers[i].count; i++)
		alert->top_peers[alert->top_peer_count++] = peers[i];
}

static void flood_write_text(struct alert *alert)
{
	uint64_t seconds = (alert->end_wall_ns - alert->start_wall_ns + CLOCK_NS_PER_SECOND - 1) /
			   CLOCK_NS_PER_SECOND;
	char address[ADDR_TEXT_SIZE];
	size_t used;

	used = (size_t)snprintf(alert->text, sizeof(alert->text),
				"%llu packets held back by the sample limits in %llu s, but counted",
				(unsigned long long)alert->count,
				(unsigned long long)MAX(seconds, 1));
	for (unsigned int i = 0; i < MIN(alert->top_peer_count, FLOOD_NAMED); i++)
		used += (size_t)snprintf(alert->text + used, sizeof(alert->text) - used,
					 "%s%s (%llu)", i ? ", " : ": most from ",
					 addr_format(&alert->top_peers[i].addr, address),
					 (unsigned long long)alert->top_peers[i].count);
}

static void flood_tell(const struct flood *flood, uint64_t more, uint64_t wall_ns)
{
	struct alert alert = {
		.action = ACTION_FLOOD,
		.severity = FLOOD_SEVERITY,
		.wall_ns = wall_ns,
		.start_wall_ns = MIN(flood->began_wall_ns, wall_ns),
		.end_wall_ns = wall_ns,
		.count = more,
		.suppressed = more,
		.closing = flood->is_on,
	};

	alert_new_id(alert.id);
	flood_add_peers(flood, &alert);
	flood_write_text(&alert);
	flood->options.emit(flood->options.argument, &alert);
}

static void flood_begin_window(struct flood *flood, uint64_t suppressed, uint64_t now_ns,
			       uint64_t wall_ns)
{
	flood->has_begun = true;
	flood->seen = suppressed;
	flood->began_ns = now_ns;
	flood->began_wall_ns = wall_ns;
	flood_mark_peers(flood);
}

void flood_end(struct flood *flood, uint64_t suppressed, uint64_t wall_ns)
{
	uint64_t more = suppressed - flood->seen;

	if (flood->has_begun && flood->is_on && more)
		flood_tell(flood, more, wall_ns);
}

void flood_look(struct flood *flood, uint64_t suppressed, uint64_t now_ns, uint64_t wall_ns)
{
	uint64_t more = suppressed - flood->seen;
	bool is_over = now_ns >= flood->began_ns + flood->options.window_ns;
	bool is_much = flood->options.threshold && more > flood->options.threshold;

	if (!flood->has_begun) {
		flood_begin_window(flood, suppressed, now_ns, wall_ns);
	} else if (!flood->is_on && is_much) { /* at once */
		flood_tell(flood, more, wall_ns);
		flood->is_on = true;
		flood_begin_window(flood, suppressed, now_ns, wall_ns);
	} else if (is_over) {
		if (flood->is_on && more)
			flood_tell(flood, more, wall_ns);
		flood->is_on &= is_much;
		flood_begin_window(flood, suppressed, now_ns, wall_ns);
	}
}
