/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ecs_fields.h - the fields in use, as the Elastic Common Schema 8.11.0 defines them (its field
 * reference, and fields.csv of its repository): type, whether it is an array, and the words that it
 * allows where it does not allow any.
 */
#ifndef TESTS_ECS_FIELDS_H
#define TESTS_ECS_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#define ECS_FIELDS_VERSION "8.11.0"

enum ecs_type {
	ECS_DATE, /* RFC 3339 */
	ECS_IP,
	ECS_KEYWORD, /* and wildcard and match_only_text: a string */
	ECS_LONG,
};

struct ecs_field {
	const char *path;
	enum ecs_type type;
	bool is_array;
	const char *allowed; /* words between spaces, one before the first and after the last */
};

static const struct ecs_field ecs_fields[] = {
	{ "@timestamp", ECS_DATE, false, NULL },
	{ "container.id", ECS_KEYWORD, false, NULL },
	{ "destination.ip", ECS_IP, false, NULL },
	{ "destination.port", ECS_LONG, false, NULL },
	{ "ecs.version", ECS_KEYWORD, false, " " ECS_FIELDS_VERSION " " },
	{ "event.action", ECS_KEYWORD, false, NULL },
	{ "event.category", ECS_KEYWORD, true, " network " },
	{ "event.end", ECS_DATE, false, NULL },
	{ "event.id", ECS_KEYWORD, false, NULL },
	{ "event.kind", ECS_KEYWORD, false,
	  " alert asset enrichment event metric state pipeline_error signal " },
	{ "event.outcome", ECS_KEYWORD, false, " failure success unknown " },
	{ "event.severity", ECS_LONG, false, NULL },
	{ "event.start", ECS_DATE, false, NULL },
	/* of all types those that the category `network` expects */
	{ "event.type", ECS_KEYWORD, true,
	  " access allowed connection denied end info protocol start " },
	{ "message", ECS_KEYWORD, false, NULL },
	{ "network.bytes", ECS_LONG, false, NULL },
	{ "network.community_id", ECS_KEYWORD, false, NULL },
	{ "network.direction", ECS_KEYWORD, false,
	  " ingress egress inbound outbound internal external unknown " },
	{ "network.transport", ECS_KEYWORD, false, NULL },
	{ "network.type", ECS_KEYWORD, false, NULL },
	{ "network.vlan.id", ECS_KEYWORD, false, NULL },
	{ "observer.egress.interface.name", ECS_KEYWORD, false, NULL },
	{ "observer.hostname", ECS_KEYWORD, false, NULL },
	{ "observer.ingress.interface.name", ECS_KEYWORD, false, NULL },
	{ "process.command_line", ECS_KEYWORD, false, NULL },
	{ "process.executable", ECS_KEYWORD, false, NULL },
	{ "process.name", ECS_KEYWORD, false, NULL },
	{ "process.parent.name", ECS_KEYWORD, false, NULL },
	{ "process.parent.pid", ECS_LONG, false, NULL },
	{ "process.pid", ECS_LONG, false, NULL },
	{ "process.start", ECS_DATE, false, NULL },
	{ "process.user.id", ECS_KEYWORD, false, NULL },
	{ "process.user.name", ECS_KEYWORD, false, NULL },
	{ "source.ip", ECS_IP, false, NULL },
	{ "source.mac", ECS_KEYWORD, false, NULL },
	{ "source.port", ECS_LONG, false, NULL },
};

/* What ECS does not have, or leaves to whoever makes it. */
static const char *const ecs_others[] = { "event.count", "portsentinel", "systemd.unit" };

#endif
