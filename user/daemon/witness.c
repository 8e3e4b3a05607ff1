// SPDX-License-Identifier: GPL-2.0-only
/* witness.c - joins the kernel's records and the engine of names, which do not know each other. */
#include "witness.h"

#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "../base/util.h"
#include "../kernel/hooks.h"
#include "../kernel/reports.h"
#include "../model/words.h"
#include "../who/translation.h"

#define WITNESS_FLOWS 65536

struct witness {
	size_t socket_room;
	struct loop *loop;
	bool translates; /* or did: connections outlive the rules */
	struct translation *translation; /* NULL: not watched */
	struct loop_source *translation_source;
	struct hooks *hooks;
	struct owners *owners;
	struct reports *reports; /* NULL: there are no hooks */
	witness_socket_handler *on_socket;
	void *argument;
};

static int witness_find_socket(void *argument, uint64_t cookie, struct socket_record *ret_record)
{
	struct witness *witness = argument;

	return hooks_find_socket(witness->hooks, cookie, ret_record);
}

static int witness_find_flow(void *argument, const struct flow_key *key, struct flow *ret_flow)
{
	struct witness *witness = argument;

	return hooks_find_flow(witness->hooks, key, ret_flow);
}

static int witness_find_passage(void *argument, const struct passage_key *key,
				struct passage *ret_passage)
{
	struct witness *witness = argument;

	return hooks_find_passage(witness->hooks, key, ret_passage);
}

static int witness_find_history(void *argument, uint64_t cookie,
				struct socket_history *ret_history)
{
	struct witness *witness = argument;

	return hooks_find_history(witness->hooks, cookie, ret_history);
}

static int witness_find_life(void *argument, const struct process_key *key, struct life *ret_life)
{
	struct witness *witness = argument;

	return hooks_find_life(witness->hooks, key, ret_life);
}

static uint64_t witness_last_passed(void *argument)
{
	struct witness *witness = argument;

	return hooks_last_passed(witness->hooks);
}

static int witness_find_frames(void *argument, uint64_t task_or_cookie,
			       struct frame_sender *ret_sender)
{
	struct witness *witness = argument;

	return hooks_find_frames(witness->hooks, task_or_cookie, ret_sender);
}

/*
 * Listing the sockets is what gives each a cookie; only then can the iterators note them. Those of
 * namespaces that no descriptor alone holds: it is done while packets wait.
 */
static int witness_scan(void *argument)
{
	struct witness *witness = argument;
	int r = owners_touch_sockets(false);

	return r < 0 ? r : hooks_scan(witness->hooks);
}

static void witness_forget(void *argument, const struct process_key *key)
{
	struct witness *witness = argument;

	hooks_forget_process(witness->hooks, key);
}

static void witness_on_process(void *argument, const struct process_event *event)
{
	struct witness *witness = argument;

	owners_take_process(witness->owners, event);
}

static void witness_on_socket(void *argument, const struct listener_event *event)
{
	struct witness *witness = argument;

	witness->on_socket(witness->argument, event);
}

static int witness_read_records(struct witness *witness, struct loop *loop)
{
	const struct reports_handlers handlers = {
		.process = witness_on_process,
		.socket = witness_on_socket,
		.argument = witness,
	};
	int fd = hooks_records_fd(witness->hooks);

	return fd < 0 ? 0 : reports_new(&witness->reports, loop, fd, &handlers);
}

static void witness_on_rules(void *argument, uint32_t events)
{
	(void)events;
	witness_look(argument);
}

static void witness_unwatch_translation(struct witness *witness)
{
	loop_source_free(witness->translation_source);
	translation_free(witness->translation);
	witness->translation_source = NULL;
	witness->translation = NULL;
}

/* Watched only where connections are tracked: to ask nftables loads their module. */
static int witness_watch_translation(struct witness *witness)
{
	int r = translation_new(&witness->translation);

	return r < 0 ? r : loop_add_fd(witness->loop, translation_fd(witness->translation), EPOLLIN,
				       witness_on_rules, witness, &witness->translation_source);
}

/* Until that can be told, addresses are taken to be translated. */
static bool witness_finds_translation(struct witness *witness)
{
	struct owners_status owners;

	owners_status(witness->owners, &owners);
	if (owners.translations)
		return true;
	if (!witness->translation && witness_watch_translation(witness) < 0)
		return true;
	return translation_is_set_up(witness->translation);
}

void witness_rescan(struct witness *witness)
{
	int r = owners_touch_sockets(true);

	if (r == 0)
		r = hooks_scan(witness->hooks);
	if (r < 0 && r != -EOPNOTSUPP)
		log_error(r, "note the sockets that are open already, ignoring");
}

static int witness_build(struct witness *witness, const struct witness_options *options)
{
	const struct hooks_options hooks = {
		.program = options->program,
		.choice = options->config->owner_hooks,
		.sockets = options->config->owner_sockets,
		.flows = WITNESS_FLOWS,
	};
	const struct owner_source source = {
		.argument = witness,
		.find_socket = witness_find_socket,
		.find_flow = witness_find_flow,
		.find_passage = witness_find_passage,
		.find_history = witness_find_history,
		.find_life = witness_find_life,
		.last_passed = witness_last_passed,
		.find_frames = witness_find_frames,
		.rescan = witness_scan,
		.forget = witness_forget,
	};
	int r = hooks_load(&witness->hooks, &hooks);

	if (r < 0)
		return log_error(r, "load the owner hooks");
	r = witness_read_records(witness, options->loop);
	if (r < 0)
		return log_error(r, "read the owner hooks' records");
	r = owners_new(&witness->owners, witness->reports ? &source : NULL);
	if (r < 0)
		return log_error(r, "open the kernel's socket list");
	witness_look(witness);
	witness_rescan(witness);
	return 0;
}

