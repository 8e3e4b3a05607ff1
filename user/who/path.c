// SPDX-License-Identifier: GPL-2.0-only
/* path.c - components into paths, kernel's remarks out of them. */
#include "path.h"

#include <limits.h>
#include <stdio.h>

#include "../base/util.h"

#define PATH_ELLIPSIS "..."
#define PATH_DELETED " (deleted)"
#define PATH_MEMFD "/memfd:"

/* Builds from the end of the buffer towards its front, where room for "..." is kept. */
bool path_from_components(const char *list, size_t length, bool is_cut, char *ret_path,
			  size_t size)
{
	size_t start = size - 1, offset = 0;
	bool is_whole = !is_cut;

	ret_path[start] = '\0';
	while (offset < length) {
		size_t part = strnlen(list + offset, length - offset);

		if (part + 1 + strlen(PATH_ELLIPSIS) > start) {
			is_whole = false;
			break;
		}
		start -= part + 1;
		ret_path[start] = '/';
		memcpy(ret_path + start + 1, list + offset, part);
		offset += part + 1;
	}
	if (!is_whole && length) {
		start -= strlen(PATH_ELLIPSIS);
		memcpy(ret_path + start, PATH_ELLIPSIS, strlen(PATH_ELLIPSIS));
	}
	memmove(ret_path, ret_path + start, size - start);
	return is_whole;
}

bool path_copy(const char *path, char *ret_path, size_t size)
{
	size_t length = strlen(path), room = size - 1 - strlen(PATH_ELLIPSIS);

	if (length < size) {
		memcpy(ret_path, path, length + 1);
		return true;
	}
	snprintf(ret_path, size, PATH_ELLIPSIS "%s", path + length - room);
	return false;
}

bool path_strip_deleted(char *path)
{
	size_t length = strlen(path), mark = strlen(PATH_DELETED);

	if (length <= mark || !util_streq(path + length - mark, PATH_DELETED))
		return false;
	path[length - mark] = '\0';
	return true;
}

void path_strip_memfd(char *path, bool is_unlinked)
{
	if (is_unlinked && strncmp(path, PATH_MEMFD, strlen(PATH_MEMFD)) == 0 &&
	    !strchr(path + 1, '/'))
		memmove(path, path + 1, strlen(path));
}

static char path_root[PATH_MAX]; /* "": the kernel's own */

void path_learn_root(const char *told, const char *seen)
{
	size_t told_length = strlen(told), seen_length = strlen(seen);
	size_t length = told_length - seen_length;

	if (seen_length && told_length > seen_length && length < sizeof(path_root) &&
	    util_streq(told + length, seen)) {
		memcpy(path_root, told, length);
		path_root[length] = '\0';
	}
}

void path_strip_root(char *path)
{
	size_t length = strlen(path_root);

	if (length && strncmp(path, path_root, length) == 0 && path[length] == '/')
		memmove(path, path + length, strlen(path + length) + 1);
}
