/* SPDX-License-Identifier: GPL-2.0-only */
/* alert_json.c - an alert under the Elastic Common Schema's names. */
#include <stdio.h>

#include "../base/clock.h"
#include "../base/text.h"
#include "../base/util.h"
#include "alert.h"
#include "service.h"
#include "words.h"

/*
 * Makes members. The first that fails, for want of memory, spoils the whole; the later ones may
 * be tried all the same, into a NULL object too.
 */
struct maker {
	bool has_failed;
};

static void put(struct maker *maker, json_t *object, const char *name, json_t *value)
{
	if (json_object_set_new(object, name, value))
		maker->has_failed = true;
}

/* Returns a borrowed reference, NULL when memory is out. */
static json_t *put_object(struct maker *maker, json_t *object, const char *name)
{
	put(maker, object, name, json_object());
	return json_object_get(object, name);
}

static void put_number(struct maker *maker, json_t *object, const char *name, uint64_t number)
{
	put(maker, object, name, json_integer((json_int_t)number));
}

/* A text that is no UTF-8 is put escaped; one that is empty is not known, and left out. */
static void put_text(struct maker *maker, json_t *object, const char *name, const char *text)
{
	_cleanup_free_ char *escaped = NULL;
	const char *rest = text;
	size_t length;

	if (!text || !*text)
		return;
	while (*rest && (length = text_utf8_length(rest, strlen(rest))))
		rest += length;
	if (*rest) {
		escaped = text_escape_dup(text);
		text = escaped;
	}
	put(maker, object, name, text ? json_string(text) : NULL);
}

static void put_time(struct maker *maker, json_t *object, const char *name, uint64_t wall_ns)
{
	char text[CLOCK_TEXT_SIZE];

	if (!wall_ns)
		return;
	clock_format(wall_ns, text);
	put_text(maker, object, name, text);
}

static void put_event(struct maker *maker, json_t *root, const struct alert *alert)
{
	json_t *event = put_object(maker, root, "event");
	json_t *category = json_array();

	if (json_array_append_new(category, json_string("network")))
		maker->has_failed = true;
	put_text(maker, event, "id", alert->id);
	put_text(maker, event, "kind", "alert");
	put(maker, event, "category", category);
	put_text(maker, event, "action", alert_action_word(alert->action));
	put_number(maker, event, "severity", (uint64_t)alert->severity);
	put_time(maker, event, "start", alert->start_wall_ns);
	put_time(maker, event, "end", alert->end_wall_ns);
	put_number(maker, event, "count", alert->count);
}

/* An ICMP error has no ports of its own. */
static json_t *put_endpoint(struct maker *maker, json_t *root, const char *name,
			    const struct endpoint *endpoint, bool has_port)
{
	json_t *object = put_object(maker, root, name);
	char address[ADDR_TEXT_SIZE];

	put_text(maker, object, "ip", addr_format(&endpoint->addr, address));
	if (has_port)
		put_number(maker, object, "port", endpoint->port);
	return object;
}

/* ECS wants a MAC address in capitals, with hyphens (RFC 7042). */
static void put_mac(struct maker *maker, json_t *object, const uint8_t mac[6])
{
	char text[18];

	snprintf(text, sizeof(text), "%02X-%02X-%02X-%02X-%02X-%02X", mac[0], mac[1], mac[2],
		 mac[3], mac[4], mac[5]);
	put_text(maker, object, "mac", text);
}

static void put_packet(struct maker *maker, json_t *root, const struct alert *alert)
{
	bool has_ports = alert->kind != KIND_ICMP;
	json_t *source = put_endpoint(maker, root, "source", &alert->source, has_ports);
	bool is_inbound = alert->direction == DIRECTION_IN;
	json_t *network;

	if (alert->has_mac)
		put_mac(maker, source, alert->source_mac);
	put_endpoint(maker, root, "destination", &alert->destination, has_ports);
	network = put_object(maker, root, "network");
	put_text(maker, network, "transport", words_protocol(alert->protocol));
	put_text(maker, network, "type", addr_is_ipv4(&alert->source.addr) ? "ipv4" : "ipv6");
	put_text(maker, network, "direction", is_inbound ? "inbound" : "outbound");
	if (alert->has_vlan)
		put_number(maker, put_object(maker, network, "vlan"), "id", alert->vlan_id);
}

/* A listener's own end; there is no other. */
static void put_listener(struct maker *maker, json_t *root, const struct alert *alert)
{
	json_t *network;

	put_endpoint(maker, root, "destination", &alert->destination, true);
	network = put_object(maker, root, "network");
	put_text(maker, network, "transport", words_protocol(alert->protocol));
	put_text(maker, network, "type",
		 addr_is_ipv4(&alert->destination.addr) ? "ipv4" : "ipv6");
}

/* An object at the end of an array. Returns a borrowed reference, NULL when memory is out. */
static json_t *put_item(struct maker *maker, json_t *array)
{
	if (json_array_append_new(array, json_object()))
		maker->has_failed = true;
	return json_array_get(array, json_array_size(array) - 1);
}

