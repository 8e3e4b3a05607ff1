/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * loop.h - one thread, one epoll: a descriptor, a function and its argument; timers; signals.
 * Life: loop_new -> add sources -> loop_run until loop_stop -> remove sources -> loop_free.
 */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include <stdint.h>

struct loop;
struct loop_source;

/* events: EPOLLIN, EPOLLOUT, ... as epoll gave them; 0 for a timer; the number for a signal. */
typedef void loop_handler(void *argument, uint32_t events);

/* Returns 0 or -errno. */
int loop_new(struct loop **ret_loop);
void loop_free(struct loop *loop);

/* Runs until loop_stop(). Returns the value given there, or -errno. */
int loop_run(struct loop *loop);
void loop_stop(struct loop *loop, int result);

/*
 * Watches fd, which stays the caller's and must outlive the source. -EPERM: this kind of
 * descriptor (a regular file) is always ready and cannot be watched.
 */
int loop_add_fd(struct loop *loop, int fd, uint32_t events, loop_handler *handler, void *argument,
		struct loop_source **ret_source);

/* Changes what a descriptor is watched for; 0 pauses it. */
int loop_source_set_events(struct loop_source *source, uint32_t events);

/* A CLOCK_MONOTONIC timer, created unarmed. */
int loop_add_timer(struct loop *loop, loop_handler *handler, void *argument,
		   struct loop_source **ret_source);

/* Fires after delay_ns, then every interval_ns (0: once). delay_ns 0 disarms. */
int loop_timer_set(struct loop_source *source, uint64_t delay_ns, uint64_t interval_ns);

/*
 * Blocks the signal for good and hands it to the loop, one that was ignored (a shell's background
 * job ignores SIGINT) too: the kernel never drops a blocked signal.
 */
int loop_add_signal(struct loop *loop, int signal_number, loop_handler *handler, void *argument,
		    struct loop_source **ret_source);

/* NULL is allowed. May be called from inside any handler, the source's own included. */
void loop_source_free(struct loop_source *source);

#endif
