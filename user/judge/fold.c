// SPDX-License-Identifier: GPL-2.0-only
/* fold.c - windows over a bounded table. */
#include "fold.h"

#include <errno.h>

#include "../base/table.h"
#include "../base/util.h"
#include "budget.h"
#include "flows.h"
#include "fold_key.h"
#include "gather.h"
#include "sweep.h"
#include "withheld.h"

#define FOLD_FLOWS 4 /* connections remembered, for each thing that may be open */
#define FOLD_TOLD 2 /* the same for those of which the kernel has a number */

/* One thing that happens. */
struct fold_entry {
	struct alert alert; /* this window's, count 0 between windows */
	uint64_t opened_ns; /* when the window (or the pause after one) began */
	uint32_t suppressed_before; /* the kernel's number of the thing when the window began */
	uint64_t suppressed_all_before; /* and of all things */
	bool announced; /* this window's first packet was sent as an alert, or withheld */
	bool withheld; /* the latter, and nothing was sent since */
	bool is_real; /* nobody could forge it from afar */
	bool is_client; /* a question of this window was answered by a connection */
	struct flow_name flow; /* the first packet's connection ... */
	bool has_flows; /* ... and there were others, too */
};

struct fold {
	struct fold_options options;
	struct table *forgeable; /* struct fold_key -> struct fold_entry ... */
	struct table *real; /* ... and where no flood of what can be forged drives them out */
	struct table *visited; /* one of the two */
	struct flows *flows;
	struct sweep *sweep;
	struct told *told;
	struct budget *budget;
	struct withheld withheld;
	uint64_t now_ns; /* of the call being served */
	uint64_t next_ns; /* when there is something to do without a sighting; 0: never */
	uint64_t wall_ns; /* of the latest sighting, for alerts about no packet */
};

/* Sends the alert, if the limit lets it. */
static bool fold_emit(struct fold *fold, const struct fold_entry *entry, const struct fold_key *key)
{
	const struct budget_source source = fold_key_source(key, &entry->alert);

	if (!budget_allows(fold->budget, &source, entry->is_real, fold->now_ns))
		return false;
	fold->options.emit(fold->options.argument, &entry->alert);
	return true;
}

/* Tells what was withheld, past the limit itself: one alert a window at the most. */
static void fold_tell_withheld(struct fold *fold)
{
	struct alert alert;

	if (withheld_take(&fold->withheld, fold->wall_ns, &alert))
		fold->options.emit(fold->options.argument, &alert);
}

/* The kernel's number now; `otherwise` where it has none. */
static uint32_t fold_suppressed(const struct fold *fold, const struct held_thing *thing,
				uint32_t otherwise)
{
	uint32_t suppressed;

	return fold->options.suppressed(fold->options.argument, thing, &suppressed) ? suppressed :
										      otherwise;
}

static uint64_t fold_suppressed_all(const struct fold *fold)
{
	return fold->options.suppressed_all(fold->options.argument);
}

/* Adds what was held back of the thing since the window began. */
static void fold_count_held(struct fold *fold, struct fold_entry *entry,
			    const struct fold_key *key)
{
	struct alert *alert = &entry->alert;
	struct held_thing thing;
	uint32_t now;

	if (key->width != SWEEP_SINGLE)
		alert->at_least = fold_suppressed_all(fold) != entry->suppressed_all_before;
	if (!fold_key_has_number(key))
		return;
	thing = fold_key_held(key, alert);
	now = fold_suppressed(fold, &thing, entry->suppressed_before);
	alert->suppressed = told_take(fold->told, &thing, entry->suppressed_before, now);
	entry->suppressed_before = now;
}

