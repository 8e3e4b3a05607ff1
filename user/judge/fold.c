// SPDX-License-Identifier: GPL-2.0-only
/* fold.c - windows over a bounded table. */
#include "fold.h"

#include <errno.h>
#include <stdio.h>

#include "../base/table.h"
#include "../base/util.h"

struct fold_key {
	struct addr peer;
	uint16_t port;
	uint8_t action;
	uint8_t protocol;
};

/* One thing that happens. */
struct fold_entry {
	struct alert alert; /* this window's, count 0 between windows */
	uint64_t opened_ns; /* when the window (or the pause after one) began */
	uint32_t suppressed_before; /* the peer's number when the window began */
	bool announced; /* this window's first packet was sent as an alert */
};

struct fold {
	struct fold_options options;
	struct table *entries;
	uint64_t now_ns; /* of the call being served */
	uint64_t next_ns; /* the earliest end seen while visiting */
	/* the limit: theoretical arrival time of the next alert */
	uint64_t allowed_ns;
	uint64_t withheld;
	uint64_t withheld_since_ns;
	uint64_t withheld_since_wall_ns;
	uint64_t wall_ns; /* of the latest sighting, for alerts about no packet */
};

static bool fold_may_emit(struct fold *fold)
{
	uint64_t interval, burst_ns = fold->options.max_rate_ns;

	if (fold->options.max_rate == 0)
		return true;
	interval = fold->options.max_rate_ns / fold->options.max_rate;
	if (fold->allowed_ns > fold->now_ns + burst_ns - interval)
		return false;
	fold->allowed_ns = MAX(fold->allowed_ns, fold->now_ns) + interval;
	return true;
}

static void fold_emit(struct fold *fold, struct alert *alert)
{
	if (fold_may_emit(fold)) {
		fold->options.emit(fold->options.argument, alert);
		return;
	}
	if (fold->withheld++ == 0) {
		fold->withheld_since_ns = fold->now_ns;
		fold->withheld_since_wall_ns = alert->wall_ns;
	}
}

/* Tells what was withheld, past the limit itself: one alert a window at the most. */
static void fold_tell_withheld(struct fold *fold)
{
	struct alert alert = {
		.action = ACTION_FLOOD,
		.severity = 4,
		.count = fold->withheld,
		.closing = true,
		.start_wall_ns = fold->withheld_since_wall_ns,
		.end_wall_ns = fold->wall_ns,
		.wall_ns = fold->wall_ns,
	};

	alert_new_id(alert.id);
	snprintf(alert.text, sizeof(alert.text),
		 "%llu alerts withheld by max-rate; their packets are counted",
		 (unsigned long long)fold->withheld);
	fold->withheld = 0;
	fold->options.emit(fold->options.argument, &alert);
}

/* Sums up an open window that has something to say beyond its first packet. */
static void fold_close(struct fold *fold, struct fold_entry *entry, const struct fold_key *key)
{
	struct alert *alert = &entry->alert;
	uint32_t suppressed = fold->options.suppressed(fold->options.argument, &key->peer);

	if (alert->count == 0)
		return;
	if (suppressed) /* else the kernel has forgotten the peer */
		alert->suppressed = (uint32_t)(suppressed - entry->suppressed_before);
	entry->suppressed_before = suppressed;
	if (!entry->announced || alert->count > 1 || alert->suppressed) {
		alert->closing = true;
		alert->wall_ns = alert->end_wall_ns;
		fold_emit(fold, alert);
	}
	alert->count = 0;
}

static void fold_on_leave(void *argument, const void *key, void *value)
{
	fold_close(argument, value, key);
}

int fold_new(struct fold **ret_fold, const struct fold_options *options)
{
	struct fold *fold = calloc(1, sizeof(*fold));
	int r;

	if (!fold)
		return -ENOMEM;
	fold->options = *options;
	r = table_new(&fold->entries, sizeof(struct fold_key), sizeof(struct fold_entry),
		      options->capacity, fold_on_leave, fold);
	if (r < 0) {
		free(fold);
		return r;
	}
	*ret_fold = fold;
	return 0;
}

void fold_free(struct fold *fold)
{
	if (!fold)
		return;
	table_free(fold->entries);
	free(fold);
}

void fold_set(struct fold *fold, uint64_t window_ns, uint64_t max_rate, uint64_t max_rate_ns)
{
	fold->options.window_ns = window_ns;
	fold->options.max_rate = max_rate;
	fold->options.max_rate_ns = max_rate_ns;
}

static void fold_copy_owner(struct alert *alert, const struct sighting *sighting)
{
	alert->quality = sighting->quality;
	alert->process = sighting->process;
	alert->created_by = sighting->created_by;
	alert->accepted_by = sighting->accepted_by;
	alert->peer_process = sighting->peer_process;
}

