/* SPDX-License-Identifier: GPL-2.0-only */
/* sink.c - what all sinks share: the last chance at shutdown, and this host's name. */
#include "sink.h"

#include <errno.h>
#include <time.h>

#include "../base/util.h"

/* CLOCK_MONOTONIC, which no test stops. */
static uint64_t sink_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
}

/* Flushes every sink; returns how many of them wait, with what they wait for in `polls`. */
static nfds_t sink_flush_all(struct sink *const *sinks, size_t count, struct pollfd *polls)
{
	nfds_t waiting = 0;

	for (size_t i = 0; i < count; i++) {
		polls[waiting] = (struct pollfd){ .fd = -1 };
		if (sinks[i])
			sinks[i]->ops->flush(sinks[i], &polls[waiting]);
		if (polls[waiting].fd >= 0)
			waiting++;
	}
	return waiting;
}

void sink_drain(struct sink *const *sinks, size_t count, uint64_t timeout_ns)
{
	_cleanup_free_ struct pollfd *polls = calloc(count + 1, sizeof(*polls));
	uint64_t end = sink_now_ns() + timeout_ns;

	if (!polls)
		return;
	for (;;) {
		nfds_t waiting = sink_flush_all(sinks, count, polls);
		uint64_t now = sink_now_ns();
		struct timespec left;

		if (!waiting || now >= end)
			return;
		left.tv_sec = (time_t)((end - now) / 1000000000ULL);
		left.tv_nsec = (long)((end - now) % 1000000000ULL);
		if (ppoll(polls, waiting, &left, NULL) < 0 && errno != EINTR)
			return;
	}
}

const char *sink_hostname(char out[SINK_HOSTNAME_SIZE])
{
	if (gethostname(out, SINK_HOSTNAME_SIZE) < 0)
		out[0] = '\0';
	out[SINK_HOSTNAME_SIZE - 1] = '\0';
	for (char *c = out; *c; c++)
		if (*c <= ' ' || *c > '~')
			*c = '-';
	if (!out[0])
		strcpy(out, "-");
	return out;
}
