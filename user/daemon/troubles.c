// SPDX-License-Identifier: GPL-2.0-only
/* troubles.c - the looks, and what is remembered between them. */
#include "troubles.h"

#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>

#include "../base/clock.h"
#include "../base/table.h"
#include "../base/util.h"
#include "../kernel/attach.h"
#include "../kernel/attach_watch.h"

#define TROUBLES_ATTACHED_EVERY 3 /* seconds */
#define TROUBLES_INTERFACES_MAX 4096
#define TROUBLES_DETACHED_AFTER 2 /* looks in a row: an interface may just be going away */
#define TROUBLES_CLOCK_STEP (1 * CLOCK_NS_PER_SECOND) /* what is less is not worth an alert */

struct troubles_door {
	__u32 program; /* as it was last time: another one is another story */
	unsigned int missing; /* looks in a row */
};

struct troubles_doors {
	struct troubles_door doors[DIRECTION_COUNT];
};

/* One sink, by its place among the outlets. */
struct troubles_sink {
	uint64_t sent;
	uint64_t dropped; /* as told */
	uint64_t moved_ns; /* when it last sent something, or had nothing to send */
	bool is_stalled; /* as told */
	uint64_t told_ns; /* when it was told of; 0: never */
};

struct troubles {
	struct troubles_parts parts;
	uint64_t window_ns;
	uint64_t detached_told_ns; /* 0: never */
	uint64_t clock_told_ns; /* 0: never */
	unsigned int looks;
	struct table *interfaces; /* ifindex -> struct troubles_doors */
	struct troubles_sink sinks[PIPELINE_SINKS_MAX];
	struct sink_status statuses[PIPELINE_SINKS_MAX]; /* of the same, as they are now */
	size_t sink_count;

	int clock_fd;
	struct loop_source *clock_source;
	uint64_t boot_ns; /* the two clocks at one moment */
	uint64_t wall_ns;
	int64_t jumped_ns; /* and was not told yet */
};

/* May it be told now, `told_ns` being when it last was? Then it is. */
static bool troubles_tell(struct troubles *troubles, uint64_t *told_ns, uint64_t count,
			  const char *text)
{
	uint64_t now_ns = clock_boot_ns();

	if (*told_ns && now_ns < *told_ns + troubles->window_ns)
		return false;
	*told_ns = now_ns;
	pipeline_tell(troubles->parts.pipeline, count, text);
	return true;
}

static void troubles_look_at_door(struct troubles *troubles, __u32 ifindex,
				  enum direction direction, const struct interface_record *record,
				  struct troubles_door *door)
{
	char text[ALERT_TEXT_SIZE];

	if (door->program != record->doors[direction].program)
		*door = (struct troubles_door){ .program = record->doors[direction].program };
	if (attach_holds(troubles->parts.pin_directory, ifindex, direction, record)) {
		door->missing = 0;
		return;
	}
	if (door->missing > TROUBLES_DETACHED_AFTER ||
	    ++door->missing < TROUBLES_DETACHED_AFTER)
		return; /* told, or not sure */
	snprintf(text, sizeof(text),
		 "somebody detached the program from %.*s (%s, %s): its packets are not seen",
		 INTERFACE_NAME_MAX, record->name, direction == DIRECTION_IN ? "in" : "out",
		 attach_mode_word(record->doors[direction].mode));
	if (troubles_tell(troubles, &troubles->detached_told_ns, 1, text))
		door->missing++;
	else
		door->missing--; /* in the next window */
}

static void troubles_look_at_interface(void *argument, __u32 ifindex,
				       const struct interface_record *record)
{
	struct troubles *troubles = argument;
	struct troubles_doors *doors = table_put(troubles->interfaces, &ifindex, NULL);

	for (enum direction direction = 0; doors && direction < DIRECTION_COUNT; direction++)
		troubles_look_at_door(troubles, ifindex, direction, record,
				      &doors->doors[direction]);
}

static void troubles_read_sinks(struct troubles *troubles)
{
	troubles->sink_count = outlets_read_status(troubles->parts.outlets, troubles->statuses,
						   PIPELINE_SINKS_MAX);
}

/* What sinks drop of the telling itself counts as told, or it would never end. */
static bool troubles_tell_of_sink(struct troubles *troubles, struct troubles_sink *sink,
				  uint64_t count, const char *text)
{
	uint64_t dropped[PIPELINE_SINKS_MAX];

	for (size_t i = 0; i < troubles->sink_count; i++)
		dropped[i] = troubles->statuses[i].dropped;
	if (!troubles_tell(troubles, &sink->told_ns, count, text))
		return false;
	troubles_read_sinks(troubles);
	for (size_t i = 0; i < troubles->sink_count; i++)
		troubles->sinks[i].dropped += troubles->statuses[i].dropped - dropped[i];
	return true;
}

static void troubles_tell_dropped(struct troubles *troubles, struct troubles_sink *sink,
				  const struct sink_status *status)
{
	uint64_t more = status->dropped - sink->dropped;
	char text[ALERT_TEXT_SIZE];

	snprintf(text, sizeof(text), "%s %.60s dropped %llu alerts: %.80s", status->kind,
		 status->target, (unsigned long long)more, status->state);
	if (troubles_tell_of_sink(troubles, sink, more, text))
		sink->dropped += more;
}

