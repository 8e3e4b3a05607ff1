// SPDX-License-Identifier: GPL-2.0-only
/* fold_key.c - keys from sightings. */
#include "fold_key.h"

struct fold_key fold_key_of(const struct sighting *sighting, enum action action)
{
	bool is_listener = action == ACTION_LISTENER;

	return (struct fold_key){
		.peer = is_listener ? sighting->destination.addr : sighting_peer(sighting)->addr,
		.port = sighting->port,
		.action = (uint8_t)action,
		.protocol = (uint8_t)sighting->protocol,
	};
}

struct fold_key fold_key_wide(const struct sighting *sighting, enum action action,
			      enum sweep_width width)
{
	struct fold_key key = fold_key_of(sighting, action);

	key.port = 0;
	key.protocol = 0;
	key.width = (uint8_t)width;
	if (width == SWEEP_PEERS)
		key.peer = sweep_prefix(&key.peer).addr;
	return key;
}

struct budget_source fold_key_source(const struct fold_key *key, const struct alert *alert)
{
	bool is_own = key->action == ACTION_LISTENER ||
		      (key->action == ACTION_OUTBOUND && alert->direction == DIRECTION_OUT);

	if (!is_own)
		return (struct budget_source){ .network = sweep_prefix(&key->peer).addr };
	return (struct budget_source){
		.user = process_is_known(&alert->process) ? alert->process.uid : UINT32_MAX,
	};
}

struct held_thing fold_key_held(const struct fold_key *key, const struct alert *alert)
{
	bool is_outbound = key->action == ACTION_OUTBOUND;
	enum direction direction = is_outbound ? DIRECTION_OUT : alert->direction;
	bool is_turned = direction != alert->direction;

	return (struct held_thing){
		.peer = key->peer,
		.port = key->port,
		.protocol = key->protocol,
		.direction = (uint8_t)direction,
		.role = (uint8_t)((alert->role == ROLE_TO) != is_turned ? ROLE_TO : ROLE_FROM),
	};
}

bool fold_key_has_number(const struct fold_key *key)
{
	return key->width == SWEEP_SINGLE && key->action != ACTION_LISTENER;
}

bool fold_is_real(const struct sighting *sighting, enum action action)
{
	bool is_own = action == ACTION_LISTENER || action == ACTION_SENSOR ||
		      (action == ACTION_OUTBOUND && sighting->direction == DIRECTION_OUT);
	bool is_proven = sighting->quality == QUALITY_EXACT ||
			 sighting->quality == QUALITY_JOINED || sighting->quality == QUALITY_TUNNEL;

	if (is_own || (action != ACTION_CONNECTION && action != ACTION_OUTBOUND))
		return is_own;
	/* A UDP socket takes what anybody forges. */
	return sighting_is_connected(sighting) || (is_proven && sighting->protocol == PROTOCOL_TCP);
}
