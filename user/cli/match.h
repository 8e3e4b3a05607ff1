/* SPDX-License-Identifier: GPL-2.0-only */
/* match.h - words that may be shortened. Pure. */
#ifndef CLI_MATCH_H
#define CLI_MATCH_H

#include <stddef.h>

/*
 * The index of the one word that `word` is, or else begins. -ENOENT: of none; -ENOTUNIQ: of
 * several.
 */
int match_word(const char *word, const char *const *words, size_t count);

/*
 * Says why match_word() refused: lists the candidates, or names the nearest word. `what` is what
 * was looked for ("object"). Returns out.
 */
#define MATCH_TEXT_SIZE 1024
const char *match_explain(const char *what, const char *word, const char *const *words,
			  size_t count, char out[MATCH_TEXT_SIZE]);

#endif
