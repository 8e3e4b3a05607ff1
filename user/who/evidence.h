/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * evidence.h - which of the processes that had a hand in a socket is behind a packet, by the
 * socket's record. Pure: of the facts given, the one that proves most is taken.
 */
#ifndef WHO_EVIDENCE_H
#define WHO_EVIDENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "../../bpf/abi.h"

static inline bool evidence_is_nobody(const struct process_key *key)
{
	return key->tgid == 0;
}

/* The same process, whatever it has executed since? */
static inline bool evidence_is_same(const struct process_key *a, const struct process_key *b)
{
	return a->tgid == b->tgid && a->start_boot_ns == b->start_boot_ns;
}

/*
 * Who sent the packet through the socket of the record. The sender that the event names belongs
 * to this socket if is_its_cookie. NULL: the record names nobody who can have sent.
 */
const struct process_key *evidence_sender(const struct packet_event *event,
					  const struct socket_record *record, bool is_its_cookie);

/*
 * Who gets what came to the socket of the record; is_connected: it is no listener, so that who
 * has it open is its user. NULL: nobody used it so far. ret_is_settled: a later record cannot
 * say better.
 */
const struct process_key *evidence_receiver(const struct packet_event *event,
					    const struct socket_record *record, bool is_connected,
					    bool *ret_is_settled);

/* Who is likely to hold a listening socket: to be checked. NULL: the record does not say. */
const struct process_key *evidence_listener(const struct socket_record *record);

/* The kernel's own socket; one that a process made or used, too, is the process's. */
bool evidence_is_kernel(const struct socket_record *record);

/* When the socket was used last, as far as is known. CLOCK_BOOTTIME. */
uint64_t evidence_last_use(const struct socket_record *record, const struct flow *flow);

#endif
