// SPDX-License-Identifier: GPL-2.0-only
/* daemon.c - builds the house from a configuration, keeps it, reloads it, takes it down. */
#include "daemon.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "../base/loop.h"
#include "../base/util.h"
#include "../kernel/attach.h"
#include "../kernel/fates.h"
#include "../kernel/bridge.h"
#include "../kernel/links.h"
#include "../kernel/peers.h"
#include "../kernel/pins.h"
#include "../kernel/program.h"
#include "../kernel/ring.h"
#include "../kernel/strays.h"
#include "../kernel/stations.h"
#include "../kernel/watch.h"
#include "../sink/scrape.h"
#include "manager.h"
#include "outlets.h"
#include "pipeline.h"
#include "rundir.h"
#include "state.h"
#include "tap.h"
#include "tell.h"
#include "troubles.h"
#include "witness.h"

#define DRAIN_NS (2 * CLOCK_NS_PER_SECOND)

static void daemon_drop_link(struct daemon *daemon, const struct link *link)
{
	bool was_watched = attach_has(daemon->attacher, link->index);

	if (!was_watched && !attach_is_left_out(daemon->attacher, link->index))
		return;
	attach_remove(daemon->attacher, link->index);
	if (was_watched)
		tell_people(daemon, "%s: no longer watched", link->name);
}

static void daemon_take_link(struct daemon *daemon, const struct link *link)
{
	struct interface_record record;
	int r;

	pipeline_name_interface(daemon->pipeline, link->index, link->name);
	if (attach_has(daemon->attacher, link->index)) {
		attach_rename(daemon->attacher, link);
		return;
	}
	if (!(link->flags & IFF_UP)) {
		daemon_drop_link(daemon, link);
		return;
	}
	r = attach_interface(daemon->attacher, link, &record);
	if (r < 0)
		tell_people(daemon, "%s: cannot be watched: %s", link->name, record.why_not_better);
	else
		tell_interface(daemon, &record);
	daemon->watched += r == 0;
}

static void daemon_leave_link(struct daemon *daemon, const struct link *link, const char *why)
{
	pipeline_name_interface(daemon->pipeline, link->index, link->name);
	if (!(link->flags & IFF_UP))
		daemon_drop_link(daemon, link);
	else if (attach_leave_out(daemon->attacher, link, why))
		tell_people(daemon, "%s: left out: %s", link->name, why);
}

static void daemon_on_link(void *argument, const struct link_view *view, bool gone)
{
	struct daemon *daemon = argument;
	char why[CHOICE_WHY_SIZE];
	enum choice choice = gone ? CHOICE_NOT_WANTED :
				    choose_link(view, daemon->config.interfaces, why);
	int r = strays_set_lower(daemon->program, view->link->index, !gone && view->link->master);

	if (r < 0)
		log_error(r, "tell the packet programs of %s, ignoring", view->link->name);
	if (gone)
		stations_remove(daemon->stations, view->link->index);
	else
		stations_put(daemon->stations, view->link);
	if (choice == CHOICE_WATCH)
		daemon_take_link(daemon, view->link);
	else if (choice == CHOICE_LEFT_OUT)
		daemon_leave_link(daemon, view->link, why);
	else
		daemon_drop_link(daemon, view->link);
	if (attach_has(daemon->attacher, view->link->index))
		bridge_put(daemon->program, view);
	else
		bridge_remove(daemon->program, view->link->index);
}

static void daemon_on_sample(void *argument, const struct packet_event *event)
{
	struct daemon *daemon = argument;

	pipeline_take(daemon->pipeline, event);
}

static void daemon_on_socket(void *argument, const struct listener_event *event)
{
	struct daemon *daemon = argument;

	if (daemon->pipeline)
		pipeline_take_socket(daemon->pipeline, event);
}

static void daemon_on_sighting(void *argument, const struct sighting *sighting)
{
	struct daemon *daemon = argument;

	tap_send(daemon->tap, sighting);
	outlets_take(daemon->outlets, sighting);
}

static void daemon_set_tap(struct daemon *daemon)
{
	bool is_wanted = tap_reader_count(daemon->tap) || outlets_want_packets(daemon->outlets);

	pipeline_set_tap(daemon->pipeline, is_wanted ? daemon_on_sighting : NULL, daemon);
}

