// SPDX-License-Identifier: GPL-2.0-only
/* trial_actor.c - a process that does as it is told, and writes down what it did. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "trial_order.h"

#define IDLE_SECONDS 60 /* then the other side is looked after */
#define BACKLOG 64

#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

static const char *folder;
static unsigned int own_lane, own_number;

void trial_path(char out[PATH_SIZE], const char *in, unsigned int lane, unsigned int actor)
{
	snprintf(out, PATH_SIZE, "%s/orders.%u.%u", in, lane, actor);
}

static struct sockaddr_un orders_address(const char *in, unsigned int lane, unsigned int actor)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	trial_path(address.sun_path, in, lane, actor);
	return address;
}

void trial_bind(int fd, const char *in, unsigned int lane, unsigned int actor)
{
	struct sockaddr_un address = orders_address(in, lane, actor);
	int made = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct timeval idle = { .tv_sec = IDLE_SECONDS };

	unlink(address.sun_path);
	if (made < 0 || bind(made, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    chmod(address.sun_path, 0777) < 0 || dup2(made, fd) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &idle, sizeof(idle)) < 0)
		trial_die("%s", address.sun_path);
	close(made);
}

void trial_bind_actor(const char *in, unsigned int lane, unsigned int actor)
{
	trial_bind(FD_ORDERS, in, lane, actor);
	trial_bind(FD_PASSED, in, lane, PASSED_TO(actor));
}

union descriptor_room {
	struct cmsghdr head;
	char space[CMSG_SPACE(sizeof(int))];
};

void trial_send(int fd, const char *in, unsigned int lane, unsigned int actor, const void *message,
		size_t length, int passed)
{
	struct sockaddr_un address = orders_address(in, lane, actor);
	union descriptor_room room = { .head = { .cmsg_level = SOL_SOCKET,
						 .cmsg_type = SCM_RIGHTS,
						 .cmsg_len = CMSG_LEN(sizeof(int)) } };
	struct iovec part = { .iov_base = (void *)message, .iov_len = length };
	struct msghdr whole = { .msg_name = &address,
				.msg_namelen = sizeof(address),
				.msg_iov = &part,
				.msg_iovlen = 1 };

	if (passed >= 0) {
		memcpy(CMSG_DATA(&room.head), &passed, sizeof(passed));
		whole.msg_control = &room;
		whole.msg_controllen = sizeof(room);
	}
	if (sendmsg(fd, &whole, 0) < 0)
		trial_die("send to %s", address.sun_path);
}

static void tell_simply(enum did did, const struct order *order, uint16_t socket, uint64_t begin)
{
	struct deed deed = deed_begin(did, order->act, socket);

	deed.begin = begin;
	deed.place = order->place;
	deed_tell(&deed);
}

static struct sockaddr_in6 end_of(int fd, int (*ask)(int, struct sockaddr *, socklen_t *))
{
	struct sockaddr_storage address = { 0 };
	socklen_t length = sizeof(address);

	if (ask(fd, (struct sockaddr *)&address, &length) < 0)
		return (struct sockaddr_in6){ 0 };
	return trial_mapped((struct sockaddr *)&address);
}

/* `remote` and `since` are for sockets that have lost their ends by now; NULL, 0: none. */
static void tell_name(const struct order *order, uint16_t socket, uint16_t parent,
		      const struct sockaddr_in6 *remote, uint64_t since)
{
	struct deed deed = deed_begin(DID_NAME, order->act, socket);
	int fd = trial_fd(socket);

	deed.place = order->place;
	deed.parent = parent;
	deed.is_tcp = order->is_tcp;
	memcpy(deed.device, order->device, sizeof(deed.device));
	deed.local = end_of(fd, getsockname);
	deed.remote = end_of(fd, getpeername);
	if (remote && !deed.remote.sin6_port)
		deed.remote = *remote;
	deed.from = since;
	deed_tell(&deed);
}

static void keep_as(uint16_t socket, int fd)
{
	const struct timeval wait = { .tv_usec = WAIT_MS * 1000 };

	if (dup2(fd, trial_fd(socket)) < 0)
		trial_die("dup2");
	close(fd);
	fd = trial_fd(socket);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
}

static int enter(enum place place)
{
	return setns(FD_PLACE + place, CLONE_NEWNET) < 0 ? -errno : 0;
}

