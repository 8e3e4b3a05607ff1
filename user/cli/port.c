// SPDX-License-Identifier: GPL-2.0-only
/* port.c - the live watch set: shown, added to, taken from. */
#include "../kernel/watch.h"
#include "../model/service.h"
#include "../model/words.h"
#include "cmd.h"
#include "instance.h"
#include "value.h"

#define PORT_WHY_SIZE 256
#define PORTS 65536

static json_t *port_row(uint16_t port, enum protocol protocol)
{
	return json_pack("{s:i, s:s, s:o, s:o}", "port", port, "protocol",
			 words_protocol(protocol), "service",
			 value_text(service_name(port, protocol)), "description",
			 value_text(service_description(port, protocol)));
}

static int port_give(const struct port_set *set, json_t **ret_value)
{
	json_t *list = json_array();

	for (unsigned int port = 0; port < PORTS; port++)
		for (enum protocol protocol = 0; protocol < PROTOCOL_COUNT; protocol++)
			if (set->protocols[port] >> protocol & 1)
				list = value_append(list, port_row((uint16_t)port, protocol));
	return cmd_give(json_pack("{s:o}", "ports", list), ret_value);
}

int cmd_port_show(const struct call *call, json_t **ret_value)
{
	_cleanup_free_ struct port_set *set = calloc(1, sizeof(*set));
	_cleanup_tables_ struct tables *tables = NULL;
	char directory[PINS_PATH_SIZE];

	if (!set)
		return cmd_give(NULL, ret_value);
	if (instance_open(call, directory, &tables) < 0)
		return OUTCOME_FAILED;
	watch_get(tables, set);
	return port_give(set, ret_value);
}

/* The ports that the words name. Returns an enum outcome. */
static int port_read_words(const struct call *call, bool removes, struct port_set *set)
{
	char why[PORT_WHY_SIZE];

	for (size_t i = 0; i < call->word_count; i++)
		if (port_set_add(set, call->words[i], why, sizeof(why)) < 0)
			return failure_misused("port %s: %s", removes ? "del" : "add", why);
	return OUTCOME_DONE;
}

/* The first port of `set` that `watched` has under none of the protocols; 0: none. */
static unsigned int port_find_missing(const struct port_set *set, const struct port_set *watched)
{
	for (unsigned int port = 1; port < PORTS; port++)
		if (set->protocols[port] && !(set->protocols[port] & watched->protocols[port]))
			return port;
	return 0;
}

static void port_log_missing(const struct port_set *set, unsigned int port)
{
	bool is_both = set->protocols[port] == PORT_SET_ALL;

	failure_failed("port %u%s%s is not watched (see: portsentinel port show)", port,
		       is_both ? "" : "/", is_both ? "" : words_protocol(set->protocols[port] >> 1));
}

/*
 * The change is for people a silent one; the set that comes of it is for programs. Both sets are
 * the caller's room.
 */
static int port_change(const struct call *call, bool removes, struct port_set sets[2],
		       json_t **ret_value)
{
	_cleanup_tables_ struct tables *tables = NULL;
	struct port_set *set = &sets[0], *watched = &sets[1];
	char directory[PINS_PATH_SIZE];
	unsigned int missing;
	int outcome = port_read_words(call, removes, set);

	if (outcome != OUTCOME_DONE)
		return outcome;
	if (instance_open(call, directory, &tables) < 0)
		return OUTCOME_FAILED;
	watch_get(tables, watched);
	missing = removes ? port_find_missing(set, watched) : 0;
	if (missing) {
		port_log_missing(set, missing);
		return OUTCOME_FAILED;
	}
	(removes ? watch_remove : watch_add)(tables, set);
	watch_get(tables, watched);
	return call->format == OUT_PLAIN ? OUTCOME_DONE : port_give(watched, ret_value);
}

static int port_change_words(const struct call *call, bool removes, json_t **ret_value)
{
	_cleanup_free_ struct port_set *sets = calloc(2, sizeof(*sets));

	if (!sets)
		return cmd_give(NULL, ret_value);
	return port_change(call, removes, sets, ret_value);
}

int cmd_port_add(const struct call *call, json_t **ret_value)
{
	return port_change_words(call, false, ret_value);
}

int cmd_port_del(const struct call *call, json_t **ret_value)
{
	return port_change_words(call, true, ret_value);
}
