// SPDX-License-Identifier: GPL-2.0-only
/* metrics.c - counters, accounting and the sensor's own state as metric families. */
#include "metrics.h"

#include <errno.h>

#include "../base/clock.h"
#include "../base/util.h"
#include "../kernel/count.h"
#include "../kernel/interface_list.h"
#include "../model/words.h"
#include "../sink/prometheus.h"

#define METRICS_PORT_SIZE 8
#define METRICS_ROWS_MAX 1000 /* that are told: whoever scans all ports is not to fill a collector */
#define METRICS_PLACE_LABELS 2 /* the first ones of a row: its port and interface */
#define METRICS_ROWS_MAX 1000 /* told one by one: a scan of all ports is not to fill a collector */

/* Two interfaces may have had one name, one after the other: their rows are one. */
struct metrics_row {
	struct count_row row;
	char interface[INTERFACE_NAME_MAX + 1];
};

static int metrics_compare(const void *left, const void *right)
{
	const struct metrics_row *a = left, *b = right;

	if (a->row.port != b->row.port)
		return a->row.port < b->row.port ? -1 : 1;
	if (a->row.protocol != b->row.protocol)
		return a->row.protocol < b->row.protocol ? -1 : 1;
	if (a->row.direction != b->row.direction)
		return a->row.direction < b->row.direction ? -1 : 1;
	if (a->row.role != b->row.role)
		return a->row.role < b->row.role ? -1 : 1;
	return strcmp(a->interface, b->interface);
}

/* Adds equal rows up; returns how many are left. */
static size_t metrics_merge(struct metrics_row *rows, size_t count)
{
	size_t kept = 0;

	qsort(rows, count, sizeof(*rows), metrics_compare);
	for (size_t i = 1; i < count; i++) {
		if (metrics_compare(&rows[kept], &rows[i]) != 0) {
			rows[++kept] = rows[i];
			continue;
		}
		rows[kept].row.packets += rows[i].row.packets;
		rows[kept].row.bytes += rows[i].row.bytes;
		for (unsigned int kind = 0; kind < KIND_COUNT; kind++)
			rows[kept].row.kinds[kind] += rows[i].row.kinds[kind];
	}
	return count ? kept + 1 : 0;
}

/* The caller frees. 0 or -errno. */
static int metrics_read(const struct tables *tables, const struct interface_list *interfaces,
			struct metrics_row **ret_rows, size_t *ret_count)
{
	_cleanup_free_ struct count_row *counted = NULL;
	struct metrics_row *rows;
	size_t count;
	int r = count_read(tables, &counted, &count);

	if (r < 0)
		return r;
	rows = calloc(count + 1, sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		rows[i].row = counted[i];
		interface_list_name(interfaces, counted[i].ifindex, rows[i].interface);
	}
	*ret_count = metrics_merge(rows, count);
	*ret_rows = rows;
	return 0;
}

static int metrics_compare_packets(const void *left, const void *right)
{
	const struct metrics_row *a = left, *b = right;

	if (a->row.packets != b->row.packets)
		return a->row.packets > b->row.packets ? -1 : 1;
	return metrics_compare(left, right);
}

/* Brings the rows that are told to the front, in their order: the busiest. Returns their number. */
static size_t metrics_choose(struct metrics_row *rows, size_t count)
{
	if (count <= METRICS_ROWS_MAX)
		return count;
	qsort(rows, count, sizeof(*rows), metrics_compare_packets);
	qsort(rows, METRICS_ROWS_MAX, sizeof(*rows), metrics_compare);
	return METRICS_ROWS_MAX;
}

/* A total is of no port and of no interface. */
static void metrics_add_row(FILE *out, const char *name, const struct metrics_row *row,
			    const char *kind, uint64_t value)
{
	bool is_total = !*row->interface;
	char port[METRICS_PORT_SIZE];
	const struct prometheus_label labels[] = {
		{ "port", port },
		{ "interface", row->interface },
		{ "protocol", words_protocol(row->row.protocol) },
		{ "direction", words_direction(row->row.direction) },
		{ "role", words_role(row->row.role) },
		{ "kind", kind },
	};

	snprintf(port, sizeof(port), "%u", row->row.port);
	prometheus_add(out, name, labels + (is_total ? METRICS_PLACE_LABELS : 0),
		       ARRAY_SIZE(labels) - (is_total ? METRICS_PLACE_LABELS : 0) - !kind, value);
}

