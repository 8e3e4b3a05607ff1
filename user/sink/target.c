/* SPDX-License-Identifier: GPL-2.0-only */
/* target.c - local, unix:PATH, udp://HOST:PORT, tcp://HOST:PORT, tls://HOST[:PORT]. */
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

#define TARGET_TLS_PORT "6514" /* RFC 5425 section 4.1 */

/* The bracketed address of `text`; its end, or NULL. */
static const char *target_bracket_end(const char *text)
{
	const char *end = *text == '[' ? strchr(text, ']') : NULL;

	return end && (end[1] == ':' || !end[1]) ? end : NULL;
}

/*
 * Finds where the host begins and ends and where the port begins. `port`: what it is when it is
 * not written; NULL: it has to be. NULL, or what is wrong.
 */
static const char *target_split(const char *text, const char *port, const char **ret_host,
				size_t *ret_length, const char **ret_port)
{
	bool is_bracketed = *text == '[';
	const char *end = is_bracketed ? target_bracket_end(text) : strrchr(text, ':');
	const char *colon = is_bracketed && end ? end + 1 : end;

	if (is_bracketed && (!end || (!*colon && !port)))
		return "expected [ADDRESS]:PORT";
	if (!is_bracketed && !end && !port)
		return "the port is missing: expected HOST:PORT";
	if (!is_bracketed && end && memchr(text, ':', (size_t)(end - text)))
		return "write an IPv6 address in brackets: [ADDRESS]:PORT";
	*ret_host = text + is_bracketed;
	*ret_length = end ? (size_t)(end - *ret_host) : strlen(text);
	*ret_port = colon && *colon ? colon + 1 : port;
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

static int target_parse_host(const char *text, const char *default_port, struct target *target,
			     char *ret_why, size_t why_size)
{
	const char *host, *port;
	size_t length;
	uint64_t number;
	const char *why = target_split(text, default_port, &host, &length, &port);

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
	static const struct {
		const char *word;
		enum target_kind kind;
		const char *default_port;
	} schemes[] = {
		{ "udp://", TARGET_UDP, NULL },
		{ "tcp://", TARGET_TCP, NULL },
		{ "tls://", TARGET_TLS, TARGET_TLS_PORT },
	};

	*ret_target = (struct target){ .kind = TARGET_LOCAL };
	if (util_streq(text, "local"))
		return 0;
	if (strncmp(text, "unix:", 5) == 0)
		return target_parse_path(text + 5, ret_target, ret_why, why_size);
	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
		if (strncmp(text, schemes[i].word, strlen(schemes[i].word)) != 0)
			continue;
		ret_target->kind = schemes[i].kind;
		return target_parse_host(text + strlen(schemes[i].word), schemes[i].default_port,
					 ret_target, ret_why, why_size);
	}
	return target_refuse(ret_why, why_size, "expected local, unix:PATH, udp://HOST:PORT, "
						"tcp://HOST:PORT or tls://HOST[:PORT]");
}
