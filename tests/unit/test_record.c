// SPDX-License-Identifier: GPL-2.0-only
/* test_record.c - process events in, processes out; paths; a live process by /proc. */
#include <setjmp.h>
#include <stdarg.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "../../user/base/util.h"
#include "../../user/who/path.h"
#include "../../user/who/proc.h"
#include "../../user/who/record.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define LIST(text) text, sizeof(text) /* with the literal's own zero */

static const struct {
	const char *list;
	size_t length;
	bool is_cut;
	const char *path;
	bool is_whole;
} paths[] = {
	{ LIST("sshd\0sbin\0usr"), false, "/usr/sbin/sshd", true },
	{ LIST("init"), false, "/init", true },
	{ "", 0, false, "", true },
	{ LIST("a\0b"), true, ".../b/a", false },
	{ LIST("leaf\0twelve-chars\0much-too-long-for-it"), false, ".../twelve-chars/leaf", false },
	{ LIST("this-one-alone-is-longer-than-there-is-room"), false, "...", false },
	{ "no-zero", 7, false, "/no-zero", true },
};

static void components_become_a_path(void **state)
{
	char path[36];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		assert_int_equal(path_from_components(paths[i].list, paths[i].length,
						      paths[i].is_cut, path, sizeof(path)),
				 paths[i].is_whole);
		assert_string_equal(path, paths[i].path);
	}
}

static void remarks_of_the_kernel_are_no_part_of_a_path(void **state)
{
	char deleted[] = "/usr/bin/x (deleted)", plain[] = "/usr/bin/(deleted)";
	char memfd[] = "/memfd:payload", file[] = "/memfd:real", short_room[12];

	(void)state;
	assert_true(path_strip_deleted(deleted));
	assert_string_equal(deleted, "/usr/bin/x");
	assert_false(path_strip_deleted(plain));
	path_strip_memfd(memfd, true);
	assert_string_equal(memfd, "memfd:payload");
	path_strip_memfd(file, false);
	assert_string_equal(file, "/memfd:real");
	assert_false(path_copy("/a/long/path/to/it", short_room, sizeof(short_room)));
	assert_string_equal(short_room, "...th/to/it");
}

struct scene {
	struct records *records;
	struct process_event *event;
	struct process *process;
};

static int scene_begin(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	assert_int_equal(records_new(&scene->records, 4), 0);
	scene->event = calloc(1, sizeof(*scene->event));
	scene->process = calloc(1, sizeof(*scene->process));
	*state = scene;
	return 0;
}

static int scene_end(void **state)
{
	struct scene *scene = *state;

	records_free(scene->records);
	free(scene->event);
	free(scene->process);
	free(scene);
	return 0;
}

#define FILL(event, member, text)                                   \
	do {                                                        \
		memcpy((event)->member, text, sizeof(text));        \
		(event)->member##_length = sizeof(text);            \
	} while (0)

static void scene_fill(struct process_event *event)
{
	event->head.process = (struct process_key){ 5000000000ULL, 4242, 3, 9 };
	event->pid = 4242;
	event->parent_pid = 1;
	event->netns = 77;
	strcpy(event->comm, "sshd");
	strcpy(event->parent_comm, "systemd");
	FILL(event, exe, "sshd\0sbin\0usr");
	FILL(event, args, "sshd\0-D\0two words");
	FILL(event, cgroup, "docker-" ID ".scope\0system.slice");
}

static void a_process_comes_out_as_it_went_in(void **state)
{
	struct scene *scene = *state;
	struct process *process = scene->process;

	scene_fill(scene->event);
	assert_int_equal(records_take(scene->records, scene->event), 0);
	assert_int_equal(records_find(scene->records, &scene->event->head.process, process), 0);
	assert_int_equal(process->pid, 4242);
	assert_int_equal(process->parent_pid, 1);
	assert_int_equal(process->netns, 77);
	assert_int_equal(process->start_boot_ns, 5000000000ULL);
	assert_string_equal(process->name, "sshd");
	assert_string_equal(process->parent_name, "systemd");
	assert_string_equal(process->executable, "/usr/sbin/sshd");
	assert_string_equal(process->command_line, "sshd -D two words");
	assert_string_equal(process->user, "root");
	assert_string_equal(process->cgroup, "/system.slice/docker-" ID ".scope");
	assert_string_equal(process->unit, "docker-" ID ".scope");
	assert_string_equal(process->container, ID);
	assert_false(process->executable_unlinked);
}

