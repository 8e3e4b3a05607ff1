// SPDX-License-Identifier: GPL-2.0-only
/* community_id.c - SHA-1 over the flow's ends, the lesser one first. */
#include "community_id.h"

#include <errno.h>
#include <netinet/in.h>
#include <openssl/evp.h>

#include "../base/util.h"

#define SHA1_SIZE 20
#define SEED_SIZE 2
#define FLOW_SIZE_MAX (SEED_SIZE + 2 * 16 + 2 + 2 * 2)

/* What is hashed, everything in network byte order. */
struct flow_text {
	uint8_t bytes[FLOW_SIZE_MAX];
	size_t length;
};

static void flow_add(struct flow_text *flow, const void *bytes, size_t length)
{
	memcpy(flow->bytes + flow->length, bytes, length);
	flow->length += length;
}

static void flow_add_addr(struct flow_text *flow, const struct addr *addr)
{
	if (addr_is_ipv4(addr))
		flow_add(flow, addr->bytes + 12, 4);
	else
		flow_add(flow, addr->bytes, 16);
}

static void flow_add_port(struct flow_text *flow, uint16_t port)
{
	uint16_t network = htons(port);

	flow_add(flow, &network, sizeof(network));
}

static bool is_lesser(const struct endpoint *a, const struct endpoint *b)
{
	int order = memcmp(a->addr.bytes, b->addr.bytes, sizeof(a->addr.bytes));

	return order < 0 || (order == 0 && a->port < b->port);
}

int community_id(const struct endpoint *source, const struct endpoint *destination,
		 enum protocol protocol, char out[COMMUNITY_ID_SIZE])
{
	bool is_in_order = is_lesser(source, destination);
	const struct endpoint *first = is_in_order ? source : destination;
	const struct endpoint *second = is_in_order ? destination : source;
	uint8_t number[2] = { protocol == PROTOCOL_UDP ? IPPROTO_UDP : IPPROTO_TCP };
	struct flow_text flow = { .length = SEED_SIZE };
	uint8_t digest[SHA1_SIZE];

	if (addr_is_ipv4(&source->addr) != addr_is_ipv4(&destination->addr))
		return -EINVAL;
	flow_add_addr(&flow, &first->addr);
	flow_add_addr(&flow, &second->addr);
	flow_add(&flow, number, sizeof(number));
	flow_add_port(&flow, first->port);
	flow_add_port(&flow, second->port);
	if (!EVP_Digest(flow.bytes, flow.length, digest, NULL, EVP_sha1(), NULL))
		return -EIO;
	memcpy(out, "1:", 2);
	EVP_EncodeBlock((unsigned char *)out + 2, digest, sizeof(digest));
	return 0;
}
