/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cef.c - CEF:0|vendor|product|version|signature|name|severity|extension. No byte order mark
 * begins the message, though it is UTF-8: receivers look for "CEF:" there. The fields before the
 * extension hold nothing that others wrote, and so nothing to escape.
 */
#include "cef.h"

#include <stdio.h>

#include "../base/clock.h"
#include "../base/util.h"
#include "../model/service.h"
#include "../model/words.h"
#include "visible.h"

struct cef_writer {
	char *out;
	size_t length;
};

/* The same for every alert of an action: rules of receivers go by it. */
static const char *cef_name(enum action action)
{
	static const char *const names[ACTION_COUNT] = {
		[ACTION_PROBE] = "Probe of a closed watched port",
		[ACTION_CONNECTION] = "Traffic to a local process on a watched port",
		[ACTION_LISTENER] = "Process listens on a watched port",
		[ACTION_OUTBOUND] = "Traffic to a watched port elsewhere",
		[ACTION_BACKSCATTER] = "Answer to something never sent",
		[ACTION_TRANSIT] = "Forwarded traffic of a watched port",
		[ACTION_FLOOD] = "Flood",
		[ACTION_SENSOR] = "Trouble of the sensor",
	};

	return action < ACTION_COUNT && names[action] ? names[action] : "Alert";
}

/* Of 10: 9 and more are very high, 7 high, 4 medium, 0 low. */
static int cef_severity(int syslog_severity)
{
	static const int severities[] = { 10, 9, 8, 7, 5, 3, 1, 0 };

	return severities[MIN((size_t)syslog_severity, ARRAY_SIZE(severities) - 1)];
}

/*
 * The next character of an extension's value, escaped as CEF asks; what it has no escape for is
 * made visible. Returns the octets taken.
 */
static size_t cef_next(const char *text, size_t left, char out[2 * VISIBLE_SIZE])
{
	char shown[VISIBLE_SIZE];
	size_t taken, used = 0;

	if (*text == '\n' || *text == '\r') {
		strcpy(out, *text == '\n' ? "\\n" : "\\r");
		return 1;
	}
	taken = visible_next(text, left, shown);
	for (const char *c = shown; *c; c++) {
		if (*c == '=' || *c == '\\')
			out[used++] = '\\';
		out[used++] = *c;
	}
	out[used] = '\0';
	return taken;
}

/* All of it, or nothing and false. */
static bool cef_put(struct cef_writer *writer, const char *text)
{
	size_t length = strlen(text);

	if (writer->length + length > RFC5424_MAX)
		return false;
	memcpy(writer->out + writer->length, text, length + 1);
	writer->length += length;
	return true;
}

static void cef_add(struct cef_writer *writer, const char *name, const char *value)
{
	size_t start = writer->length, used = 0, length = value ? strlen(value) : 0;

	if (!length)
		return;
	if (!cef_put(writer, name) || !cef_put(writer, "=")) {
		writer->length = start;
		return;
	}
	while (used < length) {
		char escaped[2 * VISIBLE_SIZE];
		size_t taken = cef_next(value + used, length - used, escaped);

		if (used + taken > CEF_VALUE_MAX || !cef_put(writer, escaped))
			break;
		used += taken;
	}
	if (!cef_put(writer, " "))
		writer->length = start;
}

static void cef_add_number(struct cef_writer *writer, const char *name, uint64_t number)
{
	char value[24];

	snprintf(value, sizeof(value), "%llu", (unsigned long long)number);
	cef_add(writer, name, value);
}

/* Milliseconds since 1970. */
static void cef_add_time(struct cef_writer *writer, const char *name, uint64_t wall_ns)
{
	if (wall_ns)
		cef_add_number(writer, name, wall_ns / 1000000);
}

/* Fields that have no meaning but by their label: a text, a number. */
static void cef_add_labelled(struct cef_writer *writer, const char *name, const char *label,
			     const char *value)
{
	char label_name[24];

	if (!value || !*value)
		return;
	snprintf(label_name, sizeof(label_name), "%sLabel", name);
	cef_add(writer, label_name, label);
	cef_add(writer, name, value);
}

static void cef_add_labelled_number(struct cef_writer *writer, const char *name, const char *label,
				    uint64_t number)
{
	char value[24];

	snprintf(value, sizeof(value), "%llu", (unsigned long long)number);
	cef_add_labelled(writer, name, label, value);
}

static void cef_add_endpoint(struct cef_writer *writer, const struct alert *alert, bool is_source)
{
	const struct endpoint *endpoint = is_source ? &alert->source : &alert->destination;
	char address[ADDR_TEXT_SIZE];

	addr_format(&endpoint->addr, address);
	if (addr_is_ipv4(&endpoint->addr))
		cef_add(writer, is_source ? "src" : "dst", address);
	else
		cef_add_labelled(writer, is_source ? "c6a2" : "c6a3",
				 is_source ? "Source IPv6 Address" : "Destination IPv6 Address",
				 address);
	if (alert->kind != KIND_ICMP)
		cef_add_number(writer, is_source ? "spt" : "dpt", endpoint->port);
}

