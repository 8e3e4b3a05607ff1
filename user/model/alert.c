/* SPDX-License-Identifier: GPL-2.0-only */
/* alert.c - an alert as fields: names and raw values. */
#include <errno.h>
#include <stdio.h>
#include <sys/random.h>

#include "../base/util.h"
#include "alert.h"
#include "service.h"
#include "words.h"

void alert_new_id(char id[ALERT_ID_SIZE])
{
	unsigned char random[16];

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		memset(random, 0, sizeof(random));
	for (size_t i = 0; i < sizeof(random); i++)
		snprintf(id + 2 * i, 3, "%02x", random[i]);
}

const char *alert_action_word(enum action action)
{
	static const char *const words[ACTION_COUNT] = {
		[ACTION_PROBE] = "probe",
		[ACTION_CONNECTION] = "connection",
		[ACTION_LISTENER] = "listener",
		[ACTION_OUTBOUND] = "outbound",
		[ACTION_BACKSCATTER] = "backscatter",
		[ACTION_TRANSIT] = "transit",
		[ACTION_FLOOD] = "flood",
		[ACTION_SENSOR] = "sensor",
	};

	return action < ACTION_COUNT ? words[action] : "unknown";
}

int alert_find_action(const char *word)
{
	for (enum action action = 0; action < ACTION_COUNT; action++)
		if (util_streq(alert_action_word(action), word))
			return (int)action;
	return -EINVAL;
}

const char *alert_technique_word(enum technique technique)
{
	static const char *const words[TECHNIQUE_COUNT] = {
		[TECHNIQUE_SYN] = "syn",   [TECHNIQUE_NULL] = "null",
		[TECHNIQUE_FIN] = "fin",   [TECHNIQUE_XMAS] = "xmas",
		[TECHNIQUE_MAIMON] = "maimon", [TECHNIQUE_ACK] = "ack",
		[TECHNIQUE_SYNACK] = "synack", [TECHNIQUE_UDP] = "udp",
	};

	return technique < TECHNIQUE_COUNT ? words[technique] : NULL;
}

const char *alert_format_techniques(const struct alert *alert, char out[ALERT_TECHNIQUES_SIZE])
{
	size_t used = 0;

	out[0] = '\0';
	for (enum technique technique = 0; technique < TECHNIQUE_COUNT; technique++)
		if (alert->techniques & technique_bit(technique))
			used += (size_t)snprintf(out + used, ALERT_TECHNIQUES_SIZE - used, "%s%s",
						 used ? "," : "", alert_technique_word(technique));
	return out;
}

const char *alert_format_ports(const struct alert *alert, char out[ALERT_PORTS_SIZE])
{
	size_t used = 0;

	out[0] = '\0';
	for (unsigned int i = 0; i < alert->top_port_count; i++)
		used += (size_t)snprintf(out + used, ALERT_PORTS_SIZE - used, "%s%u/%s",
					 i ? "," : "", alert->top_ports[i].port,
					 words_protocol(alert->top_ports[i].protocol));
	if (alert->ports > alert->top_port_count)
		snprintf(out + used, ALERT_PORTS_SIZE - used, ",...");
	return out;
}

struct field_visit {
	alert_field_visitor *visit;
	void *argument;
};

/* An empty text is one that is not known. */
static void visit_text(const struct field_visit *to, const char *name, const char *value)
{
	if (value && *value)
		to->visit(to->argument, name, value);
}

static void visit_number(const struct field_visit *to, const char *name, uint64_t number)
{
	char value[24];

	snprintf(value, sizeof(value), "%llu", (unsigned long long)number);
	to->visit(to->argument, name, value);
}

static void visit_addr(const struct field_visit *to, const char *name, const struct addr *addr)
{
	char value[ADDR_TEXT_SIZE];

	visit_text(to, name, addr_format(addr, value));
}

static void visit_packet(const struct field_visit *to, const struct alert *alert)
{
	visit_number(to, "port", alert->port);
	visit_text(to, "protocol", words_protocol(alert->protocol));
	visit_addr(to, "src", &alert->source.addr);
	if (alert->kind != KIND_ICMP)
		visit_number(to, "srcport", alert->source.port);
	visit_addr(to, "dst", &alert->destination.addr);
	visit_text(to, "iface", alert->interface);
	visit_text(to, "direction", words_direction(alert->direction));
	visit_text(to, "kind", words_kind(alert->kind));
	if (alert->verdict != VERDICT_UNKNOWN)
		visit_text(to, "verdict", sighting_verdict_word(alert->verdict));
	visit_text(to, "fate", sighting_fate_word(alert->fate));
	visit_text(to, "refused_by", sighting_refuser_word(alert->refused_by));
	visit_text(to, "drop_reason", alert->drop_reason);
}

static void visit_listener(const struct field_visit *to, const struct alert *alert)
{
	visit_number(to, "port", alert->port);
	visit_text(to, "protocol", words_protocol(alert->protocol));
	visit_addr(to, "dst", &alert->destination.addr);
}

/* What only an alert about many things has. */
static void visit_folded(const struct field_visit *to, const struct alert *alert)
{
	char ports[ALERT_PORTS_SIZE], prefix[PREFIX_TEXT_SIZE];
	char techniques[ALERT_TECHNIQUES_SIZE];

	visit_text(to, "technique", alert_format_techniques(alert, techniques));
	if (alert->ports)
		visit_text(to, "ports", alert_format_ports(alert, ports));
	if (!alert->peers)
		return;
	visit_number(to, "peers", alert->peers);
	visit_text(to, "prefix", prefix_format(&alert->prefix, prefix));
}

void alert_visit_fields(const struct alert *alert, alert_field_visitor *visit, void *argument)
{
	const struct field_visit to = { .visit = visit, .argument = argument };
	const struct process *process = &alert->process;

	visit_text(&to, "action", alert_action_word(alert->action));
	if (alert->has_packet)
		visit_packet(&to, alert);
	else if (alert_has_port(alert))
		visit_listener(&to, alert);
	if (alert->has_ends) {
		visit_addr(&to, "src", &alert->source.addr);
		visit_addr(&to, "dst", &alert->destination.addr);
	}
	visit_number(&to, "count", alert->count);
	if (process->pid)
		visit_number(&to, "pid", (uint64_t)process->pid);
	visit_text(&to, "exe", process->executable);
	visit_text(&to, "unit", process->unit);
	visit_text(&to, "looks_like", alert->looks_like);
	if (alert_has_port(alert) && alert->kind != KIND_ICMP)
		visit_number(&to, "dstport", alert->destination.port);
	visit_text(&to, "id", alert->id);
	if (alert->suppressed)
		visit_number(&to, "suppressed", alert->suppressed);
	if (alert_has_port(alert))
		visit_text(&to, "service", service_name(alert->port, alert->protocol));
	visit_text(&to, "user", process->user);
	visit_text(&to, "container", process->container);
	if (alert_has_port(alert))
		visit_text(&to, "quality", sighting_quality_word(alert->quality));
	visit_folded(&to, alert);
}