/* Sums up an open window that has something to say beyond its first packet. */
static void fold_close(struct fold *fold, struct fold_entry *entry, const struct fold_key *key)
{
	struct alert *alert = &entry->alert;
	bool is_single, is_sent = false;

	if (alert->count == 0)
		return;
	fold_count_held(fold, entry, key);
	is_single = entry->announced && alert->count == 1 && !alert->suppressed;
	if (is_single && !entry->withheld) {
		alert->count = 0;
		return;
	}
	alert->closing = !is_single;
	alert->wall_ns = alert->end_wall_ns;
	/* What anybody forges, a packet each, is told in one sum. */
	if (!is_single || entry->is_real)
		is_sent = fold_emit(fold, entry, key);
	if (!is_sent) {
		withheld_begin(&fold->withheld, fold->now_ns, alert->wall_ns);
		withheld_add(&fold->withheld, alert);
	}
	entry->withheld = false;
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
	r = table_new(&fold->forgeable, sizeof(struct fold_key), sizeof(struct fold_entry),
		      options->capacity, fold_on_leave, fold);
	if (r == 0)
		r = table_new(&fold->real, sizeof(struct fold_key), sizeof(struct fold_entry),
			      options->capacity, fold_on_leave, fold);
	if (r == 0)
		r = flows_new(&fold->flows, FOLD_FLOWS * options->capacity, options->window_ns);
	if (r == 0)
		r = told_new(&fold->told, FOLD_TOLD * options->capacity);
	if (r == 0)
		r = sweep_new(&fold->sweep, options->capacity, options->window_ns, fold->told);
	if (r == 0)
		r = budget_new(&fold->budget, options->capacity, options->max_rate,
			       options->max_rate_ns);
	if (r < 0) {
		fold_free(fold);
		return r;
	}
	*ret_fold = fold;
	return 0;
}

void fold_free(struct fold *fold)
{
	if (!fold)
		return;
	table_free(fold->forgeable);
	table_free(fold->real);
	flows_free(fold->flows);
	sweep_free(fold->sweep);
	told_free(fold->told);
	budget_free(fold->budget);
	free(fold);
}

void fold_set(struct fold *fold, uint64_t window_ns, uint64_t max_rate, uint64_t max_rate_ns)
{
	fold->options.window_ns = window_ns;
	budget_set(fold->budget, max_rate, max_rate_ns);
	flows_set(fold->flows, window_ns);
	sweep_set(fold->sweep, window_ns);
}

/* The thing's process is known for good, also where the window's packets do not tell it anew. */
static void fold_forget(struct alert *alert, const struct fold_key *key)
{
	const struct flow_process known = flow_process(&alert->process);
	const struct process process = alert->process;
	enum quality quality = alert->quality;

	memset(alert, 0, sizeof(*alert));
	if (flow_knows_process(&known) && flow_same_process(&known, &key->process)) {
		alert->process = process;
		alert->quality = quality;
	}
}

static void fold_open_window(struct fold *fold, struct fold_entry *entry,
			     const struct fold_key *key, const struct sighting *sighting,
			     int severity)
{
	struct alert *alert = &entry->alert;
	enum action action = key->action;

	fold_forget(alert, key);
	alert_new_id(alert->id);
	alert->action = action;
	alert->severity = severity;
	alert->start_wall_ns = sighting->wall_ns;
	alert->wall_ns = sighting->wall_ns;
	entry->opened_ns = fold->now_ns;
	entry->flow = flow_name(sighting, action);
	entry->has_flows = false;
	entry->is_client = false;
	if (key->width != SWEEP_SINGLE)
		entry->suppressed_all_before = fold_suppressed_all(fold);
	gather_first(alert, sighting);
}

/* A thing's first window begins with its first packet; the others with what was told before. */
static void fold_begin_number(struct fold *fold, struct fold_entry *entry,
			      const struct fold_key *key, const struct sighting *sighting)
{
	const struct held_thing seen = held_thing_of(sighting);
	struct held_thing thing;

	if (!fold_key_has_number(key))
		return;
	thing = fold_key_held(key, &entry->alert);
	entry->suppressed_before = memcmp(&thing, &seen, sizeof(thing)) == 0 ?
					   held_of(sighting) :
					   fold_suppressed(fold, &thing, 0);
}

/* The table that has the thing; NULL: none has. */
static struct table *fold_table(struct fold *fold, const struct fold_key *key)
{
	if (table_get(fold->real, key))
		return fold->real;
	return table_get(fold->forgeable, key) ? fold->forgeable : NULL;
}

