// SPDX-License-Identifier: GPL-2.0-only
/*
 * pcapng_file.c - block by block. A block is read through `left`, the octets of its body that are
 * still to come, so that no length in it leads beyond its end.
 */
#include "pcapng_file.h"

#include <errno.h>
#include <stdarg.h>

#include "../base/clock.h"
#include "../base/text.h"
#include "../base/util.h"

#define BLOCK_INTERFACE 1
#define BLOCK_PACKET_OLD 2
#define BLOCK_PACKET_SIMPLE 3
#define BLOCK_PACKET 6
#define BLOCK_HEAD 8 /* type, length */
#define BLOCK_LENGTH_MIN 12 /* and the length again, at the end */

#define BYTE_ORDER_MAGIC 0x1a2b3c4d
#define VERSION_MAJOR 1

#define OPTION_END 0
#define OPTION_INTERFACE_NAME 2
#define OPTION_INTERFACE_RESOLUTION 9
#define OPTION_INTERFACE_OFFSET 14
#define OPTION_PACKET_FLAGS 2
#define OPTION_VALUE_MAX 64 /* octets kept of one */

#define RESOLUTION_DEFAULT 6 /* microseconds */
#define RESOLUTION_BINARY 0x80 /* a power of two, not of ten */
#define RESOLUTION_NS 9
#define RESOLUTION_NONE 38 /* no time is that fine */

#define FLAGS_WAY 3 /* of which 3 is reserved */

struct pcapng_file {
	FILE *file;
	uint64_t block; /* number, the first is 1 */
	uint32_t left; /* octets of the block's body to come */
	bool is_swapped;
	struct pcapng_interface *interfaces; /* of the section */
	size_t interface_count;
	size_t interface_room;
	uint64_t last_ns;
	char *why; /* of the call */
	size_t why_size;
	uint8_t data[PCAPNG_KEPT_MAX];
};

struct pcapng_option {
	uint16_t code;
	uint16_t length; /* octets in value */
	uint8_t value[OPTION_VALUE_MAX];
};

static int PRINTF_LIKE(2, 3) pcapng_refuse(struct pcapng_file *reader, const char *format, ...)
{
	int used = snprintf(reader->why, reader->why_size, "block %llu ",
			    (unsigned long long)reader->block);
	va_list arguments;

	va_start(arguments, format);
	if (used > 0 && (size_t)used < reader->why_size)
		vsnprintf(reader->why + used, reader->why_size - used, format, arguments);
	va_end(arguments);
	return -EINVAL;
}

static int pcapng_read(struct pcapng_file *reader, void *to, size_t length)
{
	if (fread(to, 1, length, reader->file) == length)
		return 0;
	return pcapng_refuse(reader, ferror(reader->file) ? "cannot be read" :
							      "breaks off: the file ends inside it");
}

/* So many octets of the body. */
static int pcapng_take(struct pcapng_file *reader, void *to, uint32_t length)
{
	if (length > reader->left)
		return pcapng_refuse(reader, "is too short for what it holds");
	reader->left -= length;
	return pcapng_read(reader, to, length);
}

static int pcapng_skip(struct pcapng_file *reader, uint32_t length)
{
	uint8_t scrap[4096];
	int r = 0;

	while (r == 0 && length > 0) {
		uint32_t part = MIN(length, sizeof(scrap));

		r = pcapng_take(reader, scrap, part);
		length -= part;
	}
	return r;
}

static uint16_t pcapng_16(const struct pcapng_file *reader, const void *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return reader->is_swapped ? __builtin_bswap16(value) : value;
}

static uint32_t pcapng_32(const struct pcapng_file *reader, const void *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return reader->is_swapped ? __builtin_bswap32(value) : value;
}

static uint64_t pcapng_64(const struct pcapng_file *reader, const void *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return reader->is_swapped ? __builtin_bswap64(value) : value;
}

static uint32_t pcapng_padding(uint32_t length)
{
	return -length & 3;
}

