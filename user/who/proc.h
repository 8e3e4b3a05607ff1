/* SPDX-License-Identifier: GPL-2.0-only */
/* proc.h - a process as /proc shows it. */
#ifndef WHO_PROC_H
#define WHO_PROC_H

#include <stddef.h>

#include "../model/sighting.h"

/*
 * Fills everything that can be read of a live process. 0, or -ESRCH when it is gone (also when
 * the number went to another process meanwhile).
 */
int proc_read(pid_t pid, struct process *ret_process);

/*
 * The same, if it is the process that began at this time (CLOCK_BOOTTIME; /proc tells it to the
 * hundredth of a second) and, where exe_inode is not 0, runs the file with this inode.
 */
int proc_read_same(pid_t pid, uint64_t start_boot_ns, uint64_t exe_inode,
		   struct process *ret_process);

/* "" when the user database has no name for it. */
void proc_name_user(uid_t uid, char *ret_name, size_t size);

/* Visits every process. 0 or -errno. */
typedef void proc_visitor(void *argument, pid_t pid);
int proc_visit(proc_visitor *visit, void *argument);

/* Visits the threads of a process that are not its first; most have none. */
void proc_visit_threads(pid_t pid, proc_visitor *visit, void *argument);

/*
 * A descriptor of a socket or of a network namespace. Threads may have tables of their own, and
 * the first thread of a process may be gone, and its table with it: each table is visited once,
 * which is told by kcmp(2); without that, only the first thread's, or all where it is gone.
 */
struct proc_link {
	pid_t pid;
	pid_t task; /* the thread in whose table it is; most often the process itself */
	int fd;
	bool is_netns; /* else it is a socket */
	unsigned long inode;
};

typedef void proc_link_visitor(void *argument, const struct proc_link *link);
void proc_visit_links(pid_t pid, proc_link_visitor *visit, void *argument);

/* The same of every process. 0 or -errno. */
int proc_visit_all_links(proc_link_visitor *visit, void *argument);

/* Visits every socket that any process holds: its inode and the holder. 0 or -errno. */
typedef void proc_socket_visitor(void *argument, pid_t pid, unsigned long inode);
int proc_visit_sockets(proc_socket_visitor *visit, void *argument);

/* Does the process that began at this time (0: at any) have the socket open? */
bool proc_holds_socket(pid_t pid, uint64_t start_boot_ns, unsigned long inode);

/* This process's own number, as /proc tells it. */
pid_t proc_self(void);

/* Are /proc's numbers those of the initial pid namespace, as process_key.tgid is? */
bool proc_numbers_all(void);

/* When it began (CLOCK_BOOTTIME), to the hundredth of a second. 0 or -ESRCH. */
int proc_read_start(pid_t pid, uint64_t *ret_start_boot_ns);

/* Is it in the container that cgroup_container() calls so? */
bool proc_is_in_container(pid_t pid, const char *id);

/* Does a process of this number and start live? 0: at any time. */
bool proc_began_at(pid_t pid, uint64_t start_boot_ns);

#endif
