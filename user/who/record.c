// SPDX-License-Identifier: GPL-2.0-only
/* record.c - process events, kept in one block each, as long as what they say. */
#include "record.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/table.h"
#include "../base/util.h"
#include "../model/command.h"
#include "cgroup.h"
#include "path.h"
#include "proc.h"

#define RECORD_TEXTS 7
#define RECORD_USERS_MAX 1024
#define RECORD_USER_NS (60 * CLOCK_NS_PER_SECOND) /* how long a user's name is believed */

struct record {
	pid_t pid;
	pid_t parent_pid;
	uid_t uid;
	uint32_t netns;
	bool executable_unlinked;
	struct process_file file;
	uint64_t long_command;
	char texts[]; /* name, parent's name, executable, command line, cgroup, unit, container */
};

struct record_user {
	uint64_t until_ns;
	char name[PROCESS_NAME_SIZE];
};

/* The programs that one process has executed, as they were told. */
#define RECORD_PROGRAMS 4

struct record_programs {
	struct {
		uint64_t boot_ns;
		struct process_key key;
	} last[RECORD_PROGRAMS];
	uint32_t count; /* ever told */
};

struct records {
	struct table *table; /* struct process_key -> struct record * */
	struct table *programs; /* struct life_key -> struct record_programs */
	struct table *users; /* uid -> struct record_user */
};

static void record_leave(void *argument, const void *key, void *value)
{
	struct record **record = value;

	(void)argument;
	(void)key;
	free(*record);
}

int records_new(struct records **ret_records, size_t capacity)
{
	struct records *records = calloc(1, sizeof(*records));
	int r;

	if (!records)
		return -ENOMEM;
	r = table_new(&records->table, sizeof(struct process_key), sizeof(struct record *),
		      capacity, record_leave, NULL);
	if (r == 0)
		r = table_new(&records->programs, sizeof(struct life_key),
			      sizeof(struct record_programs), capacity, NULL, NULL);
	if (r == 0)
		r = table_new(&records->users, sizeof(uid_t), sizeof(struct record_user),
			      RECORD_USERS_MAX, NULL, NULL);
	if (r < 0) {
		records_free(records);
		return r;
	}
	*ret_records = records;
	return 0;
}

void records_free(struct records *records)
{
	if (!records)
		return;
	table_free(records->table);
	table_free(records->programs);
	table_free(records->users);
	free(records);
}

static void record_copy(char *to, size_t size, const char *from, size_t length)
{
	size_t part = strnlen(from, MIN(length, size - 1));

	memcpy(to, from, part);
	to[part] = '\0';
}

/*
 * A path or arguments longer than the event are read from /proc, if the process is still the one;
 * and so are the arguments of another than the current process, which the kernel could not read.
 */
static void record_complete(const struct process_event *event, struct process *process,
			    bool exe_is_whole, bool cgroup_is_whole)
{
	bool has_arguments = !event->args_cut;
	_cleanup_free_ struct process *live = NULL;

	if ((exe_is_whole && cgroup_is_whole && has_arguments) || !event->pid)
		return;
	live = malloc(sizeof(*live));
	if (!live || proc_read_same(event->pid, event->head.process.start_boot_ns,
				    event->exe_inode, live) < 0)
		return;
	if (!exe_is_whole)
		memcpy(process->executable, live->executable, sizeof(live->executable));
	if (!cgroup_is_whole) {
		memcpy(process->cgroup, live->cgroup, sizeof(live->cgroup));
		memcpy(process->unit, live->unit, sizeof(live->unit));
		memcpy(process->container, live->container, sizeof(live->container));
	}
	if (!has_arguments) {
		memcpy(process->command_line, live->command_line, sizeof(live->command_line));
		process->long_command = live->long_command;
	}
}

static void record_read_file(const struct process_event *event, struct process *process)
{
	if (!event->exe_inode)
		return;
	process->file = (struct process_file){
		.seen_boot_ns = event->head.boot_ns,
		.inode = event->exe_inode,
		.device = event->exe_device,
		.generation = event->exe_generation,
	};
}

/* Unit and container, by the names that are root's: the path's front, up to what was chosen. */
static void record_read_groups(const struct process_event *event, struct process *process)
{
	size_t length = strlen(process->cgroup);
	/* A name and its zero there are a slash and a name here. */
	size_t named = length - MIN(event->cgroup_chosen, length);

	cgroup_unit(process->cgroup, named, process->unit, sizeof(process->unit));
	cgroup_container(process->cgroup, named, process->container, sizeof(process->container));
}

static void record_read_event(const struct process_event *event, struct process *process)
{
	bool exe_is_whole, cgroup_is_whole;

	process->pid = event->pid;
	process->parent_pid = event->parent_pid;
	process->uid = event->uid;
	process->netns = event->netns;
	process->executable_unlinked = event->exe_unlinked;
	record_copy(process->name, sizeof(process->name), event->comm, sizeof(event->comm));
	record_copy(process->parent_name, sizeof(process->parent_name), event->parent_comm,
		    sizeof(event->parent_comm));
	exe_is_whole = path_from_components(event->exe,
					    MIN(event->exe_length, sizeof(event->exe)),
					    event->exe_cut, process->executable,
					    sizeof(process->executable));
	cgroup_is_whole = path_from_components(event->cgroup,
					       MIN(event->cgroup_length, sizeof(event->cgroup)),
					       event->cgroup_cut, process->cgroup,
					       sizeof(process->cgroup));
	path_strip_memfd(process->executable, event->exe_unlinked);
	record_read_file(event, process);
	command_set(process, event->args, MIN(event->args_length, sizeof(event->args)));
	record_read_groups(event, process);
	record_complete(event, process, exe_is_whole, cgroup_is_whole);
}

