// SPDX-License-Identifier: GPL-2.0-only
/* interface_list.c - the records of the pins, sorted. */
#include "interface_list.h"

#include <errno.h>
#include <stdio.h>

#include "../base/util.h"

static void interface_list_add(void *argument, __u32 ifindex, const struct interface_record *record)
{
	struct interface_list *list = argument;
	struct interface_entry *entries =
		reallocarray(list->entries, list->count + 1, sizeof(*entries));

	if (!entries) {
		list->error = -ENOMEM;
		return;
	}
	list->entries = entries;
	entries[list->count++] = (struct interface_entry){ ifindex, *record };
}

static int interface_compare(const void *left, const void *right)
{
	const struct interface_entry *a = left, *b = right;

	return a->index < b->index ? -1 : a->index > b->index;
}

int interface_list_read(const char *directory, struct interface_list *ret_list)
{
	struct interface_list list = {};
	int r = attach_visit(directory, interface_list_add, &list);

	if (r == -ENOENT)
		r = 0;
	if (r == 0)
		r = list.error;
	if (r < 0) {
		interface_list_free(&list);
		return r;
	}
	if (list.count)
		qsort(list.entries, list.count, sizeof(*list.entries), interface_compare);
	*ret_list = list;
	return 0;
}

void interface_list_free(struct interface_list *list)
{
	free(list->entries);
	*list = (struct interface_list){};
}

const char *interface_list_name(const struct interface_list *list, __u32 index,
				char out[INTERFACE_NAME_MAX + 1])
{
	const struct interface_entry wanted = { .index = index };
	const struct interface_entry *found =
		list->count ? bsearch(&wanted, list->entries, list->count, sizeof(wanted),
				      interface_compare) :
			      NULL;

	if (found)
		snprintf(out, INTERFACE_NAME_MAX + 1, "%.*s", INTERFACE_NAME_MAX,
			 found->record.name);
	else
		snprintf(out, INTERFACE_NAME_MAX + 1, "if%u", index);
	return out;
}

__u32 interface_list_find(const struct interface_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (strncmp(list->entries[i].record.name, name, INTERFACE_NAME_MAX) == 0)
			return list->entries[i].index;
	return 0;
}
