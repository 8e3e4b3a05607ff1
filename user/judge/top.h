/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * top.h - the most frequent few of many, as an alert tells them (Metwally's space saving): a
 * newcomer takes the place of the rarest, and its count with it.
 */
#ifndef JUDGE_TOP_H
#define JUDGE_TOP_H

#include "../model/alert.h"

/* True when another one had to give its place. */
bool top_add_port(struct alert *alert, uint16_t port, enum protocol protocol, uint64_t count);
bool top_add_peer(struct alert *alert, const struct addr *addr, uint64_t count);

#endif
