// SPDX-License-Identifier: GPL-2.0-only
/* pipeline.c - the table of contents of the user-space side. */
#include "pipeline.h"

#include <errno.h>
#include <stdio.h>

#include "../base/clock.h"
#include "../base/table.h"
#include "../base/util.h"
#include "../judge/fold.h"
#include "../judge/policy.h"
#include "../judge/tools.h"
#include "../kernel/count.h"
#include "../kernel/peers.h"

#define PIPELINE_OPEN_MAX 4096 /* things that go on at a time: some 12 MB when full */
#define PIPELINE_INTERFACES_MAX 4096

struct pipeline {
	struct pipeline_parts parts;
	struct links *links;
	struct fold *fold;
	struct loop_source *window_end;
	uint64_t armed_for_ns; /* 0: no window is open */
	struct table *names; /* ifindex -> char[IF_NAMESIZE] */
	struct sink *sinks[PIPELINE_SINKS_MAX];
	size_t sink_count;
	uint64_t window_ns;
	uint64_t lost; /* samples, as told so far */
	uint64_t lost_told_ns; /* when; 0: never */
	uint64_t emitted[ACTION_COUNT]; /* alerts given to the sinks */
};

static void pipeline_emit(void *argument, const struct alert *alert)
{
	struct pipeline *pipeline = argument;

	pipeline->emitted[alert->action]++;
	for (size_t i = 0; i < pipeline->sink_count; i++)
		pipeline->sinks[i]->ops->send(pipeline->sinks[i], alert);
}

static uint32_t pipeline_suppressed(void *argument, const struct addr *peer)
{
	struct pipeline *pipeline = argument;

	return peers_suppressed(pipeline->parts.tables, peer);
}

/* Ends the windows that are over; the timer is set for the next end. */
static void pipeline_tick(struct pipeline *pipeline, uint64_t now_ns)
{
	uint64_t end_ns = fold_tick(pipeline->fold, now_ns);

	pipeline->armed_for_ns = end_ns;
	if (pipeline->window_end)
		loop_timer_set(pipeline->window_end, end_ns ? MAX(end_ns, now_ns + 1) - now_ns : 0,
			       0);
}

static void pipeline_on_window_end(void *argument, uint32_t events)
{
	(void)events;
	pipeline_tick(argument, clock_boot_ns());
}

static uint64_t pipeline_lost(const struct pipeline *pipeline)
{
	struct accounting sum;

	count_read_accounting(pipeline->parts.tables, &sum);
	return sum.lost;
}

static int pipeline_build(struct pipeline *pipeline, const struct config *config)
{
	struct fold_options options = {
		.window_ns = config->window_ns,
		.max_rate = config->max_rate,
		.max_rate_ns = config->max_rate_ns,
		.capacity = PIPELINE_OPEN_MAX,
		.emit = pipeline_emit,
		.suppressed = pipeline_suppressed,
		.argument = pipeline,
	};
	int r = fold_new(&pipeline->fold, &options);

	pipeline->window_ns = config->window_ns;
	pipeline->lost = pipeline_lost(pipeline);
	if (r == 0)
		r = table_new(&pipeline->names, sizeof(uint32_t), IF_NAMESIZE,
			      PIPELINE_INTERFACES_MAX, NULL, NULL);
	if (r == 0 && pipeline->parts.loop)
		r = loop_add_timer(pipeline->parts.loop, pipeline_on_window_end, pipeline,
				   &pipeline->window_end);
	return r;
}

int pipeline_new(struct pipeline **ret_pipeline, const struct pipeline_parts *parts,
		 const struct config *config)
{
	struct pipeline *pipeline = calloc(1, sizeof(*pipeline));
	int r;

	if (!pipeline)
		return -ENOMEM;
	pipeline->parts = *parts;
	r = pipeline_build(pipeline, config);
	if (r < 0) {
		pipeline_free(pipeline);
		return r;
	}
	*ret_pipeline = pipeline;
	return 0;
}

void pipeline_free(struct pipeline *pipeline)
{
	if (!pipeline)
		return;
	loop_source_free(pipeline->window_end);
	pipeline->sink_count = 0;
	fold_free(pipeline->fold);
	table_free(pipeline->names);
	free(pipeline);
}

void pipeline_set_links(struct pipeline *pipeline, struct links *links)
{
	pipeline->links = links;
}

void pipeline_configure(struct pipeline *pipeline, const struct config *config)
{
	pipeline->window_ns = config->window_ns;
	fold_set(pipeline->fold, config->window_ns, config->max_rate, config->max_rate_ns);
}

void pipeline_name_interface(struct pipeline *pipeline, uint32_t ifindex, const char *name)
{
	char *place = table_put(pipeline->names, &ifindex, NULL);

	if (place)
		snprintf(place, IF_NAMESIZE, "%s", name);
}

void pipeline_set_sinks(struct pipeline *pipeline, struct sink *const *sinks, size_t count)
{
	pipeline->sink_count = MIN(count, PIPELINE_SINKS_MAX);
	memcpy(pipeline->sinks, sinks, pipeline->sink_count * sizeof(*sinks));
}