/* 1: an option, 0: there are no more. */
static int pcapng_next_option(struct pcapng_file *reader, struct pcapng_option *option)
{
	uint8_t head[4];
	uint32_t length, kept;
	int r;

	if (reader->left < sizeof(head))
		return 0;
	r = pcapng_take(reader, head, sizeof(head));
	if (r < 0)
		return r;
	option->code = pcapng_16(reader, head);
	length = pcapng_16(reader, head + 2);
	if (option->code == OPTION_END)
		return 0;
	kept = MIN(length, sizeof(option->value));
	option->length = kept;
	r = pcapng_take(reader, option->value, kept);
	if (r == 0)
		r = pcapng_skip(reader, length - kept + pcapng_padding(length));
	return r < 0 ? r : 1;
}

static int pcapng_set_length(struct pcapng_file *reader, const uint8_t length[4])
{
	uint32_t total = pcapng_32(reader, length);

	if (total < BLOCK_LENGTH_MIN || total % 4)
		return pcapng_refuse(reader, "has an impossible length: %u", total);
	reader->left = total - BLOCK_LENGTH_MIN;
	return 0;
}

/* The body of a section header behind its length, which is not believed before the magic is. */
static int pcapng_read_section(struct pcapng_file *reader, const uint8_t length[4])
{
	uint8_t body[12];
	uint32_t magic;
	int r = pcapng_read(reader, &magic, sizeof(magic));

	if (r < 0)
		return r;
	if (magic != BYTE_ORDER_MAGIC && magic != __builtin_bswap32(BYTE_ORDER_MAGIC))
		return pcapng_refuse(reader, "has no byte-order magic");
	reader->is_swapped = magic != BYTE_ORDER_MAGIC;
	reader->interface_count = 0;
	r = pcapng_set_length(reader, length);
	if (r < 0)
		return r;
	if (reader->left < sizeof(magic))
		return pcapng_refuse(reader, "is too short for what it holds");
	reader->left -= sizeof(magic);
	r = pcapng_take(reader, body, sizeof(body)); /* versions, and how long the section would be */
	if (r == 0 && pcapng_16(reader, body) != VERSION_MAJOR)
		return pcapng_refuse(reader, "has version %u, which is not known",
				     pcapng_16(reader, body));
	return r;
}

static struct pcapng_interface *pcapng_add_interface(struct pcapng_file *reader)
{
	size_t room = MAX(16UL, 2 * reader->interface_room);
	struct pcapng_interface *larger;

	if (reader->interface_count == reader->interface_room) {
		larger = reallocarray(reader->interfaces, room, sizeof(*larger));
		if (!larger)
			return NULL;
		reader->interfaces = larger;
		reader->interface_room = room;
	}
	return &reader->interfaces[reader->interface_count];
}

/* Whole characters, as many as have room. */
static void pcapng_take_name(struct pcapng_interface *interface, const struct pcapng_option *option)
{
	const char *text = (const char *)option->value;
	size_t length = strnlen(text, option->length), used = 0, next;

	while (used < length) {
		next = MAX(text_utf8_length(text + used, length - used), 1UL);
		if (used + next >= sizeof(interface->name))
			break;
		used += next;
	}
	memcpy(interface->name, text, used);
	interface->name[used] = '\0';
}

static void pcapng_take_interface_option(const struct pcapng_file *reader,
					 struct pcapng_interface *interface,
					 const struct pcapng_option *option)
{
	if (option->code == OPTION_INTERFACE_NAME)
		pcapng_take_name(interface, option);
	else if (option->code == OPTION_INTERFACE_RESOLUTION && option->length >= 1)
		interface->resolution = option->value[0];
	else if (option->code == OPTION_INTERFACE_OFFSET && option->length >= 8)
		interface->offset_s = (int64_t)pcapng_64(reader, option->value);
}

