// SPDX-License-Identifier: GPL-2.0-only
/* cli.c - from the command line to the exit status: the only caller of the printer for answers. */
#include "cli.h"

#include <signal.h>

#include "../base/log.h"
#include "cmd.h"

#ifndef VERSION
#define VERSION "unknown"
#endif

#define CLI_WHY_SIZE 2048

static int cli_print_version(enum out_format format)
{
	return failure_of_output(out_print_line(
		format, json_pack("{s:s, s:s}", "program", "portsentinel", "version", VERSION)));
}

/* Prints the value that a command gave, or under -j what went wrong instead. */
static int cli_finish(const struct call *call, int outcome, json_t *value)
{
	int printed = OUTCOME_DONE;

	if (outcome != OUTCOME_DONE && call->format == OUT_PLAIN) {
		json_decref(value);
		return outcome;
	}
	if (outcome != OUTCOME_DONE && !value)
		value = failure_take();
	if (value)
		printed = failure_of_output(out_print(call->format, value));
	if (outcome == OUTCOME_DONE)
		failure_tell();
	return outcome == OUTCOME_DONE ? printed : outcome;
}

static int cli_run(struct call *call, json_t **ret_value)
{
	if (call->wants_version)
		return cli_print_version(call->format);
	return cmd_dispatch(call, ret_value);
}

int cli_main(int argc, char **argv)
{
	struct call call;
	char why[CLI_WHY_SIZE];
	json_t *value = NULL;
	int outcome, r;

	signal(SIGPIPE, SIG_IGN);
	r = call_parse(&call, argc, argv, why, sizeof(why));
	failure_begin(call.format);
	log_set_debug(call.is_debugging);
	outcome = r < 0 ? failure_misused("%s", why) : cli_run(&call, &value);
	outcome = cli_finish(&call, outcome, value);
	call_free(&call);
	return outcome;
}
