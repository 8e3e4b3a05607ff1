// SPDX-License-Identifier: GPL-2.0-only
/*
 * tools.c - traits of scanners that write their own headers, each with where it was read. "Seen"
 * means that the packets of Debian 12's and 13's package showed it.
 *
 * Hops lower the TTL (IPv6: hop limit), so a rule asks where it began: at 255 when more than 128
 * are left, at 64 or below when at most 64 are. Address translation may rewrite the destination,
 * which the rules that compare it do not survive.
 */
#include "tools.h"

#include <stdbool.h>
#include <stdint.h>

#include "../base/util.h"

#define IPV4_HEADER_MIN 20
#define IPV4_DONT_FRAGMENT 0x4000
#define IPV6_HEADER 40
#define TCP_HEADER_MIN 20
#define UDP_HEADER 8

#define SYN 0x02
#define RST 0x04
#define ACK 0x10
#define ECE 0x40
#define CWR 0x80
#define FLAGS_OLD 0x3f /* all but ECE and CWR, which any SYN may have (RFC 3168) */

#define OPTION_END 0
#define OPTION_NOP 1
#define OPTION_TIMESTAMP 8
#define OPTION_TIMESTAMP_LENGTH 10

/* MSS 1460 and nothing else. */
#define OPTIONS_MSS "\x02\x04\x05\xb4"

#define TTL_AT_64 64
#define TTL_AT_128 128

#define ZMAP_ID 54321
#define ZMAP_PORTS_FROM 32768 /* to 61000: src/state.c */
#define NMAP_TTL_MAX 59
#define NMAP_ECN_URGENT 63477

/* What the rules look at, in host byte order. */
struct header {
	bool is_ipv4;
	bool is_tcp; /* else UDP, and all below the ports is zero */
	bool dont_fragment; /* IPv4 alone, like the next two */
	uint16_t id;
	uint32_t destination;
	uint8_t ttl;
	uint16_t source_port;
	uint16_t destination_port;
	uint32_t sequence;
	uint32_t acknowledgement;
	uint8_t flags;
	uint16_t window;
	uint16_t urgent;
	const uint8_t *options;
	size_t options_length;
	bool options_cut; /* more of them were sent than are here */
};

static uint16_t tools_read16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t tools_read32(const uint8_t *at)
{
	return (uint32_t)tools_read16(at) << 16 | tools_read16(at + 2);
}

/* Where the datagram ends, padding excluded; length 0: told elsewhere (RFC 2675, offloads). */
static size_t tools_end(const struct packet_event *event, size_t length)
{
	size_t end = event->l3_offset + length;

	return length && end < event->snap_length ? end : event->snap_length;
}

/* Returns the end of what may be read, 0 when the header is not all there. */
static size_t tools_read_network(const struct packet_event *event, struct header *header)
{
	size_t needed = event->family == 4 ? IPV4_HEADER_MIN : IPV6_HEADER;
	const uint8_t *at;

	if (event->l3_offset + needed > event->snap_length)
		return 0;
	at = event->data + event->l3_offset;
	if (event->family == 4) {
		header->is_ipv4 = true;
		header->id = tools_read16(at + 4);
		header->dont_fragment = tools_read16(at + 6) & IPV4_DONT_FRAGMENT;
		header->ttl = at[8];
		header->destination = tools_read32(at + 16);
		return tools_end(event, tools_read16(at + 2));
	}
	header->ttl = at[7];
	return tools_end(event, tools_read16(at + 4) ? IPV6_HEADER + tools_read16(at + 4) : 0);
}

static bool tools_read_tcp(const uint8_t *at, size_t length, struct header *header)
{
	size_t told = (size_t)(at[12] >> 4) * 4;

	if (told < TCP_HEADER_MIN)
		return false;
	header->is_tcp = true;
	header->sequence = tools_read32(at + 4);
	header->acknowledgement = tools_read32(at + 8);
	header->flags = at[13];
	header->window = tools_read16(at + 14);
	header->urgent = tools_read16(at + 18);
	header->options = at + TCP_HEADER_MIN;
	header->options_length = MIN(told, length) - TCP_HEADER_MIN;
	header->options_cut = told > length;
	return true;
}

