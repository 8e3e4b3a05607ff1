// SPDX-License-Identifier: GPL-2.0-only
/* peer.c - remote addresses, and what was seen of them. */
#include "../base/log.h"
#include "../kernel/peers.h"
#include "../model/words.h"
#include "cmd.h"
#include "instance.h"
#include "peer.h"
#include "value.h"

static json_t *peer_kinds(__u32 bits)
{
	json_t *kinds = json_array();

	for (unsigned int kind = 0; kind < KIND_COUNT; kind++)
		if (bits >> kind & 1)
			kinds = value_append(kinds, json_string(words_kind(kind)));
	return kinds;
}

static json_t *peer_row(const struct peer_row *row, struct table *tools)
{
	const char **tool = tools ? table_get(tools, &row->addr) : NULL;
	char ip[ADDR_TEXT_SIZE];

	return json_pack("{s:s, s:I, s:I, s:I, s:o, s:o, s:o, s:s*, s:I}",
			 "ip", addr_format(&row->addr, ip),
			 "packets", (json_int_t)(row->packets_in + row->packets_out),
			 "in", (json_int_t)row->packets_in,
			 "out", (json_int_t)row->packets_out,
			 "first", value_time(row->first_wall_ns),
			 "last", value_time(row->last_wall_ns),
			 "kinds", peer_kinds(row->kinds),
			 "looks_like", tool ? *tool : NULL,
			 "suppressed", (json_int_t)row->suppressed);
}

int peer_list(const struct tables *tables, bool of_file, size_t limit, struct table *tools,
	      json_t **ret_list)
{
	_cleanup_free_ struct peer_row *rows = NULL;
	json_t *list;
	size_t count = 0;
	int r = peers_read(tables, of_file, &rows, &count);

	if (r < 0)
		return r;
	list = json_array();
	for (size_t i = 0; i < MIN(count, limit); i++)
		list = value_append(list, peer_row(&rows[i], tools));
	*ret_list = list;
	return 0;
}

int cmd_peer_show(const struct call *call, json_t **ret_value)
{
	_cleanup_tables_ struct tables *tables = NULL;
	char directory[PINS_PATH_SIZE];
	json_t *list;
	size_t limit;
	int r;

	if (instance_open(call, directory, &tables) < 0)
		return OUTCOME_FAILED;
	limit = arguments_has(&call->arguments, ARGUMENT_LIMIT) ? call->arguments.limit : SIZE_MAX;
	r = peer_list(tables, false, limit, NULL, &list);
	if (r < 0) {
		log_error(r, "read the peers of instance %s", call->instance);
		return OUTCOME_FAILED;
	}
	return cmd_give(json_pack("{s:o}", "peers", list), ret_value);
}
