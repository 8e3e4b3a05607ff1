// SPDX-License-Identifier: GPL-2.0-only
/* strays.c - copies addresses and interfaces into the packet programs' maps. */
#include "strays.h"

#include <errno.h>

#include <bpf/bpf.h>

#include "links.h"
#include "program.h"

static const uint8_t here = 1;

/* Removes what is an address no longer. The next key is asked for before one goes. */
static void strays_drop_old(int map, struct links *links, bool all)
{
	struct addr addr, next;
	int r = bpf_map_get_next_key(map, NULL, &next);

	while (r == 0) {
		addr = next;
		r = bpf_map_get_next_key(map, &addr, &next);
		if (all || !links_has_address(links, &addr))
			bpf_map_delete_elem(map, &addr);
	}
}

struct strays_copy {
	int map;
	int r;
};

static void strays_copy_address(void *argument, const struct addr *addr)
{
	struct strays_copy *copy = argument;

	if (bpf_map_update_elem(copy->map, addr, &here, BPF_ANY) < 0)
		copy->r = -errno;
}

int strays_set_addresses(const struct program *program, struct links *links, bool translates)
{
	struct strays_copy copy = { .map = program_map_fd(program, "own_addresses") };

	strays_drop_old(copy.map, links, translates);
	if (!translates)
		links_visit_addresses(links, strays_copy_address, &copy);
	return copy.r;
}

int strays_set_lower(const struct program *program, uint32_t ifindex, bool is_lower)
{
	int map = program_map_fd(program, "lower_interfaces");
	int r = is_lower ? bpf_map_update_elem(map, &ifindex, &here, BPF_ANY) :
			   bpf_map_delete_elem(map, &ifindex);

	return r < 0 && errno != ENOENT ? -errno : 0;
}
