/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * uninspected.h - what came in behind more headers than are followed. It is counted as unparsed;
 * whose it is, user space is told now and then, for the stack may deliver it all the same.
 */
#ifndef PORTSENTINEL_UNINSPECTED_H
#define PORTSENTINEL_UNINSPECTED_H

#include <bpf/bpf_helpers.h>

#include "abi.h"
#include "emit.h"
#include "observe.h"

#define UNINSPECTED_INTERVAL_NS 10000000ULL /* a CPU's; those between are told by number */

struct uninspected {
	__u64 next_ns;
	__u64 held; /* since the last that was told */
};

static struct uninspected uninspected[ABI_CPUS_MAX] SEC(".data.observed");

/*
 * Do the headers of the packet go on where the steps ended at `place`: too deep, behind what was
 * read of it (`is_longer`), or in a later fragment? What is quoted was sent by others.
 */
static __always_inline bool uninspected_is(int place, bool is_longer)
{
	const struct observed_packet *observed = observed_here();
	bool is_cut = place == observe_failed(parse_failed(UNPARSED_TRUNCATED)) &&
		      (is_longer || observed->fragment.first);

	return observed->packet.family && !observed->packet.quoted &&
	       (place > 0 || is_cut || place == observe_failed(parse_failed(UNPARSED_TOO_DEEP)));
}

static __always_inline void uninspected_emit(const struct view *view, __u64 now, __u64 held)
{
	const struct packet *packet = &observed_here()->packet;
	__u64 source[2], destination[2];
	struct packet_event *event;

	if (!parse_addresses(packet->family, packet->network, view->data, view->end, source,
			     destination))
		return;
	event = emit_begin();
	if (!event)
		return; /* it is no sample, so it is none that is lost */
	event->boot_ns = now;
	event->hook = view->hook;
	event->direction = view->direction;
	event->ifindex = view->ifindex;
	event->frame_length = view->frame_length;
	event->suppressed = held;
	__builtin_memcpy(event->source, source, 16);
	__builtin_memcpy(event->destination, destination, 16);
	event->l3_offset = packet->network;
	event->family = packet->family;
	event->snap_length = emit_copy(event->data, view->data, view->end);
	emit_end(event);
}

static __always_inline void uninspected_tell(const struct view *view)
{
	struct uninspected *here = &uninspected[bpf_get_smp_processor_id() & (ABI_CPUS_MAX - 1)];
	__u64 now = bpf_ktime_get_boot_ns(), held = here->held;

	if (now < here->next_ns) {
		here->held++;
		return;
	}
	here->next_ns = now + UNINSPECTED_INTERVAL_NS;
	here->held = 0;
	uninspected_emit(view, now, held);
}

#endif
