/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attach.h - the programs' places on interfaces. For each interface a ladder of modes is
 * climbed down until one holds; every refusal is remembered and shown. Links are pinned, so that
 * the kernel counts on when the process dies; a record of each interface is kept in a pinned map
 * for whoever looks later. Other people's programs, filters and qdiscs are never touched.
 * Life: attach_new -> attach_interface ... -> attach_drop_left -> attach_free (detaches, or leaves
 * all with `keep`).
 */
#ifndef KERNEL_ATTACH_H
#define KERNEL_ATTACH_H

#include <stdbool.h>

#include "../../bpf/abi.h"
#include "../model/config.h"
#include "attach_mode.h"
#include "links.h"
#include "program.h"

struct attacher;

/*
 * pin_directory must exist. What an earlier process left attached goes on counting until
 * attach_interface() puts the new program in its place, or attach_drop_left() removes it.
 */
int attach_new(struct attacher **ret_attacher, const struct program *program,
	       const char *pin_directory, enum xdp_mode xdp);
void attach_free(struct attacher *attacher, bool keep);

/* Takes effect on interfaces attached from now on. */
void attach_set_xdp(struct attacher *attacher, enum xdp_mode xdp);

/*
 * 0 when at least one direction holds. The record says how, or why not: it is kept either way,
 * so that an interface which refuses is not tried at each of its messages. May be NULL.
 */
int attach_interface(struct attacher *attacher, const struct link *link,
		     struct interface_record *ret_record);
void attach_remove(struct attacher *attacher, __u32 ifindex);

/*
 * Takes the programs off, if they are on, and leaves a record that says why. True when that is
 * news.
 */
bool attach_leave_out(struct attacher *attacher, const struct link *link, const char *why);

/* Detaches what was left and not taken over. */
void attach_drop_left(struct attacher *attacher);

/* Forgets the refusals, so that those interfaces are tried again. */
void attach_forget_refused(struct attacher *attacher);

/* The name changed. */
void attach_rename(struct attacher *attacher, const struct link *link);

/* Is there a record: attached, or refused? */
bool attach_has(const struct attacher *attacher, __u32 ifindex);

/* Is there one, but of a link that is left out? */
bool attach_is_left_out(const struct attacher *attacher, __u32 ifindex);

/* The name of the pin that holds an interface's link, where it is attached by one. */
#define ATTACH_PIN_NAME_SIZE 32
void attach_pin_name(__u32 ifindex, enum direction direction, char name[ATTACH_PIN_NAME_SIZE]);

/* The records, from a running sensor's or a dead one's pins. 0 or -errno. */
typedef void attach_visitor(void *argument, __u32 ifindex, const struct interface_record *record);
int attach_visit(const char *pin_directory, attach_visitor *visit, void *argument);

/*
 * Detaches one interface, or all (ifindex 0), by the records alone. ret_count: how many.
 * Filters of clsact are found in the caller's network namespace only: -EXDEV when the interface
 * is of another one (its links are detached all the same).
 */
int attach_detach_left(const char *pin_directory, __u32 ifindex, unsigned int *ret_count);

#endif
