/* SPDX-License-Identifier: GPL-2.0-only */
/* instance.h - what a sensor, alive or dead, left in the BPF file system. */
#ifndef CLI_INSTANCE_H
#define CLI_INSTANCE_H

#include "../kernel/attach.h"
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

/* The interfaces attached to, by index. */
struct interface_list {
	struct interface_entry {
		__u32 index;
		struct interface_record record;
	} *entries;
	size_t count;
	int error;
};

/* 0 or -errno. The list is empty where there are no records. */
int interface_list_read(const char *directory, struct interface_list *ret_list);
void interface_list_free(struct interface_list *list);

/* The name at the time of attaching; "ifN" where no record tells. Returns out. */
const char *interface_list_name(const struct interface_list *list, __u32 index,
				char out[INTERFACE_NAME_MAX + 1]);

/* The index of the interface of that name; 0: none. */
__u32 interface_list_find(const struct interface_list *list, const char *name);

#define _cleanup_interfaces_ __attribute__((cleanup(interface_list_free)))

#endif
