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

/* Of what was held back nobody knows which others it would have shown. */
static const char *at_least(const struct alert *alert)
{
	return alert->at_least ? "at least " : "";
}

/* Many ports: by their number, and the first ones. */
static void add_ports(struct line *line, const struct alert *alert)
{
	char ports[ALERT_PORTS_SIZE];

	line_add(line, "%s%llu ports (%s)", at_least(alert), (unsigned long long)alert->ports,
		 alert_format_ports(alert, ports));
}

/* Many peers, or many ports of one: "from 40 peers of 198.51.100.0/24 to closed port 3409". */
static void add_folded_ends(struct line *line, const struct alert *alert)
{
	char source[ADDR_TEXT_SIZE], prefix[PREFIX_TEXT_SIZE];

	if (alert->action == ACTION_TRANSIT)
		line_add(line, " forwarded");
	if (alert->peers)
		line_add(line, " from %s%llu peers of %s", at_least(alert),
			 (unsigned long long)alert->peers, prefix_format(&alert->prefix, prefix));
	else
		line_add(line, " from %s", addr_format(&alert->source.addr, source));
	line_add(line, alert->role == ROLE_TO ? " to " : ", from ");
	if (alert->ports > 1)
		add_ports(line, alert);
	else
		add_port(line, alert);
}

/* The first packet of those that are folded looks like any other: more of them are not told. */
static void add_fold(struct line *line, const struct alert *alert)
{
	char prefix[PREFIX_TEXT_SIZE];

	if (!alert_is_folded(alert) || alert->count > 1)
		return;
	if (alert->peers)
		line_add(line, ", one more peer of %s: others are summed up in this alert",
			 prefix_format(&alert->prefix, prefix));
	else
		line_add(line, ", one more port: others are summed up in this alert");
}

/* Several: "as in SYN, FIN and NULL scans". */
static void add_techniques(struct line *line, uint32_t techniques)
{
	static const char *const words[TECHNIQUE_COUNT] = {
		[TECHNIQUE_SYN] = "SYN",       [TECHNIQUE_NULL] = "NULL",
		[TECHNIQUE_FIN] = "FIN",       [TECHNIQUE_XMAS] = "Xmas",
		[TECHNIQUE_MAIMON] = "Maimon", [TECHNIQUE_ACK] = "ACK",
		[TECHNIQUE_SYNACK] = "SYN-ACK", [TECHNIQUE_UDP] = "UDP",
	};
	bool is_first = true;

	for (enum technique technique = 0; technique < TECHNIQUE_COUNT; technique++) {
		uint32_t bit = technique_bit(technique);

		if (!(techniques & bit))
			continue;
		techniques &= ~bit;
		line_add(line, "%s%s", is_first ? "" : techniques ? ", " : " and ",
			 words[technique]);
		is_first = false;
	}
}

/* Told where the packets are such as no system sends, or many of one kind are a scan. */
static void add_technique(struct line *line, const struct alert *alert)
{
	const uint32_t ordinary = technique_bit(TECHNIQUE_SYN) | technique_bit(TECHNIQUE_UDP);
	const uint32_t with_an = technique_bit(TECHNIQUE_XMAS) | technique_bit(TECHNIQUE_ACK);
	uint32_t techniques = alert->techniques;
	bool is_one = !(techniques & (techniques - 1));

	if (!techniques || (!(techniques & ~ordinary) && !alert_is_folded(alert)))
		return;
	line_add(line, ", as in %s", !is_one ? "" : techniques & with_an ? "an " : "a ");
	add_techniques(line, techniques);
	line_add(line, is_one ? " scan" : " scans");
}

/* An outbound thing's first packet can be the answer. */
static bool alert_is_sent(const struct alert *alert)
{
	return alert->action == ACTION_OUTBOUND && alert->direction == DIRECTION_OUT;
}

