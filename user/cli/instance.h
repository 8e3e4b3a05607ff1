/* SPDX-License-Identifier: GPL-2.0-only */
/* instance.h - what a sensor, alive or dead, left in the BPF file system. */
#ifndef CLI_INSTANCE_H
#define CLI_INSTANCE_H

#include "../kernel/interface_list.h"
#include "../kernel/pins.h"
#include "../kernel/tables.h"
#include "call.h"

/* 0, -ENOENT (no pins; nothing was said), or -errno, said already. */
int instance_find(const struct call *call, char ret_directory[PINS_PATH_SIZE]);

/* The same where pins are needed: every failure is said. */
int instance_need(const struct call *call, char ret_directory[PINS_PATH_SIZE]);

/* The tables, too. 0, or -errno, said already. */
int instance_open(const struct call *call, char ret_directory[PINS_PATH_SIZE],
		  struct tables **ret_tables);

#endif
