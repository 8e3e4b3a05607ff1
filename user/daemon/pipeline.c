// SPDX-License-Identifier: GPL-2.0-only
/* pipeline.c - the table of contents of the user-space side. */
#include "pipeline.h"

#include <errno.h>
#include <stdio.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "../base/table.h"
#include "../base/util.h"
#include "../judge/flood.h"
#include "../judge/fold.h"
#include "../judge/policy.h"
#include "../judge/tools.h"
#include "../judge/uninspected.h"
#include "../kernel/count.h"
#include "../kernel/peers.h"
#include "aftermath.h"
#include "../kernel/things.h"
#include "hold.h"

#define PIPELINE_OPEN_MAX 4096 /* things that go on at a time: some 12 MB when full */
#define PIPELINE_INTERFACES_MAX 4096

/* Processes that sent past the hooks and were not told of yet. */
struct bypass {
	uint64_t count;
	uint64_t told_ns; /* 0: never */
	bool is_xdp; /* the last one */
	struct sighting last;
};

struct pipeline {
	struct pipeline_parts parts;
	struct links *links;
	struct hold *hold; /* NULL: nothing waits */
	struct expects *expects;
	struct expect_programs programs;
	struct flood flood;
	struct bypass bypass;
	struct uninspected uninspected;
	struct fold *fold;
	struct loop_source *window_end;
	uint64_t armed_for_ns; /* 0: no window is open */
	struct table *names; /* ifindex -> char[IF_NAMESIZE] */
	struct sink *sinks[PIPELINE_SINKS_MAX];
	size_t sink_count;
	pipeline_tap *tap; /* may be NULL */
	void *tap_argument;
	uint64_t window_ns;
	enum severity severities[ACTION_COUNT];
	uint64_t lost; /* samples, as told so far */
	uint64_t lost_told_ns; /* when; 0: never */
	struct witness_records records; /* as told so far */
	uint64_t records_told_ns;
	uint64_t emitted[ACTION_COUNT]; /* alerts given to the sinks */
};

static void pipeline_emit(void *argument, const struct alert *alert)
{
	struct pipeline *pipeline = argument;

	pipeline->emitted[alert->action]++;
	for (size_t i = 0; i < pipeline->sink_count; i++)
		pipeline->sinks[i]->ops->send(pipeline->sinks[i], alert);
}

/* What is folded was weighed when it was seen; a storm is no sighting, and is weighed here. */
static void pipeline_emit_folded(void *argument, const struct alert *alert)
{
	const struct pipeline *pipeline = argument;
	struct alert weighed;

	if (alert->action != ACTION_FLOOD) {
		pipeline_emit(argument, alert);
		return;
	}
	weighed = *alert;
	weighed.severity = policy_severity(pipeline->severities, ACTION_FLOOD, NULL);
	pipeline_emit(argument, &weighed);
}

