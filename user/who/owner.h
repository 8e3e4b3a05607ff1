/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * owner.h - who is the process behind a packet. The kernel's records of sockets, flows and
 * processes (bpf/abi.h) are the proof; sock_diag(7), ctnetlink and /proc only fill what they lack.
 * Nobody is named without proof: sighting.quality says which one it was.
 */
#ifndef WHO_OWNER_H
#define WHO_OWNER_H

#include <stddef.h>

#include "../model/port_set.h"
#include "../model/sighting.h"

/* How long a packet may wait for a better answer: records can arrive a little after it. */
#define OWNERS_PATIENCE_NS 100000000ULL

#define OWNERS_QUALITY_COUNT (QUALITY_KERNEL + 1)

/* Where the kernel's records are asked for; the functions return 0, -ENOENT or -errno. */
struct owner_source {
	void *argument;
	int (*find_socket)(void *argument, uint64_t cookie, struct socket_record *ret_record);
	int (*find_flow)(void *argument, const struct flow_key *key, struct flow *ret_flow);
	int (*find_passage)(void *argument, const struct passage_key *key,
			    struct passage *ret_passage);
	int (*find_history)(void *argument, uint64_t cookie, struct socket_history *ret_history);
	int (*find_life)(void *argument, const struct process_key *key, struct life *ret_life);
	/* When descriptors were last passed, of whatever socket; may be NULL. */
	uint64_t (*last_passed)(void *argument);
	/* Who was sending raw frames, by the address of the task or the cookie of the socket. */
	int (*find_frames)(void *argument, uint64_t task_or_cookie,
			   struct frame_sender *ret_sender);
	/* Runs the iterators anew, so that sockets without a record get one. */
	int (*rescan)(void *argument);
	/* This process's description was lost: it is to be told anew. */
	void (*forget)(void *argument, const struct process_key *key);
};

struct owners;

/*
 * source is copied, its argument must outlive the owners; NULL: sock_diag, ctnetlink and /proc
 * alone. Belongs to the network namespace that it is made in. 0 or -errno.
 */
int owners_new(struct owners **ret_owners, const struct owner_source *source);
void owners_free(struct owners *owners);

/* Remembers a process; the event must have its full, checked size. */
void owners_take_process(struct owners *owners, const struct process_event *event);

/*
 * Does the process execute the program that is installed at the path, by this process's mount
 * namespace, or by its container's? What the process's own namespace shows there is not asked.
 */
bool owners_is_run(struct owners *owners, const struct process *process, const char *path,
		   bool is_container);

/* Does a route of this namespace make the address its own, assigned to an interface or not? */
bool owners_is_local(const struct owners *owners, const struct addr *addr);

/* Can connections be tracked by now? Else no address is translated. */
bool owners_may_track(const struct owners *owners);

/*
 * Fills quality, process, created_by and accepted_by of a sighting whose verdict is known, and
 * corrects the verdict where the kernel's socket look-up was deceived (address translation).
 * False: ask again, with the same sighting, as a better answer may come within
 * OWNERS_PATIENCE_NS of the packet; what is filled by then is true already. Once that time has
 * passed, always true. now_boot_ns: CLOCK_BOOTTIME.
 */
bool owners_find(struct owners *owners, struct sighting *sighting, uint64_t now_boot_ns);

/*
 * Fills quality, process and created_by with who began to hold a port (or to send past all
 * hooks), and leaves the rest of the sighting alone. The answer is final: the kernel tells of a
 * process before it tells what it did.
 */
void owners_name_listener(struct owners *owners, const struct listener_event *event,
			  struct sighting *sighting, uint64_t now_boot_ns);

/*
 * Can every process of this host be told by its number? Not where /proc is that of a container's
 * pid namespace: those outside it are told by their records alone.
 */
bool owners_number_all(void);

struct owners_status {
	uint64_t processes; /* remembered */
	uint64_t processes_evicted; /* for newer ones */
	uint64_t unrecorded; /* final answers for which a process's record never came */
	uint64_t answers[OWNERS_QUALITY_COUNT]; /* final ones, by quality */
	uint64_t proc_walks; /* through all descriptors of all processes */
	uint64_t rescans;
	uint64_t translations; /* packets that ctnetlink gave another address for */
};

void owners_status(const struct owners *owners, struct owners_status *ret_status);

/* A socket on a watched port and one process that holds it. */
struct owner_row {
	uint16_t port; /* the watched one */
	enum protocol protocol;
	const char *state; /* "listen", "established", ... static */
	struct endpoint local;
	struct endpoint peer;
	bool has_peer;
	bool is_udplite; /* then the protocol is UDP */
	uint64_t netns; /* inode */
	struct process process; /* pid 0: nobody has it open, as far as can be seen */
};

/*
 * Every socket on a port of the set, in every network namespace that anything leads to, one row a
 * holder, by port. One that nobody holds (closed, waiting to be accepted, on its way to another
 * process in a message) has a row without a process. The caller frees. 0 or -errno.
 */
int owners_list(const struct port_set *ports, struct owner_row **ret_rows, size_t *ret_count);

/*
 * Looks at every socket, which gives each a cookie; only then can the iterators note them.
 * is_thorough: those too whose network namespace only a descriptor leads to, for which all
 * descriptors of the host are read. 0 or -errno.
 */
int owners_touch_sockets(bool is_thorough);

#endif
