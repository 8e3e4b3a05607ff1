// SPDX-License-Identifier: GPL-2.0-only
/*
 * parse.c - libFuzzer on the parser: no read outside the frame (the sanitizers watch), and what
 * must hold of every result.
 */
#include <assert.h>
#include <stdlib.h>

#include "native.h"

static bool has_ports(enum parsed parsed)
{
	return parsed == PARSED_PORTS;
}

/* Ports lie inside, the kind is one, and addresses can be read. */
static void check_match(const struct packet *packet, const uint8_t *data, size_t length)
{
	__u64 source[2], destination[2];
	__u32 payload_length;
	__u16 vlan;

	assert(packet->protocol < PROTOCOL_COUNT);
	assert(packet->family == 4 || packet->family == 6);
	assert(packet->network < length);
	assert(packet->quoted || packet->transport + 4U <= length);
	assert(parse_kind(packet, data, data + length, &payload_length) < KIND_COUNT);
	assert(payload_length <= packet->transport_length);
	assert(parse_addresses(packet->family, packet->network, data, data + length, source,
			       destination));
	parse_vlan(packet, data, data + length, &vlan);
}

/* Without ports is only what has none: no way ends at a header that leads on. */
static void check_end(enum parsed parsed, const struct packet *packet)
{
	if (parsed != PARSED_NO_PORTS || packet->flags & PACKET_LATER_FRAGMENT)
		return;
	assert(!parse_has_ports(packet->next_header) || packet->quoted);
	assert(!parse_is_extension(packet->next_header) || packet->quoted);
}

/* Where shallow parsing has an answer, deep parsing has the same. */
static void check_depths(const uint8_t *data, size_t length, enum link link)
{
	struct cursor shallow = { .data = data, .pos = data, .end = data + length }, deep = shallow;
	struct packet one = {}, other = {};
	struct fragment fragment = {};
	enum parsed first = parse_packet(&shallow, PARSE_SHALLOW, link, &one, &fragment);
	enum parsed second = parse_packet(&deep, PARSE_DEEP, link, &other, &fragment);

	if (first == PARSED_UNUSUAL)
		return;
	assert(first == second);
	if (!has_ports(first))
		return;
	assert(one.source_port == other.source_port);
	assert(one.destination_port == other.destination_port);
	assert(one.protocol == other.protocol);
	assert(one.transport == other.transport);
	assert(one.transport_length == other.transport_length);
}

static void check_tunnel(const uint8_t *data, size_t length)
{
	struct cursor cursor = { .data = data, .pos = data, .end = data + length };
	struct fragment fragment = {};
	struct packet packet = {}, inner = {};
	enum parsed parsed = parse_packet(&cursor, PARSE_DEEP, LINK_ETHERNET, &packet, &fragment);
	__be16 type;
	int place;

	if (parsed >= PARSED_FRAGMENT || !tunnel_is(&packet))
		return;
	place = tunnel_place(&cursor, &packet);
	type = place;
	if (place == 0 || link_headers(&cursor, &type) != PARSED_PORTS)
		return;
	parsed = parse_network(&cursor, PARSE_DEEP, type, &inner, &fragment);
	if (parsed == PARSED_PORTS &&
	    has_ports(parse_behind(&cursor, PARSE_DEEP, &inner, &fragment)))
		check_match(&inner, data, length);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length)
{
	/* Of the exact size, so that a read behind the end is noticed. */
	uint8_t *data = malloc(length ? length : 1);
	struct packet packet;

	memcpy(data, input, length);
	for (enum link link = LINK_ETHERNET; link <= LINK_NONE; link++) {
		enum parsed parsed = native_parse(data, length, link, &packet);

		if (has_ports(parsed))
			check_match(&packet, data, length);
		check_end(parsed, &packet);
		check_depths(data, length, link);
	}
	check_tunnel(data, length);
	free(data);
	return 0;
}