/* Without a word about it. Nothing happens where there is no memory. */
static void fold_move(struct table *source, const struct fold_key *from, struct table *target,
		      const struct fold_key *to)
{
	struct fold_entry *entry = table_get(source, from), *place, moved = *entry;

	entry->alert.count = 0; /* nothing left to sum up */
	table_remove(source, from);
	place = table_put(target, to, NULL);
	if (place)
		*place = moved;
}

/*
 * The process of a connection became known: the thing under `from`, if it is that connection and
 * no other, is the thing under `to` from now on.
 */
static void fold_adopt(struct fold *fold, const struct fold_key *from, const struct fold_key *to,
		       const struct flow_name *flow)
{
	struct table *table = fold_table(fold, from);
	const struct fold_entry *entry = table ? table_get(table, from) : NULL;

	if (!entry || entry->alert.count == 0 || entry->has_flows ||
	    memcmp(&entry->flow, flow, sizeof(*flow)) != 0 || fold_table(fold, to))
		return;
	fold_move(table, from, table, to);
}

/* The thing's entry, in the table where it belongs; NULL when memory is out. */
static struct fold_entry *fold_enter(struct fold *fold, const struct fold_key *key, bool is_real,
				     bool *ret_is_new)
{
	struct table *table = fold_table(fold, key);

	if (is_real && table == fold->forgeable) {
		fold_move(table, key, fold->real, key);
		table = fold->real;
	}
	if (!table)
		table = is_real ? fold->real : fold->forgeable;
	return table_put(table, key, ret_is_new);
}

/* Puts the process into the key of a connection's packet. */
static void fold_key_process(struct fold *fold, struct fold_key *key,
			     const struct sighting *sighting)
{
	const struct flow_name flow = flow_name(sighting, key->action);
	struct flow_process before, now;
	struct fold_key from = *key;

	now = flows_take(fold->flows, sighting, key->action, fold->now_ns, &before);
	key->process = now;
	from.process = before;
	if (!flow_same_process(&before, &now))
		fold_adopt(fold, &from, key, &flow);
}

/* Which thing the sighting is of. */
static struct fold_key fold_place(struct fold *fold, const struct sighting *sighting,
				  enum action action)
{
	bool has_process = action == ACTION_OUTBOUND || action == ACTION_CONNECTION;
	enum sweep_width width = SWEEP_SINGLE;
	struct fold_key key = fold_key_of(sighting, action);

	if (!fold_is_real(sighting, action))
		width = sweep_judge(fold->sweep, sighting, action, fold->now_ns);
	if (width != SWEEP_SINGLE)
		return fold_key_wide(sighting, action, width);
	if (has_process)
		fold_key_process(fold, &key, sighting);
	else if (action == ACTION_LISTENER)
		key.process = flow_process(&sighting->process);
	return key;
}

static void fold_count(struct fold *fold, struct fold_entry *entry, const struct fold_key *key,
		       const struct sighting *sighting)
{
	const struct flow_name flow = flow_name(sighting, key->action);
	struct alert *alert = &entry->alert;

	alert->count++;
	if (sighting->event)
		alert->kinds[sighting->kind]++;
	alert->end_wall_ns = sighting->wall_ns;
	entry->has_flows |= memcmp(&entry->flow, &flow, sizeof(flow)) != 0;
	entry->is_real |= fold_is_real(sighting, key->action);
	sweep_count(fold->sweep, alert, sighting, key->width);
	entry->is_client |= sighting->verdict == VERDICT_CONNECTED;
	gather_more(alert, sighting, entry->is_client);
}

static void fold_note_next(struct fold *fold, uint64_t next_ns)
{
	if (fold->next_ns == 0 || next_ns < fold->next_ns)
		fold->next_ns = next_ns;
}

/* Tries again what was withheld, and that nobody forged: as soon as the limit lets it. */
static void fold_retry(struct fold *fold, struct fold_entry *entry, const struct fold_key *key)
{
	if (!entry->withheld || !entry->is_real)
		return;
	entry->withheld = !fold_emit(fold, entry, key);
	if (entry->withheld)
		fold_note_next(fold, fold->now_ns + budget_interval_ns(fold->budget));
}

