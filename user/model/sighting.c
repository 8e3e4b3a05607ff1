/* SPDX-License-Identifier: GPL-2.0-only */
/* sighting.c - the contract's words for what was found out about a packet. */
#include "../base/util.h"
#include "sighting.h"

const char *sighting_verdict_word(enum verdict verdict)
{
	static const char *const words[] = {
		[VERDICT_UNKNOWN] = "unknown",	   [VERDICT_LISTENING] = "listening",
		[VERDICT_CONNECTED] = "connected", [VERDICT_CLOSED] = "closed",
		[VERDICT_FORWARDED] = "forwarded",
	};

	return verdict < ARRAY_SIZE(words) ? words[verdict] : "unknown";
}

const char *sighting_fate_word(enum fate fate)
{
	static const char *const words[] = {
		[FATE_ANSWERED] = "answered",	  [FATE_DELIVERED] = "delivered",
		[FATE_REFUSED] = "refused",	  [FATE_DROPPED] = "dropped",
		[FATE_UNANSWERED] = "unanswered",
	};

	return fate < ARRAY_SIZE(words) ? words[fate] : NULL;
}

const char *sighting_refuser_word(enum refuser refuser)
{
	static const char *const words[] = {
		[REFUSER_KERNEL] = "kernel",
		[REFUSER_FIREWALL] = "firewall",
	};

	return refuser < ARRAY_SIZE(words) ? words[refuser] : NULL;
}

const char *sighting_quality_word(enum quality quality)
{
	static const char *const words[] = {
		[QUALITY_NONE] = "none",	 [QUALITY_EXACT] = "exact",
		[QUALITY_JOINED] = "joined",	 [QUALITY_LISTENER] = "listener",
		[QUALITY_PAST] = "past",	 [QUALITY_TUNNEL] = "tunnel",
		[QUALITY_KERNEL] = "kernel",
	};

	return quality < ARRAY_SIZE(words) ? words[quality] : "none";
}

#define ETHERNET_HEADER 14
#define IPV4_HEADER 20
#define IPV6_HEADER 40

static unsigned int read_16(const uint8_t *at)
{
	return (unsigned int)at[0] << 8 | at[1];
}

/*
 * The inner header of a tunnel stands where an Ethernet header may be before it, or another IP
 * header: that one states the very length of the frame.
 */
static bool is_outer_ip(const struct packet_event *event)
{
	if (event->l3_offset < IPV4_HEADER || event->snap_length < IPV4_HEADER)
		return false;
	if (event->data[0] >> 4 == 4)
		return read_16(event->data + 2) == event->frame_length;
	return event->data[0] >> 4 == 6 &&
	       read_16(event->data + 4) + IPV6_HEADER == event->frame_length;
}

bool sighting_has_ethernet(const struct packet_event *event)
{
	return event->l3_offset >= ETHERNET_HEADER && event->snap_length >= ETHERNET_HEADER &&
	       !is_outer_ip(event);
}

bool sighting_source_mac(const struct packet_event *event, uint8_t ret_mac[6])
{
	/* destination, then source */
	if (!sighting_has_ethernet(event) || !memcmp(event->data + 6, "\0\0\0\0\0\0", 6))
		return false;
	memcpy(ret_mac, event->data + 6, 6);
	return true;
}
