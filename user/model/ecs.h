/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ecs.h - members under the Elastic Common Schema's names: those that alerts and samples have in
 * common, and what they are made with. Every string is valid UTF-8 afterwards.
 */
#ifndef MODEL_ECS_H
#define MODEL_ECS_H

#include <jansson.h>

#include "sighting.h"

/*
 * Makes members. The first that fails, for want of memory, spoils the whole; the later ones may
 * be tried all the same, into a NULL object too.
 */
struct ecs_maker {
	bool has_failed;
};

void ecs_put(struct ecs_maker *maker, json_t *object, const char *name, json_t *value);

/* Returns a borrowed reference, NULL when memory is out. */
json_t *ecs_put_object(struct ecs_maker *maker, json_t *object, const char *name);

void ecs_put_number(struct ecs_maker *maker, json_t *object, const char *name, uint64_t number);

/* A text that is no UTF-8 is put escaped; NULL or an empty one is not known, and left out. */
void ecs_put_text(struct ecs_maker *maker, json_t *object, const char *name, const char *text);

/* Left out where it is 0. */
void ecs_put_time(struct ecs_maker *maker, json_t *object, const char *name, uint64_t wall_ns);

/* The release whose field definitions hold; what it does not have is under `portsentinel`. */
#define ECS_VERSION "8.11.0"

#define ECS_TYPES_MAX 2

/* How an event is categorised: words that ECS allows in the category `network`. */
struct ecs_event {
	const char *kind; /* "alert", "event" */
	const char *types[ECS_TYPES_MAX]; /* NULL: no more */
	const char *outcome; /* NULL: it has none */
};

/* `ecs`, and `event` with its categories, which is returned, borrowed. */
json_t *ecs_put_event(struct ecs_maker *maker, json_t *root, const struct ecs_event *event);

/* What both tell of a packet. Pointers are borrowed. */
struct ecs_packet {
	const struct endpoint *source;
	const struct endpoint *destination;
	const uint8_t *source_mac; /* 6 octets; NULL: not known */
	enum direction direction;
	enum protocol protocol;
	enum kind kind;
	bool has_vlan;
	uint16_t vlan_id;
};

/* `source`, `destination` and `network`; returns the last one, borrowed. */
json_t *ecs_put_packet(struct ecs_maker *maker, json_t *root, const struct ecs_packet *packet);

/* `observer`, where one of the two is known. */
void ecs_put_observer(struct ecs_maker *maker, json_t *root, const char *hostname,
		      enum direction direction, const char *interface);

/* `process`, `container` and `systemd`. */
void ecs_put_process(struct ecs_maker *maker, json_t *root, const struct process *process);

/* What became of the packet, as far as it is known. */
void ecs_put_fate(struct ecs_maker *maker, json_t *own, enum fate fate, enum refuser refused_by,
		  const char *drop_reason);

/* What ECS has no name for: where the process lives, and who else had a hand in the socket. */
void ecs_put_owner(struct ecs_maker *maker, json_t *own, const struct process *process,
		   const struct process_brief *created_by, const struct process_brief *accepted_by);

/* {"pid", "name"} under `name`, where the process is known. */
void ecs_put_brief(struct ecs_maker *maker, json_t *parent, const char *name,
		   const struct process_brief *brief);

/* The object when nothing has failed; else it is dropped, and NULL. */
json_t *ecs_finish(struct ecs_maker *maker, json_t *root);

#endif
