// SPDX-License-Identifier: GPL-2.0-only
/* sighting_json.c - a sampled packet under the Elastic Common Schema's names. */
#include "ecs.h"
#include "service.h"
#include "words.h"

static void put_packet(struct ecs_maker *maker, json_t *root, const struct sighting *sighting)
{
	const struct packet_event *event = sighting->event;
	uint8_t mac[6];
	const struct ecs_packet packet = {
		.source = &sighting->source,
		.destination = &sighting->destination,
		.source_mac = sighting_source_mac(event, mac) ? mac : NULL,
		.direction = sighting->direction,
		.protocol = sighting->protocol,
		.kind = sighting->kind,
		.has_vlan = event->has_vlan,
		.vlan_id = event->vlan & SIGHTING_VLAN_ID,
	};
	json_t *network = ecs_put_packet(maker, root, &packet);

	ecs_put_number(maker, network, "bytes", event->frame_length);
}

/* What ECS has no name for. */
static void put_own(struct ecs_maker *maker, json_t *root, const struct sighting *sighting)
{
	json_t *own = ecs_put_object(maker, root, "portsentinel");

	ecs_put_number(maker, own, "port", sighting->port);
	ecs_put_text(maker, own, "role", words_role(sighting->role));
	ecs_put_text(maker, own, "kind", words_kind(sighting->kind));
	ecs_put_text(maker, own, "verdict", sighting_verdict_word(sighting->verdict));
	ecs_put_fate(maker, own, sighting->fate, sighting->refused_by, sighting->drop_reason);
	if (sighting_is_foreign(sighting))
		ecs_put(maker, own, "foreign", json_true());
	ecs_put_text(maker, own, "quality", sighting_quality_word(sighting->quality));
	ecs_put_text(maker, own, "service", service_name(sighting->port, sighting->protocol));
	ecs_put_text(maker, own, "looks_like", sighting->looks_like);
	ecs_put_owner(maker, own, &sighting->process, &sighting->created_by,
		      &sighting->accepted_by);
	ecs_put_brief(maker, own, "peer_process", &sighting->peer_process);
}

json_t *sighting_to_json(const struct sighting *sighting, const char *hostname)
{
	static const struct ecs_event event = { .kind = "event", .types = { "info" } };
	struct ecs_maker maker = { .has_failed = false };
	json_t *root = json_object();

	ecs_put_time(&maker, root, "@timestamp", sighting->wall_ns);
	ecs_put_event(&maker, root, &event);
	put_packet(&maker, root, sighting);
	ecs_put_observer(&maker, root, hostname, sighting->direction, sighting->interface);
	ecs_put_process(&maker, root, &sighting->process);
	put_own(&maker, root, sighting);
	return ecs_finish(&maker, root);
}
