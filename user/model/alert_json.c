/* SPDX-License-Identifier: GPL-2.0-only */
/* alert_json.c - an alert under the Elastic Common Schema's names. */
#include "alert.h"
#include "ecs.h"
#include "service.h"
#include "words.h"

static void put_event(struct ecs_maker *maker, json_t *root, const struct alert *alert)
{
	json_t *event = ecs_put_event(maker, root, "alert");

	ecs_put_text(maker, event, "id", alert->id);
	ecs_put_text(maker, event, "action", alert_action_word(alert->action));
	ecs_put_number(maker, event, "severity", (uint64_t)alert->severity);
	ecs_put_time(maker, event, "start", alert->start_wall_ns);
	ecs_put_time(maker, event, "end", alert->end_wall_ns);
	ecs_put_number(maker, event, "count", alert->count);
}

static void put_packet(struct ecs_maker *maker, json_t *root, const struct alert *alert)
{
	const struct ecs_packet packet = {
		.source = &alert->source,
		.destination = &alert->destination,
		.source_mac = alert->has_mac ? alert->source_mac : NULL,
		.direction = alert->direction,
		.protocol = alert->protocol,
		.kind = alert->kind,
		.has_vlan = alert->has_vlan,
		.vlan_id = alert->vlan_id,
	};

	ecs_put_packet(maker, root, &packet);
}

/* What ECS has no name for. */
static void put_own(struct ecs_maker *maker, json_t *root, const struct alert *alert)
{
	json_t *own = ecs_put_object(maker, root, "portsentinel");
	json_t *kinds;
	unsigned int kind;

	if (alert->has_packet) {
		ecs_put_text(maker, own, "verdict", sighting_verdict_word(alert->verdict));
		kinds = ecs_put_object(maker, own, "kinds");
		for (kind = 0; kind < KIND_COUNT; kind++)
			if (alert->kinds[kind])
				ecs_put_number(maker, kinds, words_kind(kind), alert->kinds[kind]);
		ecs_put_text(maker, own, "looks_like", alert->looks_like);
		ecs_put_text(maker, own, "quality", sighting_quality_word(alert->quality));
	}
	ecs_put(maker, own, "rule", json_null());
	if (alert->suppressed)
		ecs_put_number(maker, own, "suppressed", alert->suppressed);
	if (alert->has_packet)
		ecs_put_text(maker, own, "service", service_name(alert->port, alert->protocol));
	ecs_put_owner(maker, own, &alert->process, &alert->created_by, &alert->accepted_by);
	ecs_put_brief(maker, own, "peer_process", &alert->peer_process);
}

json_t *alert_to_json(const struct alert *alert, const char *hostname)
{
	struct ecs_maker maker = { .has_failed = false };
	json_t *root = json_object();
	char message[ALERT_MESSAGE_SIZE];

	ecs_put_time(&maker, root, "@timestamp", alert->wall_ns);
	ecs_put_text(&maker, root, "message", alert_format_message(alert, message));
	put_event(&maker, root, alert);
	if (alert->has_packet)
		put_packet(&maker, root, alert);
	ecs_put_observer(&maker, root, hostname, alert->direction,
			 alert->has_packet ? alert->interface : "");
	ecs_put_process(&maker, root, &alert->process);
	put_own(&maker, root, alert);
	return ecs_finish(&maker, root);
}
