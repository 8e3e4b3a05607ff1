/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mark.h - what tells a datagram from others of its flow: IPv4's identification, UDP's length and
 * the first octets of what it carries. Address translation leaves all of them alone, and so does a
 * checksum that a device is still to fill in. Pure.
 */
#ifndef PORTSENTINEL_MARK_H
#define PORTSENTINEL_MARK_H

#include <linux/types.h>

#define MARK_PAYLOAD 16 /* octets of the payload that count */

/* Eight octets as a number, the first one the lowest; from `end` on they are zero. */
static inline __attribute__((always_inline)) __u64 mark_word(const __u8 *octets, const void *end)
{
	__u64 word = 0;

#pragma unroll
	for (int i = 0; i < 8; i++) {
		if ((const void *)(octets + i + 1) > end)
			break;
		word |= (__u64)octets[i] << 8 * i;
	}
	return word;
}

/* The payload in two words. id and length as they lie in the packet. */
static inline __attribute__((always_inline)) __u32 mark_of(__be16 id, __be16 length, __u64 first,
							   __u64 second)
{
	__u64 hash = ((__u64)id << 16 | length) * 0x9e3779b97f4a7c15ULL;

	hash = (hash ^ first) * 0xff51afd7ed558ccdULL;
	hash = (hash ^ hash >> 32 ^ second) * 0xc4ceb9fe1a85ec53ULL;
	return hash >> 32;
}

#endif