static int set_options(int fd, const struct order *order)
{
	int on = 1;

	setsockopt(fd, SOL_SOCKET, order->is_reuseport ? SO_REUSEPORT : SO_REUSEADDR, &on,
		   sizeof(on));
	if (*order->device && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, order->device,
					 strlen(order->device) + 1) < 0)
		return -errno;
	return 0;
}

static int bind_and_listen(int fd, const struct order *order)
{
	struct sockaddr_storage address;
	socklen_t length = trial_address(&order->local, &address);
	int r = set_options(fd, order);

	if (r < 0)
		return r;
	if (order->local.sin6_port && bind(fd, (struct sockaddr *)&address, length) < 0)
		return -errno;
	return order->is_tcp && order->count && listen(fd, BACKLOG) < 0 ? -errno : 0;
}

static int64_t open_socket(const struct order *order)
{
	bool is_ipv4 = IN6_IS_ADDR_V4MAPPED(&order->local.sin6_addr);
	uint64_t begin = trial_now();
	int r = enter(order->place), fd;

	if (r < 0)
		return r;
	fd = socket(is_ipv4 ? AF_INET : AF_INET6, order->is_tcp ? SOCK_STREAM : SOCK_DGRAM, 0);
	if (fd < 0)
		return -errno;
	tell_simply(DID_HOLD, order, order->socket, begin);
	keep_as(order->socket, fd);
	r = bind_and_listen(trial_fd(order->socket), order);
	tell_name(order, order->socket, 0, NULL, 0);
	return r;
}

static int64_t connect_socket(const struct order *order)
{
	struct sockaddr_storage address;
	socklen_t length = trial_address(&order->remote, &address);
	struct deed deed = deed_begin(DID_CONNECT, order->act, order->socket);
	int r;

	deed_tell(&deed);
	r = connect(trial_fd(order->socket), (struct sockaddr *)&address, length);
	r = r < 0 ? -errno : 0;
	tell_name(order, order->socket, 0, &order->remote, deed.begin);
	return r;
}

static int64_t accept_connection(const struct order *order)
{
	uint64_t begin = trial_now();
	struct sockaddr_storage from = { 0 };
	socklen_t length = sizeof(from);
	int fd = accept4(trial_fd(order->socket), (struct sockaddr *)&from, &length, 0);
	struct sockaddr_in6 remote;

	if (fd < 0)
		return -errno;
	tell_simply(DID_HOLD, order, order->other, begin);
	keep_as(order->other, fd);
	remote = trial_mapped((struct sockaddr *)&from);
	tell_name(order, order->other, order->socket, &remote, 0);
	return 0;
}

static void answer(const struct order *order, int64_t value)
{
	const struct answer answer = { .number = order->number,
				       .actor = own_number,
				       .pid = getpid(),
				       .value = value < 0 ? 0 : value,
				       .error = value < 0 ? (int)-value : 0 };

	trial_send(FD_ORDERS, folder, own_lane, CONDUCTOR, &answer, sizeof(answer), -1);
}

/* The child answers; the parent has nothing to say. */
static void fork_actor(const struct order *order)
{
	uint64_t begin = trial_now();
	pid_t pid = fork();

	if (pid < 0)
		trial_die("fork");
	if (pid > 0)
		return;
	own_number = order->actor;
	trial_bind_actor(folder, own_lane, own_number);
	for (int i = 0; i < order->held_count; i++)
		tell_simply(DID_HOLD, order, order->held[i], begin);
	answer(order, 0);
}

static int64_t close_socket(const struct order *order)
{
	uint64_t begin = trial_now();

	close(trial_fd(order->socket));
	tell_simply(DID_DROP, order, order->socket, begin);
	return 0;
}

static int64_t pass_socket(const struct order *order)
{
	trial_send(FD_ORDERS, folder, own_lane, PASSED_TO(order->actor), "", 1,
		   trial_fd(order->socket));
	return order->closes ? close_socket(order) : 0;
}

static int64_t receive_socket(const struct order *order)
{
	union descriptor_room room;
	char octet;
	struct iovec part = { .iov_base = &octet, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = &room,
				  .msg_controllen = sizeof(room) };
	uint64_t begin = trial_now();
	int fd;

	if (recvmsg(FD_PASSED, &message, 0) != 1)
		trial_die("what was passed");
	memcpy(&fd, CMSG_DATA(&room.head), sizeof(fd));
	tell_simply(DID_HOLD, order, order->socket, begin);
	keep_as(order->socket, fd);
	return 0;
}

