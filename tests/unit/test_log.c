/* SPDX-License-Identifier: GPL-2.0-only */
/* test_log.c - what reaches whoever listens, and standard error when nobody does. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "../../user/base/log.h"

static char last_message[8192];
static enum log_level last_level;
static int calls;

static void remember(enum log_level level, const char *message)
{
	last_level = level;
	snprintf(last_message, sizeof(last_message), "%s", message);
	calls++;
}

static int listen(void **state)
{
	(void)state;
	calls = 0;
	log_set_handler(remember);
	log_set_debug(0);
	return 0;
}

static int unlisten(void **state)
{
	(void)state;
	log_set_handler(NULL);
	log_set_debug(0);
	return 0;
}

static void an_error_says_why_and_comes_back_unchanged(void **state)
{
	(void)state;
	assert_int_equal(log_error(-ENOENT, "open %s", "x"), -ENOENT);
	assert_string_equal(last_message, "open x: No such file or directory");
	assert_int_equal(last_level, LOG_LEVEL_ERROR);
	assert_int_equal(log_error(0, "just so"), 0);
	assert_string_equal(last_message, "just so");
}

static void a_message_cannot_start_a_new_line(void **state)
{
	(void)state;
	log_notice("name %s", "x\nportsentinel: forged \x1b[0m");
	assert_string_equal(last_message, "name x\\nportsentinel: forged \\x1b[0m");
	assert_int_equal(last_level, LOG_LEVEL_NOTICE);
}

static void debug_is_silent_until_it_is_switched_on(void **state)
{
	(void)state;
	log_debug("quiet");
	assert_int_equal(calls, 0);
	log_set_debug(1);
	log_debug("loud %d", 7);
	assert_int_equal(calls, 1);
	assert_string_equal(last_message, "loud 7");
	assert_int_equal(last_level, LOG_LEVEL_DEBUG);
}

static void a_message_too_long_is_cut(void **state)
{
	char text[8192];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	log_error(-EIO, "%s", text);
	assert_int_equal(strlen(last_message), 4095);
}

static void the_default_goes_to_standard_error_under_the_name(void **state)
{
	char text[128] = "";
	int kept = dup(STDERR_FILENO);
	FILE *file = tmpfile();

	(void)state;
	assert_true(kept >= 0);
	assert_non_null(file);
	log_set_handler(NULL);
	fflush(stderr);
	dup2(fileno(file), STDERR_FILENO);
	log_notice("hello");
	fflush(stderr);
	dup2(kept, STDERR_FILENO);
	close(kept);
	rewind(file);
	assert_non_null(fgets(text, sizeof(text), file));
	assert_string_equal(text, "portsentinel: hello\n");
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_error_says_why_and_comes_back_unchanged, listen,
						unlisten),
		cmocka_unit_test_setup_teardown(a_message_cannot_start_a_new_line, listen,
						unlisten),
		cmocka_unit_test_setup_teardown(debug_is_silent_until_it_is_switched_on, listen,
						unlisten),
		cmocka_unit_test_setup_teardown(a_message_too_long_is_cut, listen, unlisten),
		cmocka_unit_test_setup_teardown(the_default_goes_to_standard_error_under_the_name,
						listen, unlisten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
