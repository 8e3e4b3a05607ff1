/* SPDX-License-Identifier: GPL-2.0-only */
/* addr.h - one type for IPv4 and IPv6 addresses: network byte order, IPv4 as ::ffff:a.b.c.d. */
#ifndef MODEL_ADDR_H
#define MODEL_ADDR_H

#include <stdbool.h>
#include <stdint.h>

struct addr {
	uint8_t bytes[16];
};

#define ADDR_TEXT_SIZE 46 /* INET6_ADDRSTRLEN */

/* network: 4 octets in network byte order. */
struct addr addr_from_ipv4(const void *network);
struct addr addr_from_ipv6(const void *network);

bool addr_is_ipv4(const struct addr *addr);
bool addr_is_loopback(const struct addr *addr);
/* IPv4 and IPv6 multicast, and 255.255.255.255. */
bool addr_is_multicast(const struct addr *addr);

/* IPv4 in dotted form, IPv6 as RFC 5952. Returns out. */
const char *addr_format(const struct addr *addr, char out[ADDR_TEXT_SIZE]);

/* Returns 0 or -EINVAL. */
int addr_parse(const char *text, struct addr *ret_addr);

/* An address block; bits count from the front of the 16 octets (an IPv4 /8 has bits 104). */
struct prefix {
	struct addr addr;
	uint8_t bits;
};

/* "10.0.0.0/8", "fd00::/8"; a bare address is a full-length prefix. Host bits must be zero. */
int prefix_parse(const char *text, struct prefix *ret_prefix);
/* "10.0.0.0/8". Returns out. */
#define PREFIX_TEXT_SIZE (ADDR_TEXT_SIZE + 4)
const char *prefix_format(const struct prefix *prefix, char out[PREFIX_TEXT_SIZE]);
/* The block of that many bits that holds the address; IPv4 addresses count theirs from 96 on. */
struct prefix prefix_of(const struct addr *addr, unsigned int bits);
/* An IPv6 prefix that is shorter than ::ffff:0:0/96, as ::/0 is, holds no IPv4 address. */
bool prefix_contains(const struct prefix *prefix, const struct addr *addr);

#endif
