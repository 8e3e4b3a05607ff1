/* SPDX-License-Identifier: GPL-2.0-only */
/* alert_message.c - an alert as one line for people. */
#include "../base/clock.h"
#include "../base/util.h"
#include "alert.h"
#include "line.h"
#include "service.h"

static const char *kind_for_people(enum kind kind)
{
	static const char *const words[KIND_COUNT] = {
		[KIND_SYN] = "SYN",	    [KIND_SYNACK] = "SYN-ACK",
		[KIND_ACK] = "ACK",	    [KIND_DATA] = "data",
		[KIND_FIN] = "FIN",	    [KIND_RST] = "RST",
		[KIND_NULL] = "NULL",	    [KIND_XMAS] = "Xmas",
		[KIND_FINONLY] = "FIN-only", [KIND_MAIMON] = "Maimon",
		[KIND_OTHER] = "packet",    [KIND_UDP] = "packet",
		[KIND_FRAGMENT] = "fragment",
	};

	return kind < KIND_COUNT && words[kind] ? words[kind] : "packet";
}

static const char *protocol_for_people(enum protocol protocol)
{
	return protocol == PROTOCOL_UDP ? "UDP" : "TCP";
}

static void add_what(struct line *line, const struct alert *alert)
{
	const char *protocol = protocol_for_people(alert->protocol);

	if (alert->action == ACTION_LISTENER)
		line_add(line, "Unexpected listener");
	else if (alert->kind == KIND_ICMP)
		line_add(line, "Unexpected ICMP error about %s", protocol);
	else
		line_add(line, "Unexpected %s %s", protocol, kind_for_people(alert->kind));
}

static void add_port(struct line *line, const struct alert *alert)
{
	const char *service = service_name(alert->port, alert->protocol);

	line_add(line, "port %u", alert->port);
	if (!service)
		return;
	line_add(line, " (");
	line_add_foreign(line, service);
	line_add(line, ")");
}

/* The target's end, when the watched port is there. */
static void add_target(struct line *line, const struct alert *alert, const char *destination)
{
	bool is_elsewhere = alert->action == ACTION_TRANSIT || alert->action == ACTION_OUTBOUND;

	line_add(line, " to ");
	if (is_elsewhere)
		line_add(line, "%s ", destination);
	else if (alert->verdict != VERDICT_UNKNOWN)
		line_add(line, "%s ", sighting_verdict_word(alert->verdict));
	add_port(line, alert);
}

static void add_ends(struct line *line, const struct alert *alert)
{
	char source[ADDR_TEXT_SIZE], destination[ADDR_TEXT_SIZE];

	addr_format(&alert->source.addr, source);
	addr_format(&alert->destination.addr, destination);
	if (alert->action == ACTION_TRANSIT)
		line_add(line, " forwarded");
	line_add(line, " from %s%s", alert->action == ACTION_OUTBOUND ? "local " : "", source);
	if (alert->role == ROLE_TO) {
		add_target(line, alert, destination);
		return;
	}
	line_add(line, " ");
	add_port(line, alert);
	line_add(line, " to %s", destination);
}

static void add_count(struct line *line, const struct alert *alert)
{
	uint64_t span_ns = 0, seconds;

	if (alert->count > 1) {
		if (alert->end_wall_ns > alert->start_wall_ns)
			span_ns = alert->end_wall_ns - alert->start_wall_ns;
		seconds = (span_ns + CLOCK_NS_PER_SECOND - 1) / CLOCK_NS_PER_SECOND;
		line_add(line, ": %llu packets in %llu s", (unsigned long long)alert->count,
			 (unsigned long long)MAX(seconds, 1U));
	}
	if (alert->suppressed)
		line_add(line, ", %llu more held back", (unsigned long long)alert->suppressed);
}

static const char *owner_verb(const struct alert *alert)
{
	if (alert->quality == QUALITY_PAST)
		return "last held by";
	if (alert->action == ACTION_CONNECTION)
		return "served by";
	if (alert->action == ACTION_OUTBOUND)
		return "sent by";
	return "held by";
}

static void add_owner(struct line *line, const struct alert *alert)
{
	const struct process *process = &alert->process;

	if (!process->pid && alert->quality != QUALITY_KERNEL)
		return;
	line_add(line, ", %s ", owner_verb(alert));
	if (!process->pid) {
		line_add(line, "the kernel");
		return;
	}
	line_add_foreign(line, *process->name ? process->name : "a process");
	line_add(line, " (pid %d", process->pid);
	if (*process->unit) {
		line_add(line, ", unit ");
		line_add_foreign(line, process->unit);
	}
	line_add(line, ")");
}

const char *alert_format_message(const struct alert *alert, char out[ALERT_MESSAGE_SIZE])
{
	struct line line = { .out = out, .size = ALERT_MESSAGE_SIZE };

	*out = '\0';
	if (!alert->has_packet) {
		line_add_foreign(&line, alert->text);
		return out;
	}
	add_what(&line, alert);
	if (alert->action == ACTION_LISTENER) {
		line_add(&line, " on %s ", protocol_for_people(alert->protocol));
		add_port(&line, alert);
	} else {
		add_ends(&line, alert);
		if (*alert->interface) {
			line_add(&line, " on ");
			line_add_foreign(&line, alert->interface);
		}
		if (alert->action == ACTION_BACKSCATTER)
			line_add(&line, ", an answer to nothing this host sent");
		add_count(&line, alert);
	}
	add_owner(&line, alert);
	if (*alert->looks_like)
		line_add(&line, ", looks like %s", alert->looks_like);
	return out;
}
