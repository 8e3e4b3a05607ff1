// SPDX-License-Identifier: GPL-2.0-only
/* frame.c - reads the line from its end, so that each header knows what follows it. */
#include "frame.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 32

struct word {
	const char *name;
	char *arguments; /* behind the first colon, "" when there are none */
};

/* What a header in front must know of what follows. */
struct builder {
	struct frame *frame;
	size_t inside; /* octets that count in lengths */
	uint16_t ethertype;
	uint8_t next_header;
};

static void frame_give_up(const char *why, const char *what)
{
	fprintf(stderr, "frame: %s: %s\n", why, what);
	abort();
}

static uint8_t *frame_prepend(struct builder *builder, size_t length)
{
	struct frame *frame = builder->frame;

	if (frame->length + length > FRAME_MAX)
		frame_give_up("too long", "");
	memmove(frame->data + length, frame->data, frame->length);
	memset(frame->data, 0, length);
	frame->length += length;
	builder->inside += length;
	return frame->data;
}

/* The N-th number behind the name, `otherwise` when it is not there. */
static unsigned int frame_number(const char *arguments, unsigned int index, unsigned int otherwise)
{
	for (; index > 0 && arguments; index--) {
		arguments = strchr(arguments, ':');
		arguments = arguments ? arguments + 1 : NULL;
	}
	return arguments && *arguments >= '0' && *arguments <= '9' ? strtoul(arguments, NULL, 10) :
								     otherwise;
}

/* The value of "key=N". */
static unsigned int frame_key(const char *arguments, const char *key, unsigned int otherwise)
{
	size_t length = strlen(key);

	while (arguments && *arguments) {
		if (strncmp(arguments, key, length) == 0 && arguments[length] == '=')
			return strtoul(arguments + length + 1, NULL, 10);
		arguments = strchr(arguments, ':');
		arguments = arguments ? arguments + 1 : NULL;
	}
	return otherwise;
}

static void frame_put16(uint8_t *at, unsigned int value)
{
	at[0] = value >> 8;
	at[1] = value;
}

static void frame_eth(struct builder *builder, const char *arguments)
{
	uint8_t *header = frame_prepend(builder, 14);

	(void)arguments;
	memcpy(header, "\x02\0\0\0\0\x01\x02\0\0\0\0\x02", 12);
	frame_put16(header + 12, builder->ethertype);
}

static void frame_any_tag(struct builder *builder, const char *arguments, uint16_t ethertype)
{
	for (unsigned int tags = frame_number(arguments, 1, 1); tags > 0; tags--) {
		uint8_t *header = frame_prepend(builder, 4);

		frame_put16(header, frame_number(arguments, 0, 1));
		frame_put16(header + 2, builder->ethertype);
		builder->ethertype = ethertype;
	}
}

static void frame_tag(struct builder *builder, const char *arguments)
{
	frame_any_tag(builder, arguments, 0x8100);
}

static void frame_stag(struct builder *builder, const char *arguments)
{
	frame_any_tag(builder, arguments, 0x88a8);
}

static void frame_arp(struct builder *builder, const char *arguments)
{
	(void)arguments;
	memcpy(frame_prepend(builder, 28), "\0\x01\x08\0\x06\x04\0\x01", 8);
	builder->ethertype = 0x0806;
}

static void frame_ip4(struct builder *builder, const char *arguments)
{
	unsigned int ihl = frame_key(arguments, "ihl", 5);
	uint8_t *header = frame_prepend(builder, ihl < 5 ? 20 : ihl * 4);

	header[0] = frame_key(arguments, "ver", 4) << 4 | ihl;
	frame_put16(header + 2, frame_key(arguments, "len", builder->inside));
	frame_put16(header + 4, 77);
	frame_put16(header + 6, frame_key(arguments, "off", 0) |
					(frame_key(arguments, "mf", 0) ? 0x2000 : 0));
	header[8] = 64;
	header[9] = frame_key(arguments, "proto", builder->next_header);
	memcpy(header + 12, "\xc0\0\x02\x01\xc0\0\x02\x02", 8);
	if (ihl > 5)
		memset(header + 20, 1, ihl * 4 - 20);
	builder->ethertype = 0x0800;
	builder->next_header = 4;
}

