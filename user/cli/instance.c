// SPDX-License-Identifier: GPL-2.0-only
/* instance.c - finding the pins, and saying so where there are none. */
#include "instance.h"

#include <errno.h>
#include <stdio.h>

#include "../base/log.h"
#include "../daemon/rundir.h"

static int instance_complain(const struct call *call, int error)
{
	if (error == -ENOENT)
		log_error(0, "no sensor has left counters for instance %s "
			     "(start it with: portsentinel run)", call->instance);
	else if (error == -EACCES || error == -EPERM)
		log_error(0, "open the tables of instance %s: %s (run as root)", call->instance,
			  strerror(-error));
	else if (error == -EPROTO)
		log_error(0, "the tables of instance %s are of another version "
			     "(stop that sensor, then: portsentinel -n %s interface detach)",
			  call->instance, call->instance);
	else
		log_error(error, "open the tables of instance %s", call->instance);
	return error;
}

static int instance_find_pins(const struct call *call, char ret_directory[PINS_PATH_SIZE])
{
	return pins_find(call->instance, rundir_holder(call->instance), ret_directory);
}

int instance_find(const struct call *call, char ret_directory[PINS_PATH_SIZE])
{
	int r = instance_find_pins(call, ret_directory);

	return r == 0 || r == -ENOENT ? r : instance_complain(call, r);
}

int instance_need(const struct call *call, char ret_directory[PINS_PATH_SIZE])
{
	int r = instance_find_pins(call, ret_directory);

	return r == 0 ? 0 : instance_complain(call, r);
}

int instance_open(const struct call *call, char ret_directory[PINS_PATH_SIZE],
		  struct tables **ret_tables)
{
	int r = instance_need(call, ret_directory);

	if (r < 0)
		return r;
	r = tables_open(ret_directory, ret_tables);
	return r < 0 ? instance_complain(call, r) : 0;
}

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
