// SPDX-License-Identifier: GPL-2.0-only
/* pcapng.c - blocks of options, each padded to 32 bits. */
#include "pcapng.h"

#include <errno.h>
#include <sys/utsname.h>

#include "../base/text.h"
#include "../base/util.h"

#ifndef VERSION
#define VERSION "unknown"
#endif

#define BLOCK_SECTION 0x0a0d0d0a
#define BLOCK_INTERFACE 1
#define BLOCK_PACKET 6
#define BYTE_ORDER_MAGIC 0x1a2b3c4d
#define LENGTH_UNKNOWN UINT64_MAX /* of a section */

#define OPTION_END 0
#define OPTION_COMMENT 1
#define OPTION_SECTION_HARDWARE 2
#define OPTION_SECTION_OS 3
#define OPTION_SECTION_PROGRAM 4
#define OPTION_INTERFACE_NAME 2
#define OPTION_INTERFACE_RESOLUTION 9
#define OPTION_PACKET_FLAGS 2
#define OPTION_PACKET_PROCESS 8

#define FLAGS_INBOUND 1
#define FLAGS_OUTBOUND 2
#define RESOLUTION_NS 9 /* 10^-9 s */
#define LINK_ETHERNET 1
#define LINK_RAW 101 /* begins with an IP header */
#define SNAP_LENGTH 256 /* the most that a sample holds */
#define NAME_ESCAPED_SIZE (4 * IF_NAMESIZE)

struct pcapng_interface {
	uint32_t index;
	uint16_t link_type;
	char name[IF_NAMESIZE];
};

struct pcapng {
	struct pcapng_interface *interfaces; /* a place in the list is the number in the file */
	size_t interface_count;
	size_t interfaces_written; /* up to the last clear */
	uint8_t *bytes;
	size_t length;
	size_t room;
	size_t block; /* where the block that is being made begins */
	bool has_failed; /* memory was out inside it */
};

int pcapng_new(struct pcapng **ret_pcapng)
{
	struct pcapng *pcapng = calloc(1, sizeof(*pcapng));

	if (!pcapng)
		return -ENOMEM;
	*ret_pcapng = pcapng;
	return 0;
}

void pcapng_free(struct pcapng *pcapng)
{
	if (!pcapng)
		return;
	free(pcapng->interfaces);
	free(pcapng->bytes);
	free(pcapng);
}

static void put(struct pcapng *pcapng, const void *bytes, size_t length)
{
	size_t needed = pcapng->length + length;

	if (needed > pcapng->room) {
		size_t room = MAX(needed, 2 * pcapng->room);
		uint8_t *larger = realloc(pcapng->bytes, room);

		if (!larger) {
			pcapng->has_failed = true;
			return;
		}
		pcapng->bytes = larger;
		pcapng->room = room;
	}
	memcpy(pcapng->bytes + pcapng->length, bytes, length);
	pcapng->length = needed;
}

static void put_16(struct pcapng *pcapng, uint16_t value)
{
	put(pcapng, &value, sizeof(value));
}

static void put_32(struct pcapng *pcapng, uint32_t value)
{
	put(pcapng, &value, sizeof(value));
}

static void put_padding(struct pcapng *pcapng, size_t length)
{
	put(pcapng, "\0\0\0", -length & 3);
}

static void put_option(struct pcapng *pcapng, uint16_t code, const void *value, size_t length)
{
	put_16(pcapng, code);
	put_16(pcapng, (uint16_t)length);
	put(pcapng, value, length);
	put_padding(pcapng, length);
}

/* All texts here are shorter than 64 Ki octets. */
static void put_text_option(struct pcapng *pcapng, uint16_t code, const char *text)
{
	if (*text)
		put_option(pcapng, code, text, strlen(text));
}

static void begin_block(struct pcapng *pcapng, uint32_t type)
{
	pcapng->block = pcapng->length;
	pcapng->has_failed = false;
	put_32(pcapng, type);
	put_32(pcapng, 0); /* its length, when it is known */
}

/* Its length stands at both ends. 0, or -ENOMEM and the block is gone. */
static int end_block(struct pcapng *pcapng)
{
	uint32_t length;

	put_option(pcapng, OPTION_END, "", 0);
	length = (uint32_t)(pcapng->length - pcapng->block + sizeof(length));
	put_32(pcapng, length);
	if (pcapng->has_failed) {
		pcapng->length = pcapng->block;
		return -ENOMEM;
	}
	memcpy(pcapng->bytes + pcapng->block + sizeof(uint32_t), &length, sizeof(length));
	return 0;
}

static void put_os(struct pcapng *pcapng, const struct utsname *system)
{
	char text[2 * sizeof(system->sysname) + 2];

	strcpy(text, system->sysname);
	strcat(text, " ");
	strcat(text, system->release);
	put_text_option(pcapng, OPTION_SECTION_OS, text);
}

