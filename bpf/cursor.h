/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cursor.h - a place in a packet that carries its end, and what parsing can come to. Nothing a
 * sender wrote is believed before it was checked against the end of the data and against the
 * length that encloses it.
 */
#ifndef PORTSENTINEL_CURSOR_H
#define PORTSENTINEL_CURSOR_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "abi.h"

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif

/* How deep parsing goes. */
enum depth {
	PARSE_SHALLOW, /* what nearly every packet is; gives up on the rest */
	PARSE_DEEP, /* everything */
};

/* What parsing came to. From PARSED_UNPARSED on it failed; the reason is the difference. */
enum parsed {
	PARSED_PORTS, /* both ports are known */
	PARSED_NO_PORTS, /* IP, and neither TCP nor UDP */
	PARSED_FRAGMENT, /* a later fragment: the ports are where the first one was seen */
	PARSED_UNUSUAL, /* shallow parsing ends here, deep parsing would go on */
	PARSED_UNPARSED,
};

/* No header lies farther from the start: what the verifier must be told of an offset. */
#define CURSOR_OFFSET_MASK 0x7fff

/* Where parsing stands: data <= pos <= end, always. */
struct cursor {
	const void *data;
	const void *pos;
	const void *end;
};

static __always_inline enum parsed parse_failed(enum unparsed reason)
{
	return PARSED_UNPARSED + reason;
}

static __always_inline enum unparsed parse_reason(enum parsed failed)
{
	return (failed - PARSED_UNPARSED) & (UNPARSED_COUNT - 1);
}

/* A cursor `offset` octets behind the start. False: that is not within the data. */
static __always_inline bool cursor_set(struct cursor *cursor, const void *data, const void *end,
				       __u32 offset)
{
	cursor->data = data;
	cursor->end = end;
	cursor->pos = data + (offset & CURSOR_OFFSET_MASK);
	return cursor->pos <= end;
}

/* Is there room for `size` octets here? */
static __always_inline bool cursor_has(const struct cursor *cursor, __u32 size)
{
	return cursor->pos + size <= cursor->end;
}

/*
 * Moves on by a length that a header told. The compiler must compute the new place once: the
 * verifier does not see that a place computed twice is the same.
 */
static __always_inline void cursor_advance(struct cursor *cursor, __u32 length)
{
	cursor->pos += length;
	__asm__ volatile("" : "+r"(cursor->pos));
}

/*
 * For the verifier: forgets by which headers the cursor came here, so that what follows is
 * checked once and not once for each way. False: farther than any packet that is followed.
 */
static __always_inline bool cursor_forget(struct cursor *cursor)
{
	__u32 offset = cursor->pos - cursor->data;

	if (offset > CURSOR_OFFSET_MASK)
		return false;
	cursor->pos = cursor->data + (offset & CURSOR_OFFSET_MASK);
	__asm__ volatile("" : "+r"(cursor->pos));
	return cursor->pos <= cursor->end;
}

/*
 * For the verifier: `number` may be any from here on, so that what follows is checked once and
 * not once for each constant. It stays what it is.
 */
#ifdef __bpf__
#define CURSOR_FORGET_NUMBER(cursor, number) \
	({ \
		__u64 cursor_any = (cursor)->pos - (cursor)->data, cursor_number = (number); \
		__asm__ volatile("%0 ^= %1\n%0 ^= %1" : "+r"(cursor_number) : "r"(cursor_any)); \
		(number) = cursor_number; \
	})
#else
#define CURSOR_FORGET_NUMBER(cursor, number) ((void)(cursor), (void)(number))
#endif

#endif
