// SPDX-License-Identifier: GPL-2.0-only
/* sample.c - what the sensor samples, as it comes: lines, JSON or pcapng. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <time.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "../base/loop.h"
#include "../daemon/tap.h"
#include "../sink/pcapng.h"
#include "../sink/sink.h"
#include "cmd.h"
#include "value.h"

#define SAMPLE_TIME_SIZE 40

/* A message, with the room for its packet's data behind it. */
union sample_message {
	struct tap_sample sample;
	char octets[TAP_MESSAGE_MAX];
};

struct sampler {
	const struct call *call;
	struct loop *loop;
	struct loop_source *sources[3];
	int tap;
	uint64_t taken;
	uint64_t lost;
	/* 0 or -errno: of the output */
	int (*take)(struct sampler *sampler, const struct sighting *sighting);
	int (*tell_lost)(struct sampler *sampler, uint64_t count);
	char hostname[SINK_HOSTNAME_SIZE];
	const char *path; /* save: where to */
	struct pcapng *pcapng;
	int file;
	int output; /* what writing came to */
};

static bool sample_has_port(const struct packet_event *event, uint16_t port)
{
	return (event->roles & ROLE_TO && event->destination_port == port) ||
	       (event->roles & ROLE_FROM && event->source_port == port);
}

static bool sample_is_wanted(const struct arguments *filter, const struct sighting *sighting)
{
	if (arguments_has(filter, ARGUMENT_PORT) && !sample_has_port(sighting->event, filter->port))
		return false;
	if (arguments_has(filter, ARGUMENT_INTERFACE) &&
	    !util_streq(filter->interface, sighting->interface))
		return false;
	if (arguments_has(filter, ARGUMENT_DIRECTION) && filter->direction != sighting->direction)
		return false;
	return !arguments_has(filter, ARGUMENT_PROTOCOL) || filter->protocol == sighting->protocol;
}

/* Ends the loop: with what writing came to, or with a reason that was said. */
static void sampler_stop(struct sampler *sampler, int outcome)
{
	loop_stop(sampler->loop, outcome);
}

static void sampler_note(struct sampler *sampler, int r)
{
	if (r == 0)
		return;
	sampler->output = r;
	sampler_stop(sampler, OUTCOME_DONE);
}

static void sampler_take(struct sampler *sampler, const struct tap_sample *sample)
{
	const struct arguments *arguments = &sampler->call->arguments;

	if (sample->header.lost != sampler->lost) {
		uint64_t more = sample->header.lost - sampler->lost;

		sampler->lost = sample->header.lost;
		sampler_note(sampler, sampler->tell_lost(sampler, more));
	}
	if (sample->header.type != TAP_SAMPLE || !sample_is_wanted(arguments, &sample->sighting))
		return;
	sampler_note(sampler, sampler->take(sampler, &sample->sighting));
	if (++sampler->taken == arguments->count)
		sampler_stop(sampler, OUTCOME_DONE);
}

/* Says why the sensor's message is no sample, and what to do. An enum outcome. */
static int sample_refuse(const struct call *call, int r, const struct tap_header *header)
{
	if (r == 0)
		return failure_failed("the sensor named %s has ended", call->instance);
	if (r == -EPROTO && header->magic == TAP_MAGIC)
		return failure_failed("the sensor named %s is version %s of another build than this program, version %s (use the sensor's own, or restart it)",
				      call->instance, header->version, VERSION);
	if (r == -EPROTO)
		return failure_failed("the sensor named %s says what this program does not know (restart it)",
				      call->instance);
	log_error(r, "read samples of the sensor named %s", call->instance);
	return OUTCOME_FAILED;
}

static void sampler_on_message(void *argument, uint32_t events)
{
	struct sampler *sampler = argument;
	union sample_message message;
	int r = tap_receive(sampler->tap, &message.sample);

	(void)events;
	if (r == 1)
		sampler_take(sampler, &message.sample);
	else if (r != -EAGAIN && r != -EINTR)
		sampler_stop(sampler, sample_refuse(sampler->call, r, &message.sample.header));
}

static void sampler_on_signal(void *argument, uint32_t number)
{
	(void)number;
	sampler_stop(argument, OUTCOME_DONE);
}

/* Connects, and waits for the sensor's word that it counts what is missed. An enum outcome. */
static int sampler_connect(struct sampler *sampler)
{
	const char *instance = sampler->call->instance;
	union sample_message message = {};
	int r;

	sampler->tap = tap_connect(instance);
	if (sampler->tap == -ENOENT || sampler->tap == -ECONNREFUSED)
		return failure_failed("no sensor named %s runs (start one: portsentinel run)",
				      instance);
	if (sampler->tap < 0) {
		log_error(sampler->tap, "connect to the sensor named %s (run as root)", instance);
		return OUTCOME_FAILED;
	}
	do
		r = tap_receive(sampler->tap, &message.sample);
	while (r == -EINTR);
	if (r != 1)
		return sample_refuse(sampler->call, r, &message.sample.header);
	if (message.sample.header.type == TAP_FULL)
		return failure_failed("the sensor named %s has %d readers of samples already",
				      instance, TAP_READERS_MAX);
	return OUTCOME_DONE;
}

static int sampler_watch_sources(struct sampler *sampler)
{
	int r = loop_new(&sampler->loop);

	if (r == 0)
		r = loop_add_signal(sampler->loop, SIGINT, sampler_on_signal, sampler,
				    &sampler->sources[0]);
	if (r == 0)
		r = loop_add_signal(sampler->loop, SIGTERM, sampler_on_signal, sampler,
				    &sampler->sources[1]);
	if (r == 0)
		r = loop_add_fd(sampler->loop, sampler->tap, EPOLLIN, sampler_on_message, sampler,
				&sampler->sources[2]);
	return r;
}

