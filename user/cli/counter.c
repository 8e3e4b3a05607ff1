// SPDX-License-Identifier: GPL-2.0-only
/* counter.c - the kernel's counters, filtered; once, or as a stream. */
#include "counter.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "../model/words.h"
#include "cmd.h"
#include "instance.h"
#include "value.h"

#define COUNTER_CLEAR "\033[H\033[J" /* a terminal: home, and erase what is below */

json_t *counter_accounting(const struct tables *tables)
{
	struct accounting sum;
	json_t *unparsed = json_object();

	count_read_accounting(tables, &sum);
	for (unsigned int reason = 0; reason < UNPARSED_COUNT; reason++)
		json_object_set_new(unparsed, words_unparsed(reason),
				    json_integer((json_int_t)sum.unparsed[reason]));
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:o, s:I, s:I, s:I}",
			 "seen", (json_int_t)sum.seen,
			 "matched", (json_int_t)sum.matched,
			 "sampled", (json_int_t)sum.sampled,
			 "suppressed", (json_int_t)sum.suppressed,
			 "lost", (json_int_t)sum.lost,
			 "unparsed", unparsed,
			 "uncounted", (json_int_t)sum.uncounted,
			 "peers_evicted", (json_int_t)sum.peers_evicted,
			 "foreign", (json_int_t)sum.foreign);
}

static json_t *counter_kinds(const struct count_row *row)
{
	json_t *kinds = json_object();

	for (unsigned int kind = 0; kind < KIND_COUNT; kind++)
		if (row->kinds[kind])
			json_object_set_new(kinds, words_kind(kind),
					    json_integer((json_int_t)row->kinds[kind]));
	return kinds;
}

json_t *counter_row(const struct count_row *row, const char *interface)
{
	return json_pack("{s:i, s:s, s:o, s:s, s:s, s:I, s:I, s:o}",
			 "port", row->port,
			 "protocol", words_protocol(row->protocol),
			 "interface", value_text(interface),
			 "direction", words_direction(row->direction),
			 "role", words_role(row->role),
			 "packets", (json_int_t)row->packets,
			 "bytes", (json_int_t)row->bytes,
			 "kinds", counter_kinds(row));
}

static bool counter_is_wanted(const struct arguments *filter, const struct count_row *row,
			      const char *interface)
{
	if (arguments_has(filter, ARGUMENT_PORT) && filter->port != row->port)
		return false;
	if (arguments_has(filter, ARGUMENT_INTERFACE) && !util_streq(filter->interface, interface))
		return false;
	if (arguments_has(filter, ARGUMENT_DIRECTION) && filter->direction != row->direction)
		return false;
	if (arguments_has(filter, ARGUMENT_PROTOCOL) && filter->protocol != row->protocol)
		return false;
	return row->packets;
}

static json_t *counter_rows(const struct call *call, const struct tables *tables,
			    const char *directory)
{
	_cleanup_interfaces_ struct interface_list interfaces = {};
	_cleanup_free_ struct count_row *rows = NULL;
	char name[INTERFACE_NAME_MAX + 1];
	json_t *list;
	size_t count;
	int r = interface_list_read(directory, &interfaces);

	if (r < 0)
		log_debug("read the interfaces' names: %s, ignoring", strerror(-r));
	if (count_read(tables, &rows, &count) < 0)
		return NULL;
	list = json_array();
	for (size_t i = 0; i < count; i++) {
		interface_list_name(&interfaces, rows[i].ifindex, name);
		if (counter_is_wanted(&call->arguments, &rows[i], name))
			list = value_append(list, counter_row(&rows[i], name));
	}
	return list;
}

/* `time` is there in a stream only (not 0). Returns an enum outcome. */
static int counter_read(const struct call *call, uint64_t wall_ns, json_t **ret_value)
{
	_cleanup_tables_ struct tables *tables = NULL;
	char directory[PINS_PATH_SIZE];
	json_t *rows;

	if (instance_open(call, directory, &tables) < 0)
		return OUTCOME_FAILED;
	/* The rows first: what is counted meanwhile is in the accounting, never the other way. */
	rows = counter_rows(call, tables, directory);
	return cmd_give(json_pack("{s:o*, s:o, s:o}", "time", wall_ns ? value_time(wall_ns) : NULL,
				  "counters", rows, "accounting", counter_accounting(tables)),
			ret_value);
}

int cmd_counter_show(const struct call *call, json_t **ret_value)
{
	return counter_read(call, 0, ret_value);
}

/* Plain, a turn takes the place of the one before on a terminal, and follows it elsewhere. */
static int counter_print(enum out_format format, bool is_first, json_t *value)
{
	if (format != OUT_PLAIN)
		return out_print_line(format, value);
	if (isatty(STDOUT_FILENO))
		fputs(COUNTER_CLEAR, stdout);
	else if (!is_first)
		fputc('\n', stdout);
	fflush(stdout);
	return out_print(format, value);
}

/* Steady: each turn is counted from the turn before, not from when it was done. */
static void counter_wait(struct timespec *turn, uint64_t interval_ns)
{
	uint64_t ns = (uint64_t)turn->tv_nsec + interval_ns;

	turn->tv_sec += (time_t)(ns / CLOCK_NS_PER_SECOND);
	turn->tv_nsec = (long)(ns % CLOCK_NS_PER_SECOND);
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, turn, NULL) == EINTR)
		;
}

int cmd_counter_watch(const struct call *call, json_t **ret_value)
{
	const struct arguments *arguments = &call->arguments;
	uint64_t interval_ns = arguments_has(arguments, ARGUMENT_INTERVAL) ?
				       arguments->interval_ns :
				       CLOCK_NS_PER_SECOND;
	struct timespec turn;
	int r = 0;

	(void)ret_value;
	failure_stream();
	clock_gettime(CLOCK_MONOTONIC, &turn);
	for (uint64_t i = 0; !arguments->count || i < arguments->count; i++) {
		json_t *value = NULL;

		if (i)
			counter_wait(&turn, interval_ns);
		if (counter_read(call, clock_wall_ns(), &value) != OUTCOME_DONE)
			return OUTCOME_FAILED;
		r = counter_print(call->format, i == 0, value);
		if (r < 0)
			break;
	}
	return failure_of_output(r);
}
