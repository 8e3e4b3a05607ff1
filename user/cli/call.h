/* SPDX-License-Identifier: GPL-2.0-only */
/* call.h - one call of the program, read from its command line. */
#ifndef CLI_CALL_H
#define CLI_CALL_H

#include <stdbool.h>
#include <stddef.h>

#include "../model/config.h"
#include "../view/out.h"
#include "arguments.h"

#define CALL_DEFAULT_INSTANCE "portsentinel"

/* A configuration key given as a flag. */
struct call_flag {
	const struct config_key *key;
	const char *value; /* borrowed of argv */
};

struct call {
	enum out_format format;
	const char *instance;
	const char *config_path; /* NULL: none given */
	bool is_debugging;
	bool wants_version;
	bool wants_help;
	const char **words; /* all that is no option; inside a command, what follows its name */
	size_t word_count;
	struct call_flag *flags; /* in the order given */
	size_t flag_count;
	struct arguments arguments; /* the words, where the command takes keywords */
};

/* An option that every command takes. */
struct call_option {
	const char *name; /* "--json" */
	char letter;
	const char *value; /* its form; NULL: takes none */
	const char *help;
};

const struct call_option *call_options(size_t *ret_count);

/*
 * Options may stand anywhere. 0, or -errno with a reason in ret_why: the whole line was read all
 * the same, so that `format` is known. call_free() either way.
 */
int call_parse(struct call *call, int argc, char **argv, char *ret_why, size_t why_size);
void call_free(struct call *call);

#endif
