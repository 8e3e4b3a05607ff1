// SPDX-License-Identifier: GPL-2.0-only
/*
 * actor_server.c - those who take: alone, by workers, from a descriptor that another one made.
 * Each serves `count` connections or datagrams and ends.
 */
#include <linux/filter.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actor.h"
#include "truth.h"

#define HAND_OVER_US 2000
#define LISTENER_FD 3 /* where socket activation has it */

static int take_told(int listener)
{
	int fd = accept(listener, NULL, NULL);

	if (fd < 0)
		die("accept");
	truth_tell_socket(truth_now(), "accepted", fd, NULL);
	return fd;
}

static void serve_one(const struct act *act, int listener)
{
	int fd = take_told(listener);

	if (act->is_greeted)
		send_octet(fd);
	sleep_us(act->delay_ms * 1000);
	drain(fd);
}

static int serve_all(const struct act *act, int listener)
{
	for (long i = 0; i < act->count; i++)
		serve_one(act, listener);
	return 0;
}

int act_serve(const struct act *act)
{
	return serve_all(act, open_listener(act, false));
}

/* Connections that nobody ever accepts. */
int act_listen(const struct act *act)
{
	open_listener(act, false);
	for (;;)
		pause();
}

static void take_datagram(const struct act *act, int fd)
{
	struct sockaddr_storage from;
	socklen_t length = sizeof(from);
	struct sockaddr_in6 remote;
	char data[64];

	if (recvfrom(fd, data, sizeof(data), 0, (struct sockaddr *)&from, &length) < 0)
		die("recvfrom");
	remote = truth_end((struct sockaddr *)&from);
	truth_tell_socket(truth_now(), "received", fd, &remote);
	if (act->is_greeted &&
	    sendto(fd, "y", 1, 0, (struct sockaddr *)&from, length) < 0)
		die("sendto");
}

static int open_datagrams(const struct act *act, bool is_reuseport)
{
	int fd = open_bound(act, SOCK_DGRAM, is_reuseport);
	int room = 8 << 20;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) < 0)
		die("SO_RCVBUFFORCE");
	return fd;
}

int act_udp_serve(const struct act *act)
{
	int fd = open_datagrams(act, false);

	truth_tell_socket(truth_now(), "listening", fd, NULL);
	for (long i = 0; i < act->count; i++)
		take_datagram(act, fd);
	return 0;
}

typedef void work_function(const struct act *act, int fd);

/* Workers that take from their descriptor and tell each by an octet, until the parent has enough. */
static int run_workers(const struct act *act, work_function *work, const int *fds)
{
	pid_t pids[WORKERS_MAX];
	int done[2];
	char octet;

	if (pipe(done) < 0)
		die("pipe");
	for (long i = 0; i < act->workers; i++) {
		pids[i] = start_child();
		if (pids[i] > 0)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (long other = 0; other < act->workers; other++)
			if (fds[other] != fds[i])
				close(fds[other]);
		truth_tell_socket(truth_now(), "listening", fds[i], NULL);
		for (;;) {
			work(act, fds[i]);
			if (write(done[1], "x", 1) != 1)
				exit(1);
		}
	}
	for (long i = 0; i < act->workers; i++)
		close(fds[i]);
	close(done[1]);
	for (long i = 0; i < act->count; i++)
		if (read(done[0], &octet, 1) != 1)
			die("a worker");
	for (long i = 0; i < act->workers; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	return 0;
}

int act_prefork(const struct act *act)
{
	int fds[WORKERS_MAX];

	fds[0] = open_listener(act, false);
	for (long i = 1; i < act->workers; i++)
		fds[i] = fds[0];
	return run_workers(act, serve_one, fds);
}

/* Any member, at random: not the one that the packet's hash leads to. */
static void pick_at_random(int fd, long members)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_RANDOM),
		BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, members),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};
	struct sock_fprog program = { .len = 3, .filter = code };

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof(program)) < 0)
		skip("SO_ATTACH_REUSEPORT_CBPF");
}

/* The parent makes the sockets, so that their creator is none of those who use them. */
static int run_group(const struct act *act, bool is_tcp, bool is_random)
{
	int fds[WORKERS_MAX];

	for (long i = 0; i < act->workers; i++)
		fds[i] = is_tcp ? open_listener(act, true) : open_datagrams(act, true);
	if (is_random)
		pick_at_random(fds[0], act->workers);
	return run_workers(act, is_tcp ? serve_one : take_datagram, fds);
}

int act_reuseport(const struct act *act)
{
	return run_group(act, true, false);
}

int act_reuseport_cbpf(const struct act *act)
{
	return run_group(act, true, true);
}

int act_udp_reuseport(const struct act *act)
{
	return run_group(act, false, false);
}

int act_udp_reuseport_cbpf(const struct act *act)
{
	return run_group(act, false, true);
}

/* The new holder of a connection speaks first: the client must wait for it (-g). */
static void serve_handed_over(int fd)
{
	truth_tell_socket(truth_now(), "sent", fd, NULL);
	sleep_us(HAND_OVER_US);
	send_octet(fd);
	drain(fd);
}

/* The child begins when the parent's descriptor is closed: it is the last holder then. */
int act_fork_each(const struct act *act)
{
	int listener = open_listener(act, false), closed[2];
	char octet;

	for (long i = 0; i < act->count; i++) {
		int fd = take_told(listener);

		if (pipe(closed) < 0)
			die("pipe");
		if (start_child() == 0) {
			close(closed[1]);
			if (read(closed[0], &octet, 1) != 0)
				die("pipe");
			serve_handed_over(fd);
			exit(0);
		}
		close(fd);
		close(closed[0]);
		close(closed[1]);
	}
	for (long i = 0; i < act->count; i++)
		wait_child(-1);
	return 0;
}

int act_pass_each(const struct act *act)
{
	int listener = open_listener(act, false), pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		die("socketpair");
	if (start_child() == 0) {
		close(listener);
		for (long i = 0; i < act->count; i++)
			serve_handed_over(take_descriptor(pair[1]));
		exit(0);
	}
	for (long i = 0; i < act->count; i++)
		pass_descriptor(pair[0], take_told(listener));
	wait_child(-1);
	return 0;
}

/* Its creator is dead when the first connection comes. */
int act_activate(const struct act *act)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (start_child() == 0) {
		keep_as(LISTENER_FD, open_listener(act, false));
		start_self(act, act->other, "activated");
		exit(0);
	}
	wait_child(-1);
	wait_child(-1);
	return 0;
}

int act_activated(const struct act *act)
{
	truth_tell_socket(truth_now(), "listening", LISTENER_FD, NULL);
	return serve_all(act, LISTENER_FD);
}