static void troubles_tell_stalled(struct troubles *troubles, struct troubles_sink *sink,
				  const struct sink_status *status, uint64_t now_ns)
{
	char text[ALERT_TEXT_SIZE];

	snprintf(text, sizeof(text), "%s %.60s has taken nothing for %llu s, %llu alerts wait: %.80s",
		 status->kind, status->target,
		 (unsigned long long)((now_ns - sink->moved_ns) / CLOCK_NS_PER_SECOND),
		 (unsigned long long)status->queued, status->state);
	sink->is_stalled = troubles_tell_of_sink(troubles, sink, 1, text);
}

static void troubles_look_at_sink(struct troubles *troubles, struct troubles_sink *sink,
				  const struct sink_status *status)
{
	uint64_t now_ns = clock_boot_ns();

	if (!status->queued || status->sent != sink->sent || !sink->moved_ns) {
		sink->moved_ns = now_ns;
		sink->is_stalled = false;
	}
	sink->sent = status->sent;
	if (status->dropped > sink->dropped)
		troubles_tell_dropped(troubles, sink, status);
	else if (!sink->is_stalled && now_ns - sink->moved_ns >= troubles->window_ns)
		troubles_tell_stalled(troubles, sink, status, now_ns);
}

static void troubles_look_at_clock(struct troubles *troubles)
{
	char text[ALERT_TEXT_SIZE];
	int64_t seconds = troubles->jumped_ns / (int64_t)CLOCK_NS_PER_SECOND;

	troubles->boot_ns = clock_boot_ns();
	troubles->wall_ns = clock_wall_ns();
	if (!seconds)
		return;
	snprintf(text, sizeof(text), "the clock jumped by %+lld s: times before it are off",
		 (long long)seconds);
	if (troubles_tell(troubles, &troubles->clock_told_ns, 1, text))
		troubles->jumped_ns = 0;
}

void troubles_look(struct troubles *troubles, uint64_t window_ns)
{
	troubles->window_ns = window_ns;
	troubles_read_sinks(troubles);
	for (size_t i = 0; i < troubles->sink_count; i++)
		if (troubles->statuses[i].kind)
			troubles_look_at_sink(troubles, &troubles->sinks[i],
					      &troubles->statuses[i]);
	if (troubles->looks++ % TROUBLES_ATTACHED_EVERY == 0)
		attach_visit(troubles->parts.pin_directory, troubles_look_at_interface, troubles);
	troubles_look_at_clock(troubles);
}

/* A timer that never ends, but is cancelled when somebody sets the clock. */
static int troubles_arm_clock(struct troubles *troubles)
{
	const struct itimerspec never = { .it_value.tv_sec = INT32_MAX };

	return timerfd_settime(troubles->clock_fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET,
			       &never, NULL) < 0 ? -errno : 0;
}

static void troubles_on_clock(void *argument, uint32_t events)
{
	struct troubles *troubles = argument;
	uint64_t expirations, expected = troubles->wall_ns + (clock_boot_ns() - troubles->boot_ns);
	int64_t jump = (int64_t)(clock_wall_ns() - expected);

	(void)events;
	if (read(troubles->clock_fd, &expirations, sizeof(expirations)) >= 0 || errno != ECANCELED)
		return;
	if (jump >= (int64_t)TROUBLES_CLOCK_STEP || -jump >= (int64_t)TROUBLES_CLOCK_STEP)
		troubles->jumped_ns += jump;
	troubles_look_at_clock(troubles);
	troubles_arm_clock(troubles);
}

static int troubles_watch_clock(struct troubles *troubles)
{
	int r;

	troubles->clock_fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	if (troubles->clock_fd < 0)
		return -errno;
	r = troubles_arm_clock(troubles);
	return r < 0 ? r : loop_add_fd(troubles->parts.loop, troubles->clock_fd, EPOLLIN,
				       troubles_on_clock, troubles, &troubles->clock_source);
}

int troubles_new(struct troubles **ret_troubles, const struct troubles_parts *parts)
{
	struct troubles *troubles = calloc(1, sizeof(*troubles));
	int r;

	if (!troubles)
		return -ENOMEM;
	troubles->parts = *parts;
	troubles->clock_fd = -1;
	troubles->boot_ns = clock_boot_ns();
	troubles->wall_ns = clock_wall_ns();
	r = table_new(&troubles->interfaces, sizeof(__u32), sizeof(struct troubles_doors),
		      TROUBLES_INTERFACES_MAX, NULL, NULL);
	if (r == 0)
		r = troubles_watch_clock(troubles);
	if (r < 0) {
		troubles_free(troubles);
		return r;
	}
	*ret_troubles = troubles;
	return 0;
}

void troubles_free(struct troubles *troubles)
{
	if (!troubles)
		return;
	loop_source_free(troubles->clock_source);
	util_close_fd(&troubles->clock_fd);
	table_free(troubles->interfaces);
	free(troubles);
}