static void cef_add_mac(struct cef_writer *writer, const uint8_t mac[6])
{
	char text[18];

	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		 mac[3], mac[4], mac[5]);
	cef_add(writer, "smac", text);
}

static void cef_add_packet(struct cef_writer *writer, const struct alert *alert)
{
	bool is_in = alert->direction == DIRECTION_IN;

	if (alert->has_mac)
		cef_add_mac(writer, alert->source_mac);
	cef_add(writer, "deviceDirection", is_in ? "0" : "1");
	cef_add(writer, is_in ? "deviceInboundInterface" : "deviceOutboundInterface",
		alert->interface);
}

/* Of a packet; a listener has but its own end. */
static void cef_add_ends(struct cef_writer *writer, const struct alert *alert)
{
	if (alert->has_packet)
		cef_add_endpoint(writer, alert, true);
	cef_add_endpoint(writer, alert, false);
	cef_add(writer, "proto", alert->protocol == PROTOCOL_UDP ? "UDP" : "TCP");
	cef_add(writer, "app", service_name(alert->port, alert->protocol));
}

/* The process is at the end of the wire that is here. */
static void cef_add_process(struct cef_writer *writer, const struct alert *alert)
{
	const struct process *process = &alert->process;
	bool is_source = alert->direction == DIRECTION_OUT;

	if (process->pid)
		cef_add_number(writer, is_source ? "spid" : "dpid", (uint64_t)process->pid);
	cef_add(writer, is_source ? "sproc" : "dproc", process->name);
	cef_add(writer, is_source ? "suser" : "duser", process->user);
	cef_add(writer, "filePath", process->executable);
}

/* "syn 17, rst 2". */
static void cef_list_kinds(const struct alert *alert, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (unsigned int kind = 0; kind < KIND_COUNT && used < size; kind++)
		if (alert->kinds[kind])
			used += (size_t)snprintf(out + used, size - used, "%s%s %llu",
						 used ? ", " : "", words_kind(kind),
						 (unsigned long long)alert->kinds[kind]);
}

/* Of an alert about many things; the six custom texts are taken. */
static void cef_add_folded(struct cef_writer *writer, const struct alert *alert)
{
	char ports[ALERT_PORTS_SIZE], prefix[PREFIX_TEXT_SIZE];

	if (alert->ports) {
		cef_add_labelled(writer, "flexString1", "ports", alert_format_ports(alert, ports));
		cef_add_labelled_number(writer, "cn3", "port_count", alert->ports);
	}
	if (alert->peers) {
		cef_add_labelled_number(writer, "cn2", "peers", alert->peers);
		cef_add_labelled(writer, "flexString2", "prefix",
				 prefix_format(&alert->prefix, prefix));
	}
}

static void cef_add_judgement(struct cef_writer *writer, const struct alert *alert)
{
	char kinds[KIND_COUNT * 32];

	cef_list_kinds(alert, kinds, sizeof(kinds));
	cef_add_labelled(writer, "cs1", "unit", alert->process.unit);
	cef_add_labelled(writer, "cs2", "container", alert->process.container);
	if (alert->has_packet)
		cef_add_labelled(writer, "cs3", "verdict", sighting_verdict_word(alert->verdict));
	if (alert_has_port(alert))
		cef_add_labelled(writer, "cs4", "quality", sighting_quality_word(alert->quality));
	cef_add(writer, "outcome", sighting_fate_word(alert->fate));
	cef_add(writer, "reason", alert->drop_reason);
	cef_add_labelled(writer, "cs5", "looks_like", alert->looks_like);
	cef_add_labelled(writer, "cs6", "kinds", kinds);
	if (alert->suppressed)
		cef_add_labelled_number(writer, "cn1", "suppressed", alert->suppressed);
	cef_add_folded(writer, alert);
}

size_t cef_format(const struct alert *alert, int facility, const char *hostname,
		  char out[RFC5424_SIZE])
{
	struct cef_writer writer = { .out = out };
	const char *action = alert_action_word(alert->action);
	char message[ALERT_MESSAGE_SIZE];

	writer.length = rfc5424_write_header(out, alert, facility, hostname);
	writer.length += (size_t)snprintf(
		out + writer.length, RFC5424_SIZE - writer.length,
		"- CEF:0|portsentinel|portsentinel|%s|%s|%s|%d|", VERSION, action,
		cef_name(alert->action), cef_severity(alert->severity));
	cef_add_time(&writer, "rt", alert->wall_ns);
	cef_add(&writer, "act", action);
	cef_add_number(&writer, "cnt", alert->count);
	cef_add_time(&writer, "start", alert->start_wall_ns);
	cef_add_time(&writer, "end", alert->end_wall_ns);
	if (alert_has_port(alert))
		cef_add_ends(&writer, alert);
	if (alert->has_packet)
		cef_add_packet(&writer, alert);
	cef_add_process(&writer, alert);
	cef_add_judgement(&writer, alert);
	cef_add(&writer, "dvchost", hostname);
	cef_add(&writer, "externalId", alert->id);
	cef_add(&writer, "msg", alert_format_message(alert, message));
	out[--writer.length] = '\0'; /* the space behind the last member */
	return writer.length;
}