static void daemon_on_readers(void *argument)
{
	struct daemon *daemon = argument;

	daemon_set_tap(daemon);
	tell_status(daemon);
}

static void daemon_on_holder(void *argument, const struct sighting *sighting)
{
	tell_holder(argument, sighting);
}

/*
 * Who held a port before it was watched, at the start and whenever ports are added. That is no
 * alert: nobody began anything.
 */
static void daemon_tell_holders(struct daemon *daemon)
{
	const struct tables *tables = program_tables(daemon->program);
	_cleanup_free_ struct port_set *added = calloc(1, sizeof(*added));
	int r = -ENOMEM;

	if (memcmp(tables->watch, &daemon->asked, sizeof(daemon->asked)) == 0)
		return;
	if (added) {
		watch_get_added(tables, &daemon->asked, added);
		daemon->asked = *tables->watch;
		witness_rescan(daemon->witness);
		r = witness_visit_holders(added, daemon_on_holder, daemon);
	}
	if (r < 0)
		log_error(r, "list the owners of the watched ports, ignoring");
}

/* Which addresses are this host's own ends, if that has changed. */
static void daemon_tell_ends(struct daemon *daemon)
{
	bool translates = witness_translates(daemon->witness);
	uint64_t generation = links_addresses_generation(daemon->links);
	int r;

	if (daemon->ends_generation == generation && daemon->ends_translated == translates)
		return;
	daemon->ends_generation = generation;
	daemon->ends_translated = translates;
	r = strays_set_addresses(daemon->program, daemon->links, translates);
	if (r < 0)
		log_error(r, "tell the packet programs this host's addresses, ignoring");
}

static void daemon_on_second(void *argument, uint32_t events)
{
	struct daemon *daemon = argument;

	(void)events;
	pipeline_watch_loss(daemon->pipeline);
	bridge_look(daemon->program);
	witness_look(daemon->witness);
	daemon_tell_ends(daemon);
	troubles_look(daemon->troubles, daemon->config.window_ns);
	daemon_tell_holders(daemon);
	tell_status(daemon);
	expect_file_refresh(&daemon->expect_file, daemon->options->instance,
			    pipeline_expects(daemon->pipeline));
	tell_manager(daemon);
}

static void daemon_on_stop(void *argument, uint32_t signal_number)
{
	struct daemon *daemon = argument;

	(void)signal_number;
	loop_stop(daemon->loop, 0);
}

/* Puts a new configuration in force; what it cannot change while running is said. */
static void daemon_apply(struct daemon *daemon, const struct config *fresh)
{
	_cleanup_config_ struct config old = daemon->config;

	config_copy(&daemon->config, fresh);
	if (old.snap_length != fresh->snap_length || old.ring_size != fresh->ring_size ||
	    old.tunnels != fresh->tunnels || old.owner_sockets != fresh->owner_sockets ||
	    !util_streq(old.owner_hooks, fresh->owner_hooks))
		tell_people(daemon, "snap-length, ring-size, tunnels and [owner] change with the "
				   "next start");
	watch_set(program_tables(daemon->program), &fresh->ports);
	peers_set_limits(program_tables(daemon->program), fresh);
	pipeline_configure(daemon->pipeline, fresh);
	outlets_configure(daemon->outlets, fresh);
	daemon_set_tap(daemon);
	expect_file_write(&daemon->expect_file, daemon->options->instance,
			  pipeline_expects(daemon->pipeline));
	if (!util_streq(old.metrics_listen, fresh->metrics_listen) &&
	    tell_metrics(daemon, fresh->metrics_listen, old.metrics_listen) < 0)
		snprintf(daemon->config.metrics_listen, sizeof(daemon->config.metrics_listen), "%s",
			 daemon->scrape ? old.metrics_listen : "none");
	if (old.xdp != fresh->xdp) {
		attach_set_xdp(daemon->attacher, fresh->xdp);
		attach_detach_left(daemon->pins, 0, NULL);
	}
	attach_forget_refused(daemon->attacher);
	links_rescan(daemon->links);
	tell_watch(daemon);
}

static void daemon_on_reload(void *argument, uint32_t signal_number)
{
	struct daemon *daemon = argument;
	_cleanup_free_ struct config *fresh = calloc(1, sizeof(*fresh));

	(void)signal_number;
	manager_reloading(daemon->manager);
	if (!fresh || daemon->options->read_config(daemon->options->argument, fresh) < 0)
		log_notice("reload: the old configuration stays in force");
	else
		daemon_apply(daemon, fresh);
	if (fresh)
		config_free(fresh);
	tell_manager(daemon);
}

