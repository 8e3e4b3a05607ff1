/* SPDX-License-Identifier: GPL-2.0-only */
/* test_jsonl.c - lines to files, pipes and terminals: the JSON log and the console. */
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <termios.h>

#include "../../user/sink/queue.h"
#include "sink_help.h"

struct place {
	struct loop *loop;
	char directory[HELP_PATH_SIZE];
	char path[HELP_PATH_SIZE + 32];
	char other[HELP_PATH_SIZE + 32];
	int saved_stdout;
};

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	assert_non_null(place);
	assert_int_equal(loop_new(&place->loop), 0);
	help_make_directory(place->directory);
	snprintf(place->path, sizeof(place->path), "%s/log", place->directory);
	snprintf(place->other, sizeof(place->other), "%s/other", place->directory);
	place->saved_stdout = -1;
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;

	unlink(place->path);
	unlink(place->other);
	assert_int_equal(rmdir(place->directory), 0);
	loop_free(place->loop);
	free(place);
	return 0;
}

static void redirect_stdout(struct place *place, int fd)
{
	fflush(stdout);
	place->saved_stdout = dup(STDOUT_FILENO);
	assert_int_equal(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
}

static void restore_stdout(struct place *place)
{
	assert_int_equal(dup2(place->saved_stdout, STDOUT_FILENO), STDOUT_FILENO);
	close(place->saved_stdout);
}

/* Parses every line; returns how many there are. */
static unsigned int count_json_lines(const char *path)
{
	FILE *file = fopen(path, "r");
	unsigned int count = 0;
	char *line = NULL;
	size_t size = 0;

	assert_non_null(file);
	while (getline(&line, &size, file) > 0) {
		json_t *object = json_loads(line, 0, NULL);

		assert_non_null(object);
		assert_true(json_is_object(object));
		assert_int_equal(line[strlen(line) - 1], '\n');
		json_decref(object);
		count++;
	}
	free(line);
	fclose(file);
	return count;
}

static void writes_one_object_a_line(void **state)
{
	struct place *place = *state;
	struct alert alert = help_alert();
	struct stat status;
	struct sink *sink;

	assert_int_equal(jsonl_sink_new(&sink, place->loop, place->path), 0);
	strcpy(alert.process.executable, HELP_HOSTILE);
	alert.process.pid = 5;
	sink->ops->send(sink, &alert);
	help_send_numbered(sink, 0, 9);
	assert_int_equal(count_json_lines(place->path), 10);
	assert_int_equal(help_status(sink).sent, 10);
	assert_string_equal(help_status(sink).state, "open");
	assert_string_equal(help_status(sink).target, place->path);
	assert_int_equal(stat(place->path, &status), 0);
	assert_int_equal(status.st_mode & 0137, 0);
	sink->ops->free(sink);
}

static void writes_printable_ascii_only(void **state)
{
	struct place *place = *state;
	struct alert alert = help_alert();
	struct sink *sink;
	FILE *file;
	int c;

	assert_int_equal(jsonl_sink_new(&sink, place->loop, place->path), 0);
	alert.process.pid = 5;
	strcpy(alert.process.executable, "\xc3\xa9\xc2\x9b\xe2\x80\xae\x1b[2J\n");
	sink->ops->send(sink, &alert);
	sink->ops->free(sink);
	file = fopen(place->path, "r");
	assert_non_null(file);
	while ((c = fgetc(file)) != EOF && c != '\n')
		assert_in_range(c, ' ', '~');
	assert_int_equal(fgetc(file), EOF);
	fclose(file);
}

static void appends_to_what_is_there(void **state)
{
	struct place *place = *state;
	struct sink *sink;

	for (int i = 0; i < 2; i++) {
		assert_int_equal(jsonl_sink_new(&sink, place->loop, place->path), 0);
		help_send_numbered(sink, 0, 1);
		sink->ops->free(sink);
	}
	assert_int_equal(count_json_lines(place->path), 2);
}

static void follows_no_symbolic_link(void **state)
{
	struct place *place = *state;
	struct sink *sink;

	assert_int_equal(symlink(place->other, place->path), 0);
	assert_int_equal(jsonl_sink_new(&sink, place->loop, place->path), -ELOOP);
	assert_int_equal(jsonl_sink_new(&sink, place->loop, "/nowhere/at/all"), -ENOENT);
}

static void starts_a_new_file_after_rotation(void **state)
{
	struct place *place = *state;
	struct sink *sink;

	assert_int_equal(jsonl_sink_new(&sink, place->loop, place->path), 0);
	help_send_numbered(sink, 0, 3);
	assert_int_equal(rename(place->path, place->other), 0);
	help_send_numbered(sink, 3, 1);
	sink->ops->reopen(sink);
	help_send_numbered(sink, 4, 2);
	assert_int_equal(count_json_lines(place->other), 4);
	assert_int_equal(count_json_lines(place->path), 2);
	sink->ops->free(sink);
}

static void keeps_the_old_file_when_reopening_fails(void **state)
{
	struct place *place = *state;
	struct sink *sink;

	assert_int_equal(jsonl_sink_new(&sink, place->loop, place->path), 0);
	assert_int_equal(rename(place->path, place->other), 0);
	assert_int_equal(symlink("/nowhere", place->path), 0);
	sink->ops->reopen(sink);
	assert_non_null(strstr(help_status(sink).state, "still writing the old file"));
	help_send_numbered(sink, 0, 2);
	assert_int_equal(count_json_lines(place->other), 2);
	sink->ops->free(sink);
}

static void leaves_no_half_line_on_a_full_disk(void **state)
{
	struct place *place = *state;
	struct rlimit before, limit;
	struct sink_status status;
	struct sink *sink;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(jsonl_sink_new(&sink, place->loop, place->path), 0);
	limit = (struct rlimit){ .rlim_cur = 1000, .rlim_max = before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	help_send_numbered(sink, 0, 20);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	status = help_status(sink);
	assert_true(status.dropped > 0);
	assert_string_equal(status.state, strerror(EFBIG));
	assert_int_equal(status.sent + status.dropped + status.queued, 20);
	help_send_numbered(sink, 20, 5);
	assert_int_equal(count_json_lines(place->path), status.sent + 5);
	assert_string_equal(help_status(sink).state, "open");
	sink->ops->free(sink);
}

static void counts_what_a_full_device_refuses(void **state)
{
	struct place *place = *state;
	struct sink *sink;

	assert_int_equal(jsonl_sink_new(&sink, place->loop, "/dev/full"), 0);
	help_send_numbered(sink, 0, 4);
	assert_int_equal(help_status(sink).dropped, 4);
	assert_string_equal(help_status(sink).state, strerror(ENOSPC));
	sink->ops->free(sink);
}

static void never_waits_for_a_slow_reader(void **state)
{
	const unsigned int given = 20000;
	struct place *place = *state;
	struct sink_status status;
	struct sink *sink;
	uint64_t start;
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	redirect_stdout(place, ends[1]);
	assert_int_equal(jsonl_sink_new(&sink, place->loop, "-"), 0);
	start = help_now_ns();
	help_send_numbered(sink, 0, given);
	restore_stdout(place);
	assert_true(help_now_ns() - start < HELP_DEADLINE_NS);
	assert_false(fcntl(ends[1], F_GETFL) & O_NONBLOCK);
	status = help_status(sink);
	assert_true(status.dropped > 0);
	assert_true(status.queued > 0);
	assert_int_equal(status.sent + status.dropped + status.queued, given);
	sink->ops->free(sink);
	close(ends[0]);
	close(ends[1]);
}

struct reading {
	struct sink *sink;
	int fd;
	FILE *copy;
};

static bool read_until_nothing_waits(void *argument)
{
	struct reading *reading = argument;
	char data[65536];
	ssize_t count;

	while ((count = read(reading->fd, data, sizeof(data))) > 0)
		fwrite(data, 1, (size_t)count, reading->copy);
	return !help_status(reading->sink).queued;
}

static void catches_up_when_the_reader_comes_back(void **state)
{
	struct place *place = *state;
	struct reading reading;
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	redirect_stdout(place, ends[1]);
	assert_int_equal(jsonl_sink_new(&reading.sink, place->loop, "-"), 0);
	restore_stdout(place);
	help_send_numbered(reading.sink, 0, 2000);
	assert_true(help_status(reading.sink).queued > 0);
	reading.fd = ends[0];
	reading.copy = fopen(place->path, "w");
	assert_non_null(reading.copy);
	help_run_until(place->loop, read_until_nothing_waits, &reading);
	read_until_nothing_waits(&reading);
	fclose(reading.copy);
	assert_int_equal(count_json_lines(place->path), 2000);
	assert_int_equal(help_status(reading.sink).sent, 2000);
	reading.sink->ops->free(reading.sink);
	close(ends[0]);
	close(ends[1]);
}

/* Do lines "saying N" and alerts "number N" take turns in the file? Returns how many pairs. */
static unsigned int count_turns(const char *path)
{
	FILE *file = fopen(path, "r");
	unsigned int count = 0;
	char *line = NULL, wanted[64];
	size_t size = 0;

	assert_non_null(file);
	while (getline(&line, &size, file) > 0) {
		snprintf(wanted, sizeof(wanted), count % 2 ? " number %u\n" : "portsentinel: saying %u\n",
			 count / 2);
		assert_non_null(strstr(line, wanted));
		count++;
	}
	free(line);
	fclose(file);
	return count / 2;
}

static void says_lines_in_turn_and_counts_alerts_alone(void **state)
{
	const unsigned int given = 1500;
	struct place *place = *state;
	struct reading reading;
	struct sink_status status;
	char text[32];
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	redirect_stdout(place, ends[1]);
	assert_int_equal(console_sink_new(&reading.sink, place->loop), 0);
	restore_stdout(place);
	for (unsigned int i = 0; i < given; i++) {
		snprintf(text, sizeof(text), "saying %u", i);
		reading.sink->ops->say(reading.sink, text);
		help_send_numbered(reading.sink, i, 1);
	}
	status = help_status(reading.sink);
	assert_true(status.queued > 0);
	assert_int_equal(status.sent + status.queued, given);
	reading.fd = ends[0];
	reading.copy = fopen(place->path, "w");
	assert_non_null(reading.copy);
	help_run_until(place->loop, read_until_nothing_waits, &reading);
	read_until_nothing_waits(&reading);
	fclose(reading.copy);
	assert_int_equal(count_turns(place->path), given);
	assert_int_equal(help_status(reading.sink).sent, given);
	reading.sink->ops->free(reading.sink);
	close(ends[0]);
	close(ends[1]);
}

static void survives_a_reader_that_is_gone(void **state)
{
	struct place *place = *state;
	struct sink *sink;
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	redirect_stdout(place, ends[1]);
	assert_int_equal(console_sink_new(&sink, place->loop), 0);
	restore_stdout(place);
	help_send_numbered(sink, 0, 2000);
	assert_true(help_status(sink).queued > 0);
	close(ends[0]);
	help_send_numbered(sink, 0, 3);
	assert_int_equal(help_status(sink).queued, 0);
	assert_int_equal(help_status(sink).sent + help_status(sink).dropped, 2003);
	assert_string_equal(help_status(sink).state, strerror(EPIPE));
	sink->ops->free(sink);
	close(ends[1]);
}

static void never_waits_for_a_stopped_terminal(void **state)
{
	struct place *place = *state;
	struct sink *sink;
	int master, slave;

	assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
	assert_int_equal(tcflow(slave, TCOOFF), 0);
	redirect_stdout(place, slave);
	assert_int_equal(console_sink_new(&sink, place->loop), 0);
	restore_stdout(place);
	help_send_numbered(sink, 0, 5000);
	assert_int_equal(help_status(sink).queued, QUEUE_COUNT_MAX);
	assert_int_equal(help_status(sink).dropped, 5000 - QUEUE_COUNT_MAX);
	assert_false(fcntl(slave, F_GETFL) & O_NONBLOCK);
	assert_int_equal(tcflow(slave, TCOON), 0);
	close(slave);
	close(master);
	help_send_numbered(sink, 0, 1);
	assert_int_equal(help_status(sink).queued, 0);
	sink->ops->free(sink);
}

static void drains_to_a_pipe(void **state)
{
	struct place *place = *state;
	struct sink *sinks[2] = { NULL };
	uint64_t start = help_now_ns();
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	redirect_stdout(place, ends[1]);
	assert_int_equal(console_sink_new(&sinks[1], place->loop), 0);
	restore_stdout(place);
	help_send_numbered(sinks[1], 0, 2000);
	sink_drain(sinks, 2, CLOCK_NS_PER_SECOND / 10);
	assert_true(help_status(sinks[1]).queued > 0);
	assert_in_range(help_now_ns() - start, CLOCK_NS_PER_SECOND / 10, HELP_DEADLINE_NS);
	sinks[1]->ops->free(sinks[1]);
	close(ends[0]);
	close(ends[1]);
}

static void assert_console_line(struct place *place, int to, int from, const char *expected)
{
	struct alert alert = help_alert();
	char line[1024] = "";
	struct sink *sink;
	ssize_t count;

	redirect_stdout(place, to);
	assert_int_equal(console_sink_new(&sink, place->loop), 0);
	restore_stdout(place);
	sink->ops->send(sink, &alert);
	count = read(from, line, sizeof(line) - 1);
	assert_in_range(count, 1, sizeof(line) - 1);
	assert_memory_equal(line, expected, strlen(expected));
	assert_non_null(strstr(line, " Unexpected TCP SYN from 203.0.113.5 "));
	assert_int_equal(line[count - 1], '\n');
	sink->ops->free(sink);
}

static void prints_plain_lines_to_a_pipe(void **state)
{
	int ends[2];

	setenv("TZ", "UTC", 1);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_console_line(*state, ends[1], ends[0],
			    "2026-11-22 06:35:00.123 warning probe       Unexpected");
	close(ends[0]);
	close(ends[1]);
}

static void colours_a_terminal_unless_told_not_to(void **state)
{
	int master, slave;

	setenv("TZ", "UTC", 1);
	unsetenv("NO_COLOR");
	assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
	assert_console_line(*state, slave, master,
			    "2026-11-22 06:35:00.123 \033[33mwarning\033[0m probe ");
	setenv("NO_COLOR", "1", 1);
	assert_console_line(*state, slave, master, "2026-11-22 06:35:00.123 warning probe ");
	unsetenv("NO_COLOR");
	close(master);
	close(slave);
}

#define PLACE_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLACE_TEST(writes_one_object_a_line),
		PLACE_TEST(writes_printable_ascii_only),
		PLACE_TEST(appends_to_what_is_there),
		PLACE_TEST(follows_no_symbolic_link),
		PLACE_TEST(starts_a_new_file_after_rotation),
		PLACE_TEST(keeps_the_old_file_when_reopening_fails),
		PLACE_TEST(leaves_no_half_line_on_a_full_disk),
		PLACE_TEST(counts_what_a_full_device_refuses),
		PLACE_TEST(never_waits_for_a_slow_reader),
		PLACE_TEST(catches_up_when_the_reader_comes_back),
		PLACE_TEST(says_lines_in_turn_and_counts_alerts_alone),
		PLACE_TEST(survives_a_reader_that_is_gone),
		PLACE_TEST(never_waits_for_a_stopped_terminal),
		PLACE_TEST(drains_to_a_pipe),
		PLACE_TEST(prints_plain_lines_to_a_pipe),
		PLACE_TEST(colours_a_terminal_unless_told_not_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
