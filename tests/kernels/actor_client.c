// SPDX-License-Identifier: GPL-2.0-only
/*
 * actor_client.c - those who begin: short-lived, handed over, renamed, gone before their packets.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "actor.h"
#include "truth.h"

/* Between a hand-over's time and its first packet: no clock is so wrong that they are mistaken. */
#define HAND_OVER_US 2000

#define KEPT_FD 9 /* for what runs after exec */

int act_tcp(const struct act *act)
{
	converse(act, connect_told(act));
	return 0;
}

int act_clients(const struct act *act)
{
	return start_many(act, "tcp");
}

/* Without exec: as fast as it goes. */
int act_fork_clients(const struct act *act)
{
	long running = 0;

	for (long i = 0; i < act->count; i++) {
		if (running == act->parallel) {
			wait_child(-1);
			running--;
		}
		if (start_child() == 0)
			exit(act_tcp(act));
		running++;
		sleep_us(act->pace_us);
	}
	while (running-- > 0)
		wait_child(-1);
	return 0;
}

/* Nobody may be there to take it: then a later call learns of the ICMP error. */
static void check_sent(ssize_t sent)
{
	if (sent < 0 && errno != ECONNREFUSED)
		die("send");
}

int act_udp(const struct act *act)
{
	struct address to = resolve(act, SOCK_DGRAM);
	struct sockaddr_in6 remote = truth_end((struct sockaddr *)&to.storage);
	int fd = open_client(act, SOCK_DGRAM);
	struct timespec when = truth_now();

	check_sent(sendto(fd, "x", 1, 0, (struct sockaddr *)&to.storage, to.length));
	truth_tell_socket(when, "sent", fd, &remote);
	return 0;
}

int act_udp_bound(const struct act *act)
{
	struct address to = resolve(act, SOCK_DGRAM);
	struct sockaddr_in6 remote = truth_end((struct sockaddr *)&to.storage);
	struct sockaddr_in6 any = { .sin6_family = to.storage.ss_family };
	int fd = open_client(act, SOCK_DGRAM);
	struct timespec when = truth_now();

	if (act->source_port == 0 && bind(fd, (struct sockaddr *)&any, to.length) < 0)
		die("bind");
	check_sent(sendto(fd, "x", 1, 0, (struct sockaddr *)&to.storage, to.length));
	truth_tell_socket(when, "sent", fd, &remote);
	return 0;
}

static int connect_datagrams(const struct act *act)
{
	struct address to = resolve(act, SOCK_DGRAM);
	int fd = open_client(act, SOCK_DGRAM);

	if (connect(fd, (struct sockaddr *)&to.storage, to.length) < 0)
		die("connect");
	return fd;
}

int act_udp_connected(const struct act *act)
{
	int fd = connect_datagrams(act);
	struct timespec when = truth_now();

	check_sent(send(fd, "x", 1, 0));
	truth_tell_socket(when, "sent", fd, NULL);
	return 0;
}

int act_senders(const struct act *act)
{
	return start_many(act, "udp");
}

int act_bound_senders(const struct act *act)
{
	return start_many(act, "udp-bound");
}

int act_connected_senders(const struct act *act)
{
	return start_many(act, "udp-connected");
}

int act_stream(const struct act *act)
{
	int fd = connect_datagrams(act);

	truth_tell_socket(truth_now(), "sent", fd, NULL);
	for (long i = 0; i < act->count; i++) {
		check_sent(send(fd, "x", 1, 0));
		sleep_us(act->pace_us);
	}
	return 0;
}

/* More sockets than a table may have room for: all open at once, then a datagram by each. */
int act_hold(const struct act *act)
{
	struct rlimit limit = { .rlim_cur = act->count + 64, .rlim_max = act->count + 64 };
	int *fds = calloc(act->count, sizeof(*fds));

	if (!fds || setrlimit(RLIMIT_NOFILE, &limit) < 0)
		die("room for descriptors");
	for (long i = 0; i < act->count; i++) {
		fds[i] = connect_datagrams(act);
		truth_tell_socket(truth_now(), "sent", fds[i], NULL);
	}
	for (long i = 0; i < act->count; i++) {
		check_sent(send(fds[i], "x", 1, 0));
		sleep_us(act->pace_us);
	}
	free(fds);
	return 0;
}

static void *send_in_thread(void *fd)
{
	send_octet(*(int *)fd);
	return NULL;
}

/* No octet is sent by the thread whose id is the process's. */
int act_threads(const struct act *act)
{
	int fd = connect_told(act);
	pthread_t thread;

	for (long i = 0; i < act->count; i++) {
		if (pthread_create(&thread, NULL, send_in_thread, &fd) != 0)
			die("pthread_create");
		pthread_join(thread, NULL);
	}
	return 0;
}

static int use_passed(const struct act *act, int over)
{
	int fd = take_descriptor(over);

	truth_tell_socket(truth_now(), "sent", fd, NULL);
	sleep_us(HAND_OVER_US);
	converse(act, fd);
	return 0;
}

/* One connects, another one sends. */
int act_pass(const struct act *act)
{
	int pair[2];

	for (long i = 0; i < act->count; i++) {
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
			die("socketpair");
		if (start_child() == 0)
			exit(use_passed(act, pair[1]));
		pass_descriptor(pair[0], connect_told(act));
		wait_child(-1);
		close(pair[0]);
		close(pair[1]);
	}
	return 0;
}

/* The same process, but another program by the time it sends. */
int act_exec(const struct act *act)
{
	for (long i = 0; i < act->count; i++) {
		if (start_child() == 0) {
			keep_as(KEPT_FD, connect_told(act));
			become(act, act->other, "exec-after");
		}
		wait_child(-1);
	}
	return 0;
}

int act_exec_after(const struct act *act)
{
	truth_tell_socket(truth_now(), "sent", KEPT_FD, NULL);
	sleep_us(HAND_OVER_US);
	converse(act, KEPT_FD);
	return 0;
}

/* Under names that are meant to break a line, a field or a terminal. */
int act_rename(const struct act *act)
{
	static const char *const names[] = { "a\"]\n<0>1 \\", "\033[31mred\007", "\xff\xfe\xc3(",
					     "\xe2\x80\xae" "evil", "pid=1 uid=0" };

	for (long i = 0; i < act->count; i++) {
		prctl(PR_SET_NAME, names[i % (sizeof(names) / sizeof(*names))]);
		close(connect_told(act));
	}
	return 0;
}

#define UNSENT_OCTETS 5000000

/* Gone while most of what it wrote is still in the kernel: the server must be slow (-d). */
int act_unsent(const struct act *act)
{
	static char data[65536];
	int fd = connect_told(act), room = 16 << 20;
	long left = UNSENT_OCTETS;

	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)) < 0)
		die("SO_SNDBUFFORCE");
	while (left > 0) {
		ssize_t sent = send(fd, data, left < (long)sizeof(data) ? left : (long)sizeof(data),
				    MSG_NOSIGNAL);

		if (sent < 0)
			die("send");
		left -= sent;
	}
	return 0;
}
