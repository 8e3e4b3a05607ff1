/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * translation.h - is this network namespace set up to translate addresses? By the NAT chains of
 * nftables (iptables-nft makes them too) and the nat tables of the older iptables. What others
 * translate (tc, Open vSwitch) is not found here, but by its connections.
 */
#ifndef WHO_TRANSLATION_H
#define WHO_TRANSLATION_H

#include <stdbool.h>

struct translation;

/* Of the network namespace that the caller is in. 0, or -errno: nftables are not to be asked. */
int translation_new(struct translation **ret_translation);
void translation_free(struct translation *translation);

/* Readable when the rules have changed: ask again. */
int translation_fd(const struct translation *translation);

/* Takes in that the rules have changed, and asks what they are. */
bool translation_is_set_up(struct translation *translation);

#endif
