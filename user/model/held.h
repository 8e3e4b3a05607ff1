/* SPDX-License-Identifier: GPL-2.0-only */
/* held.h - of what the kernel tells how much it held back. */
#ifndef MODEL_HELD_H
#define MODEL_HELD_H

#include "sighting.h"

/* One peer and one watched port, one way. */
struct held_thing {
	struct addr peer;
	uint16_t port;
	uint8_t protocol; /* enum protocol */
	uint8_t direction; /* enum direction */
	uint8_t role; /* enum role */
	uint8_t reserved[3]; /* zero: things are compared as bytes */
};

/* The one that a sighting's packet is of. */
static inline struct held_thing held_thing_of(const struct sighting *sighting)
{
	return (struct held_thing){
		.peer = sighting_peer(sighting)->addr,
		.port = sighting->port,
		.protocol = (uint8_t)sighting->protocol,
		.direction = (uint8_t)sighting->direction,
		.role = (uint8_t)sighting->role,
	};
}

/* What was held back of it when the packet was sampled. */
static inline uint32_t held_of(const struct sighting *sighting)
{
	const struct packet_event *event = sighting->event;

	/* With two watched ports the number is that of the target's. */
	if (!event || (sighting->role == ROLE_FROM && event->roles & ROLE_TO))
		return 0;
	return event->suppressed;
}

/*
 * How many were held back between two numbers, which wrap: one that is less is that of a thing
 * which the kernel forgot and met again.
 */
static inline uint32_t held_since(uint32_t before, uint32_t now)
{
	uint32_t grown = now - before;

	return grown > INT32_MAX ? now : grown;
}

#endif
