/* SPDX-License-Identifier: GPL-2.0-only */
/* words.c - the contract's words, one table for each enumeration. */
#include <errno.h>

#include "../base/util.h"
#include "words.h"

static const char *const protocol_words[PROTOCOL_COUNT] = {
	[PROTOCOL_TCP] = "tcp",
	[PROTOCOL_UDP] = "udp",
};

static const char *const direction_words[DIRECTION_COUNT] = {
	[DIRECTION_IN] = "in",
	[DIRECTION_OUT] = "out",
};

static const char *const role_words[] = {
	[ROLE_TO] = "to",
	[ROLE_FROM] = "from",
};

static const char *const kind_words[KIND_COUNT] = {
	[KIND_SYN] = "syn",
	[KIND_SYNACK] = "synack",
	[KIND_ACK] = "ack",
	[KIND_DATA] = "data",
	[KIND_FIN] = "fin",
	[KIND_RST] = "rst",
	[KIND_NULL] = "null",
	[KIND_XMAS] = "xmas",
	[KIND_FINONLY] = "finonly",
	[KIND_MAIMON] = "maimon",
	[KIND_OTHER] = "other",
	[KIND_UDP] = "udp",
	[KIND_FRAGMENT] = "fragment",
	[KIND_ICMP] = "icmp",
};

static const char *const unparsed_words[UNPARSED_COUNT] = {
	[UNPARSED_TRUNCATED] = "truncated",
	[UNPARSED_BAD_HEADER] = "bad-header",
	[UNPARSED_TOO_DEEP] = "too-deep",
	[UNPARSED_NOT_IP] = "not-ip",
};

static const char *word_at(const char *const *words, size_t count, unsigned int number)
{
	return number < count && words[number] ? words[number] : "unknown";
}

static int word_find(const char *const *words, size_t count, const char *word)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (util_streq(words[i], word))
			return (int)i;
	return -EINVAL;
}

const char *words_protocol(unsigned int protocol)
{
	return word_at(protocol_words, ARRAY_SIZE(protocol_words), protocol);
}

const char *words_direction(unsigned int direction)
{
	return word_at(direction_words, ARRAY_SIZE(direction_words), direction);
}

const char *words_role(unsigned int role)
{
	return word_at(role_words, ARRAY_SIZE(role_words), role);
}

const char *words_kind(unsigned int kind)
{
	return word_at(kind_words, ARRAY_SIZE(kind_words), kind);
}

const char *words_unparsed(unsigned int reason)
{
	return word_at(unparsed_words, ARRAY_SIZE(unparsed_words), reason);
}

int words_find_protocol(const char *word)
{
	return word_find(protocol_words, ARRAY_SIZE(protocol_words), word);
}

int words_find_direction(const char *word)
{
	return word_find(direction_words, ARRAY_SIZE(direction_words), word);
}