static void fold_copy_packet(struct alert *alert, const struct sighting *sighting)
{
	const struct packet_event *event = sighting->event;

	alert->has_packet = true;
	memcpy(alert->interface, sighting->interface, sizeof(alert->interface));
	alert->direction = sighting->direction;
	alert->role = sighting->role;
	alert->protocol = sighting->protocol;
	alert->kind = sighting->kind;
	alert->port = sighting->port;
	alert->source = sighting->source;
	alert->destination = sighting->destination;
	alert->verdict = sighting->verdict;
	fold_copy_owner(alert, sighting);
	if (!event) /* a listener's: there is no packet */
		return;
	alert->has_vlan = event->has_vlan;
	alert->vlan_id = event->vlan & SIGHTING_VLAN_ID;
	alert->has_mac = sighting_source_mac(event, alert->source_mac);
}

static void fold_open_window(struct fold *fold, struct fold_entry *entry,
			     const struct sighting *sighting, enum action action, int severity)
{
	struct alert *alert = &entry->alert;

	memset(alert, 0, sizeof(*alert));
	alert_new_id(alert->id);
	alert->action = action;
	alert->severity = severity;
	alert->start_wall_ns = sighting->wall_ns;
	alert->wall_ns = sighting->wall_ns;
	entry->opened_ns = fold->now_ns;
	fold_copy_packet(alert, sighting);
}

/* A later packet may know what the first did not: which tool it is, and who is behind it. */
static void fold_learn(struct alert *alert, const struct sighting *sighting)
{
	if (!*alert->looks_like && sighting->looks_like)
		snprintf(alert->looks_like, sizeof(alert->looks_like), "%s", sighting->looks_like);
	if (alert->quality != QUALITY_NONE || sighting->quality == QUALITY_NONE)
		return;
	alert->verdict = sighting->verdict;
	fold_copy_owner(alert, sighting);
}

static struct fold_key fold_key(const struct sighting *sighting, enum action action)
{
	return (struct fold_key){
		.peer = sighting_peer(sighting)->addr,
		.port = sighting->port,
		.action = action,
		.protocol = sighting->protocol,
	};
}

bool fold_wants_owner(struct fold *fold, const struct sighting *sighting, enum action action)
{
	struct fold_key key = fold_key(sighting, action);
	const struct fold_entry *entry = table_get(fold->entries, &key);

	return !entry || entry->alert.count == 0 || entry->alert.quality == QUALITY_NONE;
}

int fold_add(struct fold *fold, const struct sighting *sighting, enum action action, int severity,
	     uint64_t now_ns)
{
	struct fold_key key = fold_key(sighting, action);
	struct fold_entry *entry;
	bool is_new;

	fold->now_ns = now_ns;
	fold->wall_ns = sighting->wall_ns;
	entry = table_put(fold->entries, &key, &is_new);
	if (!entry)
		return -ENOMEM;
	if (entry->alert.count && now_ns >= entry->opened_ns + fold->options.window_ns)
		fold_close(fold, entry, &key);
	if (is_new && sighting->event)
		entry->suppressed_before = sighting->event->peer_suppressed;
	if (entry->alert.count == 0) {
		fold_open_window(fold, entry, sighting, action, severity);
		entry->announced = is_new;
	}
	entry->alert.count++;
	entry->alert.kinds[sighting->kind]++;
	entry->alert.end_wall_ns = sighting->wall_ns;
	fold_learn(&entry->alert, sighting);
	if (is_new)
		fold_emit(fold, &entry->alert);
	return 0;
}

static void fold_note_end(struct fold *fold, uint64_t end_ns)
{
	if (fold->next_ns == 0 || end_ns < fold->next_ns)
		fold->next_ns = end_ns;
}

static void fold_visit_tick(void *argument, const void *key, void *value)
{
	struct fold *fold = argument;
	struct fold_entry *entry = value;
	uint64_t end_ns = entry->opened_ns + fold->options.window_ns;

	if (fold->now_ns < end_ns) {
		fold_note_end(fold, end_ns);
		return;
	}
	if (entry->alert.count == 0) { /* a window's length passed in silence: it is over */
		table_remove(fold->entries, key);
		return;
	}
	fold_close(fold, entry, key);
	entry->opened_ns = fold->now_ns;
	fold_note_end(fold, fold->now_ns + fold->options.window_ns);
}

uint64_t fold_tick(struct fold *fold, uint64_t now_ns)
{
	fold->now_ns = now_ns;
	fold->next_ns = 0;
	table_visit(fold->entries, fold_visit_tick, fold);
	if (fold->withheld) {
		uint64_t end_ns = fold->withheld_since_ns + fold->options.window_ns;

		if (now_ns >= end_ns)
			fold_tell_withheld(fold);
		else
			fold_note_end(fold, end_ns);
	}
	return fold->next_ns;
}

static void fold_visit_flush(void *argument, const void *key, void *value)
{
	fold_close(argument, value, key);
}

void fold_flush(struct fold *fold, uint64_t now_ns)
{
	fold->now_ns = now_ns;
	table_visit(fold->entries, fold_visit_flush, fold);
	if (fold->withheld)
		fold_tell_withheld(fold);
}
