/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * expectation.h - a rule that says which traffic is normal: a section [expect "NAME"]. All of its
 * members must match. The rules of a configuration are one list, shared by all who hold it and
 * changed by nobody once it is read.
 */
#ifndef MODEL_EXPECTATION_H
#define MODEL_EXPECTATION_H

#include <stddef.h>
#include <sys/types.h>

#include "port_set.h"
#include "prefix_set.h"

/* In the order in which they are held against a packet. */
enum expectation_member {
	EXPECTATION_DIRECTION,
	EXPECTATION_PROTOCOL,
	EXPECTATION_PORT,
	EXPECTATION_ACTION,
	EXPECTATION_PEER,
	EXPECTATION_INTERFACE,
	EXPECTATION_USER,
	EXPECTATION_UNIT,
	EXPECTATION_CONTAINER,
	EXPECTATION_EXECUTABLE,
	EXPECTATION_UNTIL, /* these match nothing */
	EXPECTATION_COMMENT,
	EXPECTATION_MEMBER_COUNT,
};

#define EXPECTATION_BIT(member) (1U << (member))
/* The members that are about the process behind the packet. */
#define EXPECTATION_OWNER_BITS                                                    \
	(EXPECTATION_BIT(EXPECTATION_USER) | EXPECTATION_BIT(EXPECTATION_UNIT) | \
	 EXPECTATION_BIT(EXPECTATION_CONTAINER) | EXPECTATION_BIT(EXPECTATION_EXECUTABLE))

struct expectation {
	char *name;
	char *where; /* "FILE:LINE" of its section */
	char *texts[EXPECTATION_MEMBER_COUNT]; /* as written; NULL: not given */
	unsigned int members; /* bits of those that have to match */
	/* the texts of which the form is more than a glob, understood */
	unsigned int directions; /* bits of enum direction */
	unsigned int protocols; /* bits of enum protocol */
	unsigned int actions; /* bits of enum action */
	struct port_range *ports;
	size_t port_count;
	struct prefix_set peers;
	char *interfaces; /* names and globs, ! excludes, each with its zero; one more at the end */
	bool has_uid; /* the user is given by number */
	uid_t uid;
	uint64_t until_wall_ns; /* the rule holds before it; 0: for ever */
};

struct expectations {
	unsigned int holders;
	size_t count;
	size_t room;
	struct expectation *rules; /* in the order of the files */
};

/* One more holder of the list; NULL stays NULL. */
struct expectations *expectations_hold(struct expectations *list);
/* One less; the last one frees it. NULL is nothing. */
void expectations_release(struct expectations *list);

/*
 * A new rule without members, at the end of *list, which is made where it is NULL. Valid until the
 * next is added; NULL when memory is out.
 */
struct expectation *expectations_add(struct expectations **list, const char *name,
				     const char *where);

/* The rules sorted by name; the caller frees. NULL when memory is out. */
const struct expectation **expectations_by_name(const struct expectations *list);

/* `expect "NAME"`, a section's inside that begins so: its name, which the caller frees. */
#define EXPECTATION_SECTION "expect"
int expectation_parse_section(const char *section, char **ret_name, char *ret_why, size_t why_size);

/* The member's word, as the file has it. Static. */
const char *expectation_member_word(enum expectation_member member);
/* The member, or -EINVAL. */
int expectation_find_member(const char *word);
/* May its value go on over indented lines? */
bool expectation_member_is_list(enum expectation_member member);

/* Sets one member. 0, or -EINVAL with a reason in ret_why; then nothing changed. */
int expectation_set(struct expectation *rule, enum expectation_member member, const char *value,
		    char *ret_why, size_t why_size);

#endif
