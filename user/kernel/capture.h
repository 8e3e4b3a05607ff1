/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * capture.h - a capture file, packet by packet, each as an Ethernet frame: a file whose packets
 * begin otherwise (raw IP, Linux cooked, BSD null) gets an Ethernet header in front that says
 * what follows, which no length counts.
 */
#ifndef KERNEL_CAPTURE_H
#define KERNEL_CAPTURE_H

#include <stddef.h>
#include <stdint.h>

/* What a BPF test run takes of one frame. */
#define CAPTURE_FRAME_MAX 3072

struct capture;

struct capture_packet {
	uint64_t number; /* the first is 1 */
	uint64_t wall_ns;
	const uint8_t *data; /* valid until the next call */
	uint32_t length; /* octets in data, made header included */
	uint32_t frame_length; /* on the wire, from the link header on; from IP where it is made */
};

/* 0 or -errno; -EINVAL: ret_why says what is wrong with the file. */
int capture_open(struct capture **ret_capture, const char *path, char *ret_why, size_t why_size);
void capture_free(struct capture *capture);

/* 1: a packet, 0: the end, -EINVAL: broken here; ret_why names the packet and what is wrong. */
int capture_next(struct capture *capture, struct capture_packet *ret_packet, char *ret_why,
		 size_t why_size);

/* How much of the file was read, 0..100; -1 where its size is not known. */
int capture_percent(const struct capture *capture);

#endif
