// SPDX-License-Identifier: GPL-2.0-only
/* replay.c - a capture file through the same program and the same pipeline as live packets. */
#include <errno.h>
#include <stdio.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "../base/table.h"
#include "../daemon/pipeline.h"
#include "../judge/tools.h"
#include "../kernel/peers.h"
#include "../kernel/replay.h"
#include "../kernel/ring.h"
#include "../kernel/watch.h"
#include "../model/words.h"
#include "cmd.h"
#include "counter.h"
#include "peer.h"
#include "settings.h"
#include "value.h"

#define REPLAY_INTERFACE "replay"
#define REPLAY_BATCH 64 /* packets between two looks into the ring: fewer than it holds */
#define REPLAY_WHY_SIZE 512
#define REPLAY_TOOLS_MAX 65536 /* peers of which the tool is kept */
#define REPLAY_PROGRESS_MASK 0x3fff /* packets between two steps of the progress bar, less one */

/* Gathers the alerts; the sink comes first, as every sink's own struct has it. */
struct replay_alerts {
	struct sink sink;
	enum out_format format;
	json_t *list;
};

struct replay_run {
	struct config config;
	struct program *program;
	struct capture *capture;
	struct loop *loop; /* the ring's, never run */
	struct ring *ring;
	struct pipeline *pipeline;
	struct table *tools; /* struct addr -> const char *: what the peer first looked like */
	struct replay_alerts alerts;
	uint64_t unread; /* of a link type that cannot be read: counted as not IP */
	uint32_t named; /* the last interface whose name the pipeline knows */
	uint64_t frames;
	uint64_t short_frames; /* too short for a link header: counted here, as truncated */
	char why[REPLAY_WHY_SIZE]; /* what broke the file; "" when it was whole */
};

/* People get a line, programs the whole alert. */
static void replay_take_alert(struct sink *sink, const struct alert *alert)
{
	struct replay_alerts *alerts = (struct replay_alerts *)sink;
	char message[ALERT_MESSAGE_SIZE];

	if (alerts->format != OUT_PLAIN)
		alerts->list = value_append(alerts->list, alert_to_json(alert, NULL));
	else
		alerts->list = value_append(
			alerts->list,
			json_pack("{s:o, s:s, s:s}", "time", value_time(alert->wall_ns), "action",
				  alert_action_word(alert->action), "message",
				  alert_format_message(alert, message)));
}

static const struct sink_ops replay_alerts_ops = { .send = replay_take_alert };

static void replay_note_tool(struct replay_run *run, const struct packet_event *event)
{
	const char *tool = tools_look_like(event);
	const char **place = tool ? table_put(run->tools, event->source, NULL) : NULL;

	if (place && !*place)
		*place = tool;
}

/* Time stands where the file has it. */
static void replay_on_sample(void *argument, const struct packet_event *event)
{
	struct replay_run *run = argument;

	clock_set_fixed(event->boot_ns, event->boot_ns);
	replay_note_tool(run, event);
	pipeline_take(run->pipeline, event);
}

static int replay_load(struct replay_run *run)
{
	struct program_options options = {
		.snap_length = run->config.snap_length,
		.ring_size = run->config.ring_size,
		.watched = port_set_count(&run->config.ports),
		.tunnels = run->config.tunnels,
		.replay = true,
	};
	char why[REPLAY_WHY_SIZE];
	int r = program_load(&run->program, &options, why, sizeof(why));

	if (r == -EPERM)
		return log_error(r, "load the packet programs (run as root)");
	if (r < 0)
		return log_error(r, "load the packet programs: %s", why);
	peers_set_limits(program_tables(run->program), &run->config);
	watch_set(program_tables(run->program), &run->config.ports);
	return 0;
}

static int replay_build(struct replay_run *run, enum out_format format)
{
	struct pipeline_parts parts = { .tables = program_tables(run->program) };
	struct sink *sink = &run->alerts.sink;
	int r = pipeline_new(&run->pipeline, &parts, &run->config);

	if (r == 0)
		r = table_new(&run->tools, sizeof(struct addr), sizeof(const char *),
			      REPLAY_TOOLS_MAX, NULL, NULL);
	if (r == 0)
		r = loop_new(&run->loop);
	if (r == 0)
		r = ring_new(&run->ring, run->loop, program_ring_fd(run->program),
			     replay_on_sample, run);
	if (r < 0)
		return log_error(r, "build the pipeline");
	run->alerts.sink.ops = &replay_alerts_ops;
	run->alerts.format = format;
	run->alerts.list = json_array();
	pipeline_set_sinks(run->pipeline, &sink, 1);
	pipeline_name_interface(run->pipeline, CAPTURE_UNNAMED, REPLAY_INTERFACE);
	run->named = CAPTURE_UNNAMED;
	return 0;
}

static const char *replay_interface(const struct replay_run *run, uint32_t number)
{
	const char *name = capture_interface(run->capture, number);

	return name ? name : REPLAY_INTERFACE;
}

/* Numbers are given in order. */
static void replay_name_interfaces(struct replay_run *run, uint32_t number)
{
	while (run->named < number) {
		run->named++;
		pipeline_name_interface(run->pipeline, run->named,
					replay_interface(run, run->named));
	}
}

static void replay_show_progress(const struct replay_run *run, bool is_over)
{
	int percent = capture_percent(run->capture);

	if (!isatty(STDERR_FILENO) || percent < 0)
		return;
	if (is_over)
		fputs("\r\033[K", stderr);
	else
		fprintf(stderr, "\r%3d %% [%-50.*s]", percent, percent / 2,
			"##################################################");
}

