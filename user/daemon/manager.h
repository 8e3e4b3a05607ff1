/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * manager.h - the sensor's state, told to the service manager that started it, if one did. Life:
 * manager_new -> manager_ready -> (manager_reloading -> manager_ready) ... -> manager_stopping ->
 * manager_free.
 */
#ifndef DAEMON_MANAGER_H
#define DAEMON_MANAGER_H

#include "../base/loop.h"

struct manager;

/* Begins to show signs of life from the loop, twice as often as asked. 0 or -errno. */
int manager_new(struct manager **ret_manager, struct loop *loop);
/* NULL is allowed. */
void manager_free(struct manager *manager);

/* The sensor works; status: one line for people. Told when it differs from the line before. */
void manager_ready(struct manager *manager, const char *status);

/* The configuration is read anew; manager_ready() says when that is done. */
void manager_reloading(struct manager *manager);

void manager_stopping(struct manager *manager);

#endif
