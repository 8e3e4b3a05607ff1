// SPDX-License-Identifier: GPL-2.0-only
/* status.c - all about an instance: from its lock, its status file and its pins. */
#include <errno.h>

#include "../base/log.h"
#include "../base/text.h"
#include "../daemon/rundir.h"
#include "../kernel/probe.h"
#include "../kernel/watch.h"
#include "cmd.h"
#include "counter.h"
#include "instance.h"
#include "interface.h"
#include "value.h"

static void status_free_json(json_t **value)
{
	json_decref(*value);
}
#define _cleanup_json_ __attribute__((cleanup(status_free_json)))

/* The watch set as the shortest list: "53/udp", "3409-3410". */
static json_t *status_ports(const struct tables *tables)
{
	_cleanup_free_ struct port_set *set = calloc(1, sizeof(*set));
	_cleanup_free_ char *text = NULL;
	json_t *list = json_array();
	char *rest, *item;

	if (!tables)
		return list;
	if (set)
		watch_get(tables, set);
	text = set ? port_set_format(set) : NULL;
	if (!text) {
		json_decref(list);
		return NULL;
	}
	rest = text;
	while (*text && (item = text_next_item(&rest)))
		list = value_append(list, json_string(item));
	return list;
}

/* null: a kernel that refuses to be asked looks like one that can do nothing. */
static json_t *status_missing_features(void)
{
	json_t *list = json_array();
	size_t count;
	const struct probe *probes = probe_list(&count);

	for (size_t i = 0; i < count; i++)
		if (!probes[i].here())
			list = value_append(list, json_pack("{s:s, s:s, s:s}", "name",
							    probes[i].name, "since_kernel",
							    probes[i].since, "without",
							    probes[i].without));
	if (json_array_size(list) == count && geteuid() != 0) {
		json_decref(list);
		return json_null();
	}
	return list;
}

/* A member of what the sensor wrote; `otherwise` (taken over) where it wrote none. */
static json_t *status_told(const json_t *told, const char *name, json_t *otherwise)
{
	json_t *value = json_object_get(told, name);

	if (!value)
		return otherwise;
	json_decref(otherwise);
	return json_incref(value);
}

/*
 * told: what the running sensor wrote; NULL when none runs. tables: NULL when there are none.
 * interfaces: taken over. The members that the sensor added follow at the end.
 */
static json_t *status_value(const struct call *call, pid_t pid, const json_t *told,
			    const struct tables *tables, json_t *interfaces)
{
	json_t *value = json_pack(
		"{s:b, s:o, s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o}",
		"running", pid != 0,
		"pid", pid ? json_integer(pid) : json_null(),
		"since", status_told(told, "since", json_null()),
		"instance", call->instance,
		"version", VERSION,
		"ports", status_ports(tables),
		"interfaces", interfaces,
		"accounting", tables ? counter_accounting(tables) : json_null(),
		"sinks", status_told(told, "sinks", json_array()),
		"missing_features", status_missing_features());

	if (value && told)
		json_object_update_missing(value, (json_t *)told);
	return value;
}

/* The status file, if it is the running sensor's: what a dead one wrote is no longer so. */
static json_t *status_read(const struct call *call, pid_t pid)
{
	json_t *told = pid ? rundir_read_status(call->instance) : NULL;

	if (told && json_integer_value(json_object_get(told, "pid")) == pid)
		return told;
	json_decref(told);
	return NULL;
}

int cmd_status_show(const struct call *call, json_t **ret_value)
{
	_cleanup_json_ json_t *told = NULL;
	_cleanup_tables_ struct tables *tables = NULL;
	char directory[PINS_PATH_SIZE];
	pid_t pid = rundir_holder(call->instance);
	int found = instance_find(call, directory), r;
	json_t *interfaces = NULL;

	if (found < 0 && found != -ENOENT)
		return OUTCOME_FAILED;
	if (found == 0 && interface_rows(directory, &interfaces) < 0)
		return OUTCOME_FAILED;
	r = found == 0 ? tables_open(directory, &tables) : 0;
	if (r < 0)
		log_debug("open the tables of instance %s: %s, ignoring", call->instance,
			  strerror(-r));
	told = status_read(call, pid);
	if (found == -ENOENT)
		interfaces = json_array();
	return cmd_give(status_value(call, pid, told, tables, interfaces), ret_value);
}
