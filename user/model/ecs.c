/* SPDX-License-Identifier: GPL-2.0-only */
/* ecs.c - the members that alerts and samples have in common. */
#include "ecs.h"

#include <stdio.h>

#include "../base/clock.h"
#include "../base/text.h"
#include "../base/util.h"
#include "command.h"
#include "community_id.h"
#include "words.h"

void ecs_put(struct ecs_maker *maker, json_t *object, const char *name, json_t *value)
{
	if (json_object_set_new(object, name, value))
		maker->has_failed = true;
}

json_t *ecs_put_object(struct ecs_maker *maker, json_t *object, const char *name)
{
	ecs_put(maker, object, name, json_object());
	return json_object_get(object, name);
}

void ecs_put_number(struct ecs_maker *maker, json_t *object, const char *name, uint64_t number)
{
	ecs_put(maker, object, name, json_integer((json_int_t)number));
}

void ecs_put_fate(struct ecs_maker *maker, json_t *own, enum fate fate, enum refuser refused_by,
		  const char *drop_reason)
{
	ecs_put_text(maker, own, "fate", sighting_fate_word(fate));
	ecs_put_text(maker, own, "refused_by", sighting_refuser_word(refused_by));
	ecs_put_text(maker, own, "drop_reason", drop_reason);
}

void ecs_put_text(struct ecs_maker *maker, json_t *object, const char *name, const char *text)
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
	ecs_put(maker, object, name, text ? json_string(text) : NULL);
}

void ecs_put_time(struct ecs_maker *maker, json_t *object, const char *name, uint64_t wall_ns)
{
	char text[CLOCK_TEXT_SIZE];

	if (!wall_ns)
		return;
	clock_format(wall_ns, text);
	ecs_put_text(maker, object, name, text);
}

/* Words of this program's own. */
static void put_words(struct ecs_maker *maker, json_t *object, const char *name,
		      const char *const *words, size_t max)
{
	json_t *list = json_array();

	for (size_t i = 0; i < max && words[i]; i++)
		if (json_array_append_new(list, json_string(words[i])))
			maker->has_failed = true;
	ecs_put(maker, object, name, list);
}

json_t *ecs_put_event(struct ecs_maker *maker, json_t *root, const struct ecs_event *event)
{
	static const char *const categories[] = { "network" };
	json_t *object;

	ecs_put_text(maker, ecs_put_object(maker, root, "ecs"), "version", ECS_VERSION);
	object = ecs_put_object(maker, root, "event");
	ecs_put_text(maker, object, "kind", event->kind);
	put_words(maker, object, "category", categories, ARRAY_SIZE(categories));
	put_words(maker, object, "type", event->types, ECS_TYPES_MAX);
	ecs_put_text(maker, object, "outcome", event->outcome);
	return object;
}

/* An ICMP error has no ports of its own. */
static json_t *put_endpoint(struct ecs_maker *maker, json_t *root, const char *name,
			    const struct endpoint *endpoint, bool has_port)
{
	json_t *object = ecs_put_object(maker, root, name);
	char address[ADDR_TEXT_SIZE];

	ecs_put_text(maker, object, "ip", addr_format(&endpoint->addr, address));
	if (has_port)
		ecs_put_number(maker, object, "port", endpoint->port);
	return object;
}

/* ECS wants a MAC address in capitals, with hyphens (RFC 7042). */
static void put_mac(struct ecs_maker *maker, json_t *object, const uint8_t mac[6])
{
	char text[18];

	snprintf(text, sizeof(text), "%02X-%02X-%02X-%02X-%02X-%02X", mac[0], mac[1], mac[2],
		 mac[3], mac[4], mac[5]);
	ecs_put_text(maker, object, "mac", text);
}

/* The id of an ICMP error is made of its type and code, which a sample need not hold. */
static void put_community_id(struct ecs_maker *maker, json_t *network,
			     const struct ecs_packet *packet)
{
	char id[COMMUNITY_ID_SIZE];

	if (packet->kind != KIND_ICMP &&
	    community_id(packet->source, packet->destination, packet->protocol, id) == 0)
		ecs_put_text(maker, network, "community_id", id);
}

/* A keyword, though it looks like a number. */
static void put_vlan(struct ecs_maker *maker, json_t *network, uint16_t vlan_id)
{
	char id[8];

	snprintf(id, sizeof(id), "%u", vlan_id);
	ecs_put_text(maker, ecs_put_object(maker, network, "vlan"), "id", id);
}