static void a_memory_file_is_told_as_one(void **state)
{
	struct scene *scene = *state;

	scene_fill(scene->event);
	FILL(scene->event, exe, "memfd:payload");
	scene->event->exe_unlinked = 1;
	records_take(scene->records, scene->event);
	records_find(scene->records, &scene->event->head.process, scene->process);
	assert_string_equal(scene->process->executable, "memfd:payload");
	assert_true(scene->process->executable_unlinked);
}

static void every_part_of_the_key_counts(void **state)
{
	struct scene *scene = *state;
	struct process_key key;

	scene_fill(scene->event);
	records_take(scene->records, scene->event);
	key = scene->event->head.process;
	key.exec_id++;
	assert_int_equal(records_find(scene->records, &key, scene->process), -ENOENT);
	key = scene->event->head.process;
	key.start_boot_ns++;
	assert_int_equal(records_find(scene->records, &key, scene->process), -ENOENT);
	key = scene->event->head.process;
	key.tgid++;
	assert_int_equal(records_find(scene->records, &key, scene->process), -ENOENT);
	key = scene->event->head.process;
	key.identity++;
	assert_int_equal(records_find(scene->records, &key, scene->process), -ENOENT);
}

/* Tells the scene's process as it was from that time on. */
static void scene_tell(struct scene *scene, uint32_t exec_id, uint64_t boot_ns)
{
	scene_fill(scene->event);
	scene->event->head.process.exec_id = exec_id;
	scene->event->head.boot_ns = boot_ns;
	assert_int_equal(records_take(scene->records, scene->event), 0);
}

static uint32_t scene_become(const struct scene *scene, uint32_t exec_id, uint64_t boot_ns)
{
	struct process_key key = scene->event->head.process;

	key.exec_id = exec_id;
	records_become(scene->records, &key, boot_ns);
	assert_int_equal(key.tgid, 4242);
	return key.exec_id;
}

static void a_process_becomes_what_it_executed_by_then(void **state)
{
	struct scene *scene = *state;

	scene_tell(scene, 3, 1000);
	scene_tell(scene, 3, 1500); /* by another name: no other program */
	scene_tell(scene, 4, 2000);
	scene_tell(scene, 6, 3000);
	assert_int_equal(scene_become(scene, 3, 1999), 3);
	assert_int_equal(scene_become(scene, 3, 2000), 4);
	assert_int_equal(scene_become(scene, 3, 2999), 4);
	assert_int_equal(scene_become(scene, 3, 3000), 6);
}

static void a_process_is_never_what_it_was_before_its_act(void **state)
{
	struct scene *scene = *state;

	scene_tell(scene, 3, 1000);
	scene_tell(scene, 4, 2000);
	assert_int_equal(scene_become(scene, 4, 1500), 4);
	assert_int_equal(scene_become(scene, 4, 9000), 4);
}

/* Of what it executed itself nothing was told: then what came before it does not count. */
static void an_untold_program_becomes_only_what_came_after(void **state)
{
	struct scene *scene = *state;

	scene_tell(scene, 3, 1000);
	scene_tell(scene, 4, 2000);
	scene_tell(scene, 6, 3000);
	assert_int_equal(scene_become(scene, 5, 1500), 5);
	assert_int_equal(scene_become(scene, 5, 2999), 5);
	assert_int_equal(scene_become(scene, 5, 3000), 6);
	assert_int_equal(scene_become(scene, 7, 9000), 7);
}

static void of_a_process_that_was_not_told_nothing_becomes(void **state)
{
	struct scene *scene = *state;
	struct process_key key = { 5000000001ULL, 4242, 3, 9 };

	scene_tell(scene, 4, 2000);
	records_become(scene->records, &key, 9000);
	assert_int_equal(key.exec_id, 3);
}

static void of_many_programs_the_last_ones_are_remembered(void **state)
{
	struct scene *scene = *state;

	for (uint32_t exec_id = 1; exec_id <= 9; exec_id++)
		scene_tell(scene, exec_id, exec_id * 1000);
	assert_int_equal(scene_become(scene, 1, 9000), 9);
	assert_int_equal(scene_become(scene, 1, 6500), 6);
	assert_int_equal(scene_become(scene, 1, 5500), 1); /* 5 is forgotten */
}

