/* SPDX-License-Identifier: GPL-2.0-only */
/* notify.c - sd_notify(3) without its library: one datagram. */
#include "notify.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "text.h"

#define NOTIFY_SIZE 1024

/* "@NAME" is of the abstract name space. The address's length, or -errno. */
static int notify_address(struct sockaddr_un *ret_address)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t length = path ? strlen(path) : 0;

	if (!length)
		return -ENOENT;
	if (*path != '/' && *path != '@')
		return -EAFNOSUPPORT;
	if (length < 2 || length >= sizeof(ret_address->sun_path))
		return -EINVAL;
	*ret_address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(ret_address->sun_path, path, length);
	if (*path == '@')
		ret_address->sun_path[0] = '\0';
	return (int)(offsetof(struct sockaddr_un, sun_path) + length + (*path == '/'));
}

bool notify_wanted(void)
{
	struct sockaddr_un address;

	return notify_address(&address) > 0;
}

int notify_send(const char *format, ...)
{
	char lines[NOTIFY_SIZE];
	struct sockaddr_un address;
	_cleanup_close_ int fd = -1;
	va_list arguments;
	int length = notify_address(&address);

	if (length == -ENOENT)
		return 0;
	if (length < 0)
		return length;
	va_start(arguments, format);
	vsnprintf(lines, sizeof(lines), format, arguments);
	va_end(arguments);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || sendto(fd, lines, strlen(lines), MSG_NOSIGNAL | MSG_DONTWAIT,
			     (const struct sockaddr *)&address, (socklen_t)length) < 0)
		return -errno;
	return 0;
}

uint64_t notify_watchdog_ns(void)
{
	const char *period = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	uint64_t microseconds, number;

	if (!period || text_parse_number(period, 1, UINT64_MAX / 1000, &microseconds) < 0)
		return 0;
	if (pid && (text_parse_number(pid, 1, INT32_MAX, &number) < 0 ||
		    (pid_t)number != getpid()))
		return 0;
	return microseconds * 1000;
}