static void metrics_write_packets(FILE *out, const char *name, const char *help,
				  const struct metrics_row *rows, size_t count)
{
	prometheus_begin(out, name, PROMETHEUS_COUNTER, help);
	for (size_t i = 0; i < count; i++)
		for (unsigned int kind = 0; kind < KIND_COUNT; kind++)
			if (rows[i].row.kinds[kind])
				metrics_add_row(out, name, &rows[i], words_kind(kind),
						rows[i].row.kinds[kind]);
}

static void metrics_write_bytes(FILE *out, const char *name, const char *help,
				const struct metrics_row *rows, size_t count)
{
	prometheus_begin(out, name, PROMETHEUS_COUNTER, help);
	for (size_t i = 0; i < count; i++)
		metrics_add_row(out, name, &rows[i], NULL, rows[i].row.bytes);
}

/* What the rows that are not told hold: it becomes less when one of them gets busy. */
static void metrics_write_left_out(FILE *out, const struct metrics_row *rows, size_t count)
{
	uint64_t packets = 0;

	for (size_t i = 0; i < count; i++)
		packets += rows[i].row.packets;
	prometheus_begin(out, "portsentinel_left_out_rows", PROMETHEUS_GAUGE,
			 "Rows of ports that are not told, as others have more packets.");
	prometheus_add(out, "portsentinel_left_out_rows", NULL, 0, count);
	prometheus_begin(out, "portsentinel_left_out_packets", PROMETHEUS_GAUGE,
			 "The packets of those rows.");
	prometheus_add(out, "portsentinel_left_out_packets", NULL, 0, packets);
}

/* Of all rows, told or not. Spoils them. */
static void metrics_write_totals(FILE *out, struct metrics_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		rows[i].row.port = 0;
		rows[i].interface[0] = '\0';
	}
	count = metrics_merge(rows, count);
	metrics_write_packets(out, "portsentinel_all_packets_total",
			      "Packets of all watched ports and interfaces.", rows, count);
	metrics_write_bytes(out, "portsentinel_all_bytes_total", "Frame lengths of those packets.",
			    rows, count);
}

/* Spoils the rows. */
static void metrics_write_rows(FILE *out, struct metrics_row *rows, size_t count)
{
	size_t told = metrics_choose(rows, count);

	metrics_write_packets(out, "portsentinel_packets_total", "Packets of a watched port.", rows,
			      told);
	metrics_write_bytes(out, "portsentinel_bytes_total", "Frame lengths of those packets.",
			    rows, told);
	metrics_write_left_out(out, rows + told, count - told);
	metrics_write_totals(out, rows, count);
}

static void metrics_write_accounting(FILE *out, const struct tables *tables)
{
	struct accounting sum;

	count_read_accounting(tables, &sum);
	const struct {
		const char *name;
		const char *help;
		uint64_t value;
	} rows[] = {
		{ "portsentinel_seen_packets_total", "Packets that passed the hooks.", sum.seen },
		{ "portsentinel_matched_packets_total", "Packets with a watched port.",
		  sum.matched },
		{ "portsentinel_sampled_packets_total", "Matched packets handed to the sensor.",
		  sum.sampled },
		{ "portsentinel_suppressed_packets_total",
		  "Matched packets held back by a rate limit.", sum.suppressed },
		{ "portsentinel_lost_packets_total",
		  "Matched packets whose sample found the ring full.", sum.lost },
		{ "portsentinel_uncounted_packets_total",
		  "Packets counted under port 0, for want of room.", sum.uncounted },
		{ "portsentinel_peers_evicted_total",
		  "Peers that gave their place to a newer one.", sum.peers_evicted },
		{ "portsentinel_foreign_packets_total",
		  "Matched packets in frames to link addresses that no device here has.",
		  sum.foreign },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		prometheus_begin(out, rows[i].name, PROMETHEUS_COUNTER, rows[i].help);
		prometheus_add(out, rows[i].name, NULL, 0, rows[i].value);
	}
	prometheus_begin(out, "portsentinel_unparsed_packets_total", PROMETHEUS_COUNTER,
			 "Packets that could not be parsed, by reason.");
	for (unsigned int reason = 0; reason < UNPARSED_COUNT; reason++)
		prometheus_add(out, "portsentinel_unparsed_packets_total",
			       &(struct prometheus_label){ "reason", words_unparsed(reason) }, 1,
			       sum.unparsed[reason]);
}

