/* SPDX-License-Identifier: GPL-2.0-only */
/* syslog.c - the syslog sink: an alert formatted, queued and sent. */
#include "syslog.h"

#include <errno.h>
#include <stdio.h>

#include "../base/log.h"
#include "../base/util.h"
#include "cef.h"
#include "journal.h"
#include "queue.h"
#include "rfc5424.h"
#include "transport.h"

#define SYSLOG_SOCKET "/dev/log"

/* The two spellings of a queued message; the second only for `local`. */
enum syslog_part {
	SYSLOG_PART_MESSAGE,
	SYSLOG_PART_JOURNAL,
	SYSLOG_PARTS,
};

/* The order of struct connector_local's paths. */
enum syslog_local {
	SYSLOG_LOCAL_JOURNAL,
	SYSLOG_LOCAL_SOCKET,
};

struct syslog_sink {
	struct sink sink; /* first */
	struct transport *transport;
	struct tls_context *security; /* NULL: no TLS */
	char *host; /* these four are owned: what `security` is made of */
	char *ca;
	char *certificate;
	char *key;
	struct queue queue;
	bool is_local;
	int facility;
	enum syslog_format format;
	uint64_t sent;
	uint64_t dropped;
	char hostname[SINK_HOSTNAME_SIZE];
	char target[SINK_STATE_SIZE];
	struct journal_entry entry; /* scratch */
};

static bool syslog_is_journal(const struct syslog_sink *sink)
{
	return sink->is_local && transport_path(sink->transport) == SYSLOG_LOCAL_JOURNAL;
}

/* What transport_send() returns. */
static int syslog_send_message(struct syslog_sink *sink, const struct queue_message *message)
{
	bool is_journal = syslog_is_journal(sink);
	const struct iovec *part =
		&message->parts[is_journal ? SYSLOG_PART_JOURNAL : SYSLOG_PART_MESSAGE];
	int r = transport_send(sink->transport, part->iov_base, part->iov_len);

	if (r != -EMSGSIZE || !is_journal)
		return r;
	r = journal_send_large(transport_fd(sink->transport), part->iov_base, part->iov_len);
	if (r == -EAGAIN)
		return transport_wait_ready(sink->transport) ?: -EAGAIN;
	return r < 0 ? -EMSGSIZE : 0;
}

static void syslog_pump(void *argument)
{
	struct syslog_sink *sink = argument;
	const struct queue_message *message;

	while ((message = queue_first(&sink->queue))) {
		int r = syslog_send_message(sink, message);

		if (r == -EAGAIN || r == -ENOTCONN)
			return;
		if (r < 0)
			sink->dropped++;
		else
			sink->sent++;
		queue_pop(&sink->queue);
	}
}

static size_t syslog_format_message(struct syslog_sink *sink, const struct alert *alert,
				    char text[RFC5424_SIZE])
{
	const char *hostname = sink_hostname(sink->hostname);

	if (sink->format == SYSLOG_CEF)
		return cef_format(alert, sink->facility, hostname, text);
	return rfc5424_format(alert, sink->facility, hostname, text);
}

static void syslog_send(struct sink *base, const struct alert *alert)
{
	struct syslog_sink *sink = (struct syslog_sink *)base;
	char text[RFC5424_SIZE];
	struct iovec parts[SYSLOG_PARTS] = { { .iov_base = text } };

	parts[SYSLOG_PART_MESSAGE].iov_len = syslog_format_message(sink, alert, text);
	if (sink->is_local) {
		journal_format(alert, sink->facility, &sink->entry);
		parts[SYSLOG_PART_JOURNAL].iov_base = sink->entry.data;
		parts[SYSLOG_PART_JOURNAL].iov_len = sink->entry.length;
	}
	if (queue_push(&sink->queue, parts, SYSLOG_PARTS) < 0)
		sink->dropped++;
	syslog_pump(sink);
}

static int syslog_load_security(const struct syslog_sink *sink, struct tls_context **ret_security,
				char *ret_why, size_t why_size)
{
	const struct tls_settings settings = {
		.host = sink->host,
		.ca = sink->ca,
		.certificate = sink->certificate,
		.key = sink->key,
	};

	return tls_context_new(ret_security, &settings, ret_why, why_size);
}

/* Certificates are renewed now and then: they are read again. */
static void syslog_reopen(struct sink *base)
{
	struct syslog_sink *sink = (struct syslog_sink *)base;
	struct tls_context *old = sink->security;
	char why[SINK_STATE_SIZE];

	if (old && syslog_load_security(sink, &sink->security, why, sizeof(why)) < 0)
		log_error(0, "syslog %s: %s (the certificates read before stay in use)",
			  sink->target, why);
	transport_reconnect(sink->transport, sink->security);
	if (old != sink->security)
		tls_context_free(old);
	syslog_pump(sink);
}