static int daemon_add_signals(struct daemon *daemon)
{
	static const struct {
		int number;
		loop_handler *handler;
	} handled[ARRAY_SIZE(daemon->signals)] = {
		{ SIGINT, daemon_on_stop },
		{ SIGTERM, daemon_on_stop },
		{ SIGHUP, daemon_on_reload },
	};
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(handled) && r == 0; i++)
		r = loop_add_signal(daemon->loop, handled[i].number, handled[i].handler, daemon,
				    &daemon->signals[i]);
	return r < 0 ? log_error(r, "watch for signals") : 0;
}

static int daemon_open_kernel(struct daemon *daemon)
{
	const struct config *config = &daemon->config;
	struct program_options options = {
		.pin_directory = daemon->pins,
		.snap_length = config->snap_length,
		.ring_size = config->ring_size,
		.watched = port_set_count(&config->ports),
		.tunnels = config->tunnels,
	};
	char why[512];
	int r = pins_find_or_make(daemon->options->instance, daemon->pins);

	if (r < 0)
		return log_error(r, "make a directory in the BPF file system (run as root)");
	r = program_load(&daemon->program, &options, why, sizeof(why));
	if (r == -EPERM)
		return log_error(r, "load the packet programs (run as root)");
	if (r < 0)
		return log_error(r, "load the packet programs: %s", why);
	peers_set_limits(program_tables(daemon->program), config);
	watch_set(program_tables(daemon->program), &config->ports);
	return 0;
}

static int daemon_open_fates(struct daemon *daemon)
{
	char why[128];
	int r = fates_new(&daemon->fates, daemon->program, why, sizeof(why));

	if (r < 0)
		return log_error(r, "look for what becomes of packets");
	if (!fates_traces(daemon->fates))
		tell_people(daemon, "what the kernel drops is not known (skb:kfree_skb: %s)", why);
	return 0;
}

static int daemon_build_pipeline(struct daemon *daemon)
{
	struct pipeline_parts parts = {
		.loop = daemon->loop,
		.tables = program_tables(daemon->program),
	};
	struct witness_options witness = {
		.loop = daemon->loop,
		.program = daemon->program,
		.config = &daemon->config,
		.on_socket = daemon_on_socket,
		.argument = daemon,
	};
	int r = witness_new(&daemon->witness, &witness);

	if (r < 0)
		return r;
	parts.witness = daemon->witness;
	r = daemon_open_fates(daemon);
	if (r < 0)
		return r;
	parts.fates = daemon->fates;
	r = pipeline_new(&daemon->pipeline, &parts, &daemon->config);
	if (r < 0)
		return log_error(r, "build the pipeline");
	r = outlets_new(&daemon->outlets, daemon->loop, daemon->pipeline);
	if (r < 0)
		return log_error(r, "build the sinks");
	r = outlets_configure(daemon->outlets, &daemon->config);
	if (r < 0)
		return r;
	r = tap_new(&daemon->tap, daemon->loop, daemon->options->instance, daemon_on_readers,
		    daemon);
	if (r < 0)
		return log_error(r, "listen for readers of samples");
	daemon_set_tap(daemon);
	return 0;
}

static int daemon_attach(struct daemon *daemon)
{
	int r = attach_new(&daemon->attacher, daemon->program, daemon->pins, daemon->config.xdp);

	if (r < 0)
		return log_error(r, "take over the interfaces");
	r = stations_new(&daemon->stations, daemon->program);
	if (r < 0)
		return log_error(r, "know the link addresses");
	bridge_look(daemon->program);
	r = links_new(&daemon->links, daemon->loop, daemon_on_link, daemon);
	if (r < 0)
		return log_error(r, "read the network interfaces");
	stations_complete(daemon->stations);
	attach_drop_left(daemon->attacher);
	pipeline_set_links(daemon->pipeline, daemon->links);
	daemon_tell_ends(daemon);
	if (!daemon->watched)
		tell_people(daemon, "no interface to watch yet");
	return 0;
}