static bool tools_read_header(const struct packet_event *event, struct header *header)
{
	size_t needed = event->protocol == PROTOCOL_TCP ? TCP_HEADER_MIN : UDP_HEADER;
	size_t end = tools_read_network(event, header);
	const uint8_t *at;

	if (event->l4_offset <= event->l3_offset || event->l4_offset + needed > end)
		return false;
	at = event->data + event->l4_offset;
	header->source_port = tools_read16(at);
	header->destination_port = tools_read16(at + 2);
	return event->protocol != PROTOCOL_TCP ||
	       tools_read_tcp(at, end - event->l4_offset, header);
}

static bool tools_is_syn(const struct header *header)
{
	return header->is_tcp && (header->flags & FLAGS_OLD) == SYN;
}

static bool tools_has_no_options(const struct header *header)
{
	return header->is_tcp && !header->options_cut && header->options_length == 0;
}

static bool tools_has_options(const struct header *header, const void *options, size_t length)
{
	return header->is_tcp && !header->options_cut && header->options_length == length &&
	       memcmp(header->options, options, length) == 0;
}

static bool tools_has_mss_alone(const struct header *header)
{
	return tools_has_options(header, OPTIONS_MSS, sizeof(OPTIONS_MSS) - 1);
}

/* Value and echo of the first timestamp option; NULL when there is none. */
static const uint8_t *tools_find_timestamp(const struct header *header)
{
	const uint8_t *options = header->options;
	size_t at = 0, length;

	while (at < header->options_length && options[at] != OPTION_END) {
		if (options[at] == OPTION_NOP) {
			at++;
			continue;
		}
		if (at + 1 >= header->options_length)
			return NULL;
		length = options[at + 1];
		if (length < 2 || at + length > header->options_length)
			return NULL;
		if (options[at] == OPTION_TIMESTAMP && length == OPTION_TIMESTAMP_LENGTH)
			return options + at + 2;
		at += length;
	}
	return NULL;
}

/* Its sequence number is the address it goes to: mirai/bot/scanner.c, and its descendants. */
static bool tools_looks_mirai(const struct header *header)
{
	return tools_is_syn(header) && header->is_ipv4 && header->sequence == header->destination;
}

/*
 * The id is made of destination, port and sequence number (src/templ-pkt.c, tcp_create_packet()
 * and template_set_target_ipv4()); `--ttl` and forks change the rest.
 */
static bool tools_has_masscan_id(const struct header *header)
{
	uint32_t id = header->destination ^ header->destination_port ^ header->sequence;

	return header->is_ipv4 && header->id == (id & 0xffff) &&
	       (header->ttl > TTL_AT_128 || header->window == 1024 || header->window == 1025);
}

/*
 * The default template of src/templ-pkt.c: TTL 255, window 1024 and no option in 1.3.2 (seen);
 * later 04 01, which its comment calls 1024, and the MSS. It is all there is to see in IPv6 (seen)
 * and behind an address translation.
 */
static bool tools_has_masscan_template(const struct header *header)
{
	if (header->ttl <= TTL_AT_128)
		return false;
	return (header->window == 1024 && tools_has_no_options(header)) ||
	       (header->window == 1025 && tools_has_mss_alone(header));
}

static bool tools_looks_masscan(const struct header *header)
{
	if (!tools_is_syn(header) || header->dont_fragment)
		return false;
	if (!tools_has_no_options(header) && !tools_has_mss_alone(header))
		return false;
	return tools_has_masscan_id(header) || tools_has_masscan_template(header);
}

/* Up to 4.0: make_ip_header() and make_tcp_header() of src/probe_modules/packet.c (2.1.1 seen). */
static bool tools_looks_zmap_old(const struct header *header)
{
	if (header->id != ZMAP_ID || header->ttl <= TTL_AT_128 || header->dont_fragment)
		return false;
	return header->is_tcp ? header->window == 65535 : header->source_port >= ZMAP_PORTS_FROM;
}

/*
 * From 4.1.0 the id is random (b0190cc); from 4.1.1 the options are Windows' and the TTL begins at
 * 64 (c88db29, 5d90505), where Windows has 128 and does not let its SYNs be fragmented.
 */
static bool tools_looks_zmap_new(const struct header *header)
{
	static const char options[] = "\x02\x04\x05\xb4\x01\x03\x03\x08\x01\x01\x04\x02";

	if (!tools_is_syn(header) || !header->is_ipv4 || header->dont_fragment ||
	    header->window != 65535)
		return false;
	if (header->ttl > TTL_AT_128 && tools_has_mss_alone(header))
		return true;
	return (header->ttl > TTL_AT_128 || header->ttl <= TTL_AT_64) &&
	       tools_has_options(header, options, sizeof(options) - 1);
}

