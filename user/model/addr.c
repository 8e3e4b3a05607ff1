/* SPDX-License-Identifier: GPL-2.0-only */
/* addr.c - addresses and prefixes from text and back. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../base/text.h"
#include "addr.h"

#define IPV4_BITS_OFFSET 96

static const uint8_t ipv4_front[12] = { [10] = 0xff, [11] = 0xff };

struct addr addr_from_ipv4(const void *network)
{
	struct addr addr;

	memcpy(addr.bytes, ipv4_front, sizeof(ipv4_front));
	memcpy(addr.bytes + sizeof(ipv4_front), network, 4);
	return addr;
}

struct addr addr_from_ipv6(const void *network)
{
	struct addr addr;

	memcpy(addr.bytes, network, sizeof(addr.bytes));
	return addr;
}

bool addr_is_ipv4(const struct addr *addr)
{
	return memcmp(addr->bytes, ipv4_front, sizeof(ipv4_front)) == 0;
}

bool addr_is_loopback(const struct addr *addr)
{
	static const struct addr loopback = { .bytes = { [15] = 1 } };

	if (addr_is_ipv4(addr))
		return addr->bytes[12] == 127;
	return memcmp(addr, &loopback, sizeof(loopback)) == 0;
}

bool addr_is_multicast(const struct addr *addr)
{
	static const uint8_t broadcast[4] = { 255, 255, 255, 255 };

	if (!addr_is_ipv4(addr))
		return addr->bytes[0] == 0xff;
	return addr->bytes[12] >> 4 == 0xe || memcmp(addr->bytes + 12, broadcast, 4) == 0;
}

const char *addr_format(const struct addr *addr, char out[ADDR_TEXT_SIZE])
{
	if (addr_is_ipv4(addr))
		inet_ntop(AF_INET, addr->bytes + 12, out, ADDR_TEXT_SIZE);
	else
		inet_ntop(AF_INET6, addr->bytes, out, ADDR_TEXT_SIZE);
	return out;
}

int addr_parse(const char *text, struct addr *ret_addr)
{
	uint8_t bytes[16];

	if (inet_pton(AF_INET, text, bytes) == 1)
		*ret_addr = addr_from_ipv4(bytes);
	else if (inet_pton(AF_INET6, text, bytes) == 1)
		*ret_addr = addr_from_ipv6(bytes);
	else
		return -EINVAL;
	return 0;
}

/* What is left of an octet that `index` octets precede, after the first `bits` bits are cut off. */
static uint8_t prefix_host_mask(unsigned int bits, unsigned int index)
{
	if (bits >= 8 * (index + 1))
		return 0;
	if (bits <= 8 * index)
		return 0xff;
	return (uint8_t)(0xff >> (bits - 8 * index));
}

int prefix_parse(const char *text, struct prefix *ret_prefix)
{
	const char *slash = strchr(text, '/');
	char address[ADDR_TEXT_SIZE];
	size_t length = slash ? (size_t)(slash - text) : strlen(text);
	unsigned int offset = strchr(text, ':') ? 0 : IPV4_BITS_OFFSET;
	struct prefix prefix;
	uint64_t bits = 128 - offset;
	unsigned int i;

	if (length >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, length);
	address[length] = '\0';
	if (addr_parse(address, &prefix.addr))
		return -EINVAL;
	if (slash && text_parse_number(slash + 1, 0, bits, &bits))
		return -EINVAL;
	prefix.bits = (uint8_t)(offset + bits);
	for (i = 0; i < sizeof(prefix.addr.bytes); i++)
		if (prefix.addr.bytes[i] & prefix_host_mask(prefix.bits, i))
			return -EINVAL;
	*ret_prefix = prefix;
	return 0;
}

const char *prefix_format(const struct prefix *prefix, char out[PREFIX_TEXT_SIZE])
{
	bool is_ipv4 = prefix->bits >= IPV4_BITS_OFFSET && addr_is_ipv4(&prefix->addr);
	size_t length;

	if (is_ipv4)
		addr_format(&prefix->addr, out);
	else
		inet_ntop(AF_INET6, prefix->addr.bytes, out, ADDR_TEXT_SIZE);
	length = strlen(out);
	snprintf(out + length, PREFIX_TEXT_SIZE - length, "/%u",
		 prefix->bits - (is_ipv4 ? IPV4_BITS_OFFSET : 0U));
	return out;
}

struct prefix prefix_of(const struct addr *addr, unsigned int bits)
{
	struct prefix prefix = { .addr = *addr, .bits = (uint8_t)bits };

	for (unsigned int i = 0; i < sizeof(prefix.addr.bytes); i++)
		prefix.addr.bytes[i] &= (uint8_t)~prefix_host_mask(bits, i);
	return prefix;
}

bool prefix_contains(const struct prefix *prefix, const struct addr *addr)
{
	unsigned int i;

	if (prefix->bits < IPV4_BITS_OFFSET && addr_is_ipv4(addr))
		return false;
	for (i = 0; i < sizeof(addr->bytes); i++)
		if ((prefix->addr.bytes[i] ^ addr->bytes[i]) &
		    (uint8_t)~prefix_host_mask(prefix->bits, i))
			return false;
	return true;
}
