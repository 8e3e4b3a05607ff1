// SPDX-License-Identifier: GPL-2.0-only
/*
 * call.c - options by getopt_long(3), over a table made of the program's options and of the
 * configuration keys' flags.
 */
#include "call.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>

#include "../base/util.h"
#include "../daemon/rundir.h"
#include "match.h"

/* The first value of an option that is a configuration key's; below are letters. */
#define CALL_FIRST_KEY 256
#define CALL_DASHES 2

static const struct call_option options[] = {
	{ "--json", 'j', NULL, "every output as JSON" },
	{ "--pretty", 'p', NULL, "the same, indented" },
	{ "--instance", 'n', "NAME", "which sensor, where several run: portsentinel by default" },
	{ "--config", 'c', "FILE", "instead of " CONFIG_DEFAULT_PATH },
	{ "--debug", 'd', NULL, "say more on standard error" },
	{ "--version", 'V', NULL, "print the version" },
	{ "--help", 'h', NULL, "print help on what the other words name" },
};

const struct call_option *call_options(size_t *ret_count)
{
	*ret_count = ARRAY_SIZE(options);
	return options;
}

#define CALL_OPTIONS_MAX (ARRAY_SIZE(options) + CONFIG_KEYS_MAX)

/* What getopt_long() is given. */
struct call_grammar {
	struct option longs[CALL_OPTIONS_MAX + 1];
	const char *names[CALL_OPTIONS_MAX];
	const char *values[CALL_OPTIONS_MAX]; /* their forms */
	size_t count;
	char shorts[2 + 2 * ARRAY_SIZE(options) + 1];
};

static void grammar_add(struct call_grammar *grammar, const char *name, const char *value, int code)
{
	grammar->longs[grammar->count] = (struct option){
		.name = name + CALL_DASHES,
		.has_arg = value ? required_argument : no_argument,
		.val = code,
	};
	grammar->values[grammar->count] = value;
	grammar->names[grammar->count++] = name;
}

static void grammar_init(struct call_grammar *grammar)
{
	size_t count, used;
	const struct config_key *keys = config_keys(&count);

	*grammar = (struct call_grammar){ .shorts = "-:" }; /* words in place; faults told apart */
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		grammar_add(grammar, options[i].name, options[i].value, options[i].letter);
		used = strlen(grammar->shorts);
		snprintf(grammar->shorts + used, sizeof(grammar->shorts) - used, "%c%s",
			 options[i].letter, options[i].value ? ":" : "");
	}
	for (size_t i = 0; i < count; i++)
		grammar_add(grammar, keys[i].flag, keys[i].value, CALL_FIRST_KEY + (int)i);
}

/* The index of the option that getopt_long() calls by `code`; the count when it knows none. */
static size_t grammar_find(const struct call_grammar *grammar, int code)
{
	size_t i = 0;

	while (i < grammar->count && grammar->longs[i].val != code)
		i++;
	return i;
}

static void call_explain_unknown(const struct call_grammar *grammar, const char *word,
				 char *ret_why, size_t why_size)
{
	_cleanup_free_ char *name = strndup(word, strcspn(word, "="));
	char text[MATCH_TEXT_SIZE];
	size_t known = grammar_find(grammar, optopt);

	if (optopt && known < grammar->count)
		snprintf(ret_why, why_size, "option '%s' takes no value", grammar->names[known]);
	else if (optopt)
		snprintf(ret_why, why_size, "unknown option '-%c'", optopt);
	else
		snprintf(ret_why, why_size, "%s",
			 match_explain("option", name ? name : word, grammar->names,
				       grammar->count, text));
}

static void call_explain_missing(const struct call_grammar *grammar, char *ret_why, size_t why_size)
{
	size_t known = grammar_find(grammar, optopt);

	snprintf(ret_why, why_size, "option '%s' needs a value (%s)", grammar->names[known],
		 grammar->values[known]);
}

/* Takes one of the program's own options. 0, or -EINVAL with a reason. */
static int call_take_option(struct call *call, int letter, char *ret_why, size_t why_size)
{
	switch (letter) {
	case 'j':
		call->format = MAX(call->format, OUT_JSON);
		return 0;
	case 'p':
		call->format = OUT_JSON_PRETTY;
		return 0;
	case 'c':
		call->config_path = optarg;
		return 0;
	case 'd':
		call->is_debugging = true;
		return 0;
	case 'V':
		call->wants_version = true;
		return 0;
	case 'h':
		call->wants_help = true;
		return 0;
	}
	if (!rundir_instance_valid(optarg)) {
		snprintf(ret_why, why_size,
			 "'%s' is no instance name (letters, digits, '-', '_' and '.')", optarg);
		return -EINVAL;
	}
	call->instance = optarg;
	return 0;
}

/* What getopt_long() returned. 0, or -EINVAL with a reason. */
static int call_take(struct call *call, const struct call_grammar *grammar, int code,
		     const char *current, char *ret_why, size_t why_size)
{
	size_t count;

	switch (code) {
	case 1:
		call->words[call->word_count++] = optarg;
		return 0;
	case '?':
		call_explain_unknown(grammar, current, ret_why, why_size);
		return -EINVAL;
	case ':':
		call_explain_missing(grammar, ret_why, why_size);
		return -EINVAL;
	}
	if (code < CALL_FIRST_KEY)
		return call_take_option(call, code, ret_why, why_size);
	call->flags[call->flag_count++] = (struct call_flag){
		.key = &config_keys(&count)[code - CALL_FIRST_KEY],
		.value = optarg,
	};
	return 0;
}

int call_parse(struct call *call, int argc, char **argv, char *ret_why, size_t why_size)
{
	struct call_grammar grammar;
	char why[MATCH_TEXT_SIZE];
	int code, one, r = 0;

	*call = (struct call){
		.instance = CALL_DEFAULT_INSTANCE,
		.words = calloc((size_t)argc + 1, sizeof(*call->words)),
		.flags = calloc((size_t)argc + 1, sizeof(*call->flags)),
	};
	if (!call->words || !call->flags) {
		snprintf(ret_why, why_size, "out of memory");
		return -ENOMEM;
	}
	grammar_init(&grammar);
	optind = 0;
	while ((code = getopt_long(argc, argv, grammar.shorts, grammar.longs, NULL)) != -1) {
		one = call_take(call, &grammar, code, argv[optind - 1], why, sizeof(why));
		if (one < 0 && r == 0)
			snprintf(ret_why, why_size, "%s", why);
		r = r ? r : one;
	}
	while (optind < argc)
		call->words[call->word_count++] = argv[optind++];
	return r;
}

void call_free(struct call *call)
{
	free(call->words);
	free(call->flags);
}
