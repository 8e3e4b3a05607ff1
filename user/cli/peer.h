/* SPDX-License-Identifier: GPL-2.0-only */
/* peer.h - the list of peers, which `replay` shows as well. */
#ifndef CLI_PEER_H
#define CLI_PEER_H

#include <jansson.h>
#include <stdbool.h>

#include "../base/table.h"
#include "../kernel/tables.h"

/*
 * At most `limit` of them, by packets; of_file as in peers_read(). `tools` tells what tool a peer
 * looks like: struct addr -> const char *; NULL: not known of any. A new list; 0 or -errno.
 */
int peer_list(const struct tables *tables, bool of_file, size_t limit, struct table *tools,
	      json_t **ret_list);

#endif
