// SPDX-License-Identifier: GPL-2.0-only
/* metrics.c - the counters in Prometheus' text format, whether or not a sensor runs. */
#include "../daemon/metrics.h"

#include <errno.h>
#include <stdio.h>

#include "../base/log.h"
#include "../daemon/rundir.h"
#include "../sink/prometheus.h"
#include "cmd.h"
#include "instance.h"

/* What the running sensor says of itself; NULL where none runs. */
static json_t *metrics_told(const struct call *call)
{
	pid_t pid = rundir_holder(call->instance);
	json_t *told = pid ? rundir_read_status(call->instance) : NULL;

	if (told && json_integer_value(json_object_get(told, "pid")) == pid)
		return told;
	json_decref(told);
	return NULL;
}

/* In plain it is Prometheus' own form: no printer of ours may touch it. */
static int metrics_print(const struct call *call, const char *text, size_t length,
			 json_t **ret_value)
{
	if (call->format != OUT_PLAIN)
		return cmd_give(json_pack("{s:s, s:s}", "content_type", PROMETHEUS_CONTENT_TYPE,
					  "text", text),
				ret_value);
	if (fwrite(text, 1, length, stdout) != length || fflush(stdout) != 0)
		return failure_of_output(-errno);
	return OUTCOME_DONE;
}

int cmd_metrics(const struct call *call, json_t **ret_value)
{
	_cleanup_tables_ struct tables *tables = NULL;
	_cleanup_free_ char *text = NULL;
	char directory[PINS_PATH_SIZE];
	size_t length = 0;
	json_t *told;

	if (instance_open(call, directory, &tables) < 0)
		return OUTCOME_FAILED;
	told = metrics_told(call);
	text = metrics_write(tables, directory, told, &length);
	json_decref(told);
	if (!text) {
		log_error(0, "read the counters of instance %s", call->instance);
		return OUTCOME_FAILED;
	}
	return metrics_print(call, text, length, ret_value);
}