static void lengths_beyond_the_event_are_not_followed(void **state)
{
	struct scene *scene = *state;
	struct process_event *event = scene->event;

	scene_fill(event);
	memset(event->comm, 'c', sizeof(event->comm));
	memset(event->exe, 'e', sizeof(event->exe));
	memset(event->args, 'a', sizeof(event->args));
	memset(event->cgroup, 'g', sizeof(event->cgroup));
	event->exe_length = event->args_length = event->cgroup_length = UINT16_MAX;
	event->pid = 0;
	assert_int_equal(records_take(scene->records, event), 0);
	assert_int_equal(records_find(scene->records, &event->head.process, scene->process), 0);
	assert_int_equal(strlen(scene->process->name), sizeof(event->comm));
	assert_string_equal(scene->process->executable, "...");
	assert_int_equal(strlen(scene->process->command_line), PROCESS_COMMAND_SIZE - 1);
}

static void a_full_table_forgets_the_oldest_and_counts(void **state)
{
	struct scene *scene = *state;

	scene_fill(scene->event);
	for (uint32_t pid = 1; pid <= 6; pid++) {
		scene->event->head.process.tgid = pid;
		records_take(scene->records, scene->event);
	}
	assert_int_equal(records_count(scene->records), 4);
	assert_int_equal(records_evicted(scene->records), 2);
	scene->event->head.process.tgid = 2;
	assert_int_equal(records_find(scene->records, &scene->event->head.process,
				      scene->process), -ENOENT);
}

static void a_cut_path_is_completed_from_the_live_process(void **state)
{
	struct scene *scene = *state;
	struct process *live = calloc(1, sizeof(*live));
	struct stat file;

	assert_int_equal(proc_read(getpid(), live), 0);
	assert_int_equal(stat("/proc/self/exe", &file), 0);
	scene_fill(scene->event);
	scene->event->pid = getpid();
	scene->event->exe_cut = 1;
	scene->event->exe_inode = file.st_ino;
	scene->event->head.process.start_boot_ns = live->start_boot_ns;
	records_take(scene->records, scene->event);
	records_find(scene->records, &scene->event->head.process, scene->process);
	assert_string_equal(scene->process->executable, live->executable);
	scene->event->exe_inode++; /* it executes something else by now */
	records_take(scene->records, scene->event);
	records_find(scene->records, &scene->event->head.process, scene->process);
	assert_string_equal(scene->process->executable, ".../usr/sbin/sshd");
	free(live);
}

/* Below his own, a user may make groups so deep that what stands above them is lost. */
static void a_control_group_whose_top_is_lost_is_no_unit(void **state)
{
	struct scene *scene = *state;

	scene_fill(scene->event);
	scene->event->pid = 0;
	scene->event->cgroup_cut = 1;
	records_take(scene->records, scene->event);
	records_find(scene->records, &scene->event->head.process, scene->process);
	assert_string_equal(scene->process->unit, "");
	assert_string_equal(scene->process->container, "");
}

/* Of this one's path the part below system.slice was named by whoever was given that. */
static void a_control_group_below_one_that_was_given_away_is_no_container(void **state)
{
	struct scene *scene = *state;

	scene_fill(scene->event);
	scene->event->cgroup_chosen = sizeof("docker-" ID ".scope");
	records_take(scene->records, scene->event);
	records_find(scene->records, &scene->event->head.process, scene->process);
	assert_string_equal(scene->process->cgroup, "/system.slice/docker-" ID ".scope");
	assert_string_equal(scene->process->unit, "");
	assert_string_equal(scene->process->container, "");
}

static void a_program_is_told_by_its_file(void **state)
{
	struct scene *scene = *state;
	const struct process_file *file = &scene->process->file;

	scene_fill(scene->event);
	scene->event->head.boot_ns = 77;
	scene->event->exe_inode = 12;
	scene->event->exe_device = 8 << 20 | 1;
	scene->event->exe_generation = 34;
	records_take(scene->records, scene->event);
	records_find(scene->records, &scene->event->head.process, scene->process);
	assert_int_equal(file->seen_boot_ns, 77);
	assert_int_equal(file->inode, 12);
	assert_int_equal(file->device, 8 << 20 | 1);
	assert_int_equal(file->generation, 34);
	assert_false(file->is_by_stat);
}

