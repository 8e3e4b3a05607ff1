// SPDX-License-Identifier: GPL-2.0-only
/* sighting_text.c - a sampled packet as a line for people. */
#include "line.h"
#include "sighting.h"
#include "words.h"

static void add_named(struct line *line, const char *name, const char *value)
{
	if (!*value)
		return;
	line_add(line, ", %s ", name);
	line_add_quoted(line, value);
}

static void add_brief(struct line *line, const char *role, const struct process_brief *brief)
{
	if (!process_brief_is_known(brief))
		return;
	add_named(line, role, *brief->name ? brief->name : "?");
	if (brief->pid)
		line_add(line, " pid %d", brief->pid);
}

static void add_fate(struct line *line, const struct sighting *sighting)
{
	const char *refuser = sighting_refuser_word(sighting->refused_by);

	if (sighting->fate == FATE_UNKNOWN)
		return;
	line_add(line, ", %s", sighting_fate_word(sighting->fate));
	if (refuser)
		line_add(line, " by the %s", refuser);
	if (*sighting->drop_reason) {
		line_add(line, " (");
		line_add_foreign(line, sighting->drop_reason);
		line_add(line, ")");
	}
}

/* Where the kernel took a tag off the frame, it is told here alone. */
static void add_findings(struct line *line, const struct sighting *sighting)
{
	const struct process *process = &sighting->process;

	line_add(line, "verdict %s", sighting_verdict_word(sighting->verdict));
	add_fate(line, sighting);
	line_add(line, ", quality %s", sighting_quality_word(sighting->quality));
	if (process_is_known(process)) {
		add_named(line, "process", *process->name ? process->name : "?");
		if (process->pid)
			line_add(line, " pid %d", process->pid);
		add_named(line, "exe", process->executable);
		if (process->executable_unlinked)
			line_add(line, " (unlinked)");
	}
	add_named(line, "unit", process->unit);
	add_named(line, "container", process->container);
	add_brief(line, "created by", &sighting->created_by);
	add_brief(line, "accepted by", &sighting->accepted_by);
	add_brief(line, "other end", &sighting->peer_process);
	if (sighting->looks_like)
		line_add(line, ", looks like %s", sighting->looks_like);
	if (sighting->event->has_vlan)
		line_add(line, ", vlan %u", sighting->event->vlan & SIGHTING_VLAN_ID);
}

static void add_end(struct line *line, const struct endpoint *endpoint, bool has_port)
{
	bool is_ipv4 = addr_is_ipv4(&endpoint->addr);
	char text[ADDR_TEXT_SIZE];

	addr_format(&endpoint->addr, text);
	if (!has_port)
		line_add(line, "%s", text);
	else
		line_add(line, is_ipv4 ? "%s:%u" : "[%s]:%u", text, endpoint->port);
}

const char *sighting_format_comment(const struct sighting *sighting, char out[SIGHTING_TEXT_SIZE])
{
	struct line line = { .out = out, .size = SIGHTING_TEXT_SIZE };

	*out = '\0';
	add_findings(&line, sighting);
	return out;
}

const char *sighting_format_line(const struct sighting *sighting, char out[SIGHTING_TEXT_SIZE])
{
	struct line line = { .out = out, .size = SIGHTING_TEXT_SIZE };
	bool has_ports = sighting->kind != KIND_ICMP;

	*out = '\0';
	line_add_foreign(&line, sighting->interface);
	line_add(&line, " %s ", words_direction(sighting->direction));
	add_end(&line, &sighting->source, has_ports);
	line_add(&line, " > ");
	add_end(&line, &sighting->destination, has_ports);
	line_add(&line, " %s", words_protocol(sighting->protocol));
	if (sighting->kind != KIND_UDP)
		line_add(&line, " %s", words_kind(sighting->kind));
	line_add(&line, " %u octets, ", sighting->event->frame_length);
	add_findings(&line, sighting);
	return out;
}
