// SPDX-License-Identifier: GPL-2.0-only
/* help.c - the table of commands, the options and the flags, to read or to make things from. */
#include <stdio.h>

#include "cmd.h"
#include "value.h"

/* "[port N] [direction in|out]" */
static void help_write_keywords(FILE *out, unsigned int bits, const char *separator)
{
	size_t count;
	const struct argument_keyword *keywords = arguments_list(&count);

	for (size_t i = 0; i < count; i++) {
		if (!(bits & keywords[i].bit))
			continue;
		fprintf(out, "%s[%s %s]", separator, keywords[i].word, keywords[i].value);
		separator = " ";
	}
}

static json_t *help_arguments(const struct command *command)
{
	_cleanup_free_ char *text = NULL;
	const char *separator = "";
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	if (command->words) {
		fputs(command->words, out);
		separator = " ";
	}
	if (command->takes_flags) {
		fprintf(out, "%s[FLAGS]", separator);
		separator = " ";
	}
	help_write_keywords(out, command->keywords, separator);
	return fclose(out) == 0 ? value_text(text) : NULL;
}

static json_t *help_command(const struct command *command)
{
	return json_pack("{s:s, s:s?, s:s, s:o}",
			 "object", command->object,
			 "command", command->name,
			 "help", command->help,
			 "arguments", help_arguments(command));
}

/* Of one object, or of all where `object` is NULL. */
static json_t *help_commands(const char *object)
{
	json_t *list = json_array();
	size_t count;
	const struct command *commands = cmd_list(&count);

	for (size_t i = 0; i < count; i++)
		if (!object || util_streq(commands[i].object, object))
			list = value_append(list, help_command(&commands[i]));
	return list;
}

static json_t *help_options(void)
{
	json_t *list = json_array();
	size_t count;
	const struct call_option *options = call_options(&count);

	for (size_t i = 0; i < count; i++) {
		char letter[] = { '-', options[i].letter, '\0' };

		list = value_append(list, json_pack("{s:s, s:s, s:s?, s:s}",
						    "option", options[i].name,
						    "letter", letter,
						    "value", options[i].value,
						    "help", options[i].help));
	}
	return list;
}

static json_t *help_flags(void)
{
	json_t *list = json_array();
	size_t count;
	const struct config_key *keys = config_keys(&count);

	for (size_t i = 0; i < count; i++)
		list = value_append(list, json_pack("{s:s, s:s, s:s, s:s, s:s}",
						    "flag", keys[i].flag,
						    "value", keys[i].value,
						    "section", keys[i].section,
						    "key", keys[i].name,
						    "help", keys[i].help));
	return list;
}

static void help_write_usage(FILE *out, const char *object)
{
	const char *separator = "";
	size_t count;
	const struct command *commands = cmd_list(&count);

	fprintf(out, "portsentinel [OPTIONS] %s { ", object);
	for (size_t i = 0; i < count; i++) {
		if (!util_streq(commands[i].object, object))
			continue;
		fprintf(out, "%s%s", separator,
			commands[i].name ? commands[i].name : "[ARGUMENTS]");
		separator = " | ";
	}
	fputs(" | help }", out);
}

static json_t *help_usage(const char *object)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *out = object ? open_memstream(&text, &size) : NULL;

	if (!object)
		return json_string("portsentinel [OPTIONS] OBJECT { COMMAND | help } [ARGUMENTS]");
	if (!out)
		return NULL;
	help_write_usage(out, object);
	return fclose(out) == 0 ? json_string(text) : NULL;
}

static bool help_takes_flags(const char *object)
{
	size_t count;
	const struct command *commands = cmd_list(&count);

	for (size_t i = 0; object && i < count; i++)
		if (commands[i].takes_flags && util_streq(commands[i].object, object))
			return true;
	return false;
}

int cmd_help(const struct call *call, json_t **ret_value)
{
	const char *object = NULL;

	if (call->word_count) {
		object = cmd_find_object(call->words[0]);
		if (!object)
			return OUTCOME_MISUSED;
	}
	return cmd_give(json_pack("{s:o, s:o, s:o*, s:o}",
				  "usage", help_usage(object),
				  "commands", help_commands(object),
				  "flags", help_takes_flags(object) ? help_flags() : NULL,
				  "options", help_options()),
			ret_value);
}
