// SPDX-License-Identifier: GPL-2.0-only
/* owner.c - the room's face: asks, gives the answer a name, and counts. */
#include "owner.h"

#include <errno.h>

#include "../base/util.h"
#include "engine.h"
#include "inquiry.h"
#include "installed.h"
#include "present.h"
#include "proc.h"
#include "record.h"

#define OWNERS_PROCESSES_MAX 16384
#define OWNERS_INSTALLED_MAX 1024
#define OWNERS_RESCAN_NS 250000000ULL
#define OWNERS_CHECK_NS 1000000ULL

struct owners {
	struct inquiry_means means;
	struct records *records;
	struct installed *installed;
};

int owners_new_in(struct owners **ret_owners, const struct owner_source *source,
		  const struct outside *outside)
{
	struct owners *owners = calloc(1, sizeof(*owners));
	int r;

	if (!owners)
		return -ENOMEM;
	if (source) {
		owners->means.source = *source;
		owners->means.has_source = true;
	}
	owners->means.rescan = (struct pace){ .interval_ns = OWNERS_RESCAN_NS, .burst = 1 };
	owners->means.check = (struct pace){ .interval_ns = OWNERS_CHECK_NS, .burst = 100 };
	r = records_new(&owners->records, OWNERS_PROCESSES_MAX);
	if (r == 0)
		r = installed_new(&owners->installed, OWNERS_INSTALLED_MAX);
	if (r == 0)
		r = present_answers_new(&owners->means.answers);
	if (r < 0) {
		owners_free(owners);
		return r;
	}
	owners->means.outside = *outside;
	*ret_owners = owners;
	return 0;
}

int owners_new(struct owners **ret_owners, const struct owner_source *source)
{
	struct outside outside;
	int r = outside_open(&outside);

	if (r < 0)
		return r;
	r = owners_new_in(ret_owners, source, &outside);
	if (r < 0)
		outside.free(outside.argument);
	return r;
}

void owners_free(struct owners *owners)
{
	if (!owners)
		return;
	if (owners->means.outside.free)
		owners->means.outside.free(owners->means.outside.argument);
	table_free(owners->means.answers);
	records_free(owners->records);
	installed_free(owners->installed);
	free(owners);
}

bool owners_is_run(struct owners *owners, const struct process *process, const char *path,
		   bool is_container)
{
	return installed_is_run(owners->installed, process, path, is_container);
}

void owners_take_process(struct owners *owners, const struct process_event *event)
{
	/* Without memory the process stays unrecorded, and is counted as one when it is missed. */
	(void)records_take(owners->records, event);
}

bool owners_is_local(const struct owners *owners, const struct addr *addr)
{
	const struct outside *outside = &owners->means.outside;

	return outside->is_local(outside->argument, addr);
}

bool owners_may_track(const struct owners *owners)
{
	const struct outside *outside = &owners->means.outside;

	return outside->may_track(outside->argument);
}

/* Who did just this is told as he was then; who only has the socket, as he was at the packet. */
static int owners_find_record(struct owners *owners, const struct inquiry *inquiry)
{
	struct process_key key = inquiry->owner;

	if (inquiry->quality != QUALITY_EXACT && inquiry->event)
		records_become(owners->records, &key, inquiry->event->boot_ns);
	return records_find(owners->records, &key, inquiry->process);
}

/* By the record, else by /proc if it is the same process still. False: not to be named. */
static bool owners_name(struct owners *owners, struct inquiry *inquiry)
{
	const struct outside *outside = &owners->means.outside;

	if (inquiry->is_named || owners_find_record(owners, inquiry) == 0)
		return true;
	if (!inquiry->is_late) {
		inquiry->is_open = true;
		return false;
	}
	owners->means.status.unrecorded++;
	if (owners->means.has_source)
		owners->means.source.forget(owners->means.source.argument, &inquiry->owner);
	return outside->read_same(outside->argument, &inquiry->owner, inquiry->process) == 0;
}

static void owners_brief(struct owners *owners, const struct process_key *key,
			 struct process_brief *ret_brief)
{
	struct process process;

