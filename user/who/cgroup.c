// SPDX-License-Identifier: GPL-2.0-only
/* cgroup.c - reads names out of paths. */
#include "cgroup.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "../base/util.h"

#define CONTAINER_ID_LENGTH 64

static bool cgroup_ends_with(const char *component, size_t length, const char *suffix)
{
	size_t suffix_length = strlen(suffix);

	return length > suffix_length &&
	       memcmp(component + length - suffix_length, suffix, suffix_length) == 0;
}

static bool cgroup_is_unit(const char *component, size_t length)
{
	static const char *const suffixes[] = { ".service", ".scope", ".socket", ".mount", ".swap" };

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
		if (cgroup_ends_with(component, length, suffixes[i]))
			return true;
	return false;
}

void cgroup_unit(const char *path, char *ret_unit, size_t size)
{
	ret_unit[0] = '\0';
	while (*path) {
		size_t length = strcspn(path, "/");

		if (cgroup_is_unit(path, length))
			snprintf(ret_unit, size, "%.*s", (int)length, path);
		path += length;
		path += *path == '/';
	}
}

static bool cgroup_is_id(const char *text, size_t length)
{
	if (length != CONTAINER_ID_LENGTH)
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isxdigit((unsigned char)text[i]))
			return false;
	return true;
}

void cgroup_container(const char *path, char *ret_id, size_t size)
{
	ret_id[0] = '\0';
	while (*path) {
		size_t length = strcspn(path, "/");
		size_t end = cgroup_ends_with(path, length, ".scope") ? length - 6 : length;
		size_t start = end > CONTAINER_ID_LENGTH ? end - CONTAINER_ID_LENGTH : 0;

		/* conmon watches a container from outside, in a scope of the same id. */
		if (cgroup_is_id(path + start, end - start) &&
		    !cgroup_ends_with(path, start, "-conmon-") &&
		    (start == 0 || path[start - 1] == '-' || path[start - 1] == ':'))
			snprintf(ret_id, size, "%.*s", CONTAINER_ID_LENGTH, path + start);
		path += length;
		path += *path == '/';
	}
}
