/* SPDX-License-Identifier: GPL-2.0-only */
/* journal.h - an alert as an entry of journald's native protocol (JOURNAL_NATIVE_PROTOCOL). */
#ifndef SINK_JOURNAL_H
#define SINK_JOURNAL_H

#include <stddef.h>

#include "../model/alert.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

/* One entry: more than all fields of an alert at their longest need. */
#define JOURNAL_SIZE 32768

struct journal_entry {
	char data[JOURNAL_SIZE];
	size_t length;
};

/* Fills the entry. Fields that are no longer than their limits always fit. */
void journal_format(const struct alert *alert, int facility, struct journal_entry *ret_entry);

/*
 * Appends NAME=VALUE in the protocol's form: binary when a value holds a newline. The name is
 * upper case already. A field that has no room is left out.
 */
void journal_add(struct journal_entry *entry, const char *name, const char *value, size_t length);

/* The MESSAGE_ID of an action, 32 hexadecimal digits. Static. */
const char *journal_message_id(enum action action);

/*
 * Sends an entry that is too large for a datagram over the connected socket, as a sealed memory
 * file. 0 or -errno; -EAGAIN: the receiver's queue is full.
 */
int journal_send_large(int fd, const void *data, size_t length);

#endif
