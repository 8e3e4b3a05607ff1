/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pcapng_file.h - a pcapng file (draft-ietf-opsawg-pcapng), packet by packet, whatever its
 * sections, interfaces and byte orders. Nothing in it is trusted; memory is bounded by
 * PCAPNG_INTERFACES_MAX, not by the file.
 */
#ifndef KERNEL_PCAPNG_FILE_H
#define KERNEL_PCAPNG_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define PCAPNG_MAGIC 0x0a0d0d0a /* what it begins with, the same in both byte orders */
#define PCAPNG_INTERFACES_MAX 65536 /* of a section */
#define PCAPNG_NAME_SIZE 64 /* longer names are cut */
#define PCAPNG_KEPT_MAX 16384 /* octets of a packet */

struct pcapng_file;

struct pcapng_interface {
	uint16_t link_type;
	uint8_t resolution; /* if_tsresol */
	uint32_t snap_length; /* 0: none */
	int64_t offset_s; /* if_tsoffset */
	char name[PCAPNG_NAME_SIZE]; /* "": it has none */
};

enum pcapng_way {
	PCAPNG_WAY_UNKNOWN,
	PCAPNG_WAY_IN,
	PCAPNG_WAY_OUT,
};

struct pcapng_packet {
	const struct pcapng_interface *interface; /* valid until the next call, as is data */
	const uint8_t *data;
	uint32_t length; /* octets in data: all that were captured, but for PCAPNG_KEPT_MAX */
	uint32_t frame_length; /* on the wire */
	uint64_t wall_ns; /* of the packet before it where the file tells none */
	enum pcapng_way way;
	bool is_swapped; /* the section's byte order is not this machine's */
};

/* Reads from where `file` stands, which stays the caller's. 0 or -ENOMEM. */
int pcapng_file_new(struct pcapng_file **ret_reader, FILE *file);
void pcapng_file_free(struct pcapng_file *reader);

/* 1: a packet, 0: the end, -EINVAL: broken here, ret_why names the block; or -ENOMEM. */
int pcapng_file_next(struct pcapng_file *reader, struct pcapng_packet *ret_packet, char *ret_why,
		     size_t why_size);

#endif
