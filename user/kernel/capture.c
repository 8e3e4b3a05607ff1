// SPDX-License-Identifier: GPL-2.0-only
/* capture.c - pcap through libpcap, pcapng block by block, and link headers by their types. */
#include "capture.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>

#define PCAP_DONT_INCLUDE_PCAP_BPF_H /* its struct bpf_insn is not the kernel's, which abi.h has */
#include <pcap/pcap.h>

#include "../base/clock.h"
#include "../base/util.h"
#include "link_type.h"
#include "pcapng_file.h"

#define MAGIC_SIZE 4
#define CAPTURE_WHY_SIZE 400 /* of a reason inside another */

/* Either of the two readers is there. */
struct capture {
	FILE *file; /* libpcap's own where that reads it */
	pcap_t *pcap;
	struct pcapng_file *pcapng;
	const struct link_type *type; /* of all packets: pcap */
	bool was_readable; /* a packet was of a link type that is known: pcapng */
	uint64_t number;
	off_t size;
	char (*names)[PCAPNG_NAME_SIZE];
	size_t name_count;
	uint8_t frame[CAPTURE_FRAME_MAX];
};

/* A packet as the file has it. */
struct capture_raw {
	struct link_packet link;
	uint32_t frame_length;
};

static const struct {
	uint8_t magic[MAGIC_SIZE];
	uint8_t length; /* of the magic that counts */
	const char *name;
	const char *tool;
} compressions[] = {
	{ { 0x1f, 0x8b }, 2, "gzip", "gunzip" },
	{ { 0x28, 0xb5, 0x2f, 0xfd }, 4, "zstd", "zstd -d" },
	{ { 0xfd, '7', 'z', 'X' }, 4, "xz", "unxz" },
	{ { 'B', 'Z', 'h' }, 3, "bzip2", "bunzip2" },
	{ { 0x04, 0x22, 0x4d, 0x18 }, 4, "lz4", "lz4 -d" },
};

static int capture_refuse_compressed(const uint8_t magic[MAGIC_SIZE], char *ret_why,
				     size_t why_size)
{
	for (size_t i = 0; i < ARRAY_SIZE(compressions); i++)
		if (memcmp(magic, compressions[i].magic, compressions[i].length) == 0) {
			snprintf(ret_why, why_size, "it is compressed with %s (uncompress it "
				 "first: %s)", compressions[i].name, compressions[i].tool);
			return -EINVAL;
		}
	return 0;
}

/* What the file begins with, which is still to be read; zeros where it is shorter. */
static void capture_peek(FILE *file, uint8_t magic[MAGIC_SIZE])
{
	size_t got = fread(magic, 1, MAGIC_SIZE, file);

	memset(magic + got, 0, MAGIC_SIZE - got);
	while (got > 0)
		ungetc(magic[--got], file);
}

static off_t capture_size(FILE *file)
{
	struct stat status;

	return fstat(fileno(file), &status) == 0 && S_ISREG(status.st_mode) ? status.st_size : 0;
}

const char *capture_type_name(int link_type)
{
	const char *name = pcap_datalink_val_to_name(link_type);

	return name ? name : "unknown";
}

static int capture_refuse_type(int number, char *ret_why, size_t why_size)
{
	snprintf(ret_why, why_size, "link type %s (%d) is not one that can be read",
		 capture_type_name(number), number);
	return -EINVAL;
}

/* libpcap owns the file from here on, unless it refuses. */
static int capture_open_pcap(struct capture *capture, char *ret_why, size_t why_size)
{
	char why[PCAP_ERRBUF_SIZE];

	capture->pcap = pcap_fopen_offline_with_tstamp_precision(capture->file,
								 PCAP_TSTAMP_PRECISION_NANO, why);
	if (!capture->pcap) {
		snprintf(ret_why, why_size, "%s", why);
		return -EINVAL;
	}
	capture->type = link_type_find(pcap_datalink(capture->pcap));
	return capture->type ? 0 : capture_refuse_type(pcap_datalink(capture->pcap), ret_why,
							why_size);
}

static int capture_choose(struct capture *capture, char *ret_why, size_t why_size)
{
	uint8_t magic[MAGIC_SIZE];
	uint32_t number;
	int r;

	capture_peek(capture->file, magic);
	memcpy(&number, magic, sizeof(number));
	r = capture_refuse_compressed(magic, ret_why, why_size);
	if (r < 0)
		return r;
	return number == PCAPNG_MAGIC ? pcapng_file_new(&capture->pcapng, capture->file) :
					capture_open_pcap(capture, ret_why, why_size);
}

int capture_open(struct capture **ret_capture, const char *path, char *ret_why, size_t why_size)
{
	struct capture *capture = calloc(1, sizeof(*capture));
	int r;

	if (!capture)
		return -ENOMEM;
	capture->file = util_streq(path, "-") ? stdin : fopen(path, "rbe");
	r = capture->file ? capture_choose(capture, ret_why, why_size) : -errno;
	if (r < 0) {
		capture_free(capture);
		return r;
	}
	capture->size = capture_size(capture->file);
	*ret_capture = capture;
	return 0;
}

void capture_free(struct capture *capture)
{
	if (!capture)
		return;
	pcapng_file_free(capture->pcapng);
	if (capture->pcap)
		pcap_close(capture->pcap);
	else if (capture->file && capture->file != stdin)
		fclose(capture->file);
	free(capture->names);
	free(capture);
}