static struct record *record_pack(const struct process *process)
{
	const char *const texts[RECORD_TEXTS] = { process->name, process->parent_name,
						  process->executable, process->command_line,
						  process->cgroup, process->unit,
						  process->container };
	size_t size = sizeof(struct record);
	struct record *record;
	char *place;

	for (size_t i = 0; i < RECORD_TEXTS; i++)
		size += strlen(texts[i]) + 1;
	record = malloc(size);
	if (!record)
		return NULL;
	*record = (struct record){
		.pid = process->pid,
		.parent_pid = process->parent_pid,
		.uid = process->uid,
		.netns = process->netns,
		.executable_unlinked = process->executable_unlinked,
		.file = process->file,
		.long_command = process->long_command,
	};
	place = record->texts;
	for (size_t i = 0; i < RECORD_TEXTS; i++)
		place = stpcpy(place, texts[i]) + 1;
	return record;
}

/* What the kernel tells of this very process shows where its root is. */
static void record_learn_root(const struct process *own)
{
	char seen[PROCESS_PATH_SIZE];
	ssize_t length = readlink("/proc/self/exe", seen, sizeof(seen) - 1);

	seen[MAX(length, 0)] = '\0';
	path_learn_root(own->executable, seen);
}

static struct life_key record_life(const struct process_key *key)
{
	return (struct life_key){ .start_boot_ns = key->start_boot_ns, .tgid = key->tgid };
}

static void records_take_program(struct records *records, const struct owner_event *event)
{
	const struct life_key life = record_life(&event->process);
	struct record_programs *programs = table_put(records->programs, &life, NULL);
	size_t newest;

	if (!programs)
		return;
	newest = (programs->count - 1) % RECORD_PROGRAMS;
	if (programs->count && programs->last[newest].key.exec_id == event->process.exec_id)
		return;
	newest = programs->count++ % RECORD_PROGRAMS;
	programs->last[newest].boot_ns = event->boot_ns;
	programs->last[newest].key = event->process;
}

void records_become(const struct records *records, struct process_key *key, uint64_t boot_ns)
{
	const struct life_key life = record_life(key);
	const struct record_programs *programs = table_get(records->programs, &life);

	for (uint32_t back = 1; programs && back <= MIN(programs->count, RECORD_PROGRAMS); back++) {
		size_t i = (programs->count - back) % RECORD_PROGRAMS;

		if (programs->last[i].key.exec_id <= key->exec_id)
			return; /* what it did is as new as that, or newer */
		if (programs->last[i].boot_ns <= boot_ns) {
			*key = programs->last[i].key;
			return;
		}
	}
}

int records_take(struct records *records, const struct process_event *event)
{
	_cleanup_free_ struct process *process = calloc(1, sizeof(*process));
	struct record *record, **place;

	if (!process)
		return -ENOMEM;
	record_read_event(event, process);
	if (event->pid == (uint32_t)proc_self())
		record_learn_root(process);
	records_take_program(records, &event->head);
	record = record_pack(process);
	place = record ? table_put(records->table, &event->head.process, NULL) : NULL;
	if (!place) {
		free(record);
		return -ENOMEM;
	}
	free(*place);
	*place = record;
	return 0;
}

/* The user's name: a question to NSS, which may be slow, so the answer is kept for a while. */
static void records_name_user(struct records *records, struct process *process)
{
	struct record_user *user = table_put(records->users, &process->uid, NULL);
	uint64_t now = clock_boot_ns();

	if (!user)
		return;
	if (now >= user->until_ns) {
		proc_name_user(process->uid, user->name, sizeof(user->name));
		user->until_ns = now + RECORD_USER_NS;
	}
	memcpy(process->user, user->name, sizeof(process->user));
}

static void record_unpack(const struct record *record, struct process *process)
{
	struct {
		char *text;
		size_t size;
	} const places[RECORD_TEXTS] = {
		{ process->name, sizeof(process->name) },
		{ process->parent_name, sizeof(process->parent_name) },
		{ process->executable, sizeof(process->executable) },
		{ process->command_line, sizeof(process->command_line) },
		{ process->cgroup, sizeof(process->cgroup) },
		{ process->unit, sizeof(process->unit) },
		{ process->container, sizeof(process->container) },
	};
	const char *text = record->texts;

	for (size_t i = 0; i < RECORD_TEXTS; i++) {
		record_copy(places[i].text, places[i].size, text, places[i].size);
		text += strlen(text) + 1;
	}
	/* Not when it is taken: where the root is may be learned later. */
	path_strip_root(process->executable);
}

int records_find(struct records *records, const struct process_key *key,
		 struct process *ret_process)
{
	struct record **place = table_get(records->table, key);

	if (!place)
		return -ENOENT;
	*ret_process = (struct process){
		.pid = (*place)->pid,
		.parent_pid = (*place)->parent_pid,
		.uid = (*place)->uid,
		.netns = (*place)->netns,
		.executable_unlinked = (*place)->executable_unlinked,
		.file = (*place)->file,
		.long_command = (*place)->long_command,
		.start_boot_ns = key->start_boot_ns,
		.start_wall_ns = clock_wall_from_boot(key->start_boot_ns),
	};
	record_unpack(*place, ret_process);
	records_name_user(records, ret_process);
	return 0;
}

size_t records_count(const struct records *records)
{
	return table_count(records->table);
}

size_t records_evicted(const struct records *records)
{
	return table_evictions(records->table);
}