json_t *ecs_put_packet(struct ecs_maker *maker, json_t *root, const struct ecs_packet *packet)
{
	bool has_ports = packet->kind != KIND_ICMP, is_inbound = packet->direction == DIRECTION_IN;
	json_t *source = put_endpoint(maker, root, "source", packet->source, has_ports);
	json_t *network;

	if (packet->source_mac)
		put_mac(maker, source, packet->source_mac);
	put_endpoint(maker, root, "destination", packet->destination, has_ports);
	network = ecs_put_object(maker, root, "network");
	ecs_put_text(maker, network, "transport", words_protocol(packet->protocol));
	ecs_put_text(maker, network, "type", addr_is_ipv4(&packet->source->addr) ? "ipv4" : "ipv6");
	ecs_put_text(maker, network, "direction", is_inbound ? "inbound" : "outbound");
	put_community_id(maker, network, packet);
	if (packet->has_vlan)
		put_vlan(maker, network, packet->vlan_id);
	return network;
}

void ecs_put_observer(struct ecs_maker *maker, json_t *root, const char *hostname,
		      enum direction direction, const char *interface)
{
	const char *side = direction == DIRECTION_IN ? "ingress" : "egress";
	json_t *observer;

	if ((!hostname || !*hostname) && !*interface)
		return;
	observer = ecs_put_object(maker, root, "observer");
	ecs_put_text(maker, observer, "hostname", hostname);
	if (*interface)
		ecs_put_text(maker,
			     ecs_put_object(maker, ecs_put_object(maker, observer, side),
					    "interface"),
			     "name", interface);
}

/* Who a process is in few words; nothing where neither is known. */
static json_t *put_brief(struct ecs_maker *maker, json_t *object, const char *role, pid_t pid,
			 const char *name)
{
	json_t *brief;

	if (!pid && !*name)
		return NULL;
	brief = ecs_put_object(maker, object, role);
	if (pid)
		ecs_put_number(maker, brief, "pid", (uint64_t)pid);
	ecs_put_text(maker, brief, "name", name);
	return brief;
}

static void put_user(struct ecs_maker *maker, json_t *object, const struct process *process)
{
	json_t *user = ecs_put_object(maker, object, "user");
	char uid[16];

	snprintf(uid, sizeof(uid), "%u", process->uid);
	ecs_put_text(maker, user, "id", uid);
	ecs_put_text(maker, user, "name", process->user);
}

/* The first process's parent is the kernel's own, which has a name, too. */
static void put_parent(struct ecs_maker *maker, json_t *object, const struct process *process)
{
	if (process->parent_pid || process->pid != 1)
		put_brief(maker, object, "parent", process->parent_pid, process->parent_name);
}

void ecs_put_process(struct ecs_maker *maker, json_t *root, const struct process *process)
{
	json_t *object = put_brief(maker, root, "process", process->pid, process->name);

	if (object) {
		ecs_put_text(maker, object, "executable", process->executable);
		ecs_put_text(maker, object, "command_line", command_get(process));
		put_user(maker, object, process);
		ecs_put_time(maker, object, "start", process->start_wall_ns);
		put_parent(maker, object, process);
	}
	if (*process->container)
		ecs_put_text(maker, ecs_put_object(maker, root, "container"), "id",
			     process->container);
	if (*process->unit)
		ecs_put_text(maker, ecs_put_object(maker, root, "systemd"), "unit", process->unit);
}

void ecs_put_brief(struct ecs_maker *maker, json_t *parent, const char *name,
		   const struct process_brief *brief)
{
	put_brief(maker, parent, name, brief->pid, brief->name);
}

void ecs_put_owner(struct ecs_maker *maker, json_t *own, const struct process *process,
		   const struct process_brief *created_by, const struct process_brief *accepted_by)
{
	if (process->netns)
		ecs_put_number(maker, own, "netns", process->netns);
	ecs_put_text(maker, own, "cgroup", process->cgroup);
	if (process->executable_unlinked)
		ecs_put(maker, own, "executable_unlinked", json_true());
	ecs_put_brief(maker, own, "created_by", created_by);
	ecs_put_brief(maker, own, "accepted_by", accepted_by);
}

json_t *ecs_finish(struct ecs_maker *maker, json_t *root)
{
	if (!maker->has_failed)
		return root;
	json_decref(root);
	return NULL;
}
