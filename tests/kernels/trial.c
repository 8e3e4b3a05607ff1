// SPDX-License-Identifier: GPL-2.0-only
/*
 * trial.c - the program of the randomised trial (trial.h); the script of that name uses it.
 *
 *   trial play FOLDER SEED SECONDS PACKETS ACTS PLACE...  plays; a PLACE is a network namespace
 *   trial judge ...                                     trial_judge.c
 *   trial tell TRUTH                                    the deeds as text
 *   trial within NAMESPACE COMMAND...                   in its network alone
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "trial_order.h"

static void open_as(int number, const char *path, int flags)
{
	int fd = open(path, flags, 0666);

	if (fd < 0 || dup2(fd, number) < 0)
		trial_die("%s", path);
	if (fd != number)
		close(fd);
}

static void open_stage(const struct trial *trial, char **places)
{
	struct rlimit files = { FD_SOCKETS + SOCKETS_AT_ONCE, FD_SOCKETS + SOCKETS_AT_ONCE };
	char path[256];

	if (setrlimit(RLIMIT_NOFILE, &files) < 0)
		trial_die("the limit of open files");
	snprintf(path, sizeof(path), "%s/truth", trial->folder);
	open_as(FD_TRUTH, path, O_WRONLY | O_APPEND | O_CREAT | O_TRUNC);
	for (int i = 0; i < PLACES; i++) {
		snprintf(path, sizeof(path), "/run/netns/%s", places[i]);
		open_as(FD_PLACE + i, path, O_RDONLY);
	}
	setenv("TRIAL_FOLDER", trial->folder, 1);
}

static int play(int argc, char **argv)
{
	struct trial trial;
	static char self[PATH_SIZE];
	int status, failed = 0;

	if (argc != 6 + PLACES)
		return 2;
	snprintf(self, sizeof(self), "%s/actor", argv[1]);
	trial = (struct trial){ .folder = argv[1],
				.program = self,
				.seed = strtoull(argv[2], NULL, 10),
				.end_ns = trial_now() + strtoull(argv[3], NULL, 10) * NS_PER_SECOND,
				.packets = (atol(argv[4]) + LANES - 1) / LANES,
				.only = argv[5] };
	open_stage(&trial, argv + 6);
	for (unsigned int i = 0; i < LANES; i++) {
		pid_t pid = fork();

		if (pid < 0)
			trial_die("fork");
		if (pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			lane_run(&trial, i);
		}
	}
	while (wait(&status) > 0)
		failed |= status;
	return failed != 0;
}

static int act(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	actor_run(atoi(argv[1]), atoi(argv[2]), atoi(argv[3]));
}

static int tell(int argc, char **argv)
{
	FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
	struct deed deed;

	if (!file)
		return 2;
	while (fread(&deed, sizeof(deed), 1, file) == 1)
		deed_print(&deed);
	fclose(file);
	return 0;
}

/* `ip netns exec` would hide the control groups. */
static int within(int argc, char **argv)
{
	char path[256];
	int fd;

	if (argc < 3)
		return 2;
	snprintf(path, sizeof(path), "/run/netns/%s", argv[1]);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET) < 0)
		trial_die("%s", path);
	execvp(argv[2], argv + 2);
	trial_die("%s", argv[2]);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *word;
		int (*run)(int argc, char **argv);
	} commands[] = {
		{ "play", play }, { "act", act },	{ "judge", judge_main },
		{ "tell", tell }, { "within", within },
	};

	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(*commands); i++)
		if (strcmp(argv[1], commands[i].word) == 0)
			return commands[i].run(argc - 1, argv + 1);
	fputs("trial play|judge|tell|within ... (tests/kernels/trial runs it)\n", stderr);
	return 2;
}
