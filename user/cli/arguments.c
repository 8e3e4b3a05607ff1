// SPDX-License-Identifier: GPL-2.0-only
/* arguments.c - the keywords, one row each. */
#include "arguments.h"

#include <errno.h>
#include <stdio.h>

#include "../base/text.h"
#include "../base/util.h"
#include "../model/words.h"
#include "match.h"

#define INTERVAL_MIN_NS 100000000ULL

static bool set_port(struct arguments *arguments, const char *value)
{
	uint64_t number;

	/* 0 is the row of what found no room. */
	if (text_parse_number(value, 0, 65535, &number) < 0)
		return false;
	arguments->port = (uint16_t)number;
	return true;
}

static bool set_interface(struct arguments *arguments, const char *value)
{
	arguments->interface = value;
	return *value;
}

static bool set_direction(struct arguments *arguments, const char *value)
{
	int found = words_find_direction(value);

	arguments->direction = (unsigned int)found;
	return found >= 0;
}

static bool set_protocol(struct arguments *arguments, const char *value)
{
	int found = words_find_protocol(value);

	arguments->protocol = (unsigned int)found;
	return found >= 0;
}

static bool set_limit(struct arguments *arguments, const char *value)
{
	return text_parse_number(value, 1, UINT64_MAX, &arguments->limit) == 0;
}

static bool set_interval(struct arguments *arguments, const char *value)
{
	return text_parse_duration(value, &arguments->interval_ns) == 0 &&
	       arguments->interval_ns >= INTERVAL_MIN_NS;
}

static bool set_count(struct arguments *arguments, const char *value)
{
	return text_parse_number(value, 1, UINT64_MAX, &arguments->count) == 0;
}

static const struct argument_keyword keywords[] = {
	{ ARGUMENT_PORT, "port", "N", set_port },
	{ ARGUMENT_INTERFACE, "interface", "NAME", set_interface },
	{ ARGUMENT_DIRECTION, "direction", "in|out", set_direction },
	{ ARGUMENT_PROTOCOL, "protocol", "tcp|udp", set_protocol },
	{ ARGUMENT_LIMIT, "limit", "N", set_limit },
	{ ARGUMENT_INTERVAL, "interval", "1s", set_interval },
	{ ARGUMENT_COUNT, "count", "N", set_count },
};

const struct argument_keyword *arguments_list(size_t *ret_count)
{
	*ret_count = ARRAY_SIZE(keywords);
	return keywords;
}

static const struct argument_keyword *arguments_find(const char *word, unsigned int accepted,
						     char *ret_why, size_t why_size)
{
	const struct argument_keyword *known[ARRAY_SIZE(keywords)];
	const char *words[ARRAY_SIZE(keywords)];
	char why[MATCH_TEXT_SIZE];
	size_t count = 0;
	int found;

	for (size_t i = 0; i < ARRAY_SIZE(keywords); i++) {
		if (!(accepted & keywords[i].bit))
			continue;
		known[count] = &keywords[i];
		words[count++] = keywords[i].word;
	}
	found = match_word(word, words, count);
	if (found >= 0)
		return known[found];
	snprintf(ret_why, why_size, "%s", match_explain("argument", word, words, count, why));
	return NULL;
}

/* `value` is NULL where the words end. */
static int arguments_take(struct arguments *arguments, const struct argument_keyword *keyword,
			  const char *value, char *ret_why, size_t why_size)
{
	if (!value)
		snprintf(ret_why, why_size, "'%s' needs a value (%s)", keyword->word,
			 keyword->value);
	else if (arguments->given & keyword->bit)
		snprintf(ret_why, why_size, "'%s' is given twice", keyword->word);
	else if (!keyword->set(arguments, value))
		snprintf(ret_why, why_size, "%s: bad value '%s' (wanted: %s)", keyword->word, value,
			 keyword->value);
	else
		return 0;
	return -EINVAL;
}

int arguments_parse(const char *const *words, size_t count, unsigned int accepted,
		    struct arguments *ret_arguments, char *ret_why, size_t why_size)
{
	struct arguments arguments = {};

	for (size_t i = 0; i < count; i += 2) {
		const char *value = i + 1 < count ? words[i + 1] : NULL;
		const struct argument_keyword *keyword =
			arguments_find(words[i], accepted, ret_why, why_size);

		if (!keyword || arguments_take(&arguments, keyword, value, ret_why, why_size) < 0)
			return -EINVAL;
		arguments.given |= keyword->bit;
	}
	*ret_arguments = arguments;
	return 0;
}
