// SPDX-License-Identifier: GPL-2.0-only
/* capture.c - pcap and pcapng through libpcap, link types through one table. */
#include "capture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>

#include <pcap/pcap.h>

#include "../base/clock.h"
#include "../base/util.h"

#define ETHERTYPE_NONE 0xffff /* reserved (RFC 1701): not IP, and nothing else either */
#define PPP_IPV4 0x0021
#define PPP_IPV6 0x0057
#define LENGTH_MAX 1500 /* of an 802.3 frame: where its length stands, larger numbers are types */

/* A packet of a file, while its link header is being read. */
struct link_packet {
	const uint8_t *data;
	uint32_t length;
	bool is_ethernet; /* what is left is a whole Ethernet frame */
};

/* Takes the link header off and returns the ethertype of what is left, unless it is Ethernet. */
typedef uint16_t link_read(struct link_packet *packet);

struct link_form {
	int type;
	uint32_t header; /* octets that are there at least; a shorter packet is not IP */
	link_read *read; /* NULL: the frames have an Ethernet header */
};

struct capture {
	pcap_t *pcap;
	const struct link_form *form;
	uint64_t number;
	off_t size;
	uint8_t frame[CAPTURE_FRAME_MAX];
};

static uint16_t read_be16(const uint8_t *data)
{
	return data[0] << 8 | data[1];
}

static uint32_t read_be32(const uint8_t *data)
{
	return (uint32_t)read_be16(data) << 16 | read_be16(data + 2);
}

static void link_skip(struct link_packet *packet, uint32_t octets)
{
	packet->data += octets;
	packet->length -= octets;
}

static uint16_t link_guess(const struct link_packet *packet, uint16_t version, uint16_t ethertype)
{
	return packet->data[0] >> 4 == version ? ethertype : ETHERTYPE_NONE;
}

static uint16_t link_read_ipv4(struct link_packet *packet)
{
	return link_guess(packet, 4, ETH_P_IP);
}

static uint16_t link_read_ipv6(struct link_packet *packet)
{
	return link_guess(packet, 6, ETH_P_IPV6);
}

static uint16_t link_read_raw(struct link_packet *packet)
{
	return packet->data[0] >> 4 == 4 ? ETH_P_IP : link_guess(packet, 6, ETH_P_IPV6);
}

static uint16_t link_read_pppoe(struct link_packet *packet)
{
	(void)packet;
	return ETH_P_PPP_SES;
}

/* Address, control, ethertype. */
static uint16_t link_read_hdlc(struct link_packet *packet)
{
	uint16_t ethertype = read_be16(packet->data + 2);

	link_skip(packet, 4);
	return ethertype;
}

/* A PPP protocol number of two octets, or compressed to one that is odd (RFC 1661, 6.5). */
static uint16_t link_from_ppp_protocol(struct link_packet *packet)
{
	uint32_t octets = packet->length && packet->data[0] & 1 ? 1 : 2;
	uint16_t protocol;

	if (packet->length < octets)
		return ETHERTYPE_NONE;
	protocol = octets == 1 ? packet->data[0] : read_be16(packet->data);
	link_skip(packet, octets);
	switch (protocol) {
	case PPP_IPV4:
		return ETH_P_IP;
	case PPP_IPV6:
		return ETH_P_IPV6;
	default:
		return ETHERTYPE_NONE;
	}
}

/* PPP in HDLC-like framing (RFC 1662), whose address and control may be left out. */
static uint16_t link_from_ppp(struct link_packet *packet)
{
	if (packet->length >= 2 && packet->data[0] == 0xff)
		link_skip(packet, 2);
	return link_from_ppp_protocol(packet);
}

/* The same, or Cisco's HDLC. */
static uint16_t link_read_ppp(struct link_packet *packet)
{
	if (packet->data[0] == 0x0f || packet->data[0] == 0x8f)
		return link_read_hdlc(packet);
	return link_from_ppp(packet);
}

/* Linux cooked headers hold an ethertype, or a small number of if_ether.h for older frames. */
static uint16_t link_from_cooked(struct link_packet *packet, uint16_t protocol)
{
	switch (protocol) {
	case ETH_P_ALL:
		packet->is_ethernet = true;
		return ETHERTYPE_NONE;
	case ETH_P_802_2:
		return MIN(packet->length, LENGTH_MAX);
	case ETH_P_WAN_PPP:
		return link_from_ppp(packet);
	default:
		return protocol > LENGTH_MAX ? protocol : ETHERTYPE_NONE;
	}
}

static uint16_t link_read_cooked(struct link_packet *packet)
{
	uint16_t protocol = read_be16(packet->data + 14);

	link_skip(packet, 16);
	return link_from_cooked(packet, protocol);
}

static uint16_t link_read_cooked2(struct link_packet *packet)
{
	uint16_t protocol = read_be16(packet->data);

	link_skip(packet, 20);
	return link_from_cooked(packet, protocol);
}

static uint16_t link_from_family(uint32_t family)
{
	switch (family) {
	case 2:
		return ETH_P_IP;
	case 24: /* NetBSD, OpenBSD */
	case 28: /* FreeBSD */
	case 30: /* macOS */
		return ETH_P_IPV6;
	default:
		return ETHERTYPE_NONE;
	}
}