int witness_new(struct witness **ret_witness, const struct witness_options *options)
{
	struct witness *witness = calloc(1, sizeof(*witness));
	int r;

	if (!witness)
		return log_error(-ENOMEM, "look for owners");
	witness->on_socket = options->on_socket;
	witness->argument = options->argument;
	witness->socket_room = options->config->owner_sockets;
	witness->loop = options->loop;
	r = witness_build(witness, options);
	if (r < 0) {
		witness_free(witness);
		return r;
	}
	*ret_witness = witness;
	return 0;
}

void witness_free(struct witness *witness)
{
	if (!witness)
		return;
	owners_free(witness->owners);
	witness_unwatch_translation(witness);
	reports_free(witness->reports);
	hooks_free(witness->hooks);
	free(witness);
}

void witness_look(struct witness *witness)
{
	if (witness->translates || !owners_may_track(witness->owners) ||
	    !witness_finds_translation(witness))
		return;
	witness->translates = true;
	hooks_note_all(witness->hooks);
	witness_unwatch_translation(witness);
	witness_rescan(witness);
}

bool witness_translates(const struct witness *witness)
{
	return witness->translates;
}

struct owners *witness_owners(struct witness *witness)
{
	return witness->owners;
}

void witness_catch_up(struct witness *witness)
{
	if (witness->reports)
		reports_drain(witness->reports);
}

static bool witness_is_listener(const struct owner_row *row)
{
	return !row->has_peer &&
	       (row->protocol == PROTOCOL_UDP || util_streq(row->state, "listen"));
}

static bool witness_is_same_socket(const struct owner_row *a, const struct owner_row *b)
{
	return a->port == b->port && a->protocol == b->protocol && a->netns == b->netns &&
	       a->is_udplite == b->is_udplite &&
	       memcmp(&a->local, &b->local, sizeof(a->local)) == 0;
}

int witness_visit_holders(const struct port_set *ports, witness_holder_visitor *visit,
			  void *argument)
{
	_cleanup_free_ struct owner_row *rows = NULL;
	size_t count = 0;
	int r = owners_list(ports, &rows, &count);

	for (size_t i = 0; r == 0 && i < count; i++) {
		const struct owner_row *row = &rows[i];
		struct sighting sighting = {
			.boot_ns = clock_boot_ns(),
			.wall_ns = clock_wall_ns(),
			.role = ROLE_TO,
			.protocol = row->protocol,
			.port = row->port,
			.destination = row->local,
			.quality = QUALITY_LISTENER,
			.process = row->process,
		};

		if (witness_is_listener(row) && (i == 0 || !witness_is_same_socket(row, row - 1)))
			visit(argument, &sighting);
	}
	return r;
}

const char *witness_loss(const struct witness *witness, char out[WITNESS_LOSS_SIZE])
{
	struct hooks_description hooks;

	hooks_describe(witness->hooks, &hooks);
	*out = '\0';
	if (hooks.lost)
		snprintf(out, WITNESS_LOSS_SIZE, "processes are met by %s, which loses %s (%s)",
			 hooks.process_hooks, hooks.lost, hooks.why);
	return out;
}

struct witness_records witness_records(const struct witness *witness)
{
	struct hooks_description hooks;

	hooks_describe(witness->hooks, &hooks);
	return (struct witness_records){
		.lost = hooks.losses.records_lost,
		.refused = hooks.losses.records_refused,
		.refused_uid = hooks.refused_uid,
	};
}

static json_t *witness_answers(const struct owners_status *status)
{
	json_t *answers = json_object();

	for (size_t i = 0; i < OWNERS_QUALITY_COUNT; i++)
		json_object_set_new(answers, sighting_quality_word(i),
				    json_integer(status->answers[i]));
	return answers;
}

json_t *witness_status(const struct witness *witness)
{
	struct hooks_description hooks;
	struct owners_status owners;
	uint64_t recorded;

	hooks_describe(witness->hooks, &hooks);
	owners_status(witness->owners, &owners);
	recorded = hooks.losses.sockets_recorded;
	return json_pack(
		"{s:s, s:b, s:b, s:b, s:b, s:s?, s:s?, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}",
		"hooks", hooks.process_hooks,
		"cgroup_hooks", hooks.cgroup,
		"scan", hooks.scan,
		"all_sockets", hooks_notes_all(witness->hooks),
		"all_pids", owners_number_all(),
		"lost", hooks.lost,
		"why_not_better", hooks.why[0] ? hooks.why : NULL,
		"sockets_recorded", (json_int_t)recorded,
		/* at the least: the table may give up some before it is full */
		"sockets_evicted", (json_int_t)(recorded - MIN(recorded, witness->socket_room)),
		"records_lost", (json_int_t)hooks.losses.records_lost,
		"records_refused", (json_int_t)hooks.losses.records_refused,
		"records_failed",
		(json_int_t)(hooks.losses.sockets_failed + hooks.losses.flows_failed),
		"processes", (json_int_t)owners.processes,
		"processes_evicted", (json_int_t)owners.processes_evicted,
		"processes_unrecorded", (json_int_t)owners.unrecorded,
		"answers", witness_answers(&owners));
}
