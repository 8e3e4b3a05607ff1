// SPDX-License-Identifier: GPL-2.0-only
/* interface.c - what is attached where; and taking down what a dead sensor left. */
#include "interface.h"

#include <errno.h>

#include "../base/log.h"
#include "../daemon/rundir.h"
#include "cmd.h"
#include "instance.h"
#include "value.h"

static json_t *interface_row(const struct interface_entry *entry, const char *name)
{
	const struct interface_record *record = &entry->record;

	return json_pack("{s:o, s:I, s:s, s:s, s:o}",
			 "name", value_text(name),
			 "index", (json_int_t)entry->index,
			 "ingress", attach_mode_word(record->doors[DIRECTION_IN].mode),
			 "egress", attach_mode_word(record->doors[DIRECTION_OUT].mode),
			 "why_not_better", value_text(record->why_not_better));
}

int interface_rows(const char *directory, json_t **ret_rows)
{
	_cleanup_interfaces_ struct interface_list list = {};
	char name[INTERFACE_NAME_MAX + 1];
	json_t *rows;
	int r = interface_list_read(directory, &list);

	if (r < 0)
		return log_error(r, "read the attached interfaces");
	rows = json_array();
	for (size_t i = 0; i < list.count; i++)
		rows = value_append(rows,
				    interface_row(&list.entries[i],
						  interface_list_name(&list, list.entries[i].index,
								      name)));
	*ret_rows = rows;
	return 0;
}

int cmd_interface_show(const struct call *call, json_t **ret_value)
{
	char directory[PINS_PATH_SIZE];
	json_t *rows = NULL;
	int r = instance_find(call, directory);

	if (r == 0)
		r = interface_rows(directory, &rows);
	else if (r == -ENOENT)
		rows = json_array();
	if (r < 0 && r != -ENOENT)
		return OUTCOME_FAILED;
	return cmd_give(json_pack("{s:o}", "interfaces", rows), ret_value);
}

/* What is the word's index? 0 where no word names one. -ENOENT: no such interface, said already. */
static int interface_choose(const struct call *call, const char *directory, __u32 *ret_index)
{
	_cleanup_interfaces_ struct interface_list list = {};
	int r;

	*ret_index = 0;
	if (call->word_count == 0)
		return 0;
	r = interface_list_read(directory, &list);
	if (r < 0)
		return log_error(r, "read the attached interfaces");
	*ret_index = interface_list_find(&list, call->words[0]);
	if (*ret_index)
		return 0;
	log_error(0, "instance %s left nothing on interface '%.80s' "
		     "(see: portsentinel interface show)", call->instance, call->words[0]);
	return -ENOENT;
}

/* Removes the pins when no interface is left. */
static int interface_remove_pins(const char *directory)
{
	_cleanup_interfaces_ struct interface_list list = {};
	int r = interface_list_read(directory, &list);

	if (r < 0 || list.count)
		return r;
	return pins_remove_all(directory);
}

static int interface_detach_from(const struct call *call, const char *directory,
				 unsigned int *ret_count)
{
	__u32 index;
	int r = interface_choose(call, directory, &index);

	if (r < 0)
		return r;
	r = attach_detach_left(directory, index, ret_count);
	if (r == -EXDEV)
		return log_error(r, "a clsact filter stays in another network namespace "
				    "(detach it there: ip netns exec NAME portsentinel ...)");
	if (r == 0 || r == -ENOENT)
		r = interface_remove_pins(directory);
	return r < 0 ? log_error(r, "detach instance %s", call->instance) : 0;
}

int cmd_interface_detach(const struct call *call, json_t **ret_value)
{
	char directory[PINS_PATH_SIZE];
	_cleanup_close_ int lock = -1;
	unsigned int count = 0;
	int r = instance_find(call, directory);

	if (r == -ENOENT && call->word_count == 0)
		return cmd_give(json_pack("{s:i}", "detached", 0), ret_value);
	if (r == -ENOENT)
		r = instance_need(call, directory);
	if (r < 0)
		return OUTCOME_FAILED;
	/* Held to the end, so that no sensor starts meanwhile. */
	lock = rundir_lock(call->instance);
	if (lock == -EBUSY)
		return failure_failed("a sensor of instance %s runs, process %d (stop it first)",
				      call->instance, (int)rundir_holder(call->instance));
	if (lock < 0) {
		log_error(lock, "lock instance %s", call->instance);
		return OUTCOME_FAILED;
	}
	if (interface_detach_from(call, directory, &count) < 0)
		return OUTCOME_FAILED;
	return cmd_give(json_pack("{s:I}", "detached", (json_int_t)count), ret_value);
}
