// SPDX-License-Identifier: GPL-2.0-only
/* owner.c - socket to inode, inode to process. */
#include "owner.h"

#include <errno.h>

#include "../base/clock.h"
#include "../base/table.h"
#include "../base/util.h"
#include "diag.h"
#include "proc.h"

#define HOLDERS_MAX 65536
#define SCAN_PAUSE_NS (CLOCK_NS_PER_SECOND / 4) /* between two walks through /proc for a miss */

struct owners {
	struct owner_source source;
	struct diag *diag;
	struct table *holders; /* inode -> pid of the first process seen holding it */
	uint64_t scanned_ns;
};

int owners_new(struct owners **ret_owners, const struct owner_source *source)
{
	struct owners *owners = calloc(1, sizeof(*owners));
	int r;

	if (!owners)
		return -ENOMEM;
	if (source)
		owners->source = *source;
	r = table_new(&owners->holders, sizeof(unsigned long), sizeof(pid_t), HOLDERS_MAX, NULL,
		      NULL);
	if (r == 0)
		r = diag_new(&owners->diag, -1);
	if (r < 0) {
		owners_free(owners);
		return r;
	}
	*ret_owners = owners;
	return 0;
}

void owners_free(struct owners *owners)
{
	if (!owners)
		return;
	diag_free(owners->diag);
	table_free(owners->holders);
	free(owners);
}

static void owners_note_holder(void *argument, pid_t pid, unsigned long inode)
{
	struct owners *owners = argument;
	bool is_new;
	pid_t *holder = table_put(owners->holders, &inode, &is_new);

	if (holder && is_new)
		*holder = pid;
}

static void owners_forget(void *argument, const void *key, void *value)
{
	struct owners *owners = argument;

	(void)value;
	table_remove(owners->holders, key);
}

/* Walks /proc anew, at most once a pause: what is remembered may have changed hands since. */
static void owners_scan(struct owners *owners)
{
	uint64_t now = clock_boot_ns();

	if (owners->scanned_ns && now < owners->scanned_ns + SCAN_PAUSE_NS)
		return;
	table_visit(owners->holders, owners_forget, owners);
	proc_visit_sockets(owners_note_holder, owners);
	owners->scanned_ns = now;
}

static int owners_find_holder(struct owners *owners, unsigned long inode,
			      struct process *ret_process)
{
	const pid_t *holder;

	owners_scan(owners);
	holder = table_get(owners->holders, &inode);
	return holder ? proc_read(*holder, ret_process) : -ESRCH;
}

/* The listener behind a connection that no process has accepted yet. */
static int owners_find_listener(struct owners *owners, const struct sighting *sighting,
				const struct endpoint *local, struct diag_socket *ret_socket)
{
	struct endpoint nobody = {};

	if (addr_is_ipv4(&local->addr))
		nobody.addr = addr_from_ipv4("\0\0\0\0");
	return diag_find(owners->diag, sighting->protocol, local, &nobody, ret_socket);
}

static void owners_find_by_diag(struct owners *owners, struct sighting *sighting)
{
	bool in = sighting->direction == DIRECTION_IN;
	const struct endpoint *local = in ? &sighting->destination : &sighting->source;
	const struct endpoint *peer = in ? &sighting->source : &sighting->destination;
	struct diag_socket socket;
	int r;

	if (sighting->verdict != VERDICT_LISTENING && sighting->verdict != VERDICT_CONNECTED)
		return;
	r = diag_find(owners->diag, sighting->protocol, local, peer, &socket);
	if (r == 0 && socket.inode == 0)
		r = owners_find_listener(owners, sighting, local, &socket);
	if (r < 0 || socket.inode == 0)
		return;
	if (owners_find_holder(owners, socket.inode, &sighting->process) == 0)
		sighting->quality = socket.listening ? QUALITY_LISTENER : QUALITY_JOINED;
}

bool owners_find(struct owners *owners, struct sighting *sighting, uint64_t now_boot_ns)
{
	(void)now_boot_ns;
	owners_find_by_diag(owners, sighting);
	return true;
}

void owners_take_process(struct owners *owners, const struct process_event *event)
{
	(void)owners;
	(void)event;
}

bool owners_name_listener(struct owners *owners, const struct listener_event *event,
			  struct sighting *sighting, uint64_t now_boot_ns)
{
	(void)owners;
	(void)event;
	(void)sighting;
	(void)now_boot_ns;
	return true;
}

void owners_status(const struct owners *owners, struct owners_status *ret_status)
{
	(void)owners;
	memset(ret_status, 0, sizeof(*ret_status));
}
