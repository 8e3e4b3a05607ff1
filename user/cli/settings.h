/* SPDX-License-Identifier: GPL-2.0-only */
/* settings.h - the configuration that a call asks for: the file first, then its flags. */
#ifndef CLI_SETTINGS_H
#define CLI_SETTINGS_H

#include "call.h"

/*
 * Reads `path`, or where it is NULL the default file, which may be missing. Every fault goes to
 * `report`. 0 or -errno.
 */
int settings_read_file(struct config *config, const char *path, config_reporter *report,
		       void *argument);

/* The defaults, the file and the flags. Faults are logged. 0 or -errno. */
int settings_read(const struct call *call, struct config *ret_config);

#endif