/* Until a signal, the count, the sensor's end or the reader's. An enum outcome. */
static int sampler_run(struct sampler *sampler)
{
	int r = sampler_watch_sources(sampler), outcome = OUTCOME_FAILED;

	if (r == 0)
		outcome = loop_run(sampler->loop);
	if (r < 0 || outcome < 0) {
		log_error(MIN(r, outcome), "wait for samples");
		outcome = OUTCOME_FAILED;
	}
	for (size_t i = 0; i < ARRAY_SIZE(sampler->sources); i++)
		loop_source_free(sampler->sources[i]);
	loop_free(sampler->loop);
	return outcome;
}

/* "2026-11-22 06:35:00.123456", local time. */
static void sample_format_time(uint64_t wall_ns, char out[SAMPLE_TIME_SIZE])
{
	time_t seconds = (time_t)(wall_ns / CLOCK_NS_PER_SECOND);
	struct tm parts = {};
	size_t length;

	localtime_r(&seconds, &parts);
	length = strftime(out, SAMPLE_TIME_SIZE, "%Y-%m-%d %H:%M:%S", &parts);
	snprintf(out + length, SAMPLE_TIME_SIZE - length, ".%06u",
		 (unsigned int)(wall_ns % CLOCK_NS_PER_SECOND / 1000));
}

static int watch_take(struct sampler *sampler, const struct sighting *sighting)
{
	char when[SAMPLE_TIME_SIZE], line[SIGHTING_TEXT_SIZE];

	if (sampler->call->format != OUT_PLAIN)
		return out_print_line(sampler->call->format,
				      sighting_to_json(sighting, sampler->hostname));
	sample_format_time(sighting->wall_ns, when);
	if (printf("%s %s\n", when, sighting_format_line(sighting, line)) < 0 ||
	    fflush(stdout) != 0)
		return -errno;
	return 0;
}

static int sample_say_lost(struct sampler *sampler, uint64_t count)
{
	(void)sampler;
	log_notice("%llu samples lost: this reader was too slow for them",
		   (unsigned long long)count);
	return 0;
}

static int watch_tell_lost(struct sampler *sampler, uint64_t count)
{
	if (sampler->call->format == OUT_PLAIN)
		return sample_say_lost(sampler, count);
	return out_print_line(sampler->call->format, json_pack("{s:I}", "lost", (json_int_t)count));
}

int cmd_sample_watch(const struct call *call, json_t **ret_value)
{
	struct sampler sampler = {
		.call = call,
		.take = watch_take,
		.tell_lost = watch_tell_lost,
	};
	int outcome = sampler_connect(&sampler);

	(void)ret_value;
	sink_hostname(sampler.hostname);
	if (outcome == OUTCOME_DONE) {
		failure_stream();
		outcome = sampler_run(&sampler);
	}
	util_close_fd(&sampler.tap);
	if (outcome == OUTCOME_DONE)
		outcome = failure_of_output(sampler.output);
	return outcome;
}

/* Writes all that was built. 0 or -errno. */
static int save_write(struct sampler *sampler)
{
	size_t length;
	const char *octets = pcapng_bytes(sampler->pcapng, &length);

	while (length) {
		ssize_t written = write(sampler->file, octets, length);

		if (written < 0 && errno != EINTR)
			return -errno;
		octets += MAX(written, 0);
		length -= (size_t)MAX(written, 0);
	}
	pcapng_clear(sampler->pcapng);
	return 0;
}

static int save_take(struct sampler *sampler, const struct sighting *sighting)
{
	int r = pcapng_add(sampler->pcapng, sighting);

	return r == 0 ? save_write(sampler) : r;
}

/* An existing file is written over, as tcpdump(8) does. 0 or -errno. */
static int save_open(struct sampler *sampler)
{
	int r = pcapng_new(&sampler->pcapng);

	if (r == 0)
		r = pcapng_begin(sampler->pcapng);
	if (r < 0)
		return r;
	if (util_streq(sampler->path, "-"))
		sampler->file = STDOUT_FILENO;
	else
		sampler->file = open(sampler->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	return sampler->file < 0 ? -errno : save_write(sampler);
}

/* What a write came to. A reader of standard output that went away wanted no more. */
static int save_finish(const struct sampler *sampler, int r, json_t **ret_value)
{
	bool is_stdout = util_streq(sampler->path, "-");

	if (r < 0 && !(is_stdout && r == -EPIPE)) {
		log_error(r, "write %s", is_stdout ? "standard output" : sampler->path);
		return OUTCOME_FAILED;
	}
	if (is_stdout)
		return OUTCOME_DONE;
	return cmd_give(json_pack("{s:o, s:I, s:I}", "file", value_text(sampler->path), "packets",
				  (json_int_t)sampler->taken, "lost", (json_int_t)sampler->lost),
			ret_value);
}

int cmd_sample_save(const struct call *call, json_t **ret_value)
{
	struct sampler sampler = {
		.call = call,
		.take = save_take,
		.tell_lost = sample_say_lost,
		.path = call->words[0],
		.file = -1,
	};
	int outcome = sampler_connect(&sampler);

	if (outcome == OUTCOME_DONE) {
		sampler.output = save_open(&sampler);
		if (sampler.output == 0)
			outcome = sampler_run(&sampler);
	}
	util_close_fd(&sampler.tap);
	pcapng_free(sampler.pcapng);
	if (sampler.file != STDOUT_FILENO && sampler.file >= 0 && close(sampler.file) < 0)
		sampler.output = sampler.output ? sampler.output : -errno;
	return outcome == OUTCOME_DONE ? save_finish(&sampler, sampler.output, ret_value) : outcome;
}
