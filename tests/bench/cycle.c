// SPDX-License-Identifier: GPL-2.0-only
/*
 * cycle.c [PROGRAM] - what the owner hooks cost those whom they do not concern: sockets, connections
 * and datagrams on ports that nobody watches, over the loopback of a namespace of its own. The
 * sensor runs in turn without its owner hooks, without them and with programs that do nothing in
 * the control groups' part of their places, and with them; with the same packet hooks each time.
 * Thread CPU time, for loopback is served by the sender's own thread; a ratio is taken within a
 * round, so that a machine whose speed drifts does not matter. Keep kernel.bpf_stats_enabled at 0.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../user/base/util.h"
#include "empty.h"

#define ROUNDS 7
#define BATCHES 15
#define PORT 5555

struct measure {
	const char *name;
	const char *goal;
	int repeat; /* in a batch */
	void (*run)(int repeat);
	double goal_ratio; /* 0: none */
	double goal_extra_ns; /* 0: none */
};

static int current_round;

__attribute__((noreturn)) static void die(const char *what)
{
	fprintf(stderr, "cycle: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Another address each round: the ports of the last one's connections are still in TIME_WAIT. */
static struct sockaddr_in address(void)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons(PORT),
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK + current_round) };
}

static int open_socket(int type)
{
	int fd = socket(AF_INET, type, 0);

	if (fd < 0)
		die("socket");
	return fd;
}

static int open_bound(int type)
{
	struct sockaddr_in at = address();
	int fd = open_socket(type), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		die("bind");
	return fd;
}

static int open_connected(int type)
{
	struct sockaddr_in to = address();
	int fd = open_socket(type);

	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		die("connect");
	return fd;
}

static void cycle_connections(int repeat)
{
	int listener = open_bound(SOCK_STREAM);

	if (listen(listener, 8) < 0)
		die("listen");
	while (repeat-- > 0) {
		int client = open_connected(SOCK_STREAM);
		int server = accept(listener, NULL, NULL);

		if (server < 0)
			die("accept");
		close(client);
		close(server);
	}
	close(listener);
}

static void cycle_datagrams(int repeat)
{
	int receiver = open_bound(SOCK_DGRAM), sender = open_connected(SOCK_DGRAM);
	char octet;

	while (repeat-- > 0)
		if (send(sender, "x", 1, 0) != 1 || recv(receiver, &octet, 1, 0) != 1)
			die("a datagram");
	close(sender);
	close(receiver);
}

static void cycle_sockets(int repeat)
{
	while (repeat-- > 0)
		close(open_socket(SOCK_STREAM));
}

static const struct measure measures[] = {
	{ "TCP connect, accept, close", "less than 5 %", 500, cycle_connections, 1.05, 0 },
	{ "UDP send, receive", "at most 0.4 us", 2000, cycle_datagrams, 0, 400 },
	{ "socket, close", "at most 1 us", 2000, cycle_sockets, 0, 1000 },
};

static double thread_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * 1e9 + now.tv_nsec;
}

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return a < b ? -1 : a > b;
}

static double median_of(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare);
	return values[count / 2];
}

/* Nanoseconds of a cycle: the median of the batches. */
static double take(const struct measure *measure)
{
	double batches[BATCHES];

	measure->run(measure->repeat);
	for (size_t i = 0; i < BATCHES; i++) {
		double start = thread_ns();

		measure->run(measure->repeat);
		batches[i] = (thread_ns() - start) / measure->repeat;
	}
	return median_of(batches, BATCHES);
}

