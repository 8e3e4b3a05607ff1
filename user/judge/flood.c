// SPDX-License-Identifier: GPL-2.0-only
/* flood.c - a window over a number that only grows. */
#include "flood.h"

#include <stdio.h>

#include "../base/clock.h"
#include "../base/util.h"

#define FLOOD_NAMED 3 /* peers in the text */
#define FLOOD_SEVERITY 4

static uint64_t flood_told_before(const struct flood *flood, const struct addr *addr)
{
	for (unsigned int i = 0; i < flood->before_count; i++)
		if (memcmp(&flood->before[i].addr, addr, sizeof(*addr)) == 0)
			return flood->before[i].count;
	return 0;
}

static int flood_compare(const void *left, const void *right)
{
	const struct alert_peer *a = left, *b = right;

	return a->count > b->count ? -1 : a->count < b->count;
}

/* The kernel's numbers less what was told of them; one that went back is a peer seen anew. */
static void flood_add_peers(struct flood *flood, struct alert *alert)
{
	struct alert_peer peers[ALERT_PEERS_MAX];
	unsigned int count = flood->options.top(flood->options.argument, peers);

	for (unsigned int i = 0; i < count; i++) {
		uint64_t told = flood_told_before(flood, &peers[i].addr);
		uint64_t more = peers[i].count - (told <= peers[i].count ? told : 0);

		if (more)
			alert->top_peers[alert->top_peer_count++] =
				(struct alert_peer){ peers[i].addr, more };
	}
	qsort(alert->top_peers, alert->top_peer_count, sizeof(*alert->top_peers), flood_compare);
	memcpy(flood->before, peers, sizeof(peers));
	flood->before_count = count;
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

static void flood_tell(struct flood *flood, uint64_t more, uint64_t wall_ns)
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
