// SPDX-License-Identifier: GPL-2.0-only
/* tell.c - what the sensor says of itself: to people, to its status file, to the service manager. */
#include "tell.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "../base/text.h"
#include "../base/util.h"
#include "../kernel/count.h"
#include "../kernel/program.h"
#include "../kernel/ring.h"
#include "../model/service.h"
#include "../model/words.h"
#include "../sink/scrape.h"
#include "../who/owner.h"
#include "manager.h"
#include "metrics.h"
#include "outlets.h"
#include "pipeline.h"
#include "rundir.h"
#include "tap.h"
#include "witness.h"

#define SERVICES_NAMED_MAX 4
#define TELL_LINE_SIZE 4096 /* a longer line is cut */
#define TELL_WHY_SIZE 256

void tell_people(const struct daemon *daemon, const char *format, ...)
{
	char line[TELL_LINE_SIZE], escaped[TELL_LINE_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	text_escape(escaped, sizeof(escaped), line, strlen(line));
	if (!outlets_say(daemon->outlets, escaped))
		log_notice("%s", line); /* which escapes, too */
}

/* "networklens, networklenss": the services of the first few watched ports that have a name. */
static void tell_services(const struct port_set *ports, char *out, size_t size)
{
	size_t used = 0, named = 0;

	out[0] = '\0';
	for (unsigned int port = 1; port < 65536 && named < SERVICES_NAMED_MAX; port++) {
		enum protocol protocol = ports->protocols[port] & 1 << PROTOCOL_TCP ? PROTOCOL_TCP :
										      PROTOCOL_UDP;
		const char *name = ports->protocols[port] ? service_name(port, protocol) : NULL;

		if (!name || used >= size)
			continue;
		used += snprintf(out + used, size - used, "%s%u is %s", named++ ? ", " : "", port,
				 name);
	}
}

void tell_watch(const struct daemon *daemon)
{
	_cleanup_free_ char *ports = port_set_format(&daemon->config.ports);
	char services[256];

	tell_services(&daemon->config.ports, services, sizeof(services));
	tell_people(daemon, "watching ports %s%s%s%s on interfaces %s", ports ? ports : "?",
		   services[0] ? " (" : "", services, services[0] ? ")" : "",
		   daemon->config.interfaces);
}

void tell_loss(const struct daemon *daemon)
{
	char loss[WITNESS_LOSS_SIZE];

	if (*witness_loss(daemon->witness, loss))
		tell_people(daemon, "%s", loss);
	if (!owners_number_all())
		tell_people(daemon,
			    "this is a pid namespace of its own: processes in it are told with "
			    "their pid, all others (the host's, too) by name, without a pid, and "
			    "not before they use a socket");
}

void tell_holder(const struct daemon *daemon, const struct sighting *sighting)
{
	const struct process *process = &sighting->process;

	if (!process_is_known(process)) {
		tell_people(daemon, "port %u/%s is held already, by no process that is seen here",
			    sighting->port, words_protocol(sighting->protocol));
		return;
	}
	tell_people(daemon, "port %u/%s is held already, by %s (pid %d%s%s)", sighting->port,
		    words_protocol(sighting->protocol), process->name, (int)process->pid,
		    *process->executable ? ", " : "", process->executable);
}

void tell_interface(const struct daemon *daemon, const struct interface_record *record)
{
	const char *why = record->why_not_better;

	tell_people(daemon, "%s: in by %s, out by %s%s%s%s", record->name,
		   attach_mode_word(record->doors[DIRECTION_IN].mode),
		   attach_mode_word(record->doors[DIRECTION_OUT].mode), why[0] ? " (" : "", why,
		   why[0] ? ")" : "");
}

/* Alerts by action. */
static json_t *tell_alerts(const struct daemon *daemon)
{
	json_t *alerts = json_object();

	for (enum action action = 0; action < ACTION_COUNT; action++)
		json_object_set_new(alerts, alert_action_word(action),
				    json_integer((json_int_t)pipeline_emitted(daemon->pipeline,
									      action)));
	return alerts;
}

static json_t *tell_make_status(const struct daemon *daemon)
{
	char since[CLOCK_TEXT_SIZE];

	clock_format(daemon->since_wall_ns, since);
	return json_pack("{s:i, s:s, s:I, s:s, s:I, s:I, s:o, s:o, s:o}", "pid", (int)getpid(), "since",
			 since, "since_wall_ns", (json_int_t)daemon->since_wall_ns, "version",
			 VERSION, "misfits", (json_int_t)ring_misfits(daemon->ring),
			 "sample_readers", (json_int_t)tap_reader_count(daemon->tap), "alerts",
			 tell_alerts(daemon), "owners", witness_status(daemon->witness),
			 "sinks", outlets_status(daemon->outlets));
}

/* The status file is written when its text has changed. */
void tell_status(struct daemon *daemon)
{
	json_t *status = tell_make_status(daemon);
	char *text = status ? json_dumps(status, JSON_COMPACT) : NULL;
	int r;

	if (text && (!daemon->status_written || !util_streq(text, daemon->status_written))) {
		r = rundir_write_status(daemon->options->instance, status);
		if (r < 0)
			log_error(r, "write the status file, ignoring");
		free(daemon->status_written);
		daemon->status_written = TAKE(text);
	}
	free(text);
	json_decref(status);
}

/* One line for `systemctl status`. */
void tell_manager(struct daemon *daemon)
{
	struct accounting sum;
	uint64_t alerts = 0;
	char line[128];

	count_read_accounting(program_tables(daemon->program), &sum);
	for (enum action action = 0; action < ACTION_COUNT; action++)
		alerts += pipeline_emitted(daemon->pipeline, action);
	snprintf(line, sizeof(line), "%llu packets of watched ports, %llu alerts",
		 (unsigned long long)sum.matched, (unsigned long long)alerts);
	manager_ready(daemon->manager, line);
}

static char *tell_write_metrics(void *argument, size_t *ret_length)
{
	struct daemon *daemon = argument;
	json_t *status = tell_make_status(daemon);
	char *text = metrics_write(program_tables(daemon->program), daemon->pins, status,
				   ret_length);

	json_decref(status);
	return text;
}

/* 0 or -errno, not said; ret_why says why. Nothing changes then. */
static int tell_open_metrics(struct daemon *daemon, const char *listen, char *ret_why,
			     size_t why_size)
{
	struct scrape *fresh = NULL;
	int r = 0;

	if (!config_is_none(listen))
		r = scrape_new(&fresh, daemon->loop, listen, tell_write_metrics, daemon, ret_why,
			       why_size);
	if (r < 0)
		return r;
	scrape_free(daemon->scrape);
	daemon->scrape = fresh;
	return 0;
}

/* A port of all addresses and of one are one place: the server leaves before it comes back. */
static int tell_replace_metrics(struct daemon *daemon, const char *listen, const char *before,
				char *ret_why, size_t why_size)
{
	char why[TELL_WHY_SIZE];
	int r;

	scrape_free(daemon->scrape);
	daemon->scrape = NULL;
	r = tell_open_metrics(daemon, listen, ret_why, why_size);
	if (r < 0 && tell_open_metrics(daemon, before, why, sizeof(why)) < 0)
		log_error(0, "listen on %s for [metrics] again: %s", before, why);
	return r;
}

int tell_metrics(struct daemon *daemon, const char *listen, const char *before)
{
	char why[TELL_WHY_SIZE];
	int r = tell_open_metrics(daemon, listen, why, sizeof(why));

	if (r == -EADDRINUSE && daemon->scrape)
		r = tell_replace_metrics(daemon, listen, before, why, sizeof(why));
	if (r < 0)
		log_error(0, "listen on %s for [metrics]: %s%s%s", listen, why,
			  daemon->scrape ? "; still on " : "", daemon->scrape ? before : "");
	return r;
}
