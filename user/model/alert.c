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
}

void alert_visit_fields(const struct alert *alert, alert_field_visitor *visit, void *argument)
{
	const struct field_visit to = { .visit = visit, .argument = argument };
	const struct process *process = &alert->process;

	visit_text(&to, "action", alert_action_word(alert->action));
	if (alert->has_packet)
		visit_packet(&to, alert);
	visit_number(&to, "count", alert->count);
	if (process->pid)
		visit_number(&to, "pid", (uint64_t)process->pid);
	visit_text(&to, "exe", process->executable);
	visit_text(&to, "unit", process->unit);
	visit_text(&to, "looks_like", alert->looks_like);
	if (alert->has_packet && alert->kind != KIND_ICMP)
		visit_number(&to, "dstport", alert->destination.port);
	visit_text(&to, "id", alert->id);
	if (alert->suppressed)
		visit_number(&to, "suppressed", alert->suppressed);
	if (alert->has_packet)
		visit_text(&to, "service", service_name(alert->port, alert->protocol));
	visit_text(&to, "user", process->user);
	visit_text(&to, "container", process->container);
	if (alert->has_packet)
		visit_text(&to, "quality", sighting_quality_word(alert->quality));
}
