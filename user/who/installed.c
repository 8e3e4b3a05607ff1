// SPDX-License-Identifier: GPL-2.0-only
/*
 * installed.c - a file counts for a process that was seen to execute it no later than the file was
 * last seen at the path: from then on its numbers might be another's.
 */
#include "installed.h"

#include <errno.h>
#include <stdio.h>

#include "../base/clock.h"
#include "../base/table.h"
#include "../base/util.h"
#include "container.h"
#include "program_file.h"

#define INSTALLED_FILES 4 /* that a path had, the present one included */
#define INSTALLED_FRESH_NS CLOCK_NS_PER_SECOND /* a no for an older process is believed so long */
#define INSTALLED_CONTAINERS 256

struct place_key {
	char path[PROCESS_PATH_SIZE];
	char container[PROCESS_CONTAINER_SIZE]; /* "": none */
};

struct place {
	uint64_t looked_boot_ns; /* 0: never */
	unsigned int newest; /* of the files */
	struct {
		struct program_file file;
		uint64_t seen_boot_ns; /* last; 0: none */
	} files[INSTALLED_FILES];
};

struct installed {
	struct table *places; /* struct place_key -> struct place */
	struct table *containers; /* id -> struct container_first */
};

int installed_new(struct installed **ret_installed, size_t capacity)
{
	struct installed *installed = calloc(1, sizeof(*installed));
	int r;

	if (!installed)
		return -ENOMEM;
	r = table_new(&installed->places, sizeof(struct place_key), sizeof(struct place), capacity,
		      NULL, NULL);
	if (r == 0)
		r = table_new(&installed->containers, PROCESS_CONTAINER_SIZE,
			      sizeof(struct container_first), INSTALLED_CONTAINERS, NULL, NULL);
	if (r < 0) {
		installed_free(installed);
		return r;
	}
	*ret_installed = installed;
	return 0;
}

void installed_free(struct installed *installed)
{
	if (!installed)
		return;
	table_free(installed->places);
	table_free(installed->containers);
	free(installed);
}

/* Who shows the container's files: 0 where nobody is left. */
static pid_t installed_container(struct installed *installed,
				 const char container[PROCESS_CONTAINER_SIZE])
{
	struct container_first *first = table_put(installed->containers, container, NULL);

	if (!first || (!container_is_there(first) && container_find(container, first) < 0))
		return 0;
	return first->pid;
}

/* Another file than before takes the place of the one that was there longest ago. */
static void place_take(struct place *place, const struct program_file *file, uint64_t now_ns)
{
	const struct stat *newest = &place->files[place->newest].file.stat;

	if (place->files[place->newest].seen_boot_ns &&
	    (newest->st_dev != file->stat.st_dev || newest->st_ino != file->stat.st_ino ||
	     place->files[place->newest].file.generation != file->generation))
		place->newest = (place->newest + 1) % INSTALLED_FILES;
	place->files[place->newest].file = *file;
	place->files[place->newest].seen_boot_ns = now_ns;
}

/* The time is taken first: what is found was there at that time or later. */
static void installed_look(struct installed *installed, const struct place_key *key,
			   struct place *place)
{
	uint64_t now_ns = clock_boot_ns();
	struct program_file file = place->files[place->newest].file;
	pid_t pid = *key->container ? installed_container(installed, key->container) : 0;

	place->looked_boot_ns = now_ns;
	if (*key->container && !pid)
		return;
	if (program_file_read(pid, key->path, &file) < 0)
		return;
	if (*key->container && installed_container(installed, key->container) != pid)
		return;
	place_take(place, &file, now_ns);
}

static struct place *installed_place(struct installed *installed, const char *path,
				     const char *container, uint64_t seen_boot_ns)
{
	struct place_key key = {};
	struct place *place;

	if (*path != '/' || strlen(path) >= sizeof(key.path))
		return NULL;
	memcpy(key.path, path, strlen(path));
	memcpy(key.container, container, strnlen(container, sizeof(key.container) - 1));
	place = table_put(installed->places, &key, NULL);
	if (place && (place->looked_boot_ns < seen_boot_ns ||
		      clock_boot_ns() >= place->looked_boot_ns + INSTALLED_FRESH_NS))
		installed_look(installed, &key, place);
	return place;
}

bool installed_is_run(struct installed *installed, const struct process *process, const char *path,
		      bool is_container)
{
	uint64_t seen_boot_ns = process->file.seen_boot_ns;
	const struct place *place;

	if (!seen_boot_ns || (is_container && !*process->container))
		return false;
	place = installed_place(installed, path, is_container ? process->container : "",
				seen_boot_ns);
	for (size_t i = 0; place && i < INSTALLED_FILES; i++)
		if (place->files[i].seen_boot_ns >= seen_boot_ns &&
		    program_file_is_run(&place->files[i].file, process))
			return true;
	return false;
}
