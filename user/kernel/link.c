// SPDX-License-Identifier: GPL-2.0-only
/* link.c - what an interface is by its own word. */
#include "link.h"

#include <linux/if_arp.h>

#include "../base/util.h"

bool link_has_ethernet(const struct link *link)
{
	return link->type == ARPHRD_ETHER || link->type == ARPHRD_LOOPBACK;
}

bool link_carries_ip(const struct link *link)
{
	static const uint16_t bare[] = { ARPHRD_NONE, ARPHRD_PPP,   ARPHRD_TUNNEL, ARPHRD_TUNNEL6,
					 ARPHRD_SIT,  ARPHRD_IPGRE, ARPHRD_IP6GRE, ARPHRD_RAWIP };

	for (size_t i = 0; i < ARRAY_SIZE(bare); i++)
		if (link->type == bare[i])
			return true;
	return link_has_ethernet(link);
}

bool link_is_hardware(const struct link *link)
{
	return link->type == ARPHRD_ETHER && link->kind[0] == '\0';
}
