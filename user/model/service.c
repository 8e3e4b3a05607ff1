/* SPDX-License-Identifier: GPL-2.0-only */
/* service.c - IANA's rows for the default ports, then the system's services. */
#include <arpa/inet.h>
#include <netdb.h>

#include "../base/util.h"
#include "service.h"
#include "words.h"

struct service_row {
	uint16_t port; /* with both protocols */
	const char *name;
	const char *description;
};

static const struct service_row builtin_rows[] = {
	{ 3409, "networklens", "NetworkLens Event Port" },
	{ 3410, "networklenss", "NetworkLens SSL Event" },
};

static const struct service_row *service_find(uint16_t port, enum protocol protocol)
{
	size_t i;

	if (protocol >= PROTOCOL_COUNT)
		return NULL;
	for (i = 0; i < ARRAY_SIZE(builtin_rows); i++)
		if (builtin_rows[i].port == port)
			return &builtin_rows[i];
	return NULL;
}

const char *service_name(uint16_t port, enum protocol protocol)
{
	static char buffer[4096];
	const struct service_row *row = service_find(port, protocol);
	struct servent entry, *found = NULL;

	if (row)
		return row->name;
	if (protocol >= PROTOCOL_COUNT ||
	    getservbyport_r(htons(port), words_protocol(protocol), &entry, buffer, sizeof(buffer),
			    &found) || !found)
		return NULL;
	return found->s_name;
}

const char *service_description(uint16_t port, enum protocol protocol)
{
	const struct service_row *row = service_find(port, protocol);

	return row ? row->description : NULL;
}
