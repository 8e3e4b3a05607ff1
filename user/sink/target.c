/* SPDX-License-Identifier: GPL-2.0-only */
/* target.c - local, unix:PATH, udp://HOST:PORT, tcp://HOST:PORT. */
#include "target.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>

#include "../base/text.h"
#include "../base/util.h"

static int target_refuse(char *ret_why, size_t why_size, const char *why)
{
	snprintf(ret_why, why_size, "%s", why);
	return -EINVAL;
}

static int target_parse_path(const char *path, struct target *target, char *ret_why,
			     size_t why_size)
{
	if (*path != '/')
		return target_refuse(ret_why, why_size, "the socket's path must begin with /");
	if (strlen(path) >= sizeof(target->path))
		return target_refuse(ret_why, why_size, "the socket's path is too long");
	target->kind = TARGET_UNIX;
	strcpy(target->path, path);
	return 0;
}

/* Finds where the host begins and ends and where the port begins. NULL, or what is wrong. */
static const char *target_split(const char *text, const char **ret_host, size_t *ret_length,
				const char **ret_port)
{
	const char *end;

	if (*text == '[') {
		end = strchr(text, ']');
		if (!end || end[1] != ':')
			return "expected [ADDRESS]:PORT";
		*ret_host = text + 1;
		*ret_port = end + 2;
	} else {
		end = strrchr(text, ':');
		if (!end)
			return "the port is missing: expected HOST:PORT";
		if (memchr(text, ':', (size_t)(end - text)))
			return "write an IPv6 address in brackets: [ADDRESS]:PORT";
		*ret_host = text;
		*ret_port = end + 1;
	}
	*ret_length = (size_t)(end - *ret_host);
	return NULL;
}

static bool target_host_valid(const char *host, size_t length)
{
	if (!length || length >= TARGET_HOST_SIZE)
		return false;
	for (size_t i = 0; i < length; i++)
		if (host[i] <= ' ' || host[i] > '~' || strchr("/[]@", host[i]))
			return false;
	return true;
}

static int target_parse_host(const char *text, struct target *target, char *ret_why,
			     size_t why_size)
{
	const char *host, *port;
	size_t length;
	uint64_t number;
	const char *why = target_split(text, &host, &length, &port);

	if (why)
		return target_refuse(ret_why, why_size, why);
	if (!target_host_valid(host, length))
		return target_refuse(ret_why, why_size, "that is no host name or address");
	if (text_parse_number(port, 1, 65535, &number) < 0)
		return target_refuse(ret_why, why_size, "the port must be 1 to 65535");
	memcpy(target->host, host, length);
	snprintf(target->port, sizeof(target->port), "%u", (unsigned int)number & 0xffff);
	return 0;
}

int target_parse(const char *text, struct target *ret_target, char *ret_why, size_t why_size)
{
	*ret_target = (struct target){ .kind = TARGET_LOCAL };
	if (util_streq(text, "local"))
		return 0;
	if (strncmp(text, "unix:", 5) == 0)
		return target_parse_path(text + 5, ret_target, ret_why, why_size);
	if (strncmp(text, "tls://", 6) == 0)
		return target_refuse(ret_why, why_size,
				     "TLS is not built in (send to a local relay that speaks it)");
	ret_target->kind = strncmp(text, "udp://", 6) == 0 ? TARGET_UDP : TARGET_TCP;
	if (ret_target->kind == TARGET_TCP && strncmp(text, "tcp://", 6) != 0)
		return target_refuse(
			ret_why, why_size,
			"expected local, unix:PATH, udp://HOST:PORT or tcp://HOST:PORT");
	return target_parse_host(text + 6, ret_target, ret_why, why_size);
}
