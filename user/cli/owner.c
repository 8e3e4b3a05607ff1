// SPDX-License-Identifier: GPL-2.0-only
/* owner.c - the processes behind the watched ports. */
#include <errno.h>
#include <stdio.h>

#include "../base/log.h"
#include "../kernel/watch.h"
#include "../model/command.h"
#include "../model/config.h"
#include "../model/words.h"
#include "../who/owner.h"
#include "cmd.h"
#include "instance.h"
#include "value.h"

#define OWNER_ENDPOINT_SIZE (ADDR_TEXT_SIZE + sizeof("[]:65535"))

/* A member that is known; left out where it is not. */
static void owner_put(json_t *object, const char *name, json_t *value)
{
	if (json_is_null(value))
		return;
	json_object_set_new(object, name, value);
}

static json_t *owner_user(const struct process *process)
{
	char id[16];
	json_t *user;

	snprintf(id, sizeof(id), "%u", process->uid);
	user = json_pack("{s:s}", "id", id);
	owner_put(user, "name", value_text(process->user));
	return user;
}

static json_t *owner_process(const struct process *process)
{
	json_t *object = json_pack("{s:i}", "pid", (int)process->pid);

	owner_put(object, "name", value_text(process->name));
	owner_put(object, "executable", value_text(process->executable));
	owner_put(object, "command_line", value_text(command_get(process)));
	owner_put(object, "user", owner_user(process));
	owner_put(object, "start", value_time(process->start_wall_ns));
	if (process->parent_pid)
		owner_put(object, "parent",
			  json_pack("{s:i}", "pid", (int)process->parent_pid));
	return object;
}

static const char *owner_format_endpoint(const struct endpoint *endpoint,
					 char out[OWNER_ENDPOINT_SIZE])
{
	bool is_ipv4 = addr_is_ipv4(&endpoint->addr);
	char ip[ADDR_TEXT_SIZE];

	snprintf(out, OWNER_ENDPOINT_SIZE, is_ipv4 ? "%s:%u" : "[%s]:%u",
		 addr_format(&endpoint->addr, ip), endpoint->port);
	return out;
}

/* The members of a process stand as in an alert: its unit and container beside it. */
static json_t *owner_row(const struct owner_row *row)
{
	char local[OWNER_ENDPOINT_SIZE], peer[OWNER_ENDPOINT_SIZE];
	const struct process *process = &row->process;
	json_t *object = json_pack(
		"{s:i, s:s, s:s, s:s, s:s?, s:I}",
		"port", row->port,
		"protocol", words_protocol(row->protocol),
		"state", row->state,
		"local", owner_format_endpoint(&row->local, local),
		"peer", row->has_peer ? owner_format_endpoint(&row->peer, peer) : NULL,
		"netns", (json_int_t)row->netns);

	if (row->is_udplite)
		owner_put(object, "udplite", json_true());
	if (!process->pid)
		return object;
	owner_put(object, "process", owner_process(process));
	if (*process->unit)
		owner_put(object, "systemd",
			  json_pack("{s:o}", "unit", value_text(process->unit)));
	if (*process->container)
		owner_put(object, "container",
			  json_pack("{s:o}", "id", value_text(process->container)));
	return object;
}

/*
 * The ports to look for: the live watch set where there is one, else the default one; narrowed
 * to the port asked for, which need not be watched. Returns 0 or -errno, said already.
 */
static int owner_choose_ports(const struct call *call, struct config *config)
{
	_cleanup_tables_ struct tables *tables = NULL;
	char directory[PINS_PATH_SIZE];
	uint8_t protocols;
	int r = instance_find(call, directory);

	config_init(config);
	if (r == 0 && tables_open(directory, &tables) == 0)
		watch_get(tables, &config->ports);
	if (r < 0 && r != -ENOENT)
		return r;
	if (!arguments_has(&call->arguments, ARGUMENT_PORT))
		return 0;
	protocols = config->ports.protocols[call->arguments.port];
	memset(&config->ports, 0, sizeof(config->ports));
	config->ports.protocols[call->arguments.port] = protocols ? protocols : PORT_SET_ALL;
	return 0;
}

static int owner_give(const struct config *config, json_t **ret_value)
{
	_cleanup_free_ struct owner_row *rows = NULL;
	json_t *list;
	size_t count = 0;
	int r = owners_list(&config->ports, &rows, &count);

	if (r < 0) {
		log_error(r, "list the owners of the watched ports");
		return OUTCOME_FAILED;
	}
	list = json_array();
	for (size_t i = 0; i < count; i++)
		list = value_append(list, owner_row(&rows[i]));
	return cmd_give(json_pack("{s:o}", "owners", list), ret_value);
}

int cmd_owner_show(const struct call *call, json_t **ret_value)
{
	_cleanup_free_ struct config *config = malloc(sizeof(*config));

	if (!config)
		return cmd_give(NULL, ret_value);
	if (owner_choose_ports(call, config) < 0)
		return OUTCOME_FAILED;
	return owner_give(config, ret_value);
}
