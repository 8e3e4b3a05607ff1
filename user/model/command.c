// SPDX-License-Identifier: GPL-2.0-only
/* command.c - a small ring of long texts, each with a number that its process bears. */
#include "command.h"

#include <stdio.h>

#include "../base/util.h"

#define COMMANDS_KEPT 64

static struct {
	uint64_t number; /* 0: free */
	char *text;
} commands[COMMANDS_KEPT];

static uint64_t command_last;

static char *command_join(const char *arguments, size_t length)
{
	char *text;

	while (length && arguments[length - 1] == '\0')
		length--;
	text = malloc(length + 1);
	if (!text)
		return NULL;
	for (size_t i = 0; i < length; i++)
		text[i] = arguments[i] ? arguments[i] : ' ';
	text[length] = '\0';
	return text;
}

/* The number of an equal one that is kept already; 0: none is. */
static uint64_t command_find(const char *text)
{
	for (size_t i = 0; i < COMMANDS_KEPT; i++)
		if (commands[i].number && util_streq(commands[i].text, text))
			return commands[i].number;
	return 0;
}

static uint64_t command_keep(char *text)
{
	size_t place = ++command_last % COMMANDS_KEPT;

	free(commands[place].text);
	commands[place].text = text;
	return commands[place].number = command_last;
}

void command_set(struct process *process, const char *arguments, size_t length)
{
	char *text = command_join(arguments, MIN(length, (size_t)COMMAND_LENGTH_MAX));

	process->long_command = 0;
	process->command_line[0] = '\0';
	if (!text)
		return;
	snprintf(process->command_line, sizeof(process->command_line), "%s", text);
	if (strlen(text) >= sizeof(process->command_line))
		process->long_command = command_find(text);
	if (strlen(text) >= sizeof(process->command_line) && !process->long_command)
		process->long_command = command_keep(TAKE(text));
	free(text);
}

const char *command_get(const struct process *process)
{
	size_t place = process->long_command % COMMANDS_KEPT;

	if (process->long_command && commands[place].number == process->long_command)
		return commands[place].text;
	return process->command_line;
}
