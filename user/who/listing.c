// SPDX-License-Identifier: GPL-2.0-only
/* listing.c - every socket on a watched port, joined with the processes that hold it. */
#include <errno.h>

#include "../base/table.h"
#include "../base/util.h"
#include "diag.h"
#include "netns.h"
#include "owner.h"
#include "proc.h"

#define LISTING_INODES_MAX 1048576

struct owners_socket {
	struct diag_socket socket;
	uint64_t netns;
	pid_t holder; /* the last process that got a row for it; 0: none has */
};

struct owners_listing {
	const struct port_set *ports; /* NULL: none */
	uint64_t netns; /* the one being listed */
	bool follows_links; /* reads every process's descriptors */
	int error; /* of the own namespace: others may be out of reach */
	struct netns_tour *tour;
	struct table *inodes; /* of all sockets met -> index among those watched, + 1; 0: another */
	struct owners_socket *sockets;
	size_t socket_count;
	size_t socket_room;
	struct owner_row *rows;
	size_t count;
	size_t room;
	bool no_memory;
};

/* Makes room for one more element; false when memory is out. */
static bool owners_grow(void *array, size_t *room, size_t count, size_t size)
{
	void **pointer = array;
	size_t wanted = *room ? *room * 2 : 64;
	void *larger;

	if (count < *room)
		return true;
	larger = reallocarray(*pointer, wanted, size);
	if (!larger)
		return false;
	*pointer = larger;
	*room = wanted;
	return true;
}

static bool owners_is_watched(const struct owners_listing *listing, enum protocol protocol,
			      uint16_t port)
{
	return listing->ports && listing->ports->protocols[port] >> protocol & 1;
}

static void owners_keep_socket(struct owners_listing *listing, const struct diag_socket *socket)
{
	if (owners_grow(&listing->sockets, &listing->socket_room, listing->socket_count,
			sizeof(*listing->sockets)))
		listing->sockets[listing->socket_count++] =
			(struct owners_socket){ .socket = *socket, .netns = listing->netns };
	else
		listing->no_memory = true;
}

static void owners_collect_socket(void *argument, const struct diag_socket *socket)
{
	struct owners_listing *listing = argument;
	bool is_watched = owners_is_watched(listing, socket->protocol, socket->local.port) ||
			  owners_is_watched(listing, socket->protocol, socket->peer.port);
	size_t *place;

	if (is_watched)
		owners_keep_socket(listing, socket);
	if (!socket->inode)
		return;
	place = table_put(listing->inodes, &socket->inode, NULL);
	if (!place)
		listing->no_memory = true;
	else if (is_watched)
		*place = listing->socket_count;
}

static void owners_add_row(struct owners_listing *listing, const struct owners_socket *owned,
			   pid_t pid)
{
	const struct diag_socket *socket = &owned->socket;
	bool local = owners_is_watched(listing, socket->protocol, socket->local.port);
	struct owner_row *row;

	if (!owners_grow(&listing->rows, &listing->room, listing->count, sizeof(*row))) {
		listing->no_memory = true;
		return;
	}
	row = &listing->rows[listing->count++];
	*row = (struct owner_row){
		.port = local ? socket->local.port : socket->peer.port,
		.protocol = socket->protocol,
		.state = socket->state,
		.local = socket->local,
		.peer = socket->peer,
		.has_peer = socket->peer.port != 0,
		.is_udplite = socket->table == DIAG_UDPLITE,
		.netns = owned->netns,
	};
	if (pid && proc_read(pid, &row->process) < 0)
		row->process.pid = 0;
}

/* A process may hold the socket by several descriptors, which are met before the next process. */
static void owners_match_holder(struct owners_listing *listing, const struct proc_link *link)
{
	const size_t *place = table_get(listing->inodes, &link->inode);
	struct owners_socket *found;

	if (!place || !*place)
		return;
	found = &listing->sockets[*place - 1];
	if (found->holder == link->pid)
		return;
	found->holder = link->pid;
	owners_add_row(listing, found, link->pid);
}

