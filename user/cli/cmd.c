// SPDX-License-Identifier: GPL-2.0-only
/* cmd.c - the table, and the way from words to a row of it. */
#include "cmd.h"

#include <errno.h>
#include <stdio.h>

#include "../base/log.h"
#include "match.h"

#define COUNTER_KEYWORDS \
	(ARGUMENT_PORT | ARGUMENT_INTERFACE | ARGUMENT_DIRECTION | ARGUMENT_PROTOCOL)

#define HELP "help" /* after any object */

static const struct command commands[] = {
	{ .object = "run", .takes_flags = true, .run = cmd_run,
	  .help = "the sensor, in the foreground; SIGHUP reloads" },
	{ .object = "status", .name = "show", .run = cmd_status_show,
	  .help = "does it run, where, and what has it seen" },
	{ .object = "port", .name = "show", .run = cmd_port_show,
	  .help = "the live watch set" },
	{ .object = "port", .name = "add", .words = "PORT[/tcp|/udp] ...", .words_min = 1,
	  .words_max = CMD_MANY, .run = cmd_port_add, .help = "watch more ports, from now on" },
	{ .object = "port", .name = "del", .words = "PORT[/tcp|/udp] ...", .words_min = 1,
	  .words_max = CMD_MANY, .run = cmd_port_del, .help = "watch them no longer" },
	{ .object = "counter", .name = "show", .keywords = COUNTER_KEYWORDS,
	  .run = cmd_counter_show, .help = "the kernel's counters, while the pins are there" },
	{ .object = "counter", .name = "watch",
	  .keywords = COUNTER_KEYWORDS | ARGUMENT_INTERVAL | ARGUMENT_COUNT,
	  .run = cmd_counter_watch, .help = "the same, again and again" },
	{ .object = "peer", .name = "show", .keywords = ARGUMENT_LIMIT, .run = cmd_peer_show,
	  .help = "remote addresses, by packets" },
	{ .object = "owner", .name = "show", .keywords = ARGUMENT_PORT, .run = cmd_owner_show,
	  .help = "the processes that hold the watched ports now" },
	{ .object = "interface", .name = "show", .run = cmd_interface_show,
	  .help = "what is attached, and how" },
	{ .object = "interface", .name = "detach", .words = "[NAME]", .words_max = 1,
	  .run = cmd_interface_detach, .help = "remove what this instance left attached" },
	{ .object = "sample", .name = "watch", .keywords = COUNTER_KEYWORDS | ARGUMENT_COUNT,
	  .run = cmd_sample_watch, .help = "what the sensor samples, a line a packet" },
	{ .object = "sample", .name = "save", .words = "FILE", .words_min = 1, .words_max = 1,
	  .keywords = COUNTER_KEYWORDS | ARGUMENT_COUNT, .run = cmd_sample_save,
	  .help = "the same as pcapng; - is standard output, for wireshark -k -i -" },
	{ .object = "expect", .name = "show", .run = cmd_expect_show,
	  .help = "the expectations in force, and how often each was met" },
	{ .object = "expect", .name = "test", .words_max = CMD_MANY, .run = cmd_expect_test,
	  .words = "[port N[/tcp|/udp]] [protocol tcp|udp] [peer ADDRESS] [direction in|out] "
		   "[action A] [interface NAME] [executable PATH] [unit U] [user U] [container ID]",
	  .help = "which of them a described packet meets, and why not" },
	{ .object = "replay", .words = "FILE", .words_min = 1, .words_max = 1,
	  .takes_flags = true, .run = cmd_replay,
	  .help = "a capture file through the same program and pipeline" },
	{ .object = "metrics", .run = cmd_metrics,
	  .help = "the counters in Prometheus' text format" },
	{ .object = "check", .name = "config", .words = "[FILE]", .words_max = 1,
	  .run = cmd_check_config, .help = "is the configuration valid" },
	{ .object = "check", .name = "host", .run = cmd_check_host,
	  .help = "what this kernel can do" },
	{ .object = "help", .words = "[OBJECT]", .words_max = 1, .run = cmd_help,
	  .help = "this text, or an object's" },
};

const struct command *cmd_list(size_t *ret_count)
{
	*ret_count = ARRAY_SIZE(commands);
	return commands;
}

static size_t cmd_list_objects(const char *words[ARRAY_SIZE(commands)])
{
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (i == 0 || !util_streq(commands[i].object, commands[i - 1].object))
			words[count++] = commands[i].object;
	return count;
}