/* The defaults of IP, TCP and UDP in scapy/layers/inet.py (2.5.0 and 2.6.1 seen). */
static bool tools_looks_scapy(const struct header *header)
{
	if (header->ttl > TTL_AT_64 || header->dont_fragment ||
	    (header->is_ipv4 && header->id != 1))
		return false;
	if (!header->is_tcp)
		return header->is_ipv4 && header->source_port == 53;
	return header->window == 8192 && tools_has_no_options(header) &&
	       (header->is_ipv4 || header->sequence == 0);
}

/* -O: prbOpts of osscan2.cc, TCP_DESCS of FPEngine.cc (7.93 and 7.95 seen). */
static bool tools_looks_nmap_os(const struct header *header)
{
	static const char timestamp[] = "\xff\xff\xff\xff\0\0\0\0";
	const uint8_t *found = tools_find_timestamp(header);

	if (found)
		return memcmp(found, timestamp, sizeof(timestamp) - 1) == 0;
	return header->flags == (SYN | ECE | CWR) && header->urgent == NMAP_ECN_URGENT;
}

/* build_ip_raw() of tcpip.cc: 37 to 59; over IPv6 it is 255 (7.93 and 7.95 seen). */
static bool tools_has_nmap_ttl(const struct header *header)
{
	return header->is_ipv4 ? header->ttl <= NMAP_TTL_MAX : header->ttl > TTL_AT_128;
}

/* -sS: build_tcp() of tcpip.cc (7.93 and 7.95 seen); the larger windows are older (p0f.fp). */
static bool tools_looks_nmap_syn(const struct header *header)
{
	if (!tools_is_syn(header) || header->dont_fragment || !tools_has_nmap_ttl(header) ||
	    !tools_has_mss_alone(header))
		return false;
	return header->window == 1024 || header->window == 2048 || header->window == 3072 ||
	       header->window == 4096;
}

/*
 * The same without SYN, so without MSS. With ACK (-sA, -sW, -sM) the sequence number is zero and
 * the acknowledged one carries nmap's mark; -sN, -sF and -sX have flags that no stack sends.
 */
static bool tools_looks_nmap_stealth(const struct header *header)
{
	if (header->flags & (SYN | RST) || header->window != 1024 || header->dont_fragment ||
	    !tools_has_no_options(header) || !tools_has_nmap_ttl(header))
		return false;
	return !(header->flags & ACK) || (header->sequence == 0 && header->acknowledgement != 0);
}

/* DEFAULT_SRCWINSIZE of hping2.h, TTL 64 of main.c (3.a2 seen). ACKs with it others send, too. */
static bool tools_looks_hping(const struct header *header)
{
	return header->window == 512 && header->is_ipv4 && header->ttl <= TTL_AT_64 &&
	       !header->dont_fragment && !(header->flags & (ACK | RST)) &&
	       tools_has_no_options(header);
}

/* Every system's own stack tells its MSS: psad's rule for raw sockets (psad 2.2.2). */
static bool tools_looks_raw(const struct header *header)
{
	return tools_is_syn(header) && tools_has_no_options(header);
}

/* The first that holds is told; the weaker a trait, the later it stands. */
/* clang-format off */
static const struct {
	const char *word;
	bool (*looks)(const struct header *header);
} tools[] = {
	{ "mirai", tools_looks_mirai },
	{ "masscan", tools_looks_masscan },
	{ "zmap", tools_looks_zmap_old },
	{ "scapy", tools_looks_scapy },
	{ "nmap", tools_looks_nmap_os },
	{ "nmap", tools_looks_nmap_syn },
	{ "nmap", tools_looks_nmap_stealth },
	{ "zmap", tools_looks_zmap_new },
	{ "hping", tools_looks_hping },
	{ "raw-syn", tools_looks_raw },
};
/* clang-format on */

const char *tools_look_like(const struct packet_event *event)
{
	struct header header = { .is_tcp = false };

	if (event->direction != DIRECTION_IN || event->kind == KIND_FRAGMENT ||
	    event->kind == KIND_ICMP || !tools_read_header(event, &header))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(tools); i++)
		if (tools[i].looks(&header))
			return tools[i].word;
	return NULL;
}
