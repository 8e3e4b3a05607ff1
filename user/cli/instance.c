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
