// SPDX-License-Identifier: GPL-2.0-only
/* outlets.c - one slot a sink; a slot is opened anew only when its description changes. */
#include "outlets.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "../base/log.h"
#include "../base/util.h"

enum outlet {
	OUTLET_CONSOLE,
	OUTLET_SYSLOG,
	OUTLET_JSON_LOG,
	OUTLET_PCAP,
	OUTLET_COUNT,
};

#define OUTLET_TEXT_SIZE (4 * CONFIG_TEXT_SIZE + 64)

/* What became of alerts (packets) given to sinks that were in a slot before. */
struct outlet_past {
	uint64_t sent;
	uint64_t dropped;
};

struct outlets {
	struct loop *loop;
	struct pipeline *pipeline;
	struct sink *sinks[OUTLET_COUNT]; /* NULL: off */
	char descriptions[OUTLET_COUNT][OUTLET_TEXT_SIZE]; /* what each was opened by; "": off */
	struct outlet_past pasts[OUTLET_COUNT];
};

int outlets_new(struct outlets **ret_outlets, struct loop *loop, struct pipeline *pipeline)
{
	struct outlets *outlets = calloc(1, sizeof(*outlets));

	if (!outlets)
		return -ENOMEM;
	outlets->loop = loop;
	outlets->pipeline = pipeline;
	*ret_outlets = outlets;
	return 0;
}

/* Frees a slot's sink, if there is one. What waits for it is lost: said, and counted as dropped. */
static void outlets_retire(struct outlets *outlets, enum outlet outlet, struct sink *sink)
{
	struct outlet_past *past = &outlets->pasts[outlet];
	struct sink_status status = {};

	if (!sink)
		return;
	sink->ops->status(sink, &status);
	if (status.queued)
		log_notice("%s %s: %llu alerts that waited for it are lost (%s)", status.kind,
			   status.target, (unsigned long long)status.queued, status.state);
	past->sent += status.sent;
	past->dropped += status.dropped + status.queued;
	sink->ops->free(sink);
}

/* All, or those that take alerts. */
static size_t outlets_collect(const struct outlets *outlets, struct sink *sinks[OUTLET_COUNT],
			      bool only_senders)
{
	size_t count = 0;

	for (enum outlet outlet = 0; outlet < OUTLET_COUNT; outlet++)
		if (outlets->sinks[outlet] && (!only_senders || outlets->sinks[outlet]->ops->send))
			sinks[count++] = outlets->sinks[outlet];
	return count;
}

void outlets_free(struct outlets *outlets, uint64_t drain_ns)
{
	struct sink *sinks[OUTLET_COUNT];
	size_t count;

	if (!outlets)
		return;
	count = outlets_collect(outlets, sinks, false);
	sink_drain(sinks, count, drain_ns);
	pipeline_set_sinks(outlets->pipeline, NULL, 0);
	for (enum outlet outlet = 0; outlet < OUTLET_COUNT; outlet++)
		outlets_retire(outlets, outlet, outlets->sinks[outlet]);
	free(outlets);
}

/* systemd tells by JOURNAL_STREAM that standard output is the journal, which gets alerts anyway. */
static bool outlets_stdout_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat status;

	return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
	       fstat(STDOUT_FILENO, &status) == 0 && status.st_dev == device &&
	       status.st_ino == inode;
}

/* One line that differs when the sink has to be another one; "" when it is to be off. */
static void outlets_describe(const struct config *config, enum outlet outlet,
			     char description[OUTLET_TEXT_SIZE])
{
	description[0] = '\0';
	switch (outlet) {
	case OUTLET_CONSOLE:
		if (!util_streq(config->json_log_path, "-") && !outlets_stdout_is_journal())
			snprintf(description, OUTLET_TEXT_SIZE, "console");
		break;
	case OUTLET_SYSLOG:
		if (!config_is_none(config->syslog_target))
			snprintf(description, OUTLET_TEXT_SIZE, "%s facility %d %d %s %s %s",
				 config->syslog_target, config->syslog_facility,
				 config->syslog_format, config->syslog_ca,
				 config->syslog_certificate, config->syslog_key);
		break;
	case OUTLET_PCAP:
		if (!config_is_none(config->pcap_path))
			snprintf(description, OUTLET_TEXT_SIZE, "%s %llu %llu", config->pcap_path,
				 (unsigned long long)config->pcap_max_size,
				 (unsigned long long)config->pcap_files);
		break;
	default:
		if (!config_is_none(config->json_log_path))
			snprintf(description, OUTLET_TEXT_SIZE, "%s", config->json_log_path);
		break;
	}
}