static void put_top_ports(struct maker *maker, json_t *own, const struct alert *alert)
{
	json_t *list = json_array();

	put(maker, own, "ports", list);
	for (unsigned int i = 0; i < alert->top_port_count; i++) {
		json_t *item = put_item(maker, list);

		put_number(maker, item, "port", alert->top_ports[i].port);
		put_text(maker, item, "protocol", words_protocol(alert->top_ports[i].protocol));
		put_number(maker, item, "count", alert->top_ports[i].count);
	}
	put_number(maker, own, "port_count", alert->ports);
}

static void put_top_peers(struct maker *maker, json_t *own, const struct alert *alert)
{
	json_t *list = json_array();
	char address[ADDR_TEXT_SIZE];

	put(maker, own, "top_peers", list);
	for (unsigned int i = 0; i < alert->top_peer_count; i++) {
		json_t *item = put_item(maker, list);

		put_text(maker, item, "ip", addr_format(&alert->top_peers[i].addr, address));
		put_number(maker, item, "count", alert->top_peers[i].count);
	}
}

/* Of an alert about many things. */
static void put_folded(struct maker *maker, json_t *own, const struct alert *alert)
{
	char prefix[PREFIX_TEXT_SIZE];

	put_text(maker, own, "technique", alert_technique_word(alert->technique));
	if (alert->ports)
		put_top_ports(maker, own, alert);
	if (alert->peers) {
		put_number(maker, own, "peers", alert->peers);
		put_text(maker, own, "prefix", prefix_format(&alert->prefix, prefix));
	}
	if (alert->top_peer_count)
		put_top_peers(maker, own, alert);
}

static void put_observer(struct maker *maker, json_t *root, const struct alert *alert,
			 const char *hostname)
{
	const char *side = alert->direction == DIRECTION_IN ? "ingress" : "egress";
	bool has_interface = alert->has_packet && *alert->interface;
	json_t *observer;

	if ((!hostname || !*hostname) && !has_interface)
		return;
	observer = put_object(maker, root, "observer");
	put_text(maker, observer, "hostname", hostname);
	if (has_interface)
		put_text(maker, put_object(maker, put_object(maker, observer, side), "interface"),
			 "name", alert->interface);
}

static void put_process(struct maker *maker, json_t *root, const struct process *process)
{
	json_t *object, *user;
	char uid[16];

	if (process->pid) {
		object = put_object(maker, root, "process");
		put_number(maker, object, "pid", (uint64_t)process->pid);
		put_text(maker, object, "name", process->name);
		put_text(maker, object, "executable", process->executable);
		put_text(maker, object, "command_line", process->command_line);
		user = put_object(maker, object, "user");
		snprintf(uid, sizeof(uid), "%u", process->uid);
		put_text(maker, user, "id", uid);
		put_text(maker, user, "name", process->user);
		put_time(maker, object, "start", process->start_wall_ns);
		if (process->parent_pid)
			put_number(maker, put_object(maker, object, "parent"), "pid",
				   (uint64_t)process->parent_pid);
	}
	if (*process->container)
		put_text(maker, put_object(maker, root, "container"), "id", process->container);
	if (*process->unit)
		put_text(maker, put_object(maker, root, "systemd"), "unit", process->unit);
}

/* What ECS has no name for. */
static void put_own(struct maker *maker, json_t *root, const struct alert *alert)
{
	json_t *own = put_object(maker, root, "portsentinel");
	json_t *kinds;
	unsigned int kind;

	if (alert->has_packet) {
		put_text(maker, own, "verdict", sighting_verdict_word(alert->verdict));
		kinds = put_object(maker, own, "kinds");
		for (kind = 0; kind < KIND_COUNT; kind++)
			if (alert->kinds[kind])
				put_number(maker, kinds, words_kind(kind), alert->kinds[kind]);
		put_text(maker, own, "looks_like", alert->looks_like);
	}
	if (alert_has_port(alert))
		put_text(maker, own, "quality", sighting_quality_word(alert->quality));
	put_folded(maker, own, alert);
	put(maker, own, "rule", json_null());
	if (alert->suppressed)
		put_number(maker, own, "suppressed", alert->suppressed);
	if (alert_has_port(alert))
		put_text(maker, own, "service", service_name(alert->port, alert->protocol));
}

json_t *alert_to_json(const struct alert *alert, const char *hostname)
{
	struct maker maker = { .has_failed = false };
	json_t *root = json_object();
	char message[ALERT_MESSAGE_SIZE];

	put_time(&maker, root, "@timestamp", alert->wall_ns);
	put_text(&maker, root, "message", alert_format_message(alert, message));
	put_event(&maker, root, alert);
	if (alert->has_packet)
		put_packet(&maker, root, alert);
	else if (alert_has_port(alert))
		put_listener(&maker, root, alert);
	put_observer(&maker, root, alert, hostname);
	put_process(&maker, root, &alert->process);
	put_own(&maker, root, alert);
	if (maker.has_failed) {
		json_decref(root);
		return NULL;
	}
	return root;
}