static void frame_ip6(struct builder *builder, const char *arguments)
{
	size_t inside = builder->inside;
	uint8_t *header = frame_prepend(builder, 40);

	header[0] = frame_key(arguments, "ver", 6) << 4;
	frame_put16(header + 4, frame_key(arguments, "len", inside));
	header[6] = frame_key(arguments, "next", builder->next_header);
	header[7] = 64;
	memcpy(header + 8, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16);
	memcpy(header + 24, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02", 16);
	builder->ethertype = 0x86dd;
	builder->next_header = 41;
}

static void frame_extension(struct builder *builder, const char *arguments, uint8_t type)
{
	unsigned int length = frame_number(arguments, 0, 8);

	for (unsigned int headers = frame_number(arguments, 1, 1); headers > 0; headers--) {
		uint8_t *header = frame_prepend(builder, length);

		header[0] = builder->next_header;
		header[1] = type == 51 ? length / 4 - 2 : length / 8 - 1;
		builder->next_header = type;
	}
}

static void frame_hop(struct builder *builder, const char *arguments)
{
	frame_extension(builder, arguments, 0);
}

static void frame_dst(struct builder *builder, const char *arguments)
{
	frame_extension(builder, arguments, 60);
}

static void frame_route(struct builder *builder, const char *arguments)
{
	frame_extension(builder, arguments, 43);
}

static void frame_ah(struct builder *builder, const char *arguments)
{
	frame_extension(builder, arguments, 51);
}

static void frame_frag(struct builder *builder, const char *arguments)
{
	uint8_t *header = frame_prepend(builder, 8);

	header[0] = builder->next_header;
	frame_put16(header + 2,
		    frame_number(arguments, 0, 0) << 3 | frame_number(arguments, 1, 0));
	frame_put16(header + 6, 77);
	builder->next_header = 44;
}

static uint8_t frame_flags(const char *arguments)
{
	static const char letters[] = "FSRPAUEC";
	const char *text = strchr(arguments, ':');
	uint8_t flags = 0;

	text = text ? strchr(text + 1, ':') : NULL;
	for (text = text ? text + 1 : ""; *text && *text != ':'; text++) {
		const char *letter = strchr(letters, *text);

		if (letter)
			flags |= 1 << (letter - letters);
		else if (*text != '-')
			frame_give_up("no TCP flag", text);
	}
	return flags;
}

static void frame_tcp(struct builder *builder, const char *arguments)
{
	unsigned int doff = frame_key(arguments, "doff", 5);
	uint8_t *header = frame_prepend(builder, doff < 5 ? 20 : doff * 4);

	frame_put16(header, frame_number(arguments, 0, 40000));
	frame_put16(header + 2, frame_number(arguments, 1, 3409));
	header[12] = doff << 4;
	header[13] = frame_flags(arguments);
	builder->next_header = 6;
}

static void frame_udp(struct builder *builder, const char *arguments)
{
	uint8_t *header = frame_prepend(builder, 8);

	frame_put16(header, frame_number(arguments, 0, 40000));
	frame_put16(header + 2, frame_number(arguments, 1, 3409));
	frame_put16(header + 4, builder->inside);
	builder->next_header = 17;
}

static void frame_proto(struct builder *builder, const char *arguments)
{
	frame_prepend(builder, frame_number(arguments, 1, 8));
	builder->next_header = frame_number(arguments, 0, 47);
}

static void frame_pay(struct builder *builder, const char *arguments)
{
	memset(frame_prepend(builder, frame_number(arguments, 0, 0)), 'x',
	       frame_number(arguments, 0, 0));
}

static void frame_pad(struct builder *builder, const char *arguments)
{
	frame_prepend(builder, frame_number(arguments, 0, 0));
	builder->inside = 0;
}

static void frame_cut(struct builder *builder, const char *arguments)
{
	(void)builder;
	(void)arguments; /* done at the very end */
}

static const struct {
	const char *name;
	void (*build)(struct builder *builder, const char *arguments);
} frame_headers[] = {
	{ "eth", frame_eth },	  { "tag", frame_tag }, { "stag", frame_stag },
	{ "arp", frame_arp },	  { "ip4", frame_ip4 }, { "ip6", frame_ip6 },
	{ "hop", frame_hop },	  { "dst", frame_dst }, { "route", frame_route },
	{ "ah", frame_ah },	  { "frag", frame_frag }, { "tcp", frame_tcp },
	{ "udp", frame_udp },	  { "proto", frame_proto }, { "pay", frame_pay },
	{ "pad", frame_pad },	  { "cut", frame_cut },
};

static void frame_build_word(struct builder *builder, const struct word *word)
{
	for (size_t i = 0; i < sizeof(frame_headers) / sizeof(*frame_headers); i++)
		if (strcmp(frame_headers[i].name, word->name) == 0) {
			frame_headers[i].build(builder, word->arguments);
			return;
		}
	frame_give_up("no such header", word->name);
}

void frame_build(struct frame *frame, const char *text)
{
	struct builder builder = { .frame = frame };
	struct word words[WORDS_MAX];
	char copy[1024], *rest = copy, *item;
	size_t count = 0, cut = 0;

	frame->length = 0;
	snprintf(copy, sizeof(copy), "%s", text);
	while ((item = strsep(&rest, " ")) && count < WORDS_MAX) {
		char *colon = strchr(item, ':');

		if (colon)
			*colon = '\0';
		words[count++] = (struct word){ item, colon ? colon + 1 : item + strlen(item) };
		if (strcmp(item, "cut") == 0)
			cut = frame_number(words[count - 1].arguments, 0, 0);
	}
	while (count-- > 0)
		frame_build_word(&builder, &words[count]);
	if (cut > frame->length)
		frame_give_up("cut more than there is", text);
	frame->length -= cut;
}
