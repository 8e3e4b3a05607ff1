// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <jansson.h>

#include "actor.h"
#include "truth.h"

#define DESCRIPTOR_NAME "ACTOR_TRUTH_FD"
#define DESCRIPTOR_LOWEST 100 /* above those that scenarios keep over an exec */

static int truth_fd = -1;
static char told_executable[PATH_MAX];

/* The descriptor outlives exec and chroot, where the path would not be found. */
void truth_open(const char *path)
{
	const char *inherited = getenv(DESCRIPTOR_NAME);
	char number[16];
	int fd;

	if (inherited) {
		truth_fd = atoi(inherited);
		return;
	}
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT, 0644);
	truth_fd = fcntl(fd, F_DUPFD, DESCRIPTOR_LOWEST);
	if (truth_fd < 0)
		die(path);
	close(fd);
	snprintf(number, sizeof(number), "%d", truth_fd);
	setenv(DESCRIPTOR_NAME, number, 1);
}

void truth_set_executable(const char *path)
{
	snprintf(told_executable, sizeof(told_executable), "%s", path);
}

static const char *own_executable(void)
{
	static char path[PATH_MAX];
	ssize_t length;

	if (*told_executable)
		return told_executable;
	length = readlink("/proc/self/exe", path, sizeof(path) - 1);
	if (length < 0)
		die("/proc/self/exe");
	path[length] = '\0';
	return path;
}

struct timespec truth_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now;
}

struct sockaddr_in6 truth_end(const struct sockaddr *address)
{
	const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)address;
	struct sockaddr_in6 end = { .sin6_family = AF_INET6 };

	if (address->sa_family != AF_INET) {
		memcpy(&end, address, sizeof(end));
		return end;
	}
	end.sin6_port = ipv4->sin_port;
	memset(end.sin6_addr.s6_addr + 10, 0xff, 2);
	memcpy(end.sin6_addr.s6_addr + 12, &ipv4->sin_addr, 4);
	return end;
}

static json_t *end_to_json(const struct sockaddr_in6 *end)
{
	bool is_mapped = IN6_IS_ADDR_V4MAPPED(&end->sin6_addr);
	char text[INET6_ADDRSTRLEN];

	inet_ntop(is_mapped ? AF_INET : AF_INET6, end->sin6_addr.s6_addr + (is_mapped ? 12 : 0),
		  text, sizeof(text));
	return json_pack("{s:s, s:i}", "ip", text, "port", (int)ntohs(end->sin6_port));
}

static void append(json_t *line)
{
	char *text = json_dumps(line, JSON_COMPACT);
	size_t length;

	if (!text)
		die("a truth that is not UTF-8");
	length = strlen(text);
	text[length++] = '\n';
	if (write(truth_fd, text, length) != (ssize_t)length)
		die("the truth");
	free(text);
}

void truth_tell(struct timespec when, const char *did, const char *transport,
		const struct sockaddr_in6 *local, const struct sockaddr_in6 *remote)
{
	char time[64], seconds[32];
	struct tm date;
	json_t *line;

	if (truth_fd < 0)
		return;
	strftime(seconds, sizeof(seconds), "%FT%T", gmtime_r(&when.tv_sec, &date));
	snprintf(time, sizeof(time), "%s.%09ldZ", seconds, when.tv_nsec);
	line = json_pack("{s:s, s:s, s:s, s:o, s:o*, s:i, s:s}", "@timestamp", time, "did", did,
			 "transport", transport, "local", end_to_json(local), "remote",
			 remote ? end_to_json(remote) : NULL, "pid", (int)getpid(), "executable",
			 own_executable());
	if (!line)
		die("json_pack");
	append(line);
	json_decref(line);
}

void truth_tell_socket(struct timespec when, const char *did, int fd,
		       const struct sockaddr_in6 *remote)
{
	struct sockaddr_storage address = { 0 };
	struct sockaddr_in6 local, peer;
	socklen_t length = sizeof(address);
	int type = 0;

	if (getsockname(fd, (struct sockaddr *)&address, &length) < 0)
		die("getsockname");
	local = truth_end((struct sockaddr *)&address);
	length = sizeof(address);
	if (!remote && getpeername(fd, (struct sockaddr *)&address, &length) == 0) {
		peer = truth_end((struct sockaddr *)&address);
		remote = &peer;
	}
	length = sizeof(type);
	getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length);
	truth_tell(when, did, type == SOCK_STREAM ? "tcp" : "udp", &local, remote);
}