static void syslog_flush(struct sink *base, struct pollfd *ret_poll)
{
	struct syslog_sink *sink = (struct syslog_sink *)base;

	transport_step(sink->transport, ret_poll);
	syslog_pump(sink);
	transport_step(sink->transport, ret_poll);
	if (!sink->queue.count)
		ret_poll->fd = -1;
}

static void syslog_status(const struct sink *base, struct sink_status *ret_status)
{
	const struct syslog_sink *sink = (const struct syslog_sink *)base;

	*ret_status = (struct sink_status){
		.kind = "syslog",
		.sent = sink->sent,
		.dropped = sink->dropped,
		.queued = sink->queue.count,
	};
	snprintf(ret_status->target, sizeof(ret_status->target), "%s", sink->target);
	snprintf(ret_status->state, sizeof(ret_status->state), "%s",
		 transport_state(sink->transport));
}

static void syslog_free(struct sink *base)
{
	struct syslog_sink *sink = (struct syslog_sink *)base;

	transport_free(sink->transport);
	tls_context_free(sink->security);
	queue_clear(&sink->queue);
	free(sink->host);
	free(sink->ca);
	free(sink->certificate);
	free(sink->key);
	free(sink);
}

static const struct sink_ops syslog_ops = {
	.send = syslog_send,
	.reopen = syslog_reopen,
	.flush = syslog_flush,
	.status = syslog_status,
	.free = syslog_free,
};

static int syslog_copy(char **ret_copy, const char *text)
{
	*ret_copy = strdup(text ? text : "");
	return *ret_copy ? 0 : -ENOMEM;
}

static int syslog_secure(struct syslog_sink *sink, const struct syslog_options *options,
			 const char *host, char *ret_why, size_t why_size)
{
	if (syslog_copy(&sink->host, host) < 0 || syslog_copy(&sink->ca, options->ca) < 0 ||
	    syslog_copy(&sink->certificate, options->certificate) < 0 ||
	    syslog_copy(&sink->key, options->key) < 0)
		return -ENOMEM;
	return syslog_load_security(sink, &sink->security, ret_why, why_size);
}

static int syslog_open(struct syslog_sink *sink, struct loop *loop,
		       const struct syslog_options *options, const struct connector_local *local,
		       char *ret_why, size_t why_size)
{
	struct target target;
	int r = target_parse(options->target, &target, ret_why, why_size);

	if (r < 0)
		return r;
	sink->is_local = target.kind == TARGET_LOCAL;
	if (target.kind == TARGET_TLS)
		r = syslog_secure(sink, options, target.host, ret_why, why_size);
	if (r < 0)
		return r;
	return transport_new(&sink->transport, loop, &target, local, sink->security, syslog_pump,
			     sink);
}

int syslog_sink_new_at(struct sink **ret_sink, struct loop *loop,
		       const struct syslog_options *options, const struct connector_local *local,
		       char *ret_why, size_t why_size)
{
	struct syslog_sink *sink = calloc(1, sizeof(*sink));
	int r;

	ret_why[0] = '\0';
	if (!sink)
		return -ENOMEM;
	sink->sink.ops = &syslog_ops;
	sink->facility = options->facility;
	sink->format = options->format;
	snprintf(sink->target, sizeof(sink->target), "%s", options->target);
	queue_init(&sink->queue, QUEUE_COUNT_MAX, QUEUE_OCTETS_MAX);
	r = options->facility < 0 || options->facility > 23 ? -EINVAL : 0;
	if (r == 0)
		r = syslog_open(sink, loop, options, local, ret_why, why_size);
	if (r < 0) {
		if (!ret_why[0])
			snprintf(ret_why, why_size, "%s", strerror(-r));
		syslog_free(&sink->sink);
		return r;
	}
	*ret_sink = &sink->sink;
	return 0;
}

int syslog_sink_new(struct sink **ret_sink, struct loop *loop, const struct syslog_options *options,
		    char *ret_why, size_t why_size)
{
	static const struct connector_local local = {
		.paths = {
			[SYSLOG_LOCAL_JOURNAL] = JOURNAL_SOCKET,
			[SYSLOG_LOCAL_SOCKET] = SYSLOG_SOCKET,
		},
	};

	return syslog_sink_new_at(ret_sink, loop, options, &local, ret_why, why_size);
}

bool syslog_target_valid(const char *target, char *ret_why, size_t why_size)
{
	struct target parsed;

	return target_parse(target, &parsed, ret_why, why_size) == 0;
}
