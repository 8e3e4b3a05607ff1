// SPDX-License-Identifier: GPL-2.0-only
/* listing.c - every socket on a watched port, joined with the processes that hold it. */
#include <errno.h>

#include "../base/util.h"
#include "diag.h"
#include "netns.h"
#include "owner.h"
#include "proc.h"

struct owners_socket {
	struct diag_socket socket;
	uint64_t netns;
	pid_t holder; /* the last process that got a row for it */
};

struct owners_listing {
	const struct port_set *ports;
	uint64_t netns; /* the one being listed */
	int error; /* of the own namespace: others may be out of reach */
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
	return listing->ports->protocols[port] >> protocol & 1;
}

static void owners_collect_socket(void *argument, const struct diag_socket *socket)
{
	struct owners_listing *listing = argument;

	if (!owners_is_watched(listing, socket->protocol, socket->local.port) &&
	    !owners_is_watched(listing, socket->protocol, socket->peer.port))
		return;
	if (owners_grow(&listing->sockets, &listing->socket_room, listing->socket_count,
			sizeof(*listing->sockets)))
		listing->sockets[listing->socket_count++] =
			(struct owners_socket){ .socket = *socket, .netns = listing->netns };
	else
		listing->no_memory = true;
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
		.netns = owned->netns,
	};
	if (pid && proc_read(pid, &row->process) < 0)
		row->process.pid = 0;
}

static int owners_compare_inodes(const void *left, const void *right)
{
	const struct owners_socket *a = left, *b = right;

	return (a->socket.inode > b->socket.inode) - (a->socket.inode < b->socket.inode);
}

/* A process may hold the socket by several descriptors, which are met before the next process. */
static void owners_match_holder(void *argument, pid_t pid, unsigned long inode)
{
	struct owners_listing *listing = argument;
	const struct owners_socket wanted = { .socket.inode = inode };
	struct owners_socket *found = bsearch(&wanted, listing->sockets, listing->socket_count,
					      sizeof(wanted), owners_compare_inodes);

	if (!found || found->holder == pid)
		return;
	found->holder = pid;
	owners_add_row(listing, found, pid);
}

/* Of as many descriptors as the host has, each is looked for among the sockets. */
static int owners_match_holders(struct owners_listing *listing)
{
	if (!listing->socket_count)
		return 0;
	qsort(listing->sockets, listing->socket_count, sizeof(*listing->sockets),
	      owners_compare_inodes);
	return proc_visit_sockets(owners_match_holder, listing);
}

static void owners_add_orphans(struct owners_listing *listing)
{
	for (size_t i = 0; i < listing->socket_count; i++)
		if (listing->sockets[i].socket.inode == 0)
			owners_add_row(listing, &listing->sockets[i], 0);
}

static int owners_collect(struct owners_listing *listing, struct diag *diag)
{
	int r = diag_visit(diag, PROTOCOL_TCP, owners_collect_socket, listing);

	return r == 0 ? diag_visit(diag, PROTOCOL_UDP, owners_collect_socket, listing) : r;
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

static int owners_compare(const void *left, const void *right)
{
	const struct owner_row *a = left, *b = right;

	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	if (a->protocol != b->protocol)
		return a->protocol < b->protocol ? -1 : 1;
	if (a->netns != b->netns)
		return a->netns < b->netns ? -1 : 1;
	return (a->process.pid > b->process.pid) - (a->process.pid < b->process.pid);
}

int owners_list(const struct port_set *ports, struct owner_row **ret_rows, size_t *ret_count)
{
	struct owners_listing listing = { .ports = ports };
	int r = netns_visit(owners_collect_netns, &listing);

	r = r ? r : listing.error;
	if (r == 0)
		r = owners_match_holders(&listing);
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