static int pcapng_read_interface(struct pcapng_file *reader)
{
	struct pcapng_interface *interface;
	struct pcapng_option option;
	uint8_t body[8];
	int r;

	if (reader->interface_count >= PCAPNG_INTERFACES_MAX)
		return pcapng_refuse(reader, "is one interface too many");
	interface = pcapng_add_interface(reader);
	if (!interface)
		return -ENOMEM;
	r = pcapng_take(reader, body, sizeof(body));
	if (r < 0)
		return r;
	*interface = (struct pcapng_interface){
		.link_type = pcapng_16(reader, body),
		.snap_length = pcapng_32(reader, body + 4),
		.resolution = RESOLUTION_DEFAULT,
	};
	while ((r = pcapng_next_option(reader, &option)) > 0)
		pcapng_take_interface_option(reader, interface, &option);
	reader->interface_count += r == 0;
	return r;
}

/* Nanoseconds since 1970, at least 0 and at the most what 64 bits hold. */
static uint64_t pcapng_time(const struct pcapng_interface *interface, uint64_t units)
{
	unsigned int exponent = interface->resolution & ~RESOLUTION_BINARY;
	unsigned __int128 scaled = (unsigned __int128)units * CLOCK_NS_PER_SECOND;
	__int128 ns;

	if (interface->resolution & RESOLUTION_BINARY)
		scaled = exponent < 128 ? scaled >> exponent : 0;
	else
		for (unsigned int i = 0; i < MIN(exponent, RESOLUTION_NONE); i++)
			scaled /= 10;
	ns = (__int128)scaled + (__int128)interface->offset_s * (__int128)CLOCK_NS_PER_SECOND;
	return ns < 0 ? 0 : ns > INT64_MAX ? INT64_MAX : (uint64_t)ns;
}

static int pcapng_find_interface(struct pcapng_file *reader, uint32_t number,
				 struct pcapng_packet *packet)
{
	if (number >= reader->interface_count)
		return pcapng_refuse(reader, "is of interface %u, which is not described", number);
	packet->interface = &reader->interfaces[number];
	return 0;
}

/* The packet's octets, of which as many are kept as have room. */
static int pcapng_read_data(struct pcapng_file *reader, uint32_t captured,
			    struct pcapng_packet *packet)
{
	int r;

	if (captured > reader->left)
		return pcapng_refuse(reader, "is shorter than the %u octets of its packet", captured);
	packet->data = reader->data;
	packet->length = MIN(captured, sizeof(reader->data));
	r = pcapng_take(reader, reader->data, packet->length);
	if (r == 0)
		r = pcapng_skip(reader, captured - packet->length +
					MIN(pcapng_padding(captured),
					    reader->left - (captured - packet->length)));
	return r;
}

static int pcapng_read_flags(struct pcapng_file *reader, struct pcapng_packet *packet)
{
	static const enum pcapng_way ways[FLAGS_WAY + 1] = { [1] = PCAPNG_WAY_IN,
							     [2] = PCAPNG_WAY_OUT };
	struct pcapng_option option;
	int r;

	while ((r = pcapng_next_option(reader, &option)) > 0)
		if (option.code == OPTION_PACKET_FLAGS && option.length >= 4)
			packet->way = ways[pcapng_32(reader, option.value) & FLAGS_WAY];
	return r;
}

/* An enhanced packet; or one of the old kind, whose interface number is shorter. */
static int pcapng_read_packet(struct pcapng_file *reader, bool is_old,
			      struct pcapng_packet *packet)
{
	uint8_t body[20];
	uint64_t units;
	int r = pcapng_take(reader, body, sizeof(body));

	if (r == 0)
		r = pcapng_find_interface(reader, is_old ? pcapng_16(reader, body) :
							   pcapng_32(reader, body), packet);
	if (r < 0)
		return r;
	units = (uint64_t)pcapng_32(reader, body + 4) << 32 | pcapng_32(reader, body + 8);
	packet->wall_ns = reader->last_ns = pcapng_time(packet->interface, units);
	packet->frame_length = pcapng_32(reader, body + 16);
	r = pcapng_read_data(reader, pcapng_32(reader, body + 12), packet);
	return r < 0 ? r : pcapng_read_flags(reader, packet);
}