static void capture_put_ethernet(struct capture *capture, const struct link_packet *left,
				 uint16_t ethertype, struct capture_packet *packet)
{
	uint32_t kept = MIN(left->length, CAPTURE_FRAME_MAX - ETH_HLEN);

	memset(capture->frame, 0, ETH_HLEN);
	capture->frame[12] = ethertype >> 8;
	capture->frame[13] = ethertype;
	memcpy(capture->frame + ETH_HLEN, left->data, kept);
	packet->data = capture->frame;
	packet->length = ETH_HLEN + kept;
}

/* Has an Ethernet header in the place of the file's own link header. */
static void capture_make_frame(struct capture *capture, const struct link_type *type,
			       const struct capture_raw *raw, struct capture_packet *packet)
{
	struct link_packet left = raw->link;
	uint16_t ethertype = link_type_take(type, &left);
	uint32_t taken = raw->link.length - left.length;

	if (left.is_ethernet) {
		packet->data = left.data;
		packet->length = MIN(left.length, CAPTURE_FRAME_MAX);
	} else {
		capture_put_ethernet(capture, &left, ethertype, packet);
	}
	packet->frame_length = raw->frame_length > taken ? raw->frame_length - taken : 0;
	packet->direction = left.direction;
}

static int capture_next_pcap(struct capture *capture, struct capture_packet *packet, char *ret_why,
			     size_t why_size)
{
	struct pcap_pkthdr *header;
	struct capture_raw raw = {};
	int r = pcap_next_ex(capture->pcap, &header, &raw.link.data);

	if (r == PCAP_ERROR_BREAK)
		return 0;
	if (r != 1) {
		snprintf(ret_why, why_size, "%s", pcap_geterr(capture->pcap));
		return -EINVAL;
	}
	raw.link.length = header->caplen;
	raw.frame_length = header->len;
	packet->wall_ns = header->ts.tv_sec * CLOCK_NS_PER_SECOND + header->ts.tv_usec;
	capture_make_frame(capture, capture->type, &raw, packet);
	return 1;
}

/* The number of the interface with this name, which is kept when it is the first of it. */
static uint32_t capture_number_name(struct capture *capture, const char *name)
{
	char (*larger)[PCAPNG_NAME_SIZE];
	size_t i = 0;

	while (i < capture->name_count && !util_streq(capture->names[i], name))
		i++;
	if (!name[0] || i >= CAPTURE_NAMES_MAX)
		return CAPTURE_UNNAMED;
	if (i == capture->name_count) {
		larger = reallocarray(capture->names, i + 1, sizeof(*larger));
		if (!larger)
			return CAPTURE_UNNAMED;
		capture->names = larger;
		strcpy(capture->names[capture->name_count++], name);
	}
	return CAPTURE_UNNAMED + 1 + (uint32_t)i;
}

const char *capture_interface(const struct capture *capture, uint32_t number)
{
	size_t i = number - CAPTURE_UNNAMED - 1;

	return number > CAPTURE_UNNAMED && i < capture->name_count ? capture->names[i] : NULL;
}

/*
 * Packets that cannot be read are no reason to leave others unread: they count as not IP. Where
 * there are no others yet, the file is refused.
 */
static int capture_find_type(struct capture *capture, const struct pcapng_interface *interface,
			     const struct link_type **ret_type, char *ret_why, size_t why_size)
{
	*ret_type = link_type_find(interface->link_type);
	if (!*ret_type && !capture->was_readable)
		return capture_refuse_type(interface->link_type, ret_why, why_size);
	capture->was_readable = true;
	return 0;
}

static int capture_next_pcapng(struct capture *capture, struct capture_packet *packet,
			       char *ret_why, size_t why_size)
{
	const struct link_type *type;
	struct pcapng_packet next;
	struct capture_raw raw;
	int r = pcapng_file_next(capture->pcapng, &next, ret_why, why_size);

	if (r > 0 && capture_find_type(capture, next.interface, &type, ret_why, why_size) < 0)
		return -EINVAL;
	if (r <= 0)
		return r;
	raw = (struct capture_raw){
		.link = { .data = next.data, .length = next.length, .is_swapped = next.is_swapped },
		.frame_length = next.frame_length,
	};
	packet->wall_ns = next.wall_ns;
	packet->interface = capture_number_name(capture, next.interface->name);
	packet->unread_type = type ? -1 : next.interface->link_type;
	packet->frame_length = next.frame_length;
	if (type)
		capture_make_frame(capture, type, &raw, packet);
	else
		capture_put_ethernet(capture, &raw.link, LINK_TYPE_NOT_IP, packet);
	if (next.way != PCAPNG_WAY_UNKNOWN)
		packet->direction = next.way == PCAPNG_WAY_OUT ? DIRECTION_OUT : DIRECTION_IN;
	return 1;
}

int capture_next(struct capture *capture, struct capture_packet *ret_packet, char *ret_why,
		 size_t why_size)
{
	struct capture_packet packet = { .number = capture->number + 1,
					 .interface = CAPTURE_UNNAMED,
					 .direction = DIRECTION_IN,
					 .unread_type = -1 };
	char why[CAPTURE_WHY_SIZE] = "";
	int r = capture->pcapng ? capture_next_pcapng(capture, &packet, why, sizeof(why)) :
				  capture_next_pcap(capture, &packet, why, sizeof(why));

	if (r < 0)
		snprintf(ret_why, why_size, "packet %llu: %s", (unsigned long long)packet.number,
			 why[0] ? why : strerror(-r));
	if (r <= 0)
		return r;
	capture->number++;
	*ret_packet = packet;
	return 1;
}

int capture_percent(const struct capture *capture)
{
	if (!capture->size)
		return -1;
	return MIN(ftello(capture->file) * 100 / capture->size, 100);
}