static int outlets_open_syslog(struct outlets *outlets, const struct config *config,
			       struct sink **ret_sink)
{
	const struct syslog_options options = {
		.target = config->syslog_target,
		.facility = config->syslog_facility,
		.format = (enum syslog_format)config->syslog_format,
		.ca = config->syslog_ca,
		.certificate = config->syslog_certificate,
		.key = config->syslog_key,
	};
	char why[SINK_STATE_SIZE];
	int r = syslog_sink_new(ret_sink, outlets->loop, &options, why, sizeof(why));

	if (r < 0)
		log_error(0, "send to syslog %s: %s", config->syslog_target, why);
	return r;
}

static int outlets_open(struct outlets *outlets, const struct config *config, enum outlet outlet,
			struct sink **ret_sink)
{
	int r;

	switch (outlet) {
	case OUTLET_CONSOLE:
		r = console_sink_new(ret_sink, outlets->loop);
		return r < 0 ? log_error(r, "write to standard output") : 0;
	case OUTLET_SYSLOG:
		return outlets_open_syslog(outlets, config, ret_sink);
	case OUTLET_PCAP:
		r = pcap_sink_new(ret_sink, config->pcap_path, config->pcap_max_size,
				  config->pcap_files);
		return r < 0 ? log_error(r, "write packets to %s", config->pcap_path) : 0;
	default:
		r = jsonl_sink_new(ret_sink, outlets->loop, config->json_log_path);
		return r < 0 ? log_error(r, "open the JSON log %s", config->json_log_path) : 0;
	}
}

static int outlets_configure_one(struct outlets *outlets, const struct config *config,
				 enum outlet outlet)
{
	char description[OUTLET_TEXT_SIZE];
	struct sink *fresh = NULL, *old = outlets->sinks[outlet];
	int r;

	outlets_describe(config, outlet, description);
	if (util_streq(description, outlets->descriptions[outlet])) {
		if (old && old->ops->reopen)
			old->ops->reopen(old);
		return 0;
	}
	if (description[0]) {
		r = outlets_open(outlets, config, outlet, &fresh);
		if (r < 0)
			return r;
	}
	outlets->sinks[outlet] = fresh;
	memcpy(outlets->descriptions[outlet], description, sizeof(description));
	outlets_retire(outlets, outlet, old);
	return 0;
}

int outlets_configure(struct outlets *outlets, const struct config *config)
{
	struct sink *sinks[OUTLET_COUNT];
	size_t count;
	int r = 0, one;

	for (enum outlet outlet = 0; outlet < OUTLET_COUNT; outlet++) {
		one = outlets_configure_one(outlets, config, outlet);
		r = r ? r : one;
	}
	count = outlets_collect(outlets, sinks, true);
	pipeline_set_sinks(outlets->pipeline, sinks, count);
	return r;
}

bool outlets_want_packets(const struct outlets *outlets)
{
	return outlets->sinks[OUTLET_PCAP];
}

void outlets_take(struct outlets *outlets, const struct sighting *sighting)
{
	struct sink *pcap = outlets->sinks[OUTLET_PCAP];

	if (pcap)
		pcap->ops->take(pcap, sighting);
}

bool outlets_say(struct outlets *outlets, const char *line)
{
	struct sink *console = outlets ? outlets->sinks[OUTLET_CONSOLE] : NULL;

	if (console)
		console->ops->say(console, line);
	return console;
}

/* The numbers are the slot's: a reload forgets nothing. */
static void outlets_read_one(const struct outlets *outlets, enum outlet outlet,
			     struct sink_status *ret_status)
{
	const struct sink *sink = outlets->sinks[outlet];

	*ret_status = (struct sink_status){ 0 };
	if (!sink)
		return;
	sink->ops->status(sink, ret_status);
	ret_status->sent += outlets->pasts[outlet].sent;
	ret_status->dropped += outlets->pasts[outlet].dropped;
}

size_t outlets_read_status(const struct outlets *outlets, struct sink_status *ret_statuses,
			   size_t size)
{
	size_t count = MIN(size, (size_t)OUTLET_COUNT);

	for (size_t outlet = 0; outlet < count; outlet++)
		outlets_read_one(outlets, outlet, &ret_statuses[outlet]);
	return count;
}

json_t *outlets_status(const struct outlets *outlets)
{
	json_t *list = json_array();

	for (enum outlet outlet = 0; outlet < OUTLET_COUNT; outlet++) {
		struct sink_status status;

		outlets_read_one(outlets, outlet, &status);
		if (!status.kind)
			continue;
		json_array_append_new(list,
				      json_pack("{s:s, s:s, s:s, s:I, s:I, s:I}", "kind",
						status.kind, "target", status.target, "state",
						status.state, "sent", (json_int_t)status.sent,
						"dropped", (json_int_t)status.dropped, "queued",
						(json_int_t)status.queued));
	}
	return list;
}
