/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hooks.h - the owner hooks in the kernel: at the root of the control groups, and the best set of
 * process hooks that this kernel takes. Where none can be had the packets are seen all the same,
 * and processes are looked for in /proc: what is lost then stands in the ladder.
 */
#ifndef KERNEL_HOOKS_H
#define KERNEL_HOOKS_H

#include <stdbool.h>
#include <stddef.h>

#include "program.h"

struct hooks;

struct hooks_options {
	const struct program *program; /* its watch set is shared */
	const char *choice; /* "auto", "none", or a rung's word */
	size_t sockets; /* to remember who used them */
	size_t flows; /* flows to remember */
};

/*
 * Always gives an object, whatever could be loaded; hooks_describe() tells. 0 or -errno (-ENOMEM,
 * or -EINVAL: no such rung).
 */
int hooks_load(struct hooks **ret_hooks, const struct hooks_options *options);
void hooks_free(struct hooks *hooks);

/* Is it "auto", "none" or a rung's word? */
bool hooks_choice_valid(const char *choice);

/*
 * Notes the sockets that processes hold now, and the kernel's own. A socket needs a cookie for
 * that, which the kernel makes when a socket list of sock_diag(7) is asked for. 0 or -errno;
 * -EOPNOTSUPP: this kernel has no such iterators, or the hooks are off.
 */
int hooks_scan(struct hooks *hooks);

/* 0, -ENOENT or -errno. */
int hooks_find_socket(const struct hooks *hooks, __u64 cookie, struct socket_record *ret_record);
int hooks_find_flow(const struct hooks *hooks, const struct flow_key *key, struct flow *ret_flow);
int hooks_find_passage(const struct hooks *hooks, const struct passage_key *key,
		       struct passage *ret_passage);

/* The same; -EAGAIN: it is being written all the time. */
int hooks_find_history(const struct hooks *hooks, __u64 cookie,
		       struct socket_history *ret_history);

/* What became of a process. -ENOENT also where that is not met. */
int hooks_find_life(const struct hooks *hooks, const struct process_key *process,
		    struct life *ret_life);

/* When anybody last passed descriptors to somebody; 0: never, or it is told socket by socket. */
__u64 hooks_last_passed(const struct hooks *hooks);

/* The process whose task is, or was, sending by a packet socket, or who last sent by that socket.
 */
int hooks_find_frames(const struct hooks *hooks, __u64 task_or_cookie,
		      struct frame_sender *ret_sender);

/*
 * From now on any socket may stand behind a watched port: all are noted. The hooks find that out
 * themselves where hooks_scan() meets a tunnel of the kernel's on such a port.
 */
void hooks_note_all(struct hooks *hooks);
bool hooks_notes_all(const struct hooks *hooks);

/* A process whose description was lost: it is told anew at its next call. */
void hooks_forget_process(struct hooks *hooks, const struct process_key *key);

/* The ring of records (reports.h): the hooks' own descriptor; -1: there is none. */
int hooks_records_fd(const struct hooks *hooks);

/* The ways to meet a process, the best first, and what each cannot see (NULL: nothing). */
struct hooks_rung {
	const char *word;
	const char *lost;
};

#define HOOKS_RUNGS_MAX 8
size_t hooks_list_rungs(struct hooks_rung ret_rungs[HOOKS_RUNGS_MAX]);

struct hooks_description {
	const char *process_hooks; /* the rung that was taken: "kprobe", ..., "none". Static */
	const char *lost; /* what that rung cannot see; NULL: nothing. Static */
	bool cgroup; /* the control group hooks are in place */
	bool scan; /* the iterators are */
	char why[256]; /* why not better; "" */
	struct owner_losses losses;
	__u32 refused_uid; /* the last user of losses.records_refused */
};

void hooks_describe(const struct hooks *hooks, struct hooks_description *ret_description);

#endif
