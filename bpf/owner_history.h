/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * owner_history.h - the proof of who sent an octet or took a packet, socket by socket. Of a TCP
 * stream the sequence numbers say it: its hooks run with the socket locked, so that nobody else is
 * at it. Datagrams have no numbers; they are counted on their way in and out, and only while the
 * two agree is anything said.
 *
 * User space reads a history while it may be written: `changes` tells it to read again.
 */
#ifndef PORTSENTINEL_OWNER_HISTORY_H
#define PORTSENTINEL_OWNER_HISTORY_H

#include "process.h"

/* By socket cookie: only of sockets that a packet with a watched port has met. Sized before load. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, struct socket_history);
} histories SEC(".maps");

static __always_inline struct socket_history *history_find(__u64 cookie)
{
	return cookie ? bpf_map_lookup_elem(&histories, &cookie) : NULL;
}

/* Made when absent, ret_is_new; NULL when there is no room, or for the verifier's sake. */
static __always_inline struct socket_history *history_open(__u64 cookie, bool *ret_is_new)
{
	struct socket_history *history = history_find(cookie);

	*ret_is_new = false;
	if (history || !cookie)
		return history;
	*ret_is_new = bpf_map_update_elem(&histories, &cookie, &board.blank_history, BPF_NOEXIST) == 0;
	history = bpf_map_lookup_elem(&histories, &cookie);
	if (!history)
		process_count(&board.losses.histories_failed);
	return history;
}

static __always_inline void history_begin(struct socket_history *history)
{
	__sync_fetch_and_add(&history->changes, 1);
	barrier();
}

static __always_inline void history_end(struct socket_history *history)
{
	barrier();
	__sync_fetch_and_add(&history->changes, 1);
}

/* a is later in the stream than b. */
static __always_inline bool claims_after(__u32 a, __u32 b)
{
	return (__s32)(a - b) > 0;
}

static __always_inline struct claim *claims_newest(struct claims *claims)
{
	return &claims->last[claims->newest & (HISTORY_LENGTH - 1)];
}

#define CLAIM_LONGEST (1U << 30) /* a quarter of the numbers: else those long past seem to come */

/* Keeps the newest within the numbers that can be told apart, and forgets all before it. */
static __always_inline void claims_shorten(struct claims *claims, struct claim *newest)
{
	if (newest->to - newest->from <= CLAIM_LONGEST)
		return;
	newest->from = newest->to - CLAIM_LONGEST;
#pragma unroll
	for (int i = 0; i < HISTORY_LENGTH; i++)
		if (&claims->last[i] != newest)
			claims->last[i].from = claims->last[i].to;
}

static __always_inline void claims_push(struct claims *claims, const struct process_key *process,
					__u32 from, __u32 to)
{
	struct claim *claim = &claims->last[(claims->newest + 1) & (HISTORY_LENGTH - 1)];

	claim->process = *process;
	claim->from = from;
	claim->to = to;
	claims->newest++;
}

/*
 * The current process is about to write `size` octets from number `from` on. is_repeated: the hook
 * comes by before each of the pieces that the call is cut in, so that what another one of the
 * socket writes in between is told, too. Else two whose calls overlap may have written any of it.
 */
static __always_inline void claims_write(struct claims *claims, const struct process_key *process,
					 __u32 from, __u32 size, bool is_repeated)
{
	struct claim *newest = claims_newest(claims);
	const struct process_key nobody = {};
	__u32 to = from + size;

	if (!size)
		return;
	if (newest->from != newest->to && process_is_same(&newest->process, process)) {
		/* Its other thread may be half way, too. */
		if (!is_repeated && claims_after(newest->to, from))
			to = newest->to + size;
		if (claims_after(to, newest->to))
			newest->to = to;
		claims_shorten(claims, newest);
		return;
	}
	if (!is_repeated && newest->from != newest->to && claims_after(newest->to, from)) {
		to = newest->to + size;
		if (newest->process.tgid) {
			newest->to = from;
			claims_push(claims, &nobody, from, to);
		} else {
			newest->to = to;
		}
		return;
	}
	claims_push(claims, process, from, to);
}

/* Up to number `to` all is taken; what was not yet, the current process took just now. */
static __always_inline void claims_take(struct claims *claims, const struct process_key *process,
					__u32 to)
{
	struct claim *newest = claims_newest(claims);

	if (!claims_after(to, claims->end))
		return;
	if (newest->to == claims->end && process_is_same(&newest->process, process))
		newest->to = to;
	else
		claims_push(claims, process, claims->end, to);
	claims_shorten(claims, claims_newest(claims));
	claims->end = to;
}

/* Two at once cannot keep order: then the socket says nothing of what came by then. */
static __always_inline bool takings_enter(struct takings *takings)
{
	__sync_fetch_and_add(&takings->taken, 1);
	__sync_fetch_and_add(&takings->inside, 1);
	barrier();
	return *(volatile __u32 *)&takings->inside == 1;
}

static __always_inline void takings_leave(struct takings *takings)
{
	barrier();
	__sync_fetch_and_add(&takings->inside, -1);
}

#define TAKINGS_QUIET_NS 100000000ULL

/*
 * A datagram was taken, `queued` are left. When all that came is queued or was taken by hooks that
 * have told so, nobody else is between taking and telling, and who finds nothing left took the
 * last one. Numbers that do not agree (a full buffer drops what was counted) begin anew when all
 * has been quiet.
 */
static __always_inline void takings_add(struct takings *takings, const struct process_key *process,
					__u32 queued, __u64 now)
{
	struct taking *newest = &takings->last[takings->newest & (HISTORY_LENGTH - 1)];
	bool is_known = *(volatile __u32 *)&takings->arrived ==
			*(volatile __u32 *)&takings->taken + queued;

	if (!process_is_same(&newest->process, process)) {
		newest = &takings->last[(takings->newest + 1) & (HISTORY_LENGTH - 1)];
		newest->process = *process;
		newest->first_boot_ns = now;
		newest->empty_boot_ns = 0;
		takings->newest++;
	}
	if (is_known && !queued)
		newest->empty_boot_ns = now;
	newest->last_boot_ns = now;
	if (!is_known && !queued && now > takings->arrived_boot_ns + TAKINGS_QUIET_NS) {
		takings->taken = takings->arrived;
		takings->known_boot_ns = now;
	}
}

#endif
