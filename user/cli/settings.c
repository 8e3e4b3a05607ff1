// SPDX-License-Identifier: GPL-2.0-only
/* settings.c - the file and the flags fill one struct. */
#include "settings.h"

#include <errno.h>
#include <stdio.h>

#include "../base/log.h"

#define SETTINGS_WHY_SIZE 1024

struct settings_report {
	config_reporter *report;
	void *argument;
	size_t count;
};

static void settings_pass_on(void *argument, const char *message)
{
	struct settings_report *report = argument;

	report->count++;
	report->report(report->argument, message);
}

int settings_read_file(struct config *config, const char *path, config_reporter *report,
		       void *argument)
{
	struct settings_report counted = { report, argument, 0 };
	const char *file = path ? path : CONFIG_DEFAULT_PATH;
	_cleanup_free_ char *message = NULL;
	int r = config_read(config, file, settings_pass_on, &counted);

	if (r == -ENOENT && !path)
		return 0;
	if (r == 0 || counted.count)
		return r;
	if (asprintf(&message, "%s: %s", file, strerror(-r)) < 0)
		message = NULL;
	report(argument, message ? message : "out of memory");
	return r;
}

static void settings_log_fault(void *argument, const char *message)
{
	(void)argument;
	log_error(0, "%s", message);
}

static int settings_take_flag(struct config *config, const struct call_flag *flag)
{
	char why[SETTINGS_WHY_SIZE];
	int r = config_set(config, flag->key, flag->value, why, sizeof(why));

	if (r < 0)
		log_error(0, "%s: %s", flag->key->flag, why);
	return r;
}

int settings_read(const struct call *call, struct config *ret_config)
{
	int r, one;

	config_init(ret_config);
	r = settings_read_file(ret_config, call->config_path, settings_log_fault, NULL);
	for (size_t i = 0; i < call->flag_count; i++) {
		one = settings_take_flag(ret_config, &call->flags[i]);
		r = r ? r : one;
	}
	return r;
}