static void a_process_is_itself_only_with_its_start(void **state)
{
	struct process *process = ((struct scene *)*state)->process;
	uint64_t start_ns;

	assert_int_equal(proc_read(getpid(), process), 0);
	assert_int_equal(process->parent_pid, getppid());
	start_ns = process->start_boot_ns;
	assert_int_equal(proc_read_same(getpid(), start_ns, 0, process), 0);
	assert_int_equal(proc_read_same(getpid(), start_ns - 20000000, 0, process), -ESRCH);
	assert_int_equal(proc_read_same(getpid(), start_ns, 1, process), -ESRCH);
}

static void a_holder_is_one_only_with_its_start(void **state)
{
	struct process *process = ((struct scene *)*state)->process;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct stat status;

	assert_int_equal(fstat(fd, &status), 0);
	assert_int_equal(proc_read(getpid(), process), 0);
	assert_true(proc_holds_socket(getpid(), process->start_boot_ns, status.st_ino));
	assert_false(proc_holds_socket(getpid(), process->start_boot_ns + 20000000,
				       status.st_ino));
	close(fd);
	assert_false(proc_holds_socket(getpid(), process->start_boot_ns, status.st_ino));
}

/* cat(1) out of a memory file, which ends when the pipe closes. */
static pid_t run_from_memory(int *ret_pipe)
{
	int pipes[2], memory = memfd_create("payload", 0);
	char buffer[65536];
	FILE *file = fopen("/bin/cat", "rb");
	size_t got;
	pid_t pid;

	assert_non_null(file);
	assert_int_equal(pipe(pipes), 0);
	while ((got = fread(buffer, 1, sizeof(buffer), file)) > 0)
		assert_int_equal(write(memory, buffer, got), got);
	fclose(file);
	pid = fork();
	if (pid == 0) {
		char *arguments[] = { "cat", NULL }, *environment[] = { NULL };

		dup2(pipes[0], 0);
		close(pipes[1]);
		fexecve(memory, arguments, environment);
		_exit(1);
	}
	close(memory);
	close(pipes[0]);
	*ret_pipe = pipes[1];
	return pid;
}

static void a_live_process_of_a_memory_file_is_told_as_one(void **state)
{
	struct process *process = ((struct scene *)*state)->process;
	int end, tries = 0;
	pid_t pid = run_from_memory(&end);

	do {
		usleep(10000);
		assert_int_equal(proc_read(pid, process), 0);
	} while (strncmp(process->executable, "memfd", 5) != 0 && ++tries < 500);
	assert_string_equal(process->executable, "memfd:payload");
	assert_true(process->executable_unlinked);
	close(end);
	waitpid(pid, NULL, 0);
}

#define WITH_SCENE(test) cmocka_unit_test_setup_teardown(test, scene_begin, scene_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(components_become_a_path),
		cmocka_unit_test(remarks_of_the_kernel_are_no_part_of_a_path),
		WITH_SCENE(a_process_comes_out_as_it_went_in),
		WITH_SCENE(a_memory_file_is_told_as_one),
		WITH_SCENE(every_part_of_the_key_counts),
		WITH_SCENE(a_process_becomes_what_it_executed_by_then),
		WITH_SCENE(a_process_is_never_what_it_was_before_its_act),
		WITH_SCENE(an_untold_program_becomes_only_what_came_after),
		WITH_SCENE(of_a_process_that_was_not_told_nothing_becomes),
		WITH_SCENE(of_many_programs_the_last_ones_are_remembered),
		WITH_SCENE(lengths_beyond_the_event_are_not_followed),
		WITH_SCENE(a_full_table_forgets_the_oldest_and_counts),
		WITH_SCENE(a_cut_path_is_completed_from_the_live_process),
		WITH_SCENE(a_control_group_whose_top_is_lost_is_no_unit),
		WITH_SCENE(a_control_group_below_one_that_was_given_away_is_no_container),
		WITH_SCENE(a_program_is_told_by_its_file),
		WITH_SCENE(a_process_is_itself_only_with_its_start),
		WITH_SCENE(a_holder_is_one_only_with_its_start),
		WITH_SCENE(a_live_process_of_a_memory_file_is_told_as_one),
	};

	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
