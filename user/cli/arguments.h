/* SPDX-License-Identifier: GPL-2.0-only */
/* arguments.h - keyword arguments, as ip(8) has them: port N interface NAME ... Pure. */
#ifndef CLI_ARGUMENTS_H
#define CLI_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bits: which a command takes, which were given. */
enum argument {
	ARGUMENT_PORT = 1 << 0,
	ARGUMENT_INTERFACE = 1 << 1,
	ARGUMENT_DIRECTION = 1 << 2,
	ARGUMENT_PROTOCOL = 1 << 3,
	ARGUMENT_LIMIT = 1 << 4,
	ARGUMENT_INTERVAL = 1 << 5,
	ARGUMENT_COUNT = 1 << 6,
};

struct arguments {
	unsigned int given;
	uint16_t port;
	const char *interface; /* borrowed */
	unsigned int direction; /* enum direction */
	unsigned int protocol; /* enum protocol */
	uint64_t limit;
	uint64_t interval_ns;
	uint64_t count;
};

struct argument_keyword {
	enum argument bit;
	const char *word;
	const char *value; /* its form, for help */
	bool (*set)(struct arguments *arguments, const char *value);
};

const struct argument_keyword *arguments_list(size_t *ret_count);

static inline bool arguments_has(const struct arguments *arguments, enum argument bit)
{
	return arguments->given & bit;
}

/* 0, or -EINVAL with a reason in ret_why. `accepted` has the bits of what may be given. */
int arguments_parse(const char *const *words, size_t count, unsigned int accepted,
		    struct arguments *ret_arguments, char *ret_why, size_t why_size);

#endif