static struct endpoint pipeline_endpoint(const uint8_t addr[16], uint16_t port)
{
	struct endpoint endpoint = { .port = port };

	memcpy(endpoint.addr.bytes, addr, sizeof(endpoint.addr.bytes));
	return endpoint;
}

/* The packet's own part of a sighting, under one of its roles. */
static void pipeline_sight(struct pipeline *pipeline, const struct packet_event *event,
			   enum role role, struct sighting *sighting)
{
	const char *name = table_get(pipeline->names, &event->ifindex);
	bool is_icmp = event->kind == KIND_ICMP;

	memset(sighting, 0, sizeof(*sighting));
	sighting->event = event;
	sighting->boot_ns = event->boot_ns;
	sighting->wall_ns = clock_wall_from_boot(event->boot_ns);
	if (name)
		memcpy(sighting->interface, name, sizeof(sighting->interface));
	else
		snprintf(sighting->interface, sizeof(sighting->interface), "if%u", event->ifindex);
	sighting->direction = event->direction;
	sighting->role = role;
	sighting->protocol = event->protocol;
	sighting->kind = event->kind < KIND_COUNT ? event->kind : KIND_OTHER;
	sighting->port = role == ROLE_TO ? event->destination_port : event->source_port;
	/* The ports that an ICMP error quotes are not its own. */
	sighting->source = pipeline_endpoint(event->source, is_icmp ? 0 : event->source_port);
	sighting->destination =
		pipeline_endpoint(event->destination, is_icmp ? 0 : event->destination_port);
}

static enum verdict pipeline_verdict(struct pipeline *pipeline, const struct sighting *sighting)
{
	bool in = sighting->direction == DIRECTION_IN;
	const struct endpoint *here = in ? &sighting->destination : &sighting->source;

	switch (sighting->event->socket_state) {
	case SOCKET_LISTENING:
		return VERDICT_LISTENING;
	case SOCKET_CONNECTED:
		return VERDICT_CONNECTED;
	case SOCKET_NONE:
		break;
	default:
		return VERDICT_UNKNOWN;
	}
	if (!pipeline->links)
		return VERDICT_UNKNOWN;
	return links_is_local(pipeline->links, &here->addr) ? VERDICT_CLOSED : VERDICT_FORWARDED;
}

static void pipeline_judge(struct pipeline *pipeline, struct sighting *sighting, uint64_t now_ns)
{
	const struct addr *peer = &sighting_peer(sighting)->addr;
	bool local_peer = pipeline->links && links_is_local(pipeline->links, peer);
	enum action action;

	sighting->verdict = pipeline_verdict(pipeline, sighting);
	if (!policy_judge(sighting, local_peer, &action))
		return;
	sighting->looks_like = tools_look_like(sighting->event);
	if (pipeline->parts.owners && fold_wants_owner(pipeline->fold, sighting, action))
		owners_find(pipeline->parts.owners, sighting);
	fold_add(pipeline->fold, sighting, action, policy_severity(action), now_ns);
}

void pipeline_take(struct pipeline *pipeline, const struct packet_event *event)
{
	static const enum role roles[] = { ROLE_TO, ROLE_FROM };
	uint64_t now_ns = clock_boot_ns();
	struct sighting sighting;

	if (pipeline->armed_for_ns && now_ns >= pipeline->armed_for_ns)
		pipeline_tick(pipeline, now_ns);
	for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
		if (!(event->roles & roles[i]))
			continue;
		pipeline_sight(pipeline, event, roles[i], &sighting);
		pipeline_judge(pipeline, &sighting, now_ns);
	}
	if (pipeline->armed_for_ns == 0)
		pipeline_tick(pipeline, now_ns);
}

uint64_t pipeline_emitted(const struct pipeline *pipeline, enum action action)
{
	return pipeline->emitted[action];
}

void pipeline_tell(struct pipeline *pipeline, uint64_t count, const char *text)
{
	struct alert alert = {
		.action = ACTION_SENSOR,
		.severity = policy_severity(ACTION_SENSOR),
		.wall_ns = clock_wall_ns(),
		.count = count,
	};

	alert_new_id(alert.id);
	alert.start_wall_ns = alert.end_wall_ns = alert.wall_ns;
	snprintf(alert.text, sizeof(alert.text), "%s", text);
	pipeline_emit(pipeline, &alert);
}

void pipeline_watch_loss(struct pipeline *pipeline)
{
	uint64_t now_ns = clock_boot_ns(), lost = pipeline_lost(pipeline);
	char text[ALERT_TEXT_SIZE];

	if (lost == pipeline->lost ||
	    (pipeline->lost_told_ns && now_ns < pipeline->lost_told_ns + pipeline->window_ns))
		return;
	snprintf(text, sizeof(text),
		 "%llu samples lost, the ring was full; their packets are counted",
		 (unsigned long long)(lost - pipeline->lost));
	pipeline_tell(pipeline, lost - pipeline->lost, text);
	pipeline->lost = lost;
	pipeline->lost_told_ns = now_ns;
}

void pipeline_flush(struct pipeline *pipeline)
{
	fold_flush(pipeline->fold, clock_boot_ns());
}