/* Of the first interface; cut by its snap length, without time and options. */
static int pcapng_read_simple(struct pcapng_file *reader, struct pcapng_packet *packet)
{
	uint32_t captured;
	uint8_t body[4];
	int r = pcapng_take(reader, body, sizeof(body));

	if (r == 0)
		r = pcapng_find_interface(reader, 0, packet);
	if (r < 0)
		return r;
	packet->frame_length = captured = pcapng_32(reader, body);
	if (packet->interface->snap_length)
		captured = MIN(captured, packet->interface->snap_length);
	packet->wall_ns = reader->last_ns;
	return pcapng_read_data(reader, captured, packet);
}

/* 1: it was a packet. */
static int pcapng_read_body(struct pcapng_file *reader, uint32_t type,
			    struct pcapng_packet *packet)
{
	int r;

	switch (type) {
	case BLOCK_INTERFACE:
		return pcapng_read_interface(reader);
	case BLOCK_PACKET:
	case BLOCK_PACKET_OLD:
		r = pcapng_read_packet(reader, type == BLOCK_PACKET_OLD, packet);
		return r < 0 ? r : 1;
	case BLOCK_PACKET_SIMPLE:
		r = pcapng_read_simple(reader, packet);
		return r < 0 ? r : 1;
	default:
		return 0; /* names, statistics, secrets and so on */
	}
}

static int pcapng_read_head(struct pcapng_file *reader, uint32_t *ret_type, uint8_t ret_length[4])
{
	uint8_t head[BLOCK_HEAD];
	size_t got = fread(head, 1, sizeof(head), reader->file);

	reader->block++;
	if (got == 0 && feof(reader->file))
		return 0;
	if (got < sizeof(head))
		return pcapng_refuse(reader, ferror(reader->file) ?
						     "cannot be read" :
						     "breaks off: the file ends inside it");
	memcpy(ret_type, head, sizeof(*ret_type)); /* a section's reads the same both ways */
	memcpy(ret_length, head + 4, 4);
	return 1;
}

/* The rest of the body, and the length once more. */
static int pcapng_end_block(struct pcapng_file *reader, const uint8_t length[4])
{
	uint8_t again[4];
	int r = pcapng_skip(reader, reader->left);

	if (r == 0)
		r = pcapng_read(reader, again, sizeof(again));
	if (r == 0 && memcmp(again, length, sizeof(again)) != 0)
		return pcapng_refuse(reader, "has two lengths, %u and %u",
				     pcapng_32(reader, length), pcapng_32(reader, again));
	return r;
}

/* 1: a packet, 0: another block, -ENODATA: the end. */
static int pcapng_read_block(struct pcapng_file *reader, struct pcapng_packet *packet)
{
	uint8_t length[4] = {};
	uint32_t type = 0;
	int r = pcapng_read_head(reader, &type, length), what;

	if (r <= 0)
		return r < 0 ? r : -ENODATA;
	r = type == PCAPNG_MAGIC ? pcapng_read_section(reader, length) :
				   pcapng_set_length(reader, length);
	if (r < 0)
		return r;
	what = type == PCAPNG_MAGIC ? 0 :
				      pcapng_read_body(reader, pcapng_32(reader, &type), packet);
	if (what < 0)
		return what;
	r = pcapng_end_block(reader, length);
	return r < 0 ? r : what;
}

int pcapng_file_new(struct pcapng_file **ret_reader, FILE *file)
{
	struct pcapng_file *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return -ENOMEM;
	reader->file = file;
	*ret_reader = reader;
	return 0;
}

void pcapng_file_free(struct pcapng_file *reader)
{
	if (!reader)
		return;
	free(reader->interfaces);
	free(reader);
}

int pcapng_file_next(struct pcapng_file *reader, struct pcapng_packet *ret_packet, char *ret_why,
		     size_t why_size)
{
	struct pcapng_packet packet = {};
	int r;

	reader->why = ret_why;
	reader->why_size = why_size;
	do {
		r = pcapng_read_block(reader, &packet);
	} while (r == 0);
	if (r == -ENODATA)
		return 0;
	packet.is_swapped = reader->is_swapped;
	if (r > 0)
		*ret_packet = packet;
	return r;
}
