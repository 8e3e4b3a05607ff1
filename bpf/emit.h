/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * emit.h - a sample's way to user space: a record in the ring, filled in place. The kernel wakes
 * the reader only when it has read everything before (no flag), which costs nothing in a flood.
 */
#ifndef PORTSENTINEL_EMIT_H
#define PORTSENTINEL_EMIT_H

#include <bpf/bpf_helpers.h>

#include "abi.h"

#define SNAP_LENGTH_MAX 256

/* Octets of the frame in a sample, a multiple of 8 up to SNAP_LENGTH_MAX; set before load. */
const volatile __u32 snap_length = 128;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} samples SEC(".maps");

/* Copies the front of the frame; returns how many octets. */
static __always_inline __u32 emit_copy(__u8 *to, const void *data, const void *end)
{
	__u32 length = 0;

#pragma unroll
	for (__u32 i = 0; i < SNAP_LENGTH_MAX; i += 8) {
		if (i >= snap_length || data + i + 8 > end)
			break;
		__builtin_memcpy(to + i, data + i, 8);
		length = i + 8;
	}
	for (int i = 0; i < 7; i++) {
		if (length >= snap_length || data + length + 1 > end)
			break;
		to[length] = *(const __u8 *)(data + length);
		length++;
	}
	return length;
}

/* The record to fill, its head set but for the time; NULL when the ring is full. */
static __always_inline struct packet_event *emit_begin(void)
{
	struct packet_event *event =
		bpf_ringbuf_reserve(&samples, sizeof(*event) + snap_length, 0);

	if (!event)
		return NULL;
	__builtin_memset(event, 0, sizeof(*event));
	event->version = ABI_VERSION;
	event->size = sizeof(*event) + snap_length;
	return event;
}

static __always_inline void emit_end(struct packet_event *event)
{
	bpf_ringbuf_submit(event, 0);
}

#endif