static bool pipeline_suppressed(void *argument, const struct held_thing *thing,
				uint32_t *ret_suppressed)
{
	struct pipeline *pipeline = argument;

	return things_suppressed(pipeline->parts.tables, thing, ret_suppressed);
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

/* After something was folded: is there more to do, or sooner, than the timer is set for? */
static void pipeline_arm(struct pipeline *pipeline, uint64_t now_ns)
{
	if (pipeline->armed_for_ns == 0 || now_ns >= pipeline->armed_for_ns ||
	    fold_next(pipeline->fold) < pipeline->armed_for_ns)
		pipeline_tick(pipeline, now_ns);
}

static void pipeline_on_window_end(void *argument, uint32_t events)
{
	(void)events;
	pipeline_tick(argument, clock_boot_ns());
}

static struct accounting pipeline_accounting(const struct pipeline *pipeline)
{
	struct accounting sum;

	count_read_accounting(pipeline->parts.tables, &sum);
	return sum;
}

static struct witness_records pipeline_records(const struct pipeline *pipeline)
{
	return pipeline->parts.witness ? witness_records(pipeline->parts.witness) :
					 (struct witness_records){};
}

static uint64_t pipeline_suppressed_all(void *argument)
{
	const struct accounting sum = pipeline_accounting(argument);

	return sum.suppressed - sum.suppressed_answers;
}

static int pipeline_read_suppressed(void *argument, struct alert_peer **ret_peers,
				    size_t *ret_count)
{
	struct pipeline *pipeline = argument;
	_cleanup_free_ struct peer_row *rows = NULL;
	struct alert_peer *peers;
	size_t count = 0, found = 0;
	int r = peers_read(pipeline->parts.tables, false, &rows, &count);

	peers = r < 0 ? NULL : calloc(count + 1, sizeof(*peers));
	if (!peers)
		return log_error(r < 0 ? r : -ENOMEM, "read the peers of a flood, ignoring");
	for (size_t i = 0; i < count; i++)
		if (rows[i].suppressed)
			peers[found++] = (struct alert_peer){ rows[i].addr, rows[i].suppressed };
	*ret_peers = peers;
	*ret_count = found;
	return 0;
}

static void pipeline_apply(struct pipeline *pipeline, const struct config *config)
{
	pipeline->window_ns = config->window_ns;
	memcpy(pipeline->severities, config->severities, sizeof(pipeline->severities));
	pipeline->flood.options = (struct flood_options){
		.threshold = config->flood,
		.window_ns = config->window_ns,
		.emit = pipeline_emit_folded,
		.read_peers = pipeline_read_suppressed,
		.argument = pipeline,
	};
}

static bool pipeline_is_run(void *argument, const struct process *process, const char *path,
			    bool is_container)
{
	struct pipeline *pipeline = argument;

	return owners_is_run(witness_owners(pipeline->parts.witness), process, path, is_container);
}

/* Without a witness no process is known, and no program is asked for. */
static int pipeline_expect(struct pipeline *pipeline, const struct config *config)
{
	struct expects *fresh;
	int r = expects_new(&fresh, config->expectations, pipeline->expects);

	if (r < 0)
		return r;
	expects_set_programs(fresh, &pipeline->programs);
	expects_free(pipeline->expects);
	pipeline->expects = fresh;
	return 0;
}

static hold_resolver pipeline_resolve;

static int pipeline_build(struct pipeline *pipeline, const struct config *config)
{
	struct fold_options options = {
		.window_ns = config->window_ns,
		.max_rate = config->max_rate,
		.max_rate_ns = config->max_rate_ns,
		.capacity = PIPELINE_OPEN_MAX,
		.emit = pipeline_emit_folded,
		.suppressed = pipeline_suppressed,
		.suppressed_all = pipeline_suppressed_all,
		.argument = pipeline,
	};
	const struct accounting sum = pipeline_accounting(pipeline);
	int r = fold_new(&pipeline->fold, &options);

	pipeline->lost = sum.lost;
	pipeline_apply(pipeline, config);
	pipeline->records = pipeline_records(pipeline);
	flood_look(&pipeline->flood, sum.suppressed, clock_boot_ns(), clock_wall_ns());
	if (r == 0)
		r = pipeline_expect(pipeline, config);
	if (r == 0)
		r = table_new(&pipeline->names, sizeof(uint32_t), IF_NAMESIZE,
			      PIPELINE_INTERFACES_MAX, NULL, NULL);
	if (r == 0 && pipeline->parts.loop)
		r = loop_add_timer(pipeline->parts.loop, pipeline_on_window_end, pipeline,
				   &pipeline->window_end);
	if (r == 0 && (pipeline->parts.witness || pipeline->parts.fates))
		r = hold_new(&pipeline->hold, pipeline->parts.loop, pipeline_resolve, pipeline);
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
	pipeline->programs = (struct expect_programs){ pipeline_is_run, pipeline };
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
	hold_free(pipeline->hold);
	loop_source_free(pipeline->window_end);
	pipeline->sink_count = 0;
	flood_free(&pipeline->flood);
	fold_free(pipeline->fold);
	expects_free(pipeline->expects);
	table_free(pipeline->names);
	free(pipeline);
}

void pipeline_set_links(struct pipeline *pipeline, struct links *links)
{
	pipeline->links = links;
}

const struct expects *pipeline_expects(const struct pipeline *pipeline)
{
	return pipeline->expects;
}

void pipeline_configure(struct pipeline *pipeline, const struct config *config)
{
	int r = pipeline_expect(pipeline, config);

	if (r < 0)
		log_error(r, "take the new expectations, the old ones stay in force");
	pipeline_apply(pipeline, config);
	fold_set(pipeline->fold, config->window_ns, config->max_rate, config->max_rate_ns);
	pipeline_tick(pipeline, clock_boot_ns()); /* by the new window */
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
	if (pipeline->sink_count) /* else `sinks` may be NULL */
		memcpy(pipeline->sinks, sinks, pipeline->sink_count * sizeof(*sinks));
}

void pipeline_set_tap(struct pipeline *pipeline, pipeline_tap *tap, void *argument)
{
	pipeline->tap = tap;
	pipeline->tap_argument = argument;
}

static struct endpoint pipeline_endpoint(const uint8_t addr[16], uint16_t port)
{
	struct endpoint endpoint = { .port = port };

	memcpy(endpoint.addr.bytes, addr, sizeof(endpoint.addr.bytes));
	return endpoint;
}

/* The packet's own part of a sighting. */
static void pipeline_sight(struct pipeline *pipeline, const struct packet_event *event,
			   struct sighting *sighting)
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
	sighting->protocol = event->protocol;
	sighting->kind = event->kind < KIND_COUNT ? event->kind : KIND_OTHER;
	/* The ports that an ICMP error quotes are not its own. */
	sighting->source = pipeline_endpoint(event->source, is_icmp ? 0 : event->source_port);
	sighting->destination =
		pipeline_endpoint(event->destination, is_icmp ? 0 : event->destination_port);
}