static void set_up_loopback(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd;

	if (unshare(CLONE_NEWNET) < 0)
		die("a network namespace (run as root)");
	fd = open_socket(SOCK_DGRAM);
	if (ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		die("lo");
	close(fd);
}

/* A sensor on lo, attached when this returns. */
static pid_t start_sensor(const char *program, const char *hooks)
{
	char instance[32], line[512];
	bool is_attached = false;
	int output[2];
	FILE *said;
	pid_t pid;

	snprintf(instance, sizeof(instance), "cycle-%d", getpid());
	if (pipe(output) < 0)
		die("pipe");
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		dup2(output[1], STDOUT_FILENO);
		close(output[0]);
		close(output[1]);
		execl(program, program, "-n", instance, "-c", "/dev/null", "run", "--interfaces",
		      "lo", "--syslog", "none", "--store", "none", "--owner-hooks", hooks, NULL);
		die(program);
	}
	close(output[1]);
	said = fdopen(output[0], "r");
	while (!is_attached && said && fgets(line, sizeof(line), said))
		is_attached = strstr(line, "lo: in by");
	if (!is_attached)
		die("the sensor does not start");
	return pid; /* its output stays open, for it may write more */
}

static void stop_sensor(pid_t pid)
{
	int status;

	kill(pid, SIGTERM);
	if (waitpid(pid, &status, 0) != pid || status != 0)
		die("the sensor does not end well");
}

static void run_with(const char *program, const char *hooks, double *ret_ns)
{
	pid_t sensor = start_sensor(program, hooks);

	for (size_t i = 0; i < ARRAY_SIZE(measures); i++)
		ret_ns[i] = take(&measures[i]);
	stop_sensor(sensor);
	current_round++;
}

static void run_with_empty(const char *program, double *ret_ns)
{
	struct empty empty;

	errno = -empty_attach(&empty);
	if (errno)
		die("programs that do nothing");
	run_with(program, "none", ret_ns);
	empty_detach(&empty);
}

/* How a measure took the hooks, round by round: nanoseconds. */
struct taken {
	double without[ROUNDS];
	double empty[ROUNDS];
	double with[ROUNDS];
};

static void compare_rounds(const double *before, const double *after, double *ret_ratios,
			   double *ret_extra)
{
	for (size_t round = 0; round < ROUNDS; round++) {
		ret_ratios[round] = after[round] / before[round];
		ret_extra[round] = after[round] - before[round];
	}
	median_of(ret_ratios, ROUNDS);
	median_of(ret_extra, ROUNDS);
}

static bool tell(const struct measure *measure, struct taken *taken)
{
	const size_t middle = ROUNDS / 2;
	double ratios[ROUNDS], extra[ROUNDS], empty_ratios[ROUNDS], empty_extra[ROUNDS];
	bool is_met;

	compare_rounds(taken->without, taken->empty, empty_ratios, empty_extra);
	compare_rounds(taken->without, taken->with, ratios, extra);
	is_met = (measure->goal_ratio == 0 || ratios[middle] < measure->goal_ratio) &&
		 (measure->goal_extra_ns == 0 || extra[middle] <= measure->goal_extra_ns);
	printf("%-28s %7.0f ns without; empty %.3f [%.3f..%.3f], %+.0f ns; with %.3f [%.3f..%.3f], %+.0f ns (%s: %s)\n",
	       measure->name, median_of(taken->without, ROUNDS), empty_ratios[middle],
	       empty_ratios[0], empty_ratios[ROUNDS - 1], empty_extra[middle], ratios[middle],
	       ratios[0], ratios[ROUNDS - 1], extra[middle], measure->goal,
	       is_met ? "met" : "missed");
	return is_met;
}

int main(int argc, char **argv)
{
	const char *program = argc > 1 ? argv[1] : "build/portsentinel";
	struct taken taken[ARRAY_SIZE(measures)];
	double without[ARRAY_SIZE(measures)], empty[ARRAY_SIZE(measures)];
	double with[ARRAY_SIZE(measures)];
	bool is_met = true;

	set_up_loopback();
	printf("owner hooks: %d rounds of %d batches in turn, medians, ratio [least..most]\n", ROUNDS,
	       BATCHES);
	for (int round = 0; round < ROUNDS; round++) {
		run_with(program, "none", without);
		run_with_empty(program, empty);
		run_with(program, "auto", with);
		for (size_t i = 0; i < ARRAY_SIZE(measures); i++) {
			taken[i].without[round] = without[i];
			taken[i].empty[round] = empty[i];
			taken[i].with[round] = with[i];
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(measures); i++)
		is_met &= tell(&measures[i], &taken[i]);
	return is_met ? 0 : 1;
}
