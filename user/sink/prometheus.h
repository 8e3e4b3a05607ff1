/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * prometheus.h - numbers in Prometheus' text format, version 0.0.4. A family is begun once, and
 * its samples follow it; the caller never gives the same labels twice.
 */
#ifndef SINK_PROMETHEUS_H
#define SINK_PROMETHEUS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define PROMETHEUS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

enum prometheus_type {
	PROMETHEUS_COUNTER, /* its name ends in _total */
	PROMETHEUS_GAUGE,
};

struct prometheus_label {
	const char *name;
	const char *value; /* raw octets; made visible and escaped when written */
};

void prometheus_begin(FILE *out, const char *name, enum prometheus_type type, const char *help);

/* labels: NULL allowed when count is 0. */
void prometheus_add(FILE *out, const char *name, const struct prometheus_label *labels,
		    size_t count, uint64_t value);

/* The same for nanoseconds: seconds, as the conventions ask. */
void prometheus_add_seconds(FILE *out, const char *name, uint64_t ns);

#endif