/* Told once, of the first. */
static void replay_note_unread(struct replay_run *run, const struct capture_packet *packet)
{
	if (packet->unread_type >= 0 && !run->unread++)
		log_error(0, "packet %llu: link type %s (%d) is not one that can be read: such "
			  "packets are counted as %s, ignoring",
			  (unsigned long long)packet->number,
			  capture_type_name(packet->unread_type), packet->unread_type,
			  words_unparsed(UNPARSED_NOT_IP));
}

static int replay_packet(struct replay_run *run, const struct capture_packet *packet)
{
	int r;

	replay_note_unread(run, packet);
	replay_name_interfaces(run, packet->interface);
	r = replay_run(run->program, packet);
	run->frames++;
	if (r == -ENODATA) {
		run->short_frames++;
		r = 0;
	}
	if (r == 0 && run->frames % REPLAY_BATCH == 0)
		r = ring_drain(run->ring);
	if ((run->frames & REPLAY_PROGRESS_MASK) == 0)
		replay_show_progress(run, false);
	return r < 0 ? log_error(r, "run packet %llu", (unsigned long long)packet->number) : 0;
}

/* 0 also when the file breaks off: what came before was run, and `why` says where. */
static int replay_all(struct replay_run *run)
{
	struct capture_packet packet;
	int r = 0, next;

	while ((next = capture_next(run->capture, &packet, run->why, sizeof(run->why))) > 0) {
		r = replay_packet(run, &packet);
		if (r < 0)
			break;
	}
	replay_show_progress(run, true);
	ring_drain(run->ring);
	pipeline_flush(run->pipeline);
	return r;
}

static json_t *replay_counters(const struct replay_run *run)
{
	_cleanup_free_ struct count_row *rows = NULL;
	json_t *list = json_array();
	size_t count = 0;

	if (count_read(program_tables(run->program), &rows, &count) < 0)
		return NULL;
	for (size_t i = 0; i < count; i++)
		list = value_append(list, counter_row(&rows[i], replay_interface(run, rows[i].ifindex)));
	return list;
}

static void replay_add(json_t *object, const char *name, uint64_t more)
{
	json_t *number = json_object_get(object, name);

	if (number)
		json_integer_set(number, json_integer_value(number) + (json_int_t)more);
}

static json_t *replay_accounting(const struct replay_run *run)
{
	json_t *accounting = counter_accounting(program_tables(run->program));

	if (!accounting)
		return NULL;
	replay_add(accounting, "seen", run->short_frames);
	replay_add(json_object_get(accounting, "unparsed"), words_unparsed(UNPARSED_TRUNCATED),
		   run->short_frames);
	return accounting;
}

static json_t *replay_result(struct replay_run *run)
{
	json_t *peers = NULL;

	peer_list(program_tables(run->program), true, SIZE_MAX, run->tools, &peers);
	return json_pack("{s:o, s:o, s:o, s:o, s:I}", "counters", replay_counters(run),
			 "accounting", replay_accounting(run), "peers", peers, "alerts",
			 json_incref(run->alerts.list), "frames", (json_int_t)run->frames);
}

static void replay_free(struct replay_run *run)
{
	ring_free(run->ring);
	loop_free(run->loop);
	pipeline_free(run->pipeline);
	table_free(run->tools);
	program_free(run->program);
	capture_free(run->capture);
	json_decref(run->alerts.list);
	config_free(&run->config);
	free(run);
}

/* What a broken file gave is shown all the same, and then what broke it. */
static int replay_give_broken(const struct call *call, const struct replay_run *run, json_t *value,
			      json_t **ret_value)
{
	char message[REPLAY_WHY_SIZE + 512];

	snprintf(message, sizeof(message), "%s: %s", call->words[0], run->why);
	if (call->format != OUT_PLAIN) {
		json_object_set_new(value, "error", value_text(message));
		*ret_value = value;
		return OUTCOME_FAILED;
	}
	failure_of_output(out_print(call->format, value));
	return failure_failed("%s", message);
}

static int replay_file(const struct call *call, struct replay_run *run, json_t **ret_value)
{
	json_t *value;
	int r = capture_open(&run->capture, call->words[0], run->why, sizeof(run->why));

	if (r < 0)
		return failure_failed("%s: %s", call->words[0],
				      r == -EINVAL ? run->why : strerror(-r));
	if (replay_load(run) < 0 || replay_build(run, call->format) < 0 || replay_all(run) < 0)
		return OUTCOME_FAILED;
	value = replay_result(run);
	if (value && run->why[0])
		return replay_give_broken(call, run, value, ret_value);
	return cmd_give(value, ret_value);
}

/* What a flag sets that packets of a file meet, too. */
static bool replay_heeds(const struct config_key *key)
{
	static const char *const flags[] = {
		"--ports",	"--tunnels", "--per-peer", "--peer-burst", "--total",
		"--snap-length", "--window",  "--max-rate", "--flood",
	};

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (util_streq(key->flag, flags[i]))
			return true;
	return false;
}

static int replay_check_flags(const struct call *call)
{
	for (size_t i = 0; i < call->flag_count; i++)
		if (!replay_heeds(call->flags[i].key))
			return failure_misused("replay: %s does nothing to a file's packets",
					       call->flags[i].key->flag);
	return OUTCOME_DONE;
}

int cmd_replay(const struct call *call, json_t **ret_value)
{
	struct replay_run *run;
	int outcome = replay_check_flags(call);

	if (outcome != OUTCOME_DONE)
		return outcome;
	run = calloc(1, sizeof(*run));
	if (!run)
		return failure_failed("out of memory");
	if (settings_read(call, &run->config) < 0)
		outcome = OUTCOME_MISUSED;
	else
		outcome = replay_file(call, run, ret_value);
	replay_free(run);
	return outcome;
}
