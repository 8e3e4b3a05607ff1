// SPDX-License-Identifier: GPL-2.0-only
/* test_installed.c - which process executes what is installed at a path: real files, made up runs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "../../user/base/clock.h"
#include "../../user/base/util.h"
#include "../../user/who/installed.h"
#include "../../user/who/proc.h"
#include "../../user/who/program_file.h"

static char folder[64];
static struct installed *installed;

/* Of the folder; valid until the fourth call after. */
static const char *place(const char *name)
{
	static char paths[4][128];
	static size_t next;

	next = (next + 1) % ARRAY_SIZE(paths);
	snprintf(paths[next], sizeof(paths[next]), "%s/%s", folder, name);
	return paths[next];
}

static void make_file(const char *name)
{
	int fd = open(place(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	assert_true(fd >= 0);
	close(fd);
}

static int set_up(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/installed-XXXXXX");
	assert_non_null(mkdtemp(folder));
	make_file("agent");
	make_file("other");
	assert_int_equal(symlink("agent", place("link")), 0);
	return installed_new(&installed, 16);
}

static int tear_down(void **state)
{
	static const char *const names[] = { "agent", "other", "link", "hard", "copy", "folder" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		(void)remove(place(names[i]));
	installed_free(installed);
	return rmdir(folder);
}

/* A process that was seen just now to execute the file, by the kernel's own numbers or by stat(2).
 */
static struct process make_process(const char *name, bool is_by_stat)
{
	struct process process = { .pid = getpid() };
	struct program_file file = {};

	assert_int_equal(program_file_read(0, place(name), &file), 0);
	process.file = (struct process_file){
		.inode = file.inode,
		.device = file.device,
		.generation = file.generation,
	};
	if (is_by_stat)
		process.file = program_file_of(&file.stat, 0);
	process.file.seen_boot_ns = clock_boot_ns();
	return process;
}

static bool is_run(const struct process *process, const char *name)
{
	return installed_is_run(installed, process, place(name), false);
}

static void a_file_is_itself_under_each_of_its_names(void **state)
{
	(void)state;
	assert_int_equal(link(place("agent"), place("hard")), 0);
	make_file("copy");
	assert_int_equal(mkdir(place("folder"), 0755), 0);
	for (int is_by_stat = 0; is_by_stat < 2; is_by_stat++) {
		struct process process = make_process("agent", is_by_stat);

		assert_true(is_run(&process, "agent"));
		assert_true(is_run(&process, "link"));
		assert_true(is_run(&process, "hard"));
		assert_false(is_run(&process, "copy"));
		assert_false(is_run(&process, "other"));
		assert_false(is_run(&process, "folder"));
		assert_false(is_run(&process, "none"));
		assert_false(installed_is_run(installed, &process, "agent", false));
	}
}

static void each_number_has_to_be_the_same(void **state)
{
	struct process process = make_process("agent", false), another;
	struct program_file file = {};

	(void)state;
	another = process;
	another.file.inode++;
	assert_false(is_run(&another, "agent"));
	another = process;
	another.file.device++;
	assert_false(is_run(&another, "agent"));
	another = process;
	another.file.generation++;
	assert_int_equal(program_file_read(0, place("agent"), &file), 0);
	assert_int_equal(is_run(&another, "agent"), !file.has_generation);
	another = process;
	another.file.seen_boot_ns = 0; /* not known */
	assert_false(is_run(&another, "agent"));
}

/* As btrfs has it, and no generation to help: only the living process can tell, and it is another.
 */
static void numbers_that_do_not_tell_apart_prove_nothing(void **state)
{
	struct process process = make_process("agent", false);
	struct program_file file = {};

	(void)state;
	assert_int_equal(program_file_read(0, place("agent"), &file), 0);
	file.has_generation = false;
	assert_true(program_file_is_run(&file, &process));
	file.device++;
	process.file.device++;
	assert_false(program_file_is_run(&file, &process));
	assert_int_equal(stat("/proc/self/exe", &file.stat), 0);
	assert_int_equal(proc_read_start(getpid(), &process.start_boot_ns), 0);
	assert_true(program_file_is_run(&file, &process));
	process.start_boot_ns -= CLOCK_NS_PER_SECOND; /* the number was another's */
	assert_false(program_file_is_run(&file, &process));
}

static void an_upgrade_makes_no_stranger_of_who_runs_the_older(void **state)
{
	struct process older = make_process("agent", false), late, newer;

	(void)state;
	assert_true(is_run(&older, "agent"));
	assert_int_equal(rename(place("other"), place("agent")), 0);
	newer = make_process("agent", false);
	assert_true(is_run(&newer, "agent"));
	assert_true(is_run(&older, "agent"));
	late = older; /* its number may be another file's by now */
	late.file.seen_boot_ns = clock_boot_ns();
	assert_false(is_run(&late, "agent"));
}

static void what_a_path_had_before_anybody_looked_is_not_known(void **state)
{
	struct process older = make_process("agent", false);

	(void)state;
	assert_int_equal(rename(place("other"), place("agent")), 0);
	assert_false(is_run(&older, "agent"));
}

static void a_container_that_nobody_is_in_has_no_programs(void **state)
{
	struct process process = make_process("agent", false);

	(void)state;
	assert_false(installed_is_run(installed, &process, place("agent"), true));
	strcpy(process.container, "nobody-is-in-it");
	assert_false(installed_is_run(installed, &process, place("agent"), true));
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_is_itself_under_each_of_its_names),
		TEST(each_number_has_to_be_the_same),
		TEST(numbers_that_do_not_tell_apart_prove_nothing),
		TEST(an_upgrade_makes_no_stranger_of_who_runs_the_older),
		TEST(what_a_path_had_before_anybody_looked_is_not_known),
		TEST(a_container_that_nobody_is_in_has_no_programs),
	};

	return cmocka_run_group_tests_name("installed", tests, NULL, NULL);
}