/* Which of the packet's ports is the watched one that it is about. */
static void pipeline_set_role(struct sighting *sighting, enum role role)
{
	sighting->role = role;
	sighting->port = role == ROLE_TO ? sighting->event->destination_port :
					   sighting->event->source_port;
}

/*
 * Is the frame another device's, which this one shows because it takes everything? A device knows
 * its own address alone, and not those of what stands on it.
 */
static bool pipeline_is_elsewhere(struct pipeline *pipeline, const struct packet_event *event)
{
	if (event->direction == DIRECTION_OUT || event->addressed == ADDRESSED_HERE)
		return false;
	if (event->snap_length < 6 || !sighting_has_ethernet(event))
		return event->addressed == ADDRESSED_ELSEWHERE;
	return links_is_elsewhere(pipeline->links, event->ifindex, event->data);
}

/*
 * What a macvlan device of this host sends to another of the same card comes in by the card, and
 * still belongs to the socket that sent it. No packet from outside belongs to one so early.
 */
static bool pipeline_is_sent_sideways(struct pipeline *pipeline, const struct sighting *sighting)
{
	return sighting->is_elsewhere && sighting->event->cookie && !sighting->event->is_raw &&
	       links_is_local(pipeline->links, &sighting->source.addr);
}

/* Whose the frame is, on the link where it was seen. */
static void pipeline_set_place(struct pipeline *pipeline, struct sighting *sighting)
{
	const struct packet_event *event = sighting->event;

	sighting->is_elsewhere = pipeline_is_elsewhere(pipeline, event);
	sighting->is_lower = links_is_lower(pipeline->links, event->ifindex);
	if (!pipeline_is_sent_sideways(pipeline, sighting))
		return;
	sighting->direction = DIRECTION_OUT;
	sighting->is_elsewhere = false;
	if (sighting->kind == KIND_MAIMON)
		sighting->kind = KIND_FIN;
}

/* Addresses that only a route makes local are local. */
static bool pipeline_is_local(struct pipeline *pipeline, const struct addr *addr)
{
	struct witness *witness = pipeline->parts.witness;

	return links_is_local(pipeline->links, addr) ||
	       (witness && owners_is_local(witness_owners(witness), addr));
}

/*
 * What the port is to this host, as far as a look-up can tell: the frame is for it, the address
 * is, and only then a socket. What has reached one is told by its own record (who/).
 */