/* LINKTYPE_LOOP: in network byte order. */
static uint16_t link_read_loop(struct link_packet *packet)
{
	uint32_t family = read_be32(packet->data);

	link_skip(packet, 4);
	return link_from_family(family);
}

/*
 * LINKTYPE_NULL: an address family of 16 or 32 bits in the byte order of whoever wrote the file,
 * which no family uses more than one octet of; or an ethertype, or PPP, from some writers.
 */
static uint16_t link_read_null(struct link_packet *packet)
{
	uint32_t family = read_be32(packet->data);

	if (family >> 16 == 0xff03)
		return link_from_ppp(packet);
	link_skip(packet, 4);
	if (family >> 16)
		family = __builtin_bswap32(family);
	if (family > LENGTH_MAX)
		return family <= UINT16_MAX ? family : ETHERTYPE_NONE;
	return link_from_family(family & 0xff ? family : family >> 8);
}

static const struct link_form link_forms[] = {
	{ DLT_EN10MB, 0, NULL },
	{ DLT_RAW, 1, link_read_raw },
	{ DLT_IPV4, 1, link_read_ipv4 },
	{ DLT_IPV6, 1, link_read_ipv6 },
	{ DLT_LINUX_SLL, 16, link_read_cooked },
	{ DLT_LINUX_SLL2, 20, link_read_cooked2 },
	{ DLT_NULL, 4, link_read_null },
	{ DLT_LOOP, 4, link_read_loop },
	{ DLT_PPP, 4, link_read_ppp },
	{ DLT_PPP_SERIAL, 4, link_read_ppp },
	{ DLT_PPP_ETHER, 6, link_read_pppoe },
	{ DLT_C_HDLC, 4, link_read_hdlc },
};

static const struct link_form *capture_find_form(int type)
{
	for (size_t i = 0; i < ARRAY_SIZE(link_forms); i++)
		if (link_forms[i].type == type)
			return &link_forms[i];
	return NULL;
}

static const char *capture_type_name(int type)
{
	const char *name = pcap_datalink_val_to_name(type);

	return name ? name : "unknown";
}

static off_t capture_size(pcap_t *pcap)
{
	struct stat status;

	return fstat(fileno(pcap_file(pcap)), &status) == 0 && S_ISREG(status.st_mode) ?
		       status.st_size :
		       0;
}

int capture_open(struct capture **ret_capture, const char *path, char *ret_why, size_t why_size)
{
	_cleanup_free_ struct capture *capture = calloc(1, sizeof(*capture));
	char why[PCAP_ERRBUF_SIZE];

	if (!capture)
		return -ENOMEM;
	capture->pcap = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO,
								why);
	if (!capture->pcap) {
		snprintf(ret_why, why_size, "%s", why);
		return -EINVAL;
	}
	capture->form = capture_find_form(pcap_datalink(capture->pcap));
	if (!capture->form) {
		snprintf(ret_why, why_size, "link type %s (%d) is not one that can be read",
			 capture_type_name(pcap_datalink(capture->pcap)),
			 pcap_datalink(capture->pcap));
		pcap_close(capture->pcap);
		return -EINVAL;
	}
	capture->size = capture_size(capture->pcap);
	*ret_capture = TAKE(capture);
	return 0;
}

void capture_free(struct capture *capture)
{
	if (!capture)
		return;
	pcap_close(capture->pcap);
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
static void capture_make_frame(struct capture *capture, const struct pcap_pkthdr *header,
			       const uint8_t *data, struct capture_packet *packet)
{
	struct link_packet left = { .data = data, .length = header->caplen };
	uint16_t ethertype = left.length < capture->form->header ? ETHERTYPE_NONE :
								   capture->form->read(&left);
	uint32_t taken = header->caplen - left.length;

	if (left.is_ethernet) {
		packet->data = left.data;
		packet->length = MIN(left.length, CAPTURE_FRAME_MAX);
	} else {
		capture_put_ethernet(capture, &left, ethertype, packet);
	}
	packet->frame_length = header->len > taken ? header->len - taken : 0;
}

int capture_next(struct capture *capture, struct capture_packet *ret_packet, char *ret_why,
		 size_t why_size)
{
	struct pcap_pkthdr *header;
	const uint8_t *data;
	int r = pcap_next_ex(capture->pcap, &header, &data);

	if (r == PCAP_ERROR_BREAK)
		return 0;
	if (r != 1) {
		snprintf(ret_why, why_size, "packet %llu: %s",
			 (unsigned long long)capture->number + 1, pcap_geterr(capture->pcap));
		return -EINVAL;
	}
	*ret_packet = (struct capture_packet){
		.number = ++capture->number,
		.wall_ns = header->ts.tv_sec * CLOCK_NS_PER_SECOND + header->ts.tv_usec,
		.data = data,
		.length = MIN(header->caplen, CAPTURE_FRAME_MAX),
		.frame_length = header->len,
	};
	if (capture->form->read)
		capture_make_frame(capture, header, data, ret_packet);
	return 1;
}

int capture_percent(const struct capture *capture)
{
	if (!capture->size)
		return -1;
	return MIN(ftello(pcap_file(capture->pcap)) * 100 / capture->size, 100);
}
