/* SPDX-License-Identifier: GPL-2.0-only */
/* target.h - the words that name where syslog messages go, taken apart. */
#ifndef SINK_TARGET_H
#define SINK_TARGET_H

#include <stdbool.h>
#include <stddef.h>

enum target_kind {
	TARGET_LOCAL, /* journald, else the system's log socket */
	TARGET_UNIX,
	TARGET_UDP,
	TARGET_TCP,
	TARGET_TLS,
};

#define TARGET_PATH_SIZE 108 /* of sockaddr_un */
#define TARGET_HOST_SIZE 256

struct target {
	enum target_kind kind;
	char path[TARGET_PATH_SIZE]; /* of `unix:` */
	char host[TARGET_HOST_SIZE]; /* without brackets */
	char port[6];
};

/*
 * 0 or -EINVAL with the reason in ret_why; the target is then not to be used.
 */
int target_parse(const char *text, struct target *ret_target, char *ret_why, size_t why_size);

#endif