int pcapng_begin(struct pcapng *pcapng)
{
	const uint64_t length = LENGTH_UNKNOWN;
	struct utsname system = {};

	pcapng->length = 0;
	pcapng->interface_count = pcapng->interfaces_written = 0;
	uname(&system);
	begin_block(pcapng, BLOCK_SECTION);
	put_32(pcapng, BYTE_ORDER_MAGIC);
	put_16(pcapng, 1); /* version 1.0 */
	put_16(pcapng, 0);
	put(pcapng, &length, sizeof(length));
	put_text_option(pcapng, OPTION_SECTION_HARDWARE, system.machine);
	put_os(pcapng, &system);
	put_text_option(pcapng, OPTION_SECTION_PROGRAM, "portsentinel " VERSION);
	return end_block(pcapng);
}

static int put_interface(struct pcapng *pcapng, const struct pcapng_interface *interface)
{
	const uint8_t resolution = RESOLUTION_NS;
	char name[NAME_ESCAPED_SIZE]; /* any octet but a slash or a blank may be in one */

	text_escape(name, sizeof(name), interface->name, strlen(interface->name));
	begin_block(pcapng, BLOCK_INTERFACE);
	put_16(pcapng, interface->link_type);
	put_16(pcapng, 0);
	put_32(pcapng, SNAP_LENGTH);
	put_text_option(pcapng, OPTION_INTERFACE_NAME, name);
	put_option(pcapng, OPTION_INTERFACE_RESOLUTION, &resolution, sizeof(resolution));
	return end_block(pcapng);
}

/* The interface's number in the section, which is described when it has none yet; or -errno. */
static int find_interface(struct pcapng *pcapng, const struct sighting *sighting)
{
	struct pcapng_interface wanted = {
		.index = sighting->event->ifindex,
		.link_type = sighting_has_ethernet(sighting->event) ? LINK_ETHERNET : LINK_RAW,
	};
	struct pcapng_interface *larger;
	int r;

	memcpy(wanted.name, sighting->interface, sizeof(wanted.name));
	for (size_t i = 0; i < pcapng->interface_count; i++)
		if (wanted.index == pcapng->interfaces[i].index &&
		    wanted.link_type == pcapng->interfaces[i].link_type &&
		    util_streq(wanted.name, pcapng->interfaces[i].name))
			return (int)i;
	larger = reallocarray(pcapng->interfaces, pcapng->interface_count + 1, sizeof(*larger));
	if (!larger)
		return -ENOMEM;
	pcapng->interfaces = larger;
	r = put_interface(pcapng, &wanted);
	if (r < 0)
		return r;
	larger[pcapng->interface_count] = wanted;
	return (int)pcapng->interface_count++;
}

static void put_owner(struct pcapng *pcapng, const struct sighting *sighting)
{
	char comment[SIGHTING_TEXT_SIZE];
	const uint32_t flags = sighting->direction == DIRECTION_IN ? FLAGS_INBOUND : FLAGS_OUTBOUND;
	const uint32_t process[] = { (uint32_t)sighting->process.pid, 0 }; /* no thread is known */

	put_text_option(pcapng, OPTION_COMMENT, sighting_format_comment(sighting, comment));
	put_option(pcapng, OPTION_PACKET_FLAGS, &flags, sizeof(flags));
	if (sighting->process.pid)
		put_option(pcapng, OPTION_PACKET_PROCESS, process, sizeof(process));
}

int pcapng_add(struct pcapng *pcapng, const struct sighting *sighting)
{
	const struct packet_event *event = sighting->event;
	uint32_t length = MIN(event->snap_length, event->frame_length);
	int interface = find_interface(pcapng, sighting);

	if (interface < 0)
		return interface;
	begin_block(pcapng, BLOCK_PACKET);
	put_32(pcapng, (uint32_t)interface);
	put_32(pcapng, (uint32_t)(sighting->wall_ns >> 32));
	put_32(pcapng, (uint32_t)sighting->wall_ns);
	put_32(pcapng, length);
	put_32(pcapng, event->frame_length);
	put(pcapng, event->data, length);
	put_padding(pcapng, length);
	put_owner(pcapng, sighting);
	return end_block(pcapng);
}

const void *pcapng_bytes(const struct pcapng *pcapng, size_t *ret_length)
{
	*ret_length = pcapng->length;
	return pcapng->bytes;
}

void pcapng_clear(struct pcapng *pcapng)
{
	pcapng->length = 0;
	pcapng->interfaces_written = pcapng->interface_count;
}

void pcapng_take_back(struct pcapng *pcapng)
{
	pcapng->length = 0;
	pcapng->interface_count = pcapng->interfaces_written;
}
