/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * frame.h - frames from one line of text, header by header:
 *
 *   eth tag:7 ip4 tcp:40000:3409:S pay:10
 *
 *   eth                  Ethernet; its type follows from what comes next
 *   tag:ID  stag:ID      802.1Q and 802.1ad tags; tag:ID:N are N of them
 *   arp                  an ARP body
 *   ip4[:KEY=N]...       ihl, len (total length), off (fragment offset in 8 octets), mf, proto,
 *                        ver; options fill what ihl promises
 *   ip6[:KEY=N]...       len (payload length), next, ver
 *   hop:N dst:N route:N  extension headers of N octets (a multiple of 8); dst:N:M are M of them
 *   ah:N                 authentication header of N octets (a multiple of 4)
 *   frag:OFF:MF          fragment header, offset in 8 octets
 *   tcp:SPORT:DPORT:FLAGS[:doff=N]   FLAGS of FSRPAUEC, - for none
 *   udp:SPORT:DPORT
 *   proto:N:LENGTH       LENGTH octets of another transport
 *   pay:N                payload; counts in all lengths
 *   pad:N                octets behind the datagram; count in no length
 *   cut:N                takes N octets off the end, leaving the lengths as they are
 */
#ifndef TESTS_FRAME_H
#define TESTS_FRAME_H

#include <stddef.h>
#include <stdint.h>

#define FRAME_MAX 9000

struct frame {
	uint8_t data[FRAME_MAX];
	size_t length;
};

/* Builds the frame; ends the test run on a line it cannot read. */
void frame_build(struct frame *frame, const char *text);

#endif
