/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * capture.h - a capture file, packet by packet, each as an Ethernet frame: packets that begin
 * otherwise (raw IP, Linux cooked, BSD null) get an Ethernet header in front that says what
 * follows, which no length counts.
 */
#ifndef KERNEL_CAPTURE_H
#define KERNEL_CAPTURE_H

#include <stddef.h>
#include <stdint.h>

#include "../../bpf/abi.h"

/* What a BPF test run takes of one frame. */
#define CAPTURE_FRAME_MAX 3072

struct capture;

struct capture_packet {
	uint64_t number; /* the first is 1 */
	uint64_t wall_ns;
	const uint8_t *data; /* valid until the next call */
	uint32_t length; /* octets in data, made header included */
	uint32_t frame_length; /* on the wire, from the link header on; from IP where it is made */
	uint32_t interface; /* its number: CAPTURE_UNNAMED, or one behind that for each name */
	enum direction direction; /* in where the file does not tell */
	int unread_type; /* a link type that cannot be read, so that it is not IP; else negative */
};

#define CAPTURE_UNNAMED 1
#define CAPTURE_NAMES_MAX 1024 /* interfaces with other names are as unnamed ones */

/* 0 or -errno; -EINVAL: ret_why says what is wrong with the file. */
int capture_open(struct capture **ret_capture, const char *path, char *ret_why, size_t why_size);
void capture_free(struct capture *capture);

/* 1: a packet, 0: the end, -EINVAL: broken here; ret_why names the packet and what is wrong. */
int capture_next(struct capture *capture, struct capture_packet *ret_packet, char *ret_why,
		 size_t why_size);

/* The name that the file gives an interface; NULL: none, or no such number. Raw bytes. */
const char *capture_interface(const struct capture *capture, uint32_t number);

/* "ETHERNET"; "unknown". */
const char *capture_type_name(int link_type);

/* How much of the file was read, 0..100; -1 where its size is not known. */
int capture_percent(const struct capture *capture);

#endif