/*
 * A socket that no namespace's list had leads to a namespace that was not listed, or is none of
 * those that are listed (of a file system's, of netlink): asked once, whoever else holds it.
 */
static void owners_follow(void *argument, const struct proc_link *link)
{
	struct owners_listing *listing = argument;

	if (link->is_netns) {
		netns_tour_follow(listing->tour, link);
		return;
	}
	if (!table_get(listing->inodes, &link->inode)) {
		netns_tour_follow(listing->tour, link);
		table_put(listing->inodes, &link->inode, NULL);
	}
	owners_match_holder(listing, link);
}

static void owners_add_orphans(struct owners_listing *listing)
{
	for (size_t i = 0; i < listing->socket_count; i++)
		if (!listing->sockets[i].holder)
			owners_add_row(listing, &listing->sockets[i], 0);
}

static void owners_pass_by(void *argument, unsigned long inode)
{
	struct owners_listing *listing = argument;

	table_put(listing->inodes, &inode, NULL);
}

static int owners_collect(struct owners_listing *listing, struct diag *diag)
{
	int r = 0;

	for (enum diag_table table = 0; table < DIAG_TABLE_COUNT && r == 0; table++)
		r = diag_visit(diag, table, owners_collect_socket, listing);
	/* Most descriptors are of these; to ask each which namespace it is of takes much longer. */
	if (r == 0 && listing->follows_links)
		(void)diag_visit_unix(diag, owners_pass_by, listing);
	return r;
}

static void owners_collect_netns(void *argument, uint64_t inode, int fd)
{
	struct owners_listing *listing = argument;
	bool is_own = inode == netns_own();
	struct diag *diag;
	int r = diag_new(&diag, is_own ? -1 : fd);

	listing->netns = inode;
	if (r == 0) {
		r = owners_collect(listing, diag);
		diag_free(diag);
	}
	if (r < 0 && is_own)
		listing->error = r;
}

/* Meets every socket, and those who hold the watched ones if links are followed. */
static int owners_meet(struct owners_listing *listing)
{
	int r = table_new(&listing->inodes, sizeof(unsigned long), sizeof(size_t),
			  LISTING_INODES_MAX, NULL, NULL);

	if (r == 0)
		r = netns_tour_begin(&listing->tour, listing->follows_links, owners_collect_netns,
				     listing);
	if (r == 0)
		r = listing->error;
	if (r == 0 && listing->follows_links)
		r = proc_visit_all_links(owners_follow, listing);
	netns_tour_end(listing->tour);
	table_free(listing->inodes);
	return r == 0 && listing->no_memory ? -ENOMEM : r;
}

/* Holders of one socket, and of those that share its address, stand together. */
static int owners_compare(const void *left, const void *right)
{
	const struct owner_row *a = left, *b = right;
	int order = memcmp(&a->local, &b->local, sizeof(a->local));

	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	if (a->protocol != b->protocol)
		return a->protocol < b->protocol ? -1 : 1;
	if (a->is_udplite != b->is_udplite)
		return a->is_udplite ? 1 : -1;
	if (a->netns != b->netns)
		return a->netns < b->netns ? -1 : 1;
	if (order)
		return order;
	return (a->process.pid > b->process.pid) - (a->process.pid < b->process.pid);
}

int owners_list(const struct port_set *ports, struct owner_row **ret_rows, size_t *ret_count)
{
	struct owners_listing listing = { .ports = ports, .follows_links = true };
	int r = owners_meet(&listing);

	owners_add_orphans(&listing);
	free(listing.sockets);
	if (r == 0 && listing.no_memory)
		r = -ENOMEM;
	if (r < 0) {
		free(listing.rows);
		return r;
	}
	if (listing.count)
		qsort(listing.rows, listing.count, sizeof(*listing.rows), owners_compare);
	*ret_rows = listing.rows;
	*ret_count = listing.count;
	return 0;
}

int owners_touch_sockets(bool is_thorough)
{
	struct owners_listing listing = { .follows_links = is_thorough };

	return owners_meet(&listing);
}
