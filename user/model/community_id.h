/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * community_id.h - the flow's name that Zeek, Suricata and Wireshark give it as well
 * (https://github.com/corelight/community-id-spec, version 1, seed 0).
 */
#ifndef MODEL_COMMUNITY_ID_H
#define MODEL_COMMUNITY_ID_H

#include "sighting.h"

#define COMMUNITY_ID_SIZE 31 /* "1:", 20 octets in base64, the terminating zero */

/*
 * The same for both directions. UDP-Lite counts as the UDP that the border calls it. 0, or
 * -EINVAL where one end is IPv4 and the other IPv6, -EIO where the crypto library will not.
 */
int community_id(const struct endpoint *source, const struct endpoint *destination,
		 enum protocol protocol, char out[COMMUNITY_ID_SIZE]);

#endif
