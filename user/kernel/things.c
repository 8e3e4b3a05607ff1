// SPDX-License-Identifier: GPL-2.0-only
/* things.c - reads the table of bpf/thing.h. */
#include "things.h"

#include <bpf/bpf.h>

#include "../base/util.h"

bool things_suppressed(const struct tables *tables, const struct held_thing *thing,
		       uint32_t *ret_suppressed)
{
	const __u64 name = thing_name(THING_PORT, thing->port, 0, thing->protocol, thing->direction,
				      thing->role);
	struct thing found;
	__u64 words[2], hash;
	__u32 place;

	memcpy(words, &thing->peer, sizeof(words));
	hash = thing_hash(words, name, tables->limits->peer_seed);
	place = thing_place(hash);
	if (bpf_map_lookup_elem(tables->things_fd, &place, &found) < 0 ||
	    found.tag != thing_tag(hash))
		return false;
	*ret_suppressed = found.suppressed;
	return true;
}
