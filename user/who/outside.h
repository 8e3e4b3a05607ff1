/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * outside.h - what the system tells of the present: the kernel's socket lists, address
 * translation and /proc. It is slower and younger than the packet, so that it is asked only where
 * the records are silent, and paced. A struct of functions, so that tests can be the system.
 */
#ifndef WHO_OUTSIDE_H
#define WHO_OUTSIDE_H

#include <string.h>

#include "../model/sighting.h"

/* A packet's ends. Plain bytes: it is a key too, so it is to be zeroed before it is filled. */
struct tuple {
	struct endpoint source;
	struct endpoint destination;
	uint8_t protocol; /* enum protocol */
	bool is_lite; /* UDP-Lite, which has a table of its own */
};

struct outside_socket {
	uint64_t cookie;
	unsigned long inode; /* 0: no process has it open */
	uint64_t netns;
	bool listening;
	bool awaits_accept;
};

struct outside_holders {
	pid_t lowest;
	size_t count; /* processes */
};

/* The functions return 0, -ENOENT, -EAGAIN (asked too often: later), or -errno. */
struct outside {
	void *argument;
	uint32_t netns; /* the own network namespace's inode */

	/* The socket of the own namespace that takes the packet when it comes by that interface. */
	int (*find_socket)(void *argument, const struct tuple *packet, uint32_t ifindex,
			   struct outside_socket *ret_socket);
	/* The same in all other namespaces. */
	int (*find_abroad)(void *argument, const struct tuple *packet,
			   struct outside_socket *ret_socket);
	/*
	 * What the packet is on the other side of address translation; itself when it is not
	 * translated. -ENOENT: the connection is not known (yet); -EOPNOTSUPP: none is tracked.
	 */
	int (*translate)(void *argument, const struct tuple *packet, struct tuple *ret_other);
	/* Can this kernel track connections by now? Else none is translated. */
	bool (*may_track)(void *argument);
	bool (*is_local)(void *argument, const struct addr *addr);

	int (*find_holders)(void *argument, unsigned long inode,
			    struct outside_holders *ret_holders);
	bool (*holds)(void *argument, const struct process_key *key, unsigned long inode);
	int (*read_process)(void *argument, pid_t pid, struct process *ret_process);
	/* If it is still the same; what it executes may be another program by now. */
	int (*read_same)(void *argument, const struct process_key *key,
			 struct process *ret_process);
	uint64_t (*count_walks)(void *argument); /* through all of /proc */
	void (*free)(void *argument);
};

/* The real one, of the network namespace that the caller is in. 0 or -errno. */
int outside_open(struct outside *ret_outside);

static inline struct tuple tuple_reverse(const struct tuple *tuple)
{
	return (struct tuple){ tuple->destination, tuple->source, tuple->protocol,
				  tuple->is_lite };
}

/* The same ends; the protocol is not looked at. */
static inline bool tuple_is_same(const struct tuple *a, const struct tuple *b)
{
	return memcmp(&a->source, &b->source, sizeof(a->source)) == 0 &&
	       memcmp(&a->destination, &b->destination, sizeof(a->destination)) == 0;
}

#endif