	if (evidence_is_nobody(key) || records_find(owners->records, key, &process) < 0)
		return;
	ret_brief->pid = process.pid;
	memcpy(ret_brief->name, process.name, sizeof(ret_brief->name));
}

/* One who had another part in the socket than to own it. */
static void owners_brief_part(struct owners *owners, const struct inquiry *inquiry,
			      const struct process_key *key, struct process_brief *ret_brief)
{
	if (!evidence_is_same(key, &inquiry->owner))
		owners_brief(owners, key, ret_brief);
}

static void owners_clear(struct sighting *sighting)
{
	sighting->quality = QUALITY_NONE;
	memset(&sighting->process, 0, sizeof(sighting->process));
	memset(&sighting->created_by, 0, sizeof(sighting->created_by));
	memset(&sighting->accepted_by, 0, sizeof(sighting->accepted_by));
	memset(&sighting->peer_process, 0, sizeof(sighting->peer_process));
}

/* Writes the answer down. True: it is final. */
static bool owners_conclude(struct owners *owners, struct inquiry *inquiry,
			    struct sighting *sighting)
{
	bool has_owner = !evidence_is_nobody(&inquiry->owner);

	if (has_owner && !owners_name(owners, inquiry))
		inquiry->quality = QUALITY_NONE;
	if (inquiry->quality == QUALITY_NONE)
		memset(&sighting->process, 0, sizeof(sighting->process));
	sighting->quality = inquiry->quality;
	if (has_owner && inquiry->quality != QUALITY_NONE) {
		owners_brief_part(owners, inquiry, &inquiry->created, &sighting->created_by);
		owners_brief_part(owners, inquiry, &inquiry->accepted, &sighting->accepted_by);
	}
	owners_brief(owners, &inquiry->other_end, &sighting->peer_process);
	if (inquiry->is_open && (inquiry->is_early || !inquiry->is_late))
		return false;
	sighting->verdict = inquiry->verdict;
	sighting->is_delivered = inquiry->is_delivered;
	owners->means.status.answers[inquiry->quality]++;
	return true;
}

/* Without the kernel's records there is nothing to wait for. */
static bool owners_is_late(const struct owners *owners, uint64_t boot_ns, uint64_t now_ns)
{
	return !owners->means.has_source || now_ns >= boot_ns + OWNERS_PATIENCE_NS;
}

bool owners_find(struct owners *owners, struct sighting *sighting, uint64_t now_boot_ns)
{
	struct inquiry inquiry = {
		.means = &owners->means,
		.sighting = sighting,
		.event = sighting->event,
		.now_ns = now_boot_ns,
		.is_late = owners_is_late(owners, sighting->event->boot_ns, now_boot_ns),
		.process = &sighting->process,
		.verdict = sighting->verdict,
	};

	owners_clear(sighting);
	inquiry_answer(&inquiry);
	return owners_conclude(owners, &inquiry, sighting);
}

void owners_name_listener(struct owners *owners, const struct listener_event *event,
			  struct sighting *sighting, uint64_t now_boot_ns)
{
	struct inquiry inquiry = {
		.means = &owners->means,
		.sighting = sighting,
		.now_ns = now_boot_ns,
		.is_late = true,
		.process = &sighting->process,
		.verdict = sighting->verdict,
		.quality = QUALITY_EXACT,
		.owner = event->head.process,
	};
	struct socket_record record;

	owners_clear(sighting);
	if (evidence_is_nobody(&inquiry.owner))
		inquiry.quality = QUALITY_NONE;
	else if (inquiry_find_record(&inquiry, event->cookie, &record))
		inquiry.created = record.roles[SOCKET_CREATED];
	owners_conclude(owners, &inquiry, sighting);
}

bool owners_number_all(void)
{
	return proc_numbers_all();
}

void owners_status(const struct owners *owners, struct owners_status *ret_status)
{
	const struct outside *outside = &owners->means.outside;

	*ret_status = owners->means.status;
	ret_status->processes = records_count(owners->records);
	ret_status->processes_evicted = records_evicted(owners->records);
	ret_status->proc_walks = outside->count_walks(outside->argument);
}
