/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmd.h - the one table of commands. Help comes from it, and `-j help` gives all of it to those
 * who make completions and manual pages.
 */
#ifndef CLI_CMD_H
#define CLI_CMD_H

#include <jansson.h>
#include <limits.h>

#include "call.h"
#include "failure.h"

/*
 * Returns an enum outcome, and hands over the value to print. After a failure a value is shown
 * under -j alone: in plain the messages have said it.
 */
typedef int cmd_function(const struct call *call, json_t **ret_value);

struct command {
	const char *object;
	const char *name; /* NULL: the object is the command */
	const char *words; /* the form of its other arguments; NULL: none */
	size_t words_min;
	size_t words_max;
	unsigned int keywords; /* bits of enum argument, behind words_min words */
	bool takes_flags; /* the configuration keys' */
	const char *help;
	cmd_function *run;
};

#define CMD_MANY SIZE_MAX

/* An object's rows stand together, the one that the bare object means first. */
const struct command *cmd_list(size_t *ret_count);

/* The full name of the object that `word` is or begins; NULL: none, said already. */
const char *cmd_find_object(const char *word);

/* Finds the command that call->words name and runs it. Returns an enum outcome. */
int cmd_dispatch(struct call *call, json_t **ret_value);

/* Hands the value over, or fails where it is NULL for want of memory. */
int cmd_give(json_t *value, json_t **ret_value);

cmd_function cmd_run;
cmd_function cmd_status_show;
cmd_function cmd_port_show;
cmd_function cmd_port_add;
cmd_function cmd_port_del;
cmd_function cmd_counter_show;
cmd_function cmd_counter_watch;
cmd_function cmd_peer_show;
cmd_function cmd_owner_show;
cmd_function cmd_interface_show;
cmd_function cmd_interface_detach;
cmd_function cmd_sample_watch;
cmd_function cmd_sample_save;
cmd_function cmd_expect_show;
cmd_function cmd_expect_test;
cmd_function cmd_replay;
cmd_function cmd_check_config;
cmd_function cmd_check_host;
cmd_function cmd_metrics;
cmd_function cmd_help;

#endif