static int daemon_start_reading(struct daemon *daemon)
{
	const struct troubles_parts parts = {
		.loop = daemon->loop,
		.pipeline = daemon->pipeline,
		.outlets = daemon->outlets,
		.pin_directory = daemon->pins,
	};
	int r = ring_new(&daemon->ring, daemon->loop, program_ring_fd(daemon->program),
			 daemon_on_sample, daemon);

	if (r < 0)
		return log_error(r, "read the kernel's ring");
	r = troubles_new(&daemon->troubles, &parts);
	if (r < 0)
		return log_error(r, "watch the sensor itself");
	r = loop_add_timer(daemon->loop, daemon_on_second, daemon, &daemon->second);
	if (r == 0)
		r = loop_timer_set(daemon->second, CLOCK_NS_PER_SECOND, CLOCK_NS_PER_SECOND);
	if (r < 0)
		return log_error(r, "set a timer");
	expect_file_write(&daemon->expect_file, daemon->options->instance,
			  pipeline_expects(daemon->pipeline));
	tell_status(daemon);
	return 0;
}

static int daemon_build(struct daemon *daemon)
{
	int r = loop_new(&daemon->loop);

	if (r < 0)
		return log_error(r, "start the event loop");
	r = manager_new(&daemon->manager, daemon->loop);
	if (r < 0)
		return log_error(r, "show signs of life to the service manager");
	r = daemon_add_signals(daemon);
	if (r == 0)
		r = daemon_open_kernel(daemon);
	if (r == 0)
		r = daemon_build_pipeline(daemon);
	if (r < 0)
		return r;
	tell_watch(daemon);
	tell_loss(daemon);
	if (program_continues(daemon->program))
		tell_people(daemon, "counters continue from the run before");
	r = daemon_attach(daemon);
	if (r == 0)
		r = daemon_start_reading(daemon);
	if (r == 0)
		r = tell_metrics(daemon, daemon->config.metrics_listen, "none");
	if (r < 0)
		return r;
	daemon_tell_holders(daemon);
	tell_manager(daemon);
	return 0;
}

/* From the packets' end to the sinks': nothing that was sampled is left behind. */
static void daemon_take_down(struct daemon *daemon)
{
	bool keep = daemon->config.keep && daemon->ring;

	manager_stopping(daemon->manager);
	scrape_free(daemon->scrape);
	attach_free(daemon->attacher, keep);
	if (daemon->ring)
		ring_drain(daemon->ring);
	ring_free(daemon->ring);
	if (daemon->pipeline) {
		pipeline_flush(daemon->pipeline);
		pipeline_set_tap(daemon->pipeline, NULL, NULL);
	}
	tap_free(daemon->tap);
	outlets_free(daemon->outlets, DRAIN_NS);
	pipeline_free(daemon->pipeline);
	links_free(daemon->links);
	fates_free(daemon->fates);
	stations_free(daemon->stations);
	witness_free(daemon->witness);
	program_free(daemon->program);
	loop_source_free(daemon->second);
	troubles_free(daemon->troubles);
	manager_free(daemon->manager);
	for (size_t i = 0; i < ARRAY_SIZE(daemon->signals); i++)
		loop_source_free(daemon->signals[i]);
	loop_free(daemon->loop);
	if (!keep && daemon->pins[0])
		pins_remove_all(daemon->pins);
	rundir_remove_status(daemon->options->instance);
	free(daemon->status_written);
	config_free(&daemon->config);
	util_close_fd(&daemon->lock);
}

int daemon_run(const struct daemon_options *options, const struct config *config)
{
	_cleanup_free_ struct daemon *daemon = calloc(1, sizeof(*daemon));
	int r;

	if (!daemon)
		return log_error(-ENOMEM, "start");
	daemon->options = options;
	config_copy(&daemon->config, config);
	daemon->since_wall_ns = clock_wall_ns();
	daemon->lock = rundir_lock(options->instance);
	if (daemon->lock == -EBUSY) {
		log_error(0, "start: a sensor named %s runs as process %d (name another with --instance)",
			  options->instance, (int)rundir_holder(options->instance));
		return -EBUSY;
	}
	if (daemon->lock < 0)
		return log_error(daemon->lock, "lock /run/%s (run as root)", options->instance);
	r = daemon_build(daemon);
	if (r == 0)
		r = loop_run(daemon->loop);
	daemon_take_down(daemon);
	return r;
}
