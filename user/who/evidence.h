/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * evidence.h - what the kernel's records of a socket prove about one packet. Pure. What each word
 * of quality stands for is decided here:
 *
 * - `exact`, sent: TCP's octets by the claim of whoever wrote these numbers; a datagram by its own
 *   passage, while he who ran then can have had the socket; a SYN by connect(); a raw frame by the
 *   task that was sending it, while nobody else sends by its socket.
 * - `exact`, received: TCP's octets by the claim of whoever took these numbers; a datagram when
 *   one process alone took datagrams from the moment it came until nothing was left, and all that
 *   came is accounted for.
 * - `joined`: a packet without octets is its connection's: his who used it last before the packet,
 *   and lived, and had not had the chance to hand it on unseen, or has it still.
 * - `listener`: holds the socket that it waits at: who bound it, or the only one who has it.
 * - `past`: he used it, and had closed it, or was dead, by then.
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

/* The same process, whatever it has executed or become since? */
static inline bool evidence_is_same(const struct process_key *a, const struct process_key *b)
{
	return a->tgid == b->tgid && a->start_boot_ns == b->start_boot_ns;
}

enum proof {
	PROOF_NOT_YET, /* a later record may tell */
	PROOF_NEVER, /* none will */
	PROOF_FOUND,
};

/* Who wrote or took the octets [sequence, sequence + length): one process, and all of them. */
enum proof evidence_octets(const struct claims *claims, uint32_t sequence, uint32_t length,
			   struct process_key *ret_key);

/* Who took the datagram that reached the socket at this time. */
enum proof evidence_datagram(const struct takings *takings, uint64_t boot_ns,
			     struct process_key *ret_key);

/*
 * Who used the socket last before this time, or else accepted, connected or held it; NULL: not
 * told by the record. As far as the record goes: whether he still lived and held it is another
 * question.
 */
const struct process_key *evidence_user(const struct socket_record *record, uint64_t boot_ns);

/* Has any process accepted, made or used the connection, whoever it was? */
bool evidence_is_used(const struct socket_record *record);

/* The only process that ever did anything with the socket; NULL: there are several, or none. */
const struct process_key *evidence_sole(const struct socket_record *record);

/* Has he done anything with the socket, but for sending, at which anybody may have run? */
bool evidence_has_acted(const struct socket_record *record, const struct process_key *key);

/* Who is likely to hold a listening socket: to be checked. NULL: the record does not say. */
const struct process_key *evidence_listener(const struct socket_record *record);

/* The kernel's own socket; one that a process made or used, too, is the process's. */
bool evidence_is_kernel(const struct socket_record *record);

#endif
