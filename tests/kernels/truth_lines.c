// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "truth_lines.h"

static int64_t read_time(const char *text)
{
	struct tm date = { 0 };
	const char *rest = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &date) : NULL;
	double fraction = 0;

	if (!rest)
		return -1;
	if (*rest == '.')
		fraction = strtod(rest, NULL);
	return timegm(&date) * INT64_C(1000000) + (int64_t)(fraction * 1e6);
}

static bool read_end(json_t *object, struct end *ret_end)
{
	const char *ip = json_string_value(json_object_get(object, "ip"));

	memset(ret_end, 0, sizeof(*ret_end));
	ret_end->port = json_integer_value(json_object_get(object, "port"));
	if (!ip)
		return false;
	if (inet_pton(AF_INET, ip, ret_end->ip + 12) == 1)
		return memset(ret_end->ip + 10, 0xff, 2);
	return inet_pton(AF_INET6, ip, ret_end->ip) == 1;
}

static bool read_transport(json_t *value, bool *ret_is_udp)
{
	const char *name = json_string_value(value);

	if (!name || (strcmp(name, "tcp") != 0 && strcmp(name, "udp") != 0))
		return false;
	*ret_is_udp = *name == 'u';
	return true;
}

bool truth_read(json_t *line, struct truth *ret_truth)
{
	json_t *remote = json_object_get(line, "remote");
	struct truth truth = {
		.time_us = read_time(json_string_value(json_object_get(line, "@timestamp"))),
		.did = json_string_value(json_object_get(line, "did")),
		.executable = json_string_value(json_object_get(line, "executable")),
		.pid = json_integer_value(json_object_get(line, "pid")),
		.has_remote = remote,
		.line = line,
	};

	if (truth.time_us < 0 || !truth.did || !truth.executable || truth.pid <= 0 ||
	    !read_transport(json_object_get(line, "transport"), &truth.is_udp) ||
	    !read_end(json_object_get(line, "local"), &truth.local) ||
	    (remote && !read_end(remote, &truth.remote)))
		return false;
	*ret_truth = truth;
	return true;
}

bool truth_read_sample(json_t *line, struct sample *ret_sample)
{
	json_t *network = json_object_get(line, "network");
	json_t *process = json_object_get(line, "process");
	json_t *own = json_object_get(line, "portsentinel");
	const char *way = json_string_value(json_object_get(network, "direction"));
	struct sample sample = {
		.time_us = read_time(json_string_value(json_object_get(line, "@timestamp"))),
		.pid = json_integer_value(json_object_get(process, "pid")),
		.executable = json_string_value(json_object_get(process, "executable")),
		.quality = json_string_value(json_object_get(own, "quality")),
	};

	if (!way || sample.time_us < 0 ||
	    !read_transport(json_object_get(network, "transport"), &sample.is_udp))
		return false;
	sample.is_outbound = strcmp(way, "outbound") == 0;
	if (!read_end(json_object_get(line, sample.is_outbound ? "source" : "destination"),
		      &sample.local) ||
	    !read_end(json_object_get(line, sample.is_outbound ? "destination" : "source"),
		      &sample.remote))
		return false;
	*ret_sample = sample;
	return true;
}

/* Without what only says that it has none. */
bool truth_is_path(const char *a, const char *b)
{
	static const char suffix[] = " (deleted)";
	size_t length_a = strlen(a), length_b = strlen(b), cut = strlen(suffix);

	if (length_a > cut && strcmp(a + length_a - cut, suffix) == 0)
		length_a -= cut;
	if (length_b > cut && strcmp(b + length_b - cut, suffix) == 0)
		length_b -= cut;
	if (strncmp(a, "/memfd:", 7) == 0)
		a++, length_a--;
	if (strncmp(b, "/memfd:", 7) == 0)
		b++, length_b--;
	return length_a == length_b && memcmp(a, b, length_a) == 0;
}
