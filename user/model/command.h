/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * command.h - command lines that are longer than a struct process has room for, kept whole beside
 * it: the latest few, so that memory is bounded however long processes make theirs.
 */
#ifndef MODEL_COMMAND_H
#define MODEL_COMMAND_H

#include "sighting.h"

#define COMMAND_LENGTH_MAX (128 << 10) /* octets; what is longer is cut */

/* Sets the command line from `length` octets, arguments separated by zeros. */
void command_set(struct process *process, const char *arguments, size_t length);

/* The whole of it; its beginning, where the rest had to make room. Valid until the next set. */
const char *command_get(const struct process *process);

#endif