static enum verdict pipeline_verdict(struct pipeline *pipeline, const struct sighting *sighting)
{
	bool in = sighting->direction == DIRECTION_IN;
	const struct endpoint *here = in ? &sighting->destination : &sighting->source;
	enum socket_state state = sighting->event->socket_state;

	if (!pipeline->links || state == SOCKET_UNASKED)
		return VERDICT_UNKNOWN;
	if (sighting->direction != sighting->event->direction)
		return VERDICT_UNKNOWN; /* the look-up was for the other one */
	/* A bridge passes on what is to others; no other device does. */
	if (sighting->is_elsewhere)
		return links_is_bridged(pipeline->links, sighting->event->ifindex) ?
			       VERDICT_FORWARDED :
			       VERDICT_UNKNOWN;
	if (!pipeline_is_local(pipeline, &here->addr))
		return VERDICT_FORWARDED;
	switch (state) {
	case SOCKET_LISTENING:
		return VERDICT_LISTENING;
	case SOCKET_REQUESTED:
	case SOCKET_CONNECTED:
		return VERDICT_CONNECTED;
	default:
		return VERDICT_CLOSED;
	}
}

/* What nobody expects. */
static void pipeline_fold(struct pipeline *pipeline, const struct sighting *sighting,
			  enum action action, uint64_t now_ns)
{
	if (!expect_judge(pipeline->expects, sighting, action, clock_wall_ns()))
		fold_add(pipeline->fold, sighting, action,
			 policy_severity(pipeline->severities, action, sighting), now_ns);
}

static void pipeline_judge(struct pipeline *pipeline, struct sighting *sighting, uint64_t now_ns)
{
	const struct addr *peer = &sighting_peer(sighting)->addr;
	bool local_peer = pipeline->links && links_is_local(pipeline->links, peer);
	enum action action;

	if (policy_judge(sighting, local_peer, &action))
		pipeline_fold(pipeline, sighting, action, now_ns);
}

/* Once under each watched port of the packet. */
static void pipeline_judge_roles(struct pipeline *pipeline, struct sighting *sighting)
{
	static const enum role roles[] = { ROLE_FROM, ROLE_TO };
	uint64_t now_ns = clock_boot_ns();

	if (pipeline->armed_for_ns && now_ns >= pipeline->armed_for_ns)
		pipeline_tick(pipeline, now_ns);
	for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
		if (!(sighting->event->roles & roles[i]))
			continue;
		pipeline_set_role(sighting, roles[i]);
		pipeline_judge(pipeline, sighting, now_ns);
	}
	pipeline_arm(pipeline, now_ns);
}

/* A packet's whole way. False: it has to wait, its owner is not known yet. */
static bool pipeline_resolve(void *argument, const struct packet_event *event, uint64_t now_ns)
{
	struct pipeline *pipeline = argument;
	struct witness *witness = pipeline->parts.witness;
	struct sighting sighting;

	pipeline_sight(pipeline, event, &sighting);
	if (pipeline->links)
		pipeline_set_place(pipeline, &sighting);
	sighting.verdict = pipeline_verdict(pipeline, &sighting);
	if (witness) {
		witness_catch_up(witness);
		if (!owners_find(witness_owners(witness), &sighting, now_ns))
			return false;
	}
	/* What the socket hooks know is not known where the packet was named. */
	if (sighting.kind == KIND_MAIMON && sighting.verdict == VERDICT_CONNECTED)
		sighting.kind = KIND_FIN;
	if (pipeline->parts.fates && !aftermath_find(pipeline->parts.fates, &sighting, now_ns))
		return false;
	sighting.looks_like = tools_look_like(event);
	pipeline_judge_roles(pipeline, &sighting);
	if (pipeline->tap)
		pipeline->tap(pipeline->tap_argument, &sighting);
	return true;
}

