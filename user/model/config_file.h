/* SPDX-License-Identifier: GPL-2.0-only */
/* config_file.h - one file of a configuration, for config_read.c alone. */
#ifndef MODEL_CONFIG_FILE_H
#define MODEL_CONFIG_FILE_H

#include "config.h"

/* 0, or -errno when the file cannot be read. Its faults are reported, and add to *faults. */
int config_file_read(struct config *config, const char *path, config_reporter *report,
		     void *argument, size_t *faults);

#endif
