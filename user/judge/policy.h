/* SPDX-License-Identifier: GPL-2.0-only */
/* policy.h - what a sighting means: which action, how severe. Pure. */
#ifndef JUDGE_POLICY_H
#define JUDGE_POLICY_H

#include <stdbool.h>

#include "../model/alert.h"
#include "../model/severity.h"

/*
 * The action of a sighting. False when it is nothing to alert on: this host's own half of an
 * exchange whose other half is judged, or a question to a port that nobody watches.
 *
 * `local_peer`: the peer's address is this host's own (loopback and the like).
 */
bool policy_judge(const struct sighting *sighting, bool local_peer, enum action *ret_action);

/*
 * How a scan asks so: a question to a port that is closed, or where somebody waits. A single SYN
 * or UDP packet is no scan yet.
 */
enum technique policy_technique(const struct sighting *sighting);

/*
 * How severe an alert is, by what the configuration says of each action. sighting: what it is
 * about; NULL: no packet and no socket.
 */
enum severity policy_severity(const enum severity severities[ACTION_COUNT], enum action action,
			      const struct sighting *sighting);

#endif