/* Who began to hold a watched port: no packet, and the same way from the judge on. */
static void pipeline_take_listener(struct pipeline *pipeline, const struct listener_event *event)
{
	struct sighting sighting = {
		.boot_ns = event->head.boot_ns,
		.wall_ns = clock_wall_from_boot(event->head.boot_ns),
		.role = ROLE_TO,
		.protocol = event->protocol,
		.port = event->port,
		.destination = pipeline_endpoint(event->local, event->port),
	};

	owners_name_listener(witness_owners(pipeline->parts.witness), event, &sighting,
			     clock_boot_ns());
	pipeline_fold(pipeline, &sighting, ACTION_LISTENER, clock_boot_ns());
	pipeline_arm(pipeline, clock_boot_ns());
}

static struct alert pipeline_new_sensor_alert(const struct pipeline *pipeline, uint64_t count,
					      const char *text)
{
	struct alert alert = {
		.action = ACTION_SENSOR,
		.severity = policy_severity(pipeline->severities, ACTION_SENSOR, NULL),
		.wall_ns = clock_wall_ns(),
		.count = count,
	};

	alert_new_id(alert.id);
	alert.start_wall_ns = alert.end_wall_ns = alert.wall_ns;
	snprintf(alert.text, sizeof(alert.text), "%s", text);
	return alert;
}

/* An alert about the sensor itself; who: the process that it is about, or NULL. */
static void pipeline_tell_of(struct pipeline *pipeline, uint64_t count, const char *text,
			     const struct sighting *who)
{
	struct alert alert = pipeline_new_sensor_alert(pipeline, count, text);

	if (who) {
		alert.quality = who->quality;
		alert.process = who->process;
	}
	pipeline_emit(pipeline, &alert);
}

void pipeline_tell(struct pipeline *pipeline, uint64_t count, const char *text)
{
	pipeline_tell_of(pipeline, count, text, NULL);
}

/* A process's own doing: once a second at the most, whoever was the last. */
static void pipeline_tell_bypass(struct pipeline *pipeline)
{
	struct bypass *bypass = &pipeline->bypass;
	uint64_t now_ns = clock_boot_ns();

	if (!bypass->count || (bypass->told_ns && now_ns < bypass->told_ns + CLOCK_NS_PER_SECOND))
		return;
	pipeline_tell_of(pipeline, bypass->count,
			 bypass->is_xdp ? "an AF_XDP socket was bound: what it sends passes all hooks by" :
					  "a packet socket's packets pass all hooks by (PACKET_QDISC_BYPASS)",
			 &bypass->last);
	bypass->count = 0;
	bypass->told_ns = now_ns;
}

static void pipeline_take_bypass(struct pipeline *pipeline, const struct listener_event *event)
{
	owners_name_listener(witness_owners(pipeline->parts.witness), event,
			     &pipeline->bypass.last, clock_boot_ns());
	pipeline->bypass.is_xdp = event->head.type == OWNER_XDP_SOCKET;
	pipeline->bypass.count++;
	pipeline_tell_bypass(pipeline);
}

void pipeline_take_socket(struct pipeline *pipeline, const struct listener_event *event)
{
	if (event->head.type != OWNER_LISTENER)
		pipeline_take_bypass(pipeline, event);
	else
		pipeline_take_listener(pipeline, event);
}

static void pipeline_tell_uninspected(struct pipeline *pipeline,
				      const struct uninspected_news *news)
{
	char text[UNINSPECTED_TEXT_SIZE];
	struct alert alert = pipeline_new_sensor_alert(pipeline, news->count,
						       uninspected_format(news, text));

	alert.has_ends = true;
	alert.source.addr = news->source;
	alert.destination.addr = news->destination;
	pipeline_emit(pipeline, &alert);
}

static void pipeline_look_uninspected(struct pipeline *pipeline)
{
	struct uninspected_news news;

	if (uninspected_look(&pipeline->uninspected, clock_boot_ns(), &news))
		pipeline_tell_uninspected(pipeline, &news);
}

