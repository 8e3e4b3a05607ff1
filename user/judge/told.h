/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * told.h - what was held back is told once, by the first alert about its thing to end, though
 * several may be about it. Bounded: of a thing that is forgotten, each alert tells what it saw.
 */
#ifndef JUDGE_TOLD_H
#define JUDGE_TOLD_H

#include <stddef.h>

#include "../model/held.h"

struct told;

/* 0 or -errno. `capacity`: things that are remembered. */
int told_new(struct told **ret_told, size_t capacity);
void told_free(struct told *told);

/*
 * What may be told of a thing whose running number was `before` when an alert last looked, and is
 * `now`: the part of it that no other alert has told. It counts as told.
 */
uint32_t told_take(struct told *told, const struct held_thing *thing, uint32_t before,
		   uint32_t now);

#endif
