/* SPDX-License-Identifier: GPL-2.0-only */
/* engine.h - the naming engine over a system of the caller's choice: for owner.c and for tests. */
#ifndef WHO_ENGINE_H
#define WHO_ENGINE_H

#include "outside.h"
#include "owner.h"

/* As owners_new(); the owners take what `outside` refers to, unless it fails. */
int owners_new_in(struct owners **ret_owners, const struct owner_source *source,
		  const struct outside *outside);

#endif
