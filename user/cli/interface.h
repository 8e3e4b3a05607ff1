/* SPDX-License-Identifier: GPL-2.0-only */
/* interface.h - the list of interfaces, which `status show` shows as well. */
#ifndef CLI_INTERFACE_H
#define CLI_INTERFACE_H

#include <jansson.h>

/*
 * An array, empty where nothing is attached; NULL when memory is out. -errno: it cannot be read,
 * said already.
 */
int interface_rows(const char *directory, json_t **ret_rows);

#endif
