// SPDX-License-Identifier: GPL-2.0-only
/* stations.c - the map of bpf/station.h, kept as links come, change and go. */
#include "stations.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "../base/table.h"

struct stations {
	int map; /* the program's */
	struct table *addresses; /* index of each link -> uint64_t, as the map's keys; 0: none */
};

int stations_new(struct stations **ret_stations, const struct program *program)
{
	struct stations *stations = calloc(1, sizeof(*stations));
	int r;

	if (!stations)
		return -ENOMEM;
	stations->map = program_map_fd(program, "stations");
	r = stations->map < 0 ? stations->map :
				table_new(&stations->addresses, sizeof(uint32_t), sizeof(uint64_t),
					  STATIONS_MAX, NULL, NULL);
	if (r < 0) {
		stations_free(stations);
		return r;
	}
	*ret_stations = stations;
	return 0;
}

void stations_free(struct stations *stations)
{
	if (!stations)
		return;
	table_free(stations->addresses);
	free(stations);
}

struct same {
	uint64_t address;
	bool is_there;
};

static void stations_compare(void *argument, const void *key, void *value)
{
	struct same *same = argument;

	(void)key;
	same->is_there |= memcmp(value, &same->address, sizeof(same->address)) == 0;
}

/* A bond and its ports have one address together: it goes with the last of them. */
static void stations_drop(struct stations *stations, uint64_t address)
{
	struct same same = { .address = address };

	table_visit(stations->addresses, stations_compare, &same);
	if (!same.is_there)
		bpf_map_delete_elem(stations->map, &address);
}

void stations_put(struct stations *stations, const struct link *link)
{
	uint64_t *place = table_put(stations->addresses, &link->index, NULL);
	uint64_t before, address = 0;
	uint8_t here = 1;

	if (!place)
		return;
	if (link->has_address)
		memcpy(&address, link->address, sizeof(link->address));
	before = *place;
	*place = address;
	if (address)
		bpf_map_update_elem(stations->map, &address, &here, BPF_ANY);
	if (before && before != address)
		stations_drop(stations, before);
}

void stations_remove(struct stations *stations, uint32_t index)
{
	uint64_t *place = table_get(stations->addresses, &index);
	uint64_t before = place ? *place : 0;

	table_remove(stations->addresses, &index);
	if (before)
		stations_drop(stations, before);
}

void stations_complete(struct stations *stations)
{
	uint64_t complete = STATIONS_COMPLETE;
	uint8_t here = 1;

	bpf_map_update_elem(stations->map, &complete, &here, BPF_ANY);
}
