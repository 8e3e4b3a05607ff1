// SPDX-License-Identifier: GPL-2.0-only
/*
 * actor_net.c - sockets, processes and descriptors: what the scenarios are made of.
 */
#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "actor.h"
#include "truth.h"

#define BACKLOG 1024

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

void die(const char *what)
{
	fprintf(stderr, "actor %d: %s: %s\n", getpid(), what, strerror(errno));
	exit(1);
}

void skip(const char *why)
{
	printf("SKIP %s: %s\n", why, strerror(errno));
	exit(STATUS_SKIP);
}

struct address resolve(const struct act *act, int type)
{
	struct addrinfo hints = { .ai_socktype = type,
				  .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
	struct address address = { 0 };
	struct addrinfo *found;

	if (getaddrinfo(act->address, act->port, &hints, &found) != 0)
		die(act->address);
	memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
	address.length = found->ai_addrlen;
	freeaddrinfo(found);
	return address;
}

static int open_socket(const struct act *act, int family, int type)
{
	int fd = socket(family, type,
			act->is_mptcp && type == SOCK_STREAM ? IPPROTO_MPTCP : 0);

	if (fd < 0 && act->is_mptcp)
		skip("MPTCP");
	if (fd < 0)
		die("socket");
	return fd;
}

static void set_on(int fd, int option)
{
	int on = 1;

	if (setsockopt(fd, SOL_SOCKET, option, &on, sizeof(on)) < 0)
		die("setsockopt");
}

int open_client(const struct act *act, int type)
{
	struct address to = resolve(act, type);
	struct sockaddr_in6 any = { .sin6_family = to.storage.ss_family,
				    .sin6_port = htons(act->source_port) };
	int fd = open_socket(act, to.storage.ss_family, type);

	if (act->source_port == 0)
		return fd;
	set_on(fd, SO_REUSEADDR);
	if (bind(fd, (struct sockaddr *)&any, to.length) < 0)
		die("bind");
	return fd;
}

int open_bound(const struct act *act, int type, bool is_reuseport)
{
	struct address at = resolve(act, type);
	int fd = open_socket(act, at.storage.ss_family, type);

	set_on(fd, is_reuseport ? SO_REUSEPORT : SO_REUSEADDR);
	if (bind(fd, (struct sockaddr *)&at.storage, at.length) < 0)
		die("bind");
	return fd;
}

int open_listener(const struct act *act, bool is_reuseport)
{
	int fd = open_bound(act, SOCK_STREAM, is_reuseport);

	if (listen(fd, BACKLOG) < 0)
		die("listen");
	truth_tell_socket(truth_now(), "listening", fd, NULL);
	return fd;
}

int connect_told(const struct act *act)
{
	struct address to = resolve(act, SOCK_STREAM);
	int fd = open_client(act, SOCK_STREAM);
	struct timespec when = truth_now();

	if (connect(fd, (struct sockaddr *)&to.storage, to.length) < 0)
		die("connect");
	truth_tell_socket(when, "connected", fd, NULL);
	return fd;
}

void send_octet(int fd)
{
	if (send(fd, "x", 1, MSG_NOSIGNAL) != 1)
		die("send");
}

void drain(int fd)
{
	char data[16384];

	while (read(fd, data, sizeof(data)) > 0)
		;
	close(fd);
}

void converse(const struct act *act, int fd)
{
	char greeting;

	if (act->is_greeted && recv(fd, &greeting, 1, 0) != 1)
		die("the greeting");
	sleep_us(act->delay_ms * 1000);
	send_octet(fd);
}

void become(const struct act *act, const char *path, const char *scenario)
{
	char self[PATH_MAX];
	ssize_t length;

	*act->scenario = (char *)scenario;
	if (!path) { /* by its name, for that is what the process will be called */
		length = readlink("/proc/self/exe", self, sizeof(self) - 1);
		self[length < 0 ? 0 : length] = '\0';
		path = self;
	}
	execv(path, act->argv);
	die(path);
}

pid_t start_child(void)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	return pid;
}

pid_t start_self(const struct act *act, const char *path, const char *scenario)
{
	pid_t pid = start_child();

	if (pid == 0)
		become(act, path, scenario);
	return pid;
}

void wait_child(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) < 0)
		die("waitpid");
	if (WIFEXITED(status) && WEXITSTATUS(status) == STATUS_SKIP)
		exit(STATUS_SKIP);
	if (status != 0) {
		fprintf(stderr, "actor: a child ended with status %#x\n", status);
		exit(1);
	}
}

int start_many(const struct act *act, const char *scenario)
{
	long running = 0;

	for (long i = 0; i < act->count; i++) {
		if (running == act->parallel) {
			wait_child(-1);
			running--;
		}
		start_self(act, NULL, scenario);
		running++;
		sleep_us(act->pace_us);
	}
	while (running-- > 0)
		wait_child(-1);
	return 0;
}

void sleep_us(long us)
{
	struct timespec span = { .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };

	if (us > 0)
		nanosleep(&span, NULL);
}

void keep_as(int number, int fd)
{
	if (fd == number)
		return;
	if (dup2(fd, number) < 0)
		die("dup2");
	close(fd);
}

struct descriptor_message {
	struct msghdr head;
	struct iovec data;
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	char octet;
};

static struct cmsghdr *prepare(struct descriptor_message *message)
{
	memset(message, 0, sizeof(*message));
	message->data = (struct iovec){ .iov_base = &message->octet, .iov_len = 1 };
	message->head = (struct msghdr){ .msg_iov = &message->data,
					 .msg_iovlen = 1,
					 .msg_control = &message->control,
					 .msg_controllen = sizeof(message->control) };
	return &message->control.head;
}

void pass_descriptor(int over, int fd)
{
	struct descriptor_message message;
	struct cmsghdr *control = prepare(&message);

	*control = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
				     .cmsg_type = SCM_RIGHTS,
				     .cmsg_len = CMSG_LEN(sizeof(int)) };
	memcpy(CMSG_DATA(control), &fd, sizeof(fd));
	if (sendmsg(over, &message.head, 0) != 1)
		die("sendmsg");
	close(fd);
}

int take_descriptor(int over)
{
	struct descriptor_message message;
	struct cmsghdr *control = prepare(&message);
	int fd;

	if (recvmsg(over, &message.head, 0) != 1)
		die("recvmsg");
	memcpy(&fd, CMSG_DATA(control), sizeof(fd));
	return fd;
}
