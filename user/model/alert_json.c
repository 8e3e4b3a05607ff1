/* SPDX-License-Identifier: GPL-2.0-only */
/* alert_json.c - an alert under the Elastic Common Schema's names. */
#include "alert.h"
#include "ecs.h"
#include "service.h"
#include "words.h"

/*
 * ECS's words for the actions. The outcome is that of who asked: a listener has got its port, a
 * connection somebody who serves it, a probe nobody; of what else is seen it is not known.
 */
static const struct ecs_event *alert_event(enum action action)
{
	static const struct ecs_event events[ACTION_COUNT] = {
		[ACTION_PROBE] = { "alert", { "denied" }, "failure" },
		[ACTION_CONNECTION] = { "alert", { "connection", "allowed" }, "success" },
		[ACTION_LISTENER] = { "alert", { "start" }, "success" },
		[ACTION_OUTBOUND] = { "alert", { "connection" }, "unknown" },
		[ACTION_BACKSCATTER] = { "alert", { "info" }, "unknown" },
		[ACTION_TRANSIT] = { "alert", { "connection" }, "unknown" },
		[ACTION_FLOOD] = { "alert", { "info" }, "unknown" },
		[ACTION_SENSOR] = { "alert", { "info" }, "unknown" },
	};

	return &events[action];
}

static void put_event(struct ecs_maker *maker, json_t *root, const struct alert *alert)
{
	json_t *event = ecs_put_event(maker, root, alert_event(alert->action));

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

/* A listener's own end; there is no other. */
static void put_listener(struct ecs_maker *maker, json_t *root, const struct alert *alert)
{
	json_t *destination = ecs_put_object(maker, root, "destination");
	json_t *network = ecs_put_object(maker, root, "network");
	bool is_ipv4 = addr_is_ipv4(&alert->destination.addr);
	char address[ADDR_TEXT_SIZE];

	ecs_put_text(maker, destination, "ip", addr_format(&alert->destination.addr, address));
	ecs_put_number(maker, destination, "port", alert->destination.port);
	ecs_put_text(maker, network, "transport", words_protocol(alert->protocol));
	ecs_put_text(maker, network, "type", is_ipv4 ? "ipv4" : "ipv6");
}

static void put_ends(struct ecs_maker *maker, json_t *root, const struct alert *alert)
{
	char address[ADDR_TEXT_SIZE];

	ecs_put_text(maker, ecs_put_object(maker, root, "source"), "ip",
		     addr_format(&alert->source.addr, address));
	ecs_put_text(maker, ecs_put_object(maker, root, "destination"), "ip",
		     addr_format(&alert->destination.addr, address));
}

/* An object at the end of an array. Returns a borrowed reference, NULL when memory is out. */
static json_t *put_item(struct ecs_maker *maker, json_t *array)
{
	if (json_array_append_new(array, json_object()))
		maker->has_failed = true;
	return json_array_get(array, json_array_size(array) - 1);
}

static void put_top_ports(struct ecs_maker *maker, json_t *own, const struct alert *alert)
{
	json_t *list = json_array();

	ecs_put(maker, own, "ports", list);
	for (unsigned int i = 0; i < alert->top_port_count; i++) {
		json_t *item = put_item(maker, list);

		ecs_put_number(maker, item, "port", alert->top_ports[i].port);
		ecs_put_text(maker, item, "protocol", words_protocol(alert->top_ports[i].protocol));
		ecs_put_number(maker, item, "count", alert->top_ports[i].count);
	}
	ecs_put_number(maker, own, "port_count", alert->ports);
}

static void put_top_peers(struct ecs_maker *maker, json_t *own, const struct alert *alert)
{
	json_t *list = json_array();
	char address[ADDR_TEXT_SIZE];

	ecs_put(maker, own, "top_peers", list);
	for (unsigned int i = 0; i < alert->top_peer_count; i++) {
		json_t *item = put_item(maker, list);

		ecs_put_text(maker, item, "ip", addr_format(&alert->top_peers[i].addr, address));
		ecs_put_number(maker, item, "count", alert->top_peers[i].count);
	}
}

static void put_techniques(struct ecs_maker *maker, json_t *own, const struct alert *alert)
{
	char techniques[ALERT_TECHNIQUES_SIZE];
	json_t *list;

	if (!alert->techniques)
		return;
	ecs_put_text(maker, own, "technique", alert_format_techniques(alert, techniques));
	list = json_array();
	ecs_put(maker, own, "techniques", list);
	for (enum technique technique = 0; technique < TECHNIQUE_COUNT; technique++)
		if (alert->techniques & technique_bit(technique) &&
		    json_array_append_new(list, json_string(alert_technique_word(technique))) < 0)
			maker->has_failed = true;
}

/* Of an alert about many things. */
static void put_folded(struct ecs_maker *maker, json_t *own, const struct alert *alert)
{
	char prefix[PREFIX_TEXT_SIZE];

	put_techniques(maker, own, alert);
	if (alert->ports)
		put_top_ports(maker, own, alert);
	if (alert->peers) {
		ecs_put_number(maker, own, "peers", alert->peers);
		ecs_put_text(maker, own, "prefix", prefix_format(&alert->prefix, prefix));
	}
	if (alert->top_peer_count)
		put_top_peers(maker, own, alert);
	if (alert->at_least)
		ecs_put(maker, own, "at_least", json_true());
}

/* What ECS has no name for. */
static void put_own(struct ecs_maker *maker, json_t *root, const struct alert *alert)
{
	json_t *own = ecs_put_object(maker, root, "portsentinel");
	json_t *kinds;
	unsigned int kind;

	if (alert->has_packet) {
		ecs_put_text(maker, own, "verdict", sighting_verdict_word(alert->verdict));
		if (alert->is_foreign)
			ecs_put(maker, own, "foreign", json_true());
		kinds = ecs_put_object(maker, own, "kinds");
		for (kind = 0; kind < KIND_COUNT; kind++)
			if (alert->kinds[kind])
				ecs_put_number(maker, kinds, words_kind(kind), alert->kinds[kind]);
		ecs_put_text(maker, own, "looks_like", alert->looks_like);
		ecs_put_fate(maker, own, alert->fate, alert->refused_by, alert->drop_reason);
	}
	if (alert_has_port(alert))
		ecs_put_text(maker, own, "quality", sighting_quality_word(alert->quality));
	put_folded(maker, own, alert);
	ecs_put(maker, own, "rule", json_null());
	if (alert->suppressed)
		ecs_put_number(maker, own, "suppressed", alert->suppressed);
	if (alert_has_port(alert))
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
	else if (alert_has_port(alert))
		put_listener(&maker, root, alert);
	else if (alert->has_ends)
		put_ends(&maker, root, alert);
	ecs_put_observer(&maker, root, hostname, alert->direction,
			 alert->has_packet ? alert->interface : "");
	ecs_put_process(&maker, root, &alert->process);
	put_own(&maker, root, alert);
	return ecs_finish(&maker, root);
}