static int64_t copy_socket(const struct order *order)
{
	uint64_t begin = trial_now();
	int process = syscall(SYS_pidfd_open, (pid_t)order->value, 0), fd, error;

	if (process < 0)
		return -errno;
	fd = syscall(SYS_pidfd_getfd, process, trial_fd(order->socket), 0);
	error = errno;
	close(process);
	if (fd < 0)
		return -error;
	tell_simply(DID_HOLD, order, order->socket, begin);
	keep_as(order->socket, fd);
	return 0;
}

static void become(const struct order *order)
{
	char lane[8], number[8], told[16];

	snprintf(lane, sizeof(lane), "%u", own_lane);
	snprintf(number, sizeof(number), "%u", own_number);
	snprintf(told, sizeof(told), "%u", order->number);
	execl(order->text, order->text, "act", lane, number, told, NULL);
	trial_die("%s", order->text);
}

/* What it is from now on. */
static void tell_self(const struct order *order)
{
	struct deed deed;

	deed_know_self();
	deed = deed_begin(DID_BECOME, order->act, 0);
	deed_tell(&deed);
}

static int64_t move_to_group(const struct order *order)
{
	int fd = open(order->text, O_WRONLY);
	int64_t r = fd < 0 || write(fd, "0", 1) != 1 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	tell_self(order);
	return r;
}

static int64_t change_user(const struct order *order)
{
	int64_t r = setresuid(order->value, order->count, 0) < 0 ? -errno : 0;

	tell_self(order);
	return r;
}

static int64_t rename_self(const struct order *order)
{
	prctl(PR_SET_NAME, order->text);
	tell_self(order);
	return 0;
}

/* A client that is gone as soon as it has had its say. */
static int64_t chat(const struct order *order)
{
	int64_t r = open_socket(order);

	if (r == 0)
		r = connect_socket(order);
	if (r == 0 && order->value)
		r = data_write(order);
	if (r < 0)
		answer(order, r);
	else
		answer(order, 0);
	_exit(0);
}

static int64_t perform(const struct order *order)
{
	switch (order->operation) {
	case OP_SOCKET:
		return open_socket(order);
	case OP_CONNECT:
		return connect_socket(order);
	case OP_ACCEPT:
		return accept_connection(order);
	case OP_PASS:
		return pass_socket(order);
	case OP_RECEIVE:
		return receive_socket(order);
	case OP_COPY:
		return copy_socket(order);
	case OP_USER:
		return change_user(order);
	case OP_GROUP:
		return move_to_group(order);
	case OP_RENAME:
		return rename_self(order);
	case OP_CLOSE:
		return close_socket(order);
	case OP_SHUTDOWN:
		return shutdown(trial_fd(order->socket), SHUT_WR) < 0 ? -errno : 0;
	case OP_SEND:
		return data_send(order);
	case OP_TAKE:
		return data_take(order);
	case OP_WRITE:
		return data_write(order);
	case OP_READ:
		return data_read(order);
	case OP_FORGE:
		return forge(order);
	case OP_CHAT:
		return chat(order);
	default:
		return 0;
	}
}

static void obey(const struct order *order)
{
	if (order->operation == OP_FORK)
		fork_actor(order);
	else if (order->operation == OP_EXEC)
		become(order);
	else
		answer(order, perform(order));
}

/* The next order. An actor whose lane is gone goes, too. */
static void take_order(struct order *ret_order)
{
	const char *conductor = getenv("TRIAL_CONDUCTOR");
	ssize_t r;

	do {
		r = recv(FD_ORDERS, ret_order, sizeof(*ret_order), 0);
		if (r < 0 && errno == EAGAIN && conductor && kill(atoi(conductor), 0) < 0 &&
		    errno == ESRCH)
			_exit(0);
	} while (r < 0);
	if (r != sizeof(*ret_order))
		trial_die("an order");
}

void actor_run(unsigned int lane, unsigned int actor, uint32_t number)
{
	struct order order = { .number = number };

	folder = getenv("TRIAL_FOLDER");
	if (!folder)
		trial_die("TRIAL_FOLDER");
	own_lane = lane;
	own_number = actor;
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	tell_self(&order);
	answer(&order, 0);
	for (;;) {
		take_order(&order);
		obey(&order);
	}
}
