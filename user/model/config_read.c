/* SPDX-License-Identifier: GPL-2.0-only */
/* config_read.c - the configuration's files: the main one, then the drop-ins. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>

#include "config_file.h"

static int is_drop_in(const struct dirent *entry)
{
	const char *suffix = strrchr(entry->d_name, '.');

	return entry->d_name[0] != '.' && suffix && util_streq(suffix, ".conf");
}

/* Not alphasort(3), whose order hangs on the locale. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void report_unreadable(config_reporter *report, void *argument, const char *path, int error)
{
	_cleanup_free_ char *message = NULL;

	if (asprintf(&message, "%s: %s", path, strerror(-error)) < 0)
		message = NULL;
	report(argument, message ? message : "out of memory");
}

static int drop_in_read(struct config *config, const char *directory, const char *name,
			config_reporter *report, void *argument, size_t *faults)
{
	_cleanup_free_ char *path = NULL;
	int r;

	if (asprintf(&path, "%s/%s", directory, name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	r = config_file_read(config, path, report, argument, faults);
	if (!r)
		return 0;
	report_unreadable(report, argument, path, r);
	/* Only the main file may be missing: a link that leads nowhere is a fault. */
	*faults += r == -ENOENT;
	return r == -ENOENT ? 0 : r;
}

static int drop_ins_read(struct config *config, const char *directory, config_reporter *report,
			 void *argument, size_t *faults)
{
	struct dirent **entries;
	int count = scandir(directory, &entries, is_drop_in, by_name);
	int result = 0, i, r;

	if (count < 0)
		return errno == ENOENT ? 0 : -errno;
	for (i = 0; i < count; i++) {
		r = drop_in_read(config, directory, entries[i]->d_name, report, argument, faults);
		result = result ? result : r;
		free(entries[i]);
	}
	free(entries);
	return result;
}

/* One name, one rule: in whichever files they are. */
static void report_duplicate_rules(const struct expectations *list, config_reporter *report,
				   void *argument, size_t *faults)
{
	_cleanup_free_ const struct expectation **sorted =
		list ? expectations_by_name(list) : NULL;

	for (size_t i = 1; sorted && i < list->count; i++) {
		_cleanup_free_ char *message = NULL;

		if (!util_streq(sorted[i]->name, sorted[i - 1]->name))
			continue;
		++*faults;
		if (asprintf(&message, "%s: duplicate section [expect \"%s\"], first in %s",
			     sorted[i]->where, sorted[i]->name, sorted[i - 1]->where) < 0)
			message = NULL;
		report(argument, message ? message : "out of memory");
	}
}

int config_read(struct config *config, const char *path, config_reporter *report, void *argument)
{
	_cleanup_free_ char *directory = NULL;
	size_t faults = 0;
	int main_result, drop_ins_result;

	if (asprintf(&directory, "%s.d", path) < 0) {
		directory = NULL;
		return -ENOMEM;
	}
	main_result = config_file_read(config, path, report, argument, &faults);
	drop_ins_result = drop_ins_read(config, directory, report, argument, &faults);
	report_duplicate_rules(config->expectations, report, argument, &faults);
	if (faults)
		return -EINVAL;
	/* A missing main file is the caller's to judge, so anything else comes first. */
	if (!main_result || (main_result == -ENOENT && drop_ins_result))
		return drop_ins_result;
	return main_result;
}
