/* SPDX-License-Identifier: GPL-2.0-only */
/* interface_list.h - the interfaces that an instance is attached to, read from its pins. */
#ifndef KERNEL_INTERFACE_LIST_H
#define KERNEL_INTERFACE_LIST_H

#include "attach.h"

/* By index. */
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