/* The one of the words that `word` means; NULL: none, said already. */
static const char *cmd_choose(const char *what, const char *word, const char *const *words,
			      size_t count)
{
	char text[MATCH_TEXT_SIZE];
	int found = match_word(word, words, count);

	if (found >= 0)
		return words[found];
	failure_misused("%s", match_explain(what, word, words, count, text));
	return NULL;
}

const char *cmd_find_object(const char *word)
{
	const char *words[ARRAY_SIZE(commands)];
	size_t count = cmd_list_objects(words);

	return cmd_choose("object", word, words, count);
}

static const struct command *cmd_find_first(const char *object)
{
	const struct command *command = commands;

	while (!util_streq(command->object, object))
		command++;
	return command;
}

/* `word` is a command of the object, or "help"; NULL: none, said already. */
static const char *cmd_find_name(const struct command *first, const char *word)
{
	const char *words[ARRAY_SIZE(commands) + 1];
	size_t count = 0;

	for (const struct command *command = first; command < commands + ARRAY_SIZE(commands) &&
						    util_streq(command->object, first->object);
	     command++)
		words[count++] = command->name;
	words[count++] = HELP;
	return cmd_choose("command", word, words, count);
}

static void cmd_skip_words(struct call *call, size_t count)
{
	call->words += count;
	call->word_count -= count;
}

static int cmd_help_on(struct call *call, const char *object, json_t **ret_value)
{
	call->words[0] = object;
	call->word_count = 1;
	return cmd_help(call, ret_value);
}

/* 0, or -EINVAL with a reason. */
static int cmd_check_count(const struct call *call, const struct command *command, char *ret_why,
			   size_t why_size)
{
	if (call->word_count < command->words_min)
		snprintf(ret_why, why_size, "an argument is missing: %s", command->words);
	else if (call->word_count > command->words_max)
		snprintf(ret_why, why_size, "unexpected argument '%.80s'",
			 call->words[command->words_max]);
	else
		return 0;
	return -EINVAL;
}

static int cmd_check_words(struct call *call, const struct command *command)
{
	char why[MATCH_TEXT_SIZE];
	int r;

	if (call->flag_count && !command->takes_flags)
		return failure_misused("option '%s' belongs to 'run' and 'replay'", call->flags[0].key->flag);
	if (command->keywords && call->word_count >= command->words_min)
		r = arguments_parse(call->words + command->words_min,
				    call->word_count - command->words_min, command->keywords,
				    &call->arguments, why, sizeof(why));
	else
		r = cmd_check_count(call, command, why, sizeof(why));
	if (r == 0)
		return OUTCOME_DONE;
	return failure_misused("%s%s%s: %s", command->object, command->name ? " " : "",
			       command->name ? command->name : "", why);
}

static int cmd_run_row(struct call *call, const struct command *command, json_t **ret_value)
{
	int outcome = cmd_check_words(call, command);

	return outcome == OUTCOME_DONE ? command->run(call, ret_value) : outcome;
}

/* The object's name is gone from the words already. */
static int cmd_dispatch_object(struct call *call, const char *object, json_t **ret_value)
{
	const struct command *command = cmd_find_first(object);
	const char *name;

	if (!command->name) {
		if (call->word_count == 1 && util_streq(call->words[0], HELP))
			return cmd_help_on(call, object, ret_value);
		return cmd_run_row(call, command, ret_value);
	}
	if (call->word_count == 0)
		return cmd_run_row(call, command, ret_value);
	name = cmd_find_name(command, call->words[0]);
	if (!name)
		return OUTCOME_MISUSED;
	if (util_streq(name, HELP))
		return cmd_help_on(call, object, ret_value);
	while (!util_streq(command->name, name))
		command++;
	cmd_skip_words(call, 1);
	return cmd_run_row(call, command, ret_value);
}

int cmd_dispatch(struct call *call, json_t **ret_value)
{
	struct call inside = *call; /* the caller frees what it allocated, from its start */
	const char *object;

	if (call->word_count == 0 && !call->wants_help)
		return failure_misused("what to do? (see: portsentinel help)");
	if (call->word_count == 0)
		return cmd_help(&inside, ret_value);
	object = cmd_find_object(call->words[0]);
	if (!object)
		return OUTCOME_MISUSED;
	if (call->wants_help)
		return cmd_help_on(&inside, object, ret_value);
	cmd_skip_words(&inside, 1);
	return cmd_dispatch_object(&inside, object, ret_value);
}

int cmd_give(json_t *value, json_t **ret_value)
{
	if (!value) {
		log_error(-ENOMEM, "make the answer");
		return OUTCOME_FAILED;
	}
	*ret_value = value;
	return OUTCOME_DONE;
}
