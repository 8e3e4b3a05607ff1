/* SPDX-License-Identifier: GPL-2.0-only */
/* words.h - the contract's word for each number of the border, and back. */
#ifndef MODEL_WORDS_H
#define MODEL_WORDS_H

#include "../../bpf/abi.h"

/* Each returns a static word, "unknown" for a number that has none. */
const char *words_protocol(unsigned int protocol);
const char *words_direction(unsigned int direction);
const char *words_role(unsigned int role);
const char *words_kind(unsigned int kind);
const char *words_unparsed(unsigned int reason);

/* The number, or -EINVAL. */
int words_find_protocol(const char *word);
int words_find_direction(const char *word);

#endif