/* Is there something of it to tell that still has to wait? Then its window goes on. */
static bool fold_waits(struct fold *fold, struct fold_entry *entry, const struct fold_key *key)
{
	if (entry->alert.count == 0)
		return false;
	fold_retry(fold, entry, key);
	return entry->withheld && entry->is_real;
}

/* At once what is new; and what was withheld, as soon as it turns out that nobody forged it. */
static void fold_announce(struct fold *fold, struct fold_entry *entry, const struct fold_key *key,
			  bool is_new)
{
	if (!is_new) {
		fold_retry(fold, entry, key);
		return;
	}
	entry->withheld = !fold_emit(fold, entry, key);
	if (!entry->withheld)
		return;
	withheld_begin(&fold->withheld, fold->now_ns, entry->alert.wall_ns);
	if (entry->is_real)
		fold_note_next(fold, fold->now_ns + budget_interval_ns(fold->budget));
}

int fold_add(struct fold *fold, const struct sighting *sighting, enum action action, int severity,
	     uint64_t now_ns)
{
	struct fold_entry *entry;
	struct fold_key key;
	bool is_new;

	fold->now_ns = now_ns;
	fold->wall_ns = sighting->wall_ns;
	key = fold_place(fold, sighting, action);
	entry = fold_enter(fold, &key, fold_is_real(sighting, action), &is_new);
	if (!entry)
		return -ENOMEM;
	if (now_ns >= entry->opened_ns + fold->options.window_ns && !fold_waits(fold, entry, &key))
		fold_close(fold, entry, &key);
	if (entry->alert.count == 0) {
		fold_open_window(fold, entry, &key, sighting, severity);
		entry->announced = is_new;
	}
	if (is_new)
		fold_begin_number(fold, entry, &key, sighting);
	fold_count(fold, entry, &key, sighting);
	fold_announce(fold, entry, &key, is_new);
	return 0;
}

/* What nobody forges first. */
static void fold_visit(struct fold *fold, table_visitor *visit)
{
	fold->visited = fold->real;
	table_visit(fold->real, visit, fold);
	fold->visited = fold->forgeable;
	table_visit(fold->forgeable, visit, fold);
}

static void fold_visit_tick(void *argument, const void *key, void *value)
{
	struct fold *fold = argument;
	struct fold_entry *entry = value;
	uint64_t end_ns = entry->opened_ns + fold->options.window_ns;

	if (fold_waits(fold, entry, key))
		return;
	if (fold->now_ns < end_ns) {
		fold_note_next(fold, end_ns);
		return;
	}
	if (entry->alert.count == 0) { /* a window's length passed in silence: it is over */
		table_remove(fold->visited, key);
		return;
	}
	fold_close(fold, entry, key);
	entry->opened_ns = fold->now_ns;
	fold_note_next(fold, fold->now_ns + fold->options.window_ns);
}

/* What was withheld in a window that is still open is told with the rest. */
static void fold_visit_withheld(void *argument, const void *key, void *value)
{
	struct fold *fold = argument;
	struct fold_entry *entry = value;

	(void)key;
	if (entry->alert.count == 0 || !entry->withheld)
		return;
	withheld_add(&fold->withheld, &entry->alert);
	entry->withheld = false;
}

uint64_t fold_tick(struct fold *fold, uint64_t now_ns)
{
	fold->now_ns = now_ns;
	fold->next_ns = 0;
	fold_visit(fold, fold_visit_tick);
	if (fold->withheld.since_ns) {
		uint64_t end_ns = fold->withheld.since_ns + fold->options.window_ns;

		if (now_ns >= end_ns) {
			table_visit(fold->forgeable, fold_visit_withheld, fold);
			fold_tell_withheld(fold);
		} else {
			fold_note_next(fold, end_ns);
		}
	}
	return fold->next_ns;
}

uint64_t fold_next(const struct fold *fold)
{
	return fold->next_ns;
}

static void fold_visit_flush(void *argument, const void *key, void *value)
{
	fold_close(argument, value, key);
}

void fold_flush(struct fold *fold, uint64_t now_ns)
{
	fold->now_ns = now_ns;
	fold_visit(fold, fold_visit_flush);
	fold_tell_withheld(fold);
}
