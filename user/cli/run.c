// SPDX-License-Identifier: GPL-2.0-only
/* run.c - the sensor in the foreground. */
#include <errno.h>

#include "../base/log.h"
#include "../daemon/daemon.h"
#include "cmd.h"
#include "settings.h"

static bool run_has_flag(const struct call *call, const char *flag)
{
	for (size_t i = 0; i < call->flag_count; i++)
		if (util_streq(call->flags[i].key->flag, flag))
			return true;
	return false;
}

/* Under -j what goes to standard output is JSON, unless the call sends it elsewhere. */
static int run_read_config(void *argument, struct config *ret_config)
{
	const struct call *call = argument;
	int r = settings_read(call, ret_config);

	if (r == 0 && call->format != OUT_PLAIN && !run_has_flag(call, "--json-log"))
		strcpy(ret_config->json_log_path, "-");
	return r;
}

int cmd_run(const struct call *call, json_t **ret_value)
{
	_cleanup_free_ struct config *config = malloc(sizeof(*config));
	struct daemon_options options = {
		.instance = call->instance,
		.read_config = run_read_config,
		.argument = (void *)call,
	};
	int outcome = OUTCOME_MISUSED, r;

	(void)ret_value;
	if (!config) {
		log_error(-ENOMEM, "run");
		return OUTCOME_FAILED;
	}
	r = run_read_config((void *)call, config);
	if (r == 0) {
		failure_stream();
		r = daemon_run(&options, config);
		outcome = r < 0 ? OUTCOME_FAILED : OUTCOME_DONE;
	}
	config_free(config);
	return outcome;
}