/* Only what the stack may deliver here is worth an alert. */
static void pipeline_take_uninspected(struct pipeline *pipeline, const struct packet_event *event)
{
	struct uninspected_news packet = {
		.source = pipeline_endpoint(event->source, 0).addr,
		.destination = pipeline_endpoint(event->destination, 0).addr,
	}, news;

	if (!pipeline->links || pipeline_is_elsewhere(pipeline, event) ||
	    !pipeline_is_local(pipeline, &packet.destination))
		return;
	pipeline_look_uninspected(pipeline);
	if (uninspected_take(&pipeline->uninspected, &packet, event->suppressed,
			     clock_boot_ns(), pipeline->window_ns, &news))
		pipeline_tell_uninspected(pipeline, &news);
}

void pipeline_take(struct pipeline *pipeline, const struct packet_event *event)
{
	if (!event->roles)
		pipeline_take_uninspected(pipeline, event);
	else if (pipeline->hold)
		hold_put(pipeline->hold, event);
	else
		pipeline_resolve(pipeline, event, clock_boot_ns());
}

uint64_t pipeline_emitted(const struct pipeline *pipeline, enum action action)
{
	return pipeline->emitted[action];
}

static void pipeline_tell_loss(struct pipeline *pipeline, uint64_t lost, uint64_t now_ns)
{
	char text[ALERT_TEXT_SIZE];

	if (lost == pipeline->lost)
		return;
	snprintf(text, sizeof(text),
		 "%llu samples lost, the ring was full; their packets are counted",
		 (unsigned long long)(lost - pipeline->lost));
	pipeline_tell(pipeline, lost - pipeline->lost, text);
	pipeline->lost = lost;
	pipeline->lost_told_ns = now_ns;
}

/* What the owner hooks could not write down, so that processes may go unnamed. */
static void pipeline_tell_records(struct pipeline *pipeline, uint64_t now_ns)
{
	const struct witness_records records = pipeline_records(pipeline);
	uint64_t lost = records.lost - pipeline->records.lost;
	uint64_t refused = records.refused - pipeline->records.refused;
	char text[ALERT_TEXT_SIZE];
	size_t used;

	if (lost + refused == 0)
		return;
	used = (size_t)snprintf(text, sizeof(text),
				"%llu owner records lost, processes may go unnamed: the ring was full for %llu",
				(unsigned long long)(lost + refused), (unsigned long long)lost);
	if (refused)
		snprintf(text + used, sizeof(text) - used,
			 ", %llu were more than a user's share (the last: user %u)",
			 (unsigned long long)refused, records.refused_uid);
	pipeline_tell(pipeline, lost + refused, text);
	pipeline->records = records;
	pipeline->records_told_ns = now_ns;
}

/* Once a window at the most, the first time at once. */
static bool pipeline_may_tell(const struct pipeline *pipeline, uint64_t told_ns, uint64_t now_ns)
{
	return !told_ns || now_ns >= told_ns + pipeline->window_ns;
}

void pipeline_watch_loss(struct pipeline *pipeline)
{
	const struct accounting sum = pipeline_accounting(pipeline);
	uint64_t now_ns = clock_boot_ns();

	pipeline_tell_bypass(pipeline);
	pipeline_look_uninspected(pipeline);
	flood_look(&pipeline->flood, sum.suppressed, now_ns, clock_wall_ns());
	if (pipeline_may_tell(pipeline, pipeline->lost_told_ns, now_ns))
		pipeline_tell_loss(pipeline, sum.lost, now_ns);
	if (pipeline_may_tell(pipeline, pipeline->records_told_ns, now_ns))
		pipeline_tell_records(pipeline, now_ns);
}

void pipeline_flush(struct pipeline *pipeline)
{
	const struct accounting sum = pipeline_accounting(pipeline);
	struct uninspected_news news;

	if (pipeline->hold)
		hold_flush(pipeline->hold);
	fold_flush(pipeline->fold, clock_boot_ns());
	if (uninspected_look(&pipeline->uninspected, UINT64_MAX, &news))
		pipeline_tell_uninspected(pipeline, &news);
	flood_end(&pipeline->flood, sum.suppressed, clock_wall_ns());
	pipeline_tell_loss(pipeline, sum.lost, clock_boot_ns());
	pipeline_tell_records(pipeline, clock_boot_ns());
}
