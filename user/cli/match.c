// SPDX-License-Identifier: GPL-2.0-only
/* match.c - prefixes, and what to say about those that fail. */
#include "match.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#include "../base/text.h"
#include "../base/util.h"

#define MATCH_SHOWN "%.80s" /* of a word that somebody typed */

static bool match_begins(const char *word, const char *whole)
{
	return strncmp(whole, word, strlen(word)) == 0;
}

int match_word(const char *word, const char *const *words, size_t count)
{
	int found = -ENOENT;

	for (size_t i = 0; *word && i < count; i++) {
		if (util_streq(words[i], word))
			return (int)i;
		if (match_begins(word, words[i]))
			found = found == -ENOENT ? (int)i : -ENOTUNIQ;
	}
	return found;
}

/* Appends the words that begin with `word`. */
static void match_list(const char *word, const char *const *words, size_t count,
		       char out[MATCH_TEXT_SIZE])
{
	const char *separator = "";

	for (size_t i = 0; i < count; i++) {
		size_t used = strlen(out);

		if (!match_begins(word, words[i]))
			continue;
		snprintf(out + used, MATCH_TEXT_SIZE - used, "%s%s", separator, words[i]);
		separator = ", ";
	}
}

const char *match_explain(const char *what, const char *word, const char *const *words,
			  size_t count, char out[MATCH_TEXT_SIZE])
{
	const char *nearest = text_nearest(word, words, count);

	if (match_word(word, words, count) == -ENOTUNIQ) {
		snprintf(out, MATCH_TEXT_SIZE, "ambiguous %s '" MATCH_SHOWN "': ", what, word);
		match_list(word, words, count, out);
	} else if (nearest) {
		snprintf(out, MATCH_TEXT_SIZE,
			 "unknown %s '" MATCH_SHOWN "', did you mean '%s'?", what, word, nearest);
	} else {
		snprintf(out, MATCH_TEXT_SIZE, "unknown %s '" MATCH_SHOWN "', known: ", what, word);
		match_list("", words, count, out);
	}
	return out;
}
