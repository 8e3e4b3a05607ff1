/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sink.h - where alerts go. A sink takes each alert at once and never blocks: what its target
 * cannot take now waits in a bounded queue, what the queue cannot take is dropped and counted,
 * a target that is gone is tried again with growing pauses.
 */
#ifndef SINK_SINK_H
#define SINK_SINK_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../base/loop.h"
#include "../model/alert.h"

#define SINK_STATE_SIZE 160

/* For `status show`. sent + dropped + queued = alerts (packets) given to the sink. */
struct sink_status {
	const char *kind; /* "syslog", "json-log", "console", "pcap" */
	char target[SINK_STATE_SIZE];
	char state[SINK_STATE_SIZE]; /* "connected", or why not */
	uint64_t sent;
	uint64_t dropped;
	uint64_t queued;
};

struct sink;

struct sink_ops {
	/* Formats and queues or writes; never blocks. NULL: it takes packets, no alerts. */
	void (*send)(struct sink *sink, const struct alert *alert);
	/* The same for each sampled packet. NULL: it takes alerts. */
	void (*take)(struct sink *sink, const struct sighting *sighting);
	/* A line for people that is no alert, and not counted; safe to show. May be NULL. */
	void (*say)(struct sink *sink, const char *line);
	/* Opens the target anew (log rotation, SIGHUP). May be NULL. */
	void (*reopen)(struct sink *sink);
	/*
	 * Moves what is queued without the loop. ret_poll: what to wait for before the next call;
	 * its fd is -1 when nothing is queued or no wait would help.
	 */
	void (*flush)(struct sink *sink, struct pollfd *ret_poll);
	void (*status)(const struct sink *sink, struct sink_status *ret_status);
	void (*free)(struct sink *sink);
};

/* The first member of every sink's own struct. */
struct sink {
	const struct sink_ops *ops;
};

/* What a syslog message holds behind its header; journald gets its own fields in any case. */
enum syslog_format {
	SYSLOG_RFC5424, /* structured data and text */
	SYSLOG_CEF, /* ArcSight's Common Event Format */
};

/* Borrowed for the time of the call. Files: NULL, "" and "none" are none. */
struct syslog_options {
	/*
	 * "local", "unix:PATH", "udp://HOST:PORT", "tcp://HOST:PORT", "tls://HOST[:PORT]" ([v6] in
	 * brackets)
	 */
	const char *target;
	int facility; /* 0..23 */
	enum syslog_format format;
	/* for tls:// only; read anew by `reopen` */
	const char *ca; /* whom to trust; none or "system": the system's authorities */
	const char *certificate; /* of this host */
	const char *key; /* none: it is in the certificate's file */
};

/*
 * 0 or -errno, with the reason in ret_why. A target that cannot be reached now is no error; a
 * certificate that cannot be read is one.
 */
int syslog_sink_new(struct sink **ret_sink, struct loop *loop, const struct syslog_options *options,
		    char *ret_why, size_t why_size);
/* Is the target of a form that syslog_sink_new() takes? The reason in ret_why if not. */
bool syslog_target_valid(const char *target, char *ret_why, size_t why_size);

/* One JSON object a line; path "-" is standard output. */
int jsonl_sink_new(struct sink **ret_sink, struct loop *loop, const char *path);

/* Lines for people on standard output, with the local time in front. */
int console_sink_new(struct sink **ret_sink, struct loop *loop);

/*
 * Packets, in `files` pcapng files of at most `max_size` octets each: PATH with a number and the
 * time before its suffix. The first is made with the first packet, the next also when the last
 * was moved away before a reopen. 0 or -errno (its directory cannot be written to).
 */
int pcap_sink_new(struct sink **ret_sink, const char *path, uint64_t max_size, uint64_t files);

/* Gives what is queued up to `timeout_ns` to go out, at shutdown, after the loop has ended. */
void sink_drain(struct sink *const *sinks, size_t count, uint64_t timeout_ns);

/* This host's name in printable ASCII without spaces, "-" when it has none. Returns out. */
#define SINK_HOSTNAME_SIZE 256
const char *sink_hostname(char out[SINK_HOSTNAME_SIZE]);

#endif
