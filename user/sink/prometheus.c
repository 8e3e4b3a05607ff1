/* SPDX-License-Identifier: GPL-2.0-only */
/* prometheus.c - HELP, TYPE and samples. */
#include "prometheus.h"

#include "../base/clock.h"
#include "../base/util.h"
#include "visible.h"

void prometheus_begin(FILE *out, const char *name, enum prometheus_type type, const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
		type == PROMETHEUS_COUNTER ? "counter" : "gauge");
}

static void prometheus_add_value(FILE *out, const char *value)
{
	size_t left = strlen(value);

	while (left) {
		char shown[VISIBLE_SIZE];
		size_t taken = visible_next(value, left, shown);

		for (const char *c = shown; *c; c++) {
			if (*c == '"' || *c == '\\')
				fputc('\\', out);
			fputc(*c, out);
		}
		value += taken;
		left -= taken;
	}
}

void prometheus_add(FILE *out, const char *name, const struct prometheus_label *labels,
		    size_t count, uint64_t value)
{
	fputs(name, out);
	for (size_t i = 0; i < count; i++) {
		fprintf(out, "%c%s=\"", i ? ',' : '{', labels[i].name);
		prometheus_add_value(out, labels[i].value);
		fputc('"', out);
	}
	fprintf(out, "%s %llu\n", count ? "}" : "", (unsigned long long)value);
}

void prometheus_add_seconds(FILE *out, const char *name, uint64_t ns)
{
	fprintf(out, "%s %llu.%06llu\n", name, (unsigned long long)(ns / CLOCK_NS_PER_SECOND),
		(unsigned long long)(ns % CLOCK_NS_PER_SECOND / 1000));
}
