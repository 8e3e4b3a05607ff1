// SPDX-License-Identifier: GPL-2.0-only
/* gather.c - from sightings into one alert. */
#include "gather.h"

#include <stdio.h>

#include "../base/util.h"
#include "flows.h"
#include "policy.h"

static void gather_owner(struct alert *alert, const struct sighting *sighting)
{
	alert->quality = sighting->quality;
	alert->process = sighting->process;
	alert->created_by = sighting->created_by;
	alert->accepted_by = sighting->accepted_by;
}

static void gather_frame(struct alert *alert, const struct packet_event *event)
{
	alert->has_packet = true;
	alert->has_vlan = event->has_vlan;
	alert->vlan_id = event->vlan & SIGHTING_VLAN_ID;
	alert->has_mac = sighting_source_mac(event, alert->source_mac);
}

static void gather_fate(struct alert *alert, const struct sighting *sighting)
{
	alert->fate = sighting->fate;
	alert->refused_by = sighting->refused_by;
	memcpy(alert->drop_reason, sighting->drop_reason, sizeof(alert->drop_reason));
}

/* One word for all packets, or none. Those of a connection are not answered one by one. */
static void gather_learn_fate(struct alert *alert, const struct sighting *sighting)
{
	if (alert->fate_differs || sighting->fate == FATE_UNKNOWN ||
	    (alert->fate == FATE_ANSWERED && sighting->fate == FATE_DELIVERED))
		return;
	if (alert->fate == FATE_UNKNOWN) {
		gather_fate(alert, sighting);
		return;
	}
	alert->fate_differs = alert->fate != sighting->fate;
	if (alert->fate_differs)
		alert->fate = FATE_UNKNOWN;
	if (alert->fate_differs || alert->refused_by != sighting->refused_by)
		alert->refused_by = REFUSER_UNKNOWN;
	if (alert->fate_differs || !util_streq(alert->drop_reason, sighting->drop_reason))
		*alert->drop_reason = '\0';
}

void gather_first(struct alert *alert, const struct sighting *sighting)
{
	memcpy(alert->interface, sighting->interface, sizeof(alert->interface));
	alert->direction = sighting->direction;
	alert->role = sighting->role;
	alert->protocol = sighting->protocol;
	alert->kind = sighting->kind;
	alert->port = sighting->port;
	alert->source = sighting->source;
	alert->destination = sighting->destination;
	alert->verdict = sighting->verdict;
	gather_fate(alert, sighting);
	alert->is_foreign = sighting_is_foreign(sighting);
	alert->peer_process = sighting->peer_process;
	if (sighting->event)
		gather_frame(alert, sighting->event);
}

/* The process that has a connection is better than one that listened for it. */
static bool gather_knows_better(const struct alert *alert, const struct sighting *sighting)
{
	if (sighting->quality == QUALITY_NONE)
		return false;
	return alert->quality == QUALITY_NONE ||
	       (alert->quality == QUALITY_LISTENER && flow_is_settled(sighting));
}

/* Without numbers, those of one name are taken for one. */
static bool gather_same_brief(const struct process_brief *a, const struct process_brief *b)
{
	return a->pid == b->pid && (a->pid || util_streq(a->name, b->name));
}

void gather_more(struct alert *alert, const struct sighting *sighting, bool is_client)
{
	gather_learn_fate(alert, sighting);
	if (!*alert->looks_like && sighting->looks_like)
		snprintf(alert->looks_like, sizeof(alert->looks_like), "%s", sighting->looks_like);
	if (is_client)
		alert->techniques = 0; /* its questions were a client's */
	else
		alert->techniques |= technique_bit(policy_technique(sighting));
	if (process_brief_is_known(&sighting->peer_process) &&
	    !gather_same_brief(&sighting->peer_process, &alert->peer_process))
		alert->peer_process = (struct process_brief){}; /* more than one */
	/* Those that many have sent may be many processes'. */
	if (alert_is_folded(alert) || !gather_knows_better(alert, sighting))
		return;
	alert->verdict = sighting->verdict;
	gather_owner(alert, sighting);
}
