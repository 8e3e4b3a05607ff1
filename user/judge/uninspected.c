// SPDX-License-Identifier: GPL-2.0-only
/* uninspected.c - a window with few voices. */
#include "uninspected.h"

#include <stdio.h>
#include <string.h>

static bool uninspected_is_told(const struct uninspected *uninspected, const struct addr *peer)
{
	for (size_t i = 0; i < uninspected->told_count; i++)
		if (memcmp(&uninspected->told[i], peer, sizeof(*peer)) == 0)
			return true;
	return false;
}

static void uninspected_keep(struct uninspected *uninspected, const struct uninspected_news *packet,
			     uint64_t count)
{
	if (!count)
		return;
	uninspected->untold += count;
	uninspected->source = packet->source;
	uninspected->destination = packet->destination;
}

bool uninspected_take(struct uninspected *uninspected, const struct uninspected_news *packet,
		      uint64_t more, uint64_t now_ns, uint64_t window_ns,
		      struct uninspected_news *ret_news)
{
	if (!uninspected->end_ns)
		uninspected->end_ns = now_ns + window_ns;
	/* Whose those were that were not shown, nobody knows: they are no first ones. */
	uninspected_keep(uninspected, packet, more);
	if (uninspected->told_count == UNINSPECTED_PEERS ||
	    uninspected_is_told(uninspected, &packet->source)) {
		uninspected_keep(uninspected, packet, 1);
		return false;
	}
	uninspected->told[uninspected->told_count++] = packet->source;
	*ret_news = *packet;
	ret_news->count = 1;
	return true;
}

bool uninspected_look(struct uninspected *uninspected, uint64_t now_ns,
		      struct uninspected_news *ret_news)
{
	bool is_over = uninspected->end_ns && now_ns >= uninspected->end_ns;
	bool has_news = is_over && uninspected->untold;

	if (has_news)
		*ret_news = (struct uninspected_news){ uninspected->untold, uninspected->source,
						       uninspected->destination };
	if (is_over)
		*uninspected = (struct uninspected){};
	return has_news;
}

const char *uninspected_format(const struct uninspected_news *news, char out[UNINSPECTED_TEXT_SIZE])
{
	char source[ADDR_TEXT_SIZE], destination[ADDR_TEXT_SIZE], packets[64] = "a packet";

	if (news->count > 1)
		snprintf(packets, sizeof(packets), "%llu more packets, the last",
			 (unsigned long long)news->count);
	snprintf(out, UNINSPECTED_TEXT_SIZE,
		 "%s from %s to %s cannot be inspected: more headers in front of the ports than "
		 "are followed",
		 packets, addr_format(&news->source, source),
		 addr_format(&news->destination, destination));
	return out;
}
