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