static void add_ends(struct line *line, const struct alert *alert)
{
	char source[ADDR_TEXT_SIZE], destination[ADDR_TEXT_SIZE];

	addr_format(&alert->source.addr, source);
	addr_format(&alert->destination.addr, destination);
	if (alert->action == ACTION_TRANSIT)
		line_add(line, " forwarded");
	line_add(line, " from %s%s", alert_is_sent(alert) ? "local " : "", source);
	if (alert->role == ROLE_TO) {
		add_target(line, alert, destination);
		if (alert->is_foreign)
			line_add(line, " of %s", destination);
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

/* Of a port that nobody holds, that the kernel refuses goes without saying. */
static void add_fate(struct line *line, const struct alert *alert)
{
	const char *refuser = sighting_refuser_word(alert->refused_by);
	bool goes_without = alert->fate == FATE_ANSWERED || alert->fate == FATE_DELIVERED ||
			    (alert->fate == FATE_REFUSED && alert->verdict == VERDICT_CLOSED &&
			     alert->refused_by != REFUSER_FIREWALL);

	if (alert->fate == FATE_UNKNOWN || goes_without)
		return;
	line_add(line, ", %s", sighting_fate_word(alert->fate));
	if (refuser)
		line_add(line, " by the %s", refuser);
	if (*alert->drop_reason) {
		line_add(line, " (");
		line_add_foreign(line, alert->drop_reason);
		line_add(line, ")");
	}
}

static const char *owner_verb(const struct alert *alert)
{
	if (alert->quality == QUALITY_PAST)
		return "last held by";
	if (alert->action == ACTION_CONNECTION)
		return "served by";
	if (alert->action == ACTION_OUTBOUND)
		return alert_is_sent(alert) ? "sent by" : "received by";
	if (alert->action == ACTION_TRANSIT)
		return alert->direction == DIRECTION_OUT ? "from" : "for";
	return "held by";
}

/* Seen from another pid namespace, a process may have no number. */
static void add_pid(struct line *line, pid_t pid)
{
	if (pid)
		line_add(line, "pid %d", pid);
	else
		line_add(line, "no pid here");
}

static void add_process(struct line *line, const struct process *process)
{
	line_add_foreign(line, *process->name ? process->name : "a process");
	line_add(line, " (");
	add_pid(line, process->pid);
	if (*process->unit) {
		line_add(line, ", unit ");
		line_add_foreign(line, process->unit);
	}
	line_add(line, ")");
}

static void add_owner(struct line *line, const struct alert *alert)
{
	const struct process *process = &alert->process;

	if (!process_is_known(process) && alert->quality != QUALITY_KERNEL)
		return;
	line_add(line, ", %s ", owner_verb(alert));
	if (process_is_known(process))
		add_process(line, process);
	else
		line_add(line, "the kernel");
}

/* The process at the packet's other end, where that is on this host, too. */
static void add_peer_process(struct line *line, const struct alert *alert)
{
	if (!process_brief_is_known(&alert->peer_process))
		return;
	line_add(line, ", at the other end ");
	line_add_foreign(line, alert->peer_process.name);
	line_add(line, " (");
	add_pid(line, alert->peer_process.pid);
	line_add(line, ")");
}

/* Any address of this host is not told. */
static void add_listening_address(struct line *line, const struct alert *alert)
{
	static const struct addr any;
	const struct addr *addr = &alert->destination.addr;
	char address[ADDR_TEXT_SIZE];

	addr_format(addr, address);
	if (memcmp(addr, &any, sizeof(any)) != 0 && !util_streq(address, "0.0.0.0"))
		line_add(line, " of %s", address);
}

/* What is about no packet says so itself, but for whose doing it was. */
static void add_text(struct line *line, const struct alert *alert)
{
	line_add_foreign(line, alert->text);
	if (!process_is_known(&alert->process))
		return;
	line_add(line, ", asked for by ");
	add_process(line, &alert->process);
}

const char *alert_format_message(const struct alert *alert, char out[ALERT_MESSAGE_SIZE])
{
	struct line line = { .out = out, .size = ALERT_MESSAGE_SIZE };

	*out = '\0';
	if (!alert_has_port(alert)) {
		add_text(&line, alert);
		return out;
	}
	add_what(&line, alert);
	if (alert->action == ACTION_LISTENER) {
		line_add(&line, " on %s ", protocol_for_people(alert->protocol));
		add_port(&line, alert);
		add_listening_address(&line, alert);
	} else {
		if (alert_is_folded(alert) && alert->count > 1)
			add_folded_ends(&line, alert);
		else
			add_ends(&line, alert);
		if (*alert->interface) {
			line_add(&line, " on ");
			line_add_foreign(&line, alert->interface);
		}
		if (alert->is_foreign)
			line_add(&line, ", in a frame to another device");
		if (alert->action == ACTION_BACKSCATTER)
			line_add(&line, ", an answer to nothing this host sent");
		add_fate(&line, alert);
		add_count(&line, alert);
		add_technique(&line, alert);
		add_fold(&line, alert);
	}
	add_owner(&line, alert);
	add_peer_process(&line, alert);
	if (*alert->looks_like)
		line_add(&line, ", looks like %s", alert->looks_like);
	return out;
}
