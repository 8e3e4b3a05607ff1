// SPDX-License-Identifier: GPL-2.0-only
/* test_command.c - command lines of any length, and what becomes of the older long ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../user/base/util.h"
#include "../../user/model/command.h"

#define LONG 65536

static void arguments_are_joined_by_spaces(void **state)
{
	static const char arguments[] = "nc\0-l\0\0" "3409\0\0";
	struct process process = {};

	(void)state;
	command_set(&process, arguments, sizeof(arguments) - 1);
	assert_string_equal(command_get(&process), "nc -l  3409");
	assert_int_equal(process.long_command, 0);
	command_set(&process, NULL, 0);
	assert_string_equal(command_get(&process), "");
}

static struct process process_with(char *arguments, char letter)
{
	struct process process = {};

	memset(arguments, letter, LONG);
	command_set(&process, arguments, LONG);
	return process;
}

static void a_long_one_is_kept_whole(void **state)
{
	_cleanup_free_ char *arguments = malloc(LONG);
	struct process process = process_with(arguments, 'a'), again = process_with(arguments, 'a');

	(void)state;
	assert_int_equal(strlen(command_get(&process)), LONG);
	assert_int_equal(strlen(process.command_line), PROCESS_COMMAND_SIZE - 1);
	assert_int_equal(process.long_command, again.long_command);
}

static void the_oldest_makes_room_and_leaves_its_beginning(void **state)
{
	_cleanup_free_ char *arguments = malloc(LONG);
	struct process first = process_with(arguments, 'b'), last = {};

	(void)state;
	for (int i = 0; i < 100; i++)
		last = process_with(arguments, ' ' + 1 + i % 90);
	assert_int_equal(strlen(command_get(&last)), LONG);
	assert_ptr_equal(command_get(&first), first.command_line);
	assert_int_equal(strlen(command_get(&first)), PROCESS_COMMAND_SIZE - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arguments_are_joined_by_spaces),
		cmocka_unit_test(a_long_one_is_kept_whole),
		cmocka_unit_test(the_oldest_makes_room_and_leaves_its_beginning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