static void metrics_write_interfaces(FILE *out, const struct interface_list *interfaces)
{
	static const char name[] = "portsentinel_interface_info";

	prometheus_begin(out, name, PROMETHEUS_GAUGE,
			 "1 for each watched interface, and how it is watched.");
	for (size_t i = 0; i < interfaces->count; i++) {
		const struct interface_record *record = &interfaces->entries[i].record;
		char index[16];
		const struct prometheus_label labels[] = {
			{ "interface", record->name },
			{ "index", index },
			{ "ingress", attach_mode_word(record->doors[DIRECTION_IN].mode) },
			{ "egress", attach_mode_word(record->doors[DIRECTION_OUT].mode) },
		};

		snprintf(index, sizeof(index), "%u", interfaces->entries[i].index);
		prometheus_add(out, name, labels, ARRAY_SIZE(labels), 1);
	}
}

static void metrics_write_alerts(FILE *out, const json_t *told)
{
	const char *action;
	json_t *count;

	prometheus_begin(out, "portsentinel_alerts_total", PROMETHEUS_COUNTER,
			 "Alerts given to the sinks since the sensor started, by action.");
	json_object_foreach(json_object_get(told, "alerts"), action, count)
		prometheus_add(out, "portsentinel_alerts_total",
			       &(struct prometheus_label){ "action", action }, 1,
			       (uint64_t)json_integer_value(count));
}

/* One family: the member of each sink's status. */
static void metrics_write_sinks(FILE *out, const json_t *told, const char *member,
				const char *name, enum prometheus_type type, const char *help)
{
	size_t i;
	json_t *sink;

	prometheus_begin(out, name, type, help);
	json_array_foreach(json_object_get(told, "sinks"), i, sink) {
		const char *kind = json_string_value(json_object_get(sink, "kind"));
		const char *target = json_string_value(json_object_get(sink, "target"));
		const struct prometheus_label labels[] = {
			{ "sink", kind ? kind : "" },
			{ "target", target ? target : "" },
		};

		prometheus_add(out, name, labels, ARRAY_SIZE(labels),
			       (uint64_t)json_integer_value(json_object_get(sink, member)));
	}
}

static void metrics_write_sensor(FILE *out, const json_t *told)
{
	const json_t *since = json_object_get(told, "since_wall_ns");

	prometheus_begin(out, "portsentinel_build_info", PROMETHEUS_GAUGE,
			 "1, and which version this is.");
	prometheus_add(out, "portsentinel_build_info",
		       &(struct prometheus_label){ "version", VERSION }, 1, 1);
	prometheus_begin(out, "portsentinel_running", PROMETHEUS_GAUGE,
			 "Does the sensor run? The kernel may count without it.");
	prometheus_add(out, "portsentinel_running", NULL, 0, told != NULL);
	if (!told)
		return;
	prometheus_begin(out, "portsentinel_start_time_seconds", PROMETHEUS_GAUGE,
			 "When the sensor started, since 1970.");
	prometheus_add_seconds(out, "portsentinel_start_time_seconds",
			       (uint64_t)json_integer_value(since));
	metrics_write_alerts(out, told);
	metrics_write_sinks(out, told, "sent", "portsentinel_sink_sent_alerts_total",
			    PROMETHEUS_COUNTER, "Alerts that a sink's target took.");
	metrics_write_sinks(out, told, "dropped", "portsentinel_sink_dropped_alerts_total",
			    PROMETHEUS_COUNTER, "Alerts that found a sink's queue full.");
	metrics_write_sinks(out, told, "queued", "portsentinel_sink_queued_alerts",
			    PROMETHEUS_GAUGE, "Alerts that wait for a sink's target.");
}

char *metrics_write(const struct tables *tables, const char *pin_directory, const json_t *told,
		    size_t *ret_length)
{
	_cleanup_interfaces_ struct interface_list interfaces = {};
	_cleanup_free_ struct metrics_row *rows = NULL;
	char *text = NULL;
	size_t count;
	FILE *out;

	/* Without the records, interfaces are named by number. */
	(void)interface_list_read(pin_directory, &interfaces);
	if (metrics_read(tables, &interfaces, &rows, &count) < 0)
		return NULL;
	out = open_memstream(&text, ret_length);
	if (!out)
		return NULL;
	metrics_write_sensor(out, told);
	metrics_write_rows(out, rows, count);
	metrics_write_accounting(out, tables);
	metrics_write_interfaces(out, &interfaces);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
