/* SPDX-License-Identifier: GPL-2.0-only */
/* expectation.c - the members, one setter each, and the list that holds the rules. */
#include "expectation.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>

#include "../base/clock.h"
#include "../base/text.h"
#include "../base/util.h"
#include "alert.h"
#include "words.h"

#define DAY_NS (86400 * CLOCK_NS_PER_SECOND)
#define PATTERN_FIRST "/*?" /* what the pattern of a full path may begin with */

/* Texts go into JSON as they are. */
static int check_text(const char *text, char *ret_why, size_t why_size)
{
	const char *rest = text;
	size_t length;

	if (!*text)
		return text_refuse(ret_why, why_size, "a value is missing");
	for (; *rest; rest += length) {
		length = text_utf8_length(rest, strlen(rest));
		if (!length || iscntrl((unsigned char)*rest))
			return text_refuse(ret_why, why_size,
					   "it holds a control character, or is no UTF-8");
	}
	return 0;
}

/* Takes what the member's text means into the rule; the text itself is kept by the caller. */
typedef int member_setter(struct expectation *rule, const char *value, char *ret_why,
			  size_t why_size);

/* The bits of a list of words that `find` knows; `form` is what is wanted. */
static int set_words(unsigned int *out, const char *list, int (*find)(const char *word),
		     const char *form, char *ret_why, size_t why_size)
{
	_cleanup_free_ char *copy = strdup(list);
	char *rest = copy, *item;
	unsigned int bits = 0;
	int found;

	if (!copy)
		return text_refuse(ret_why, why_size, "out of memory");
	while ((item = text_next_item(&rest))) {
		found = find(item);
		if (found < 0)
			return text_refuse(ret_why, why_size, "'%s' is none of %s", item, form);
		bits |= 1U << found;
	}
	*out = bits;
	return 0;
}

static int set_direction(struct expectation *rule, const char *value, char *ret_why,
			 size_t why_size)
{
	return set_words(&rule->directions, value, words_find_direction, "in out", ret_why,
			 why_size);
}

static int set_protocol(struct expectation *rule, const char *value, char *ret_why,
			size_t why_size)
{
	return set_words(&rule->protocols, value, words_find_protocol, "tcp udp", ret_why,
			 why_size);
}

/* The actions that are about traffic. */
static int find_action(const char *word)
{
	int found = alert_find_action(word);

	return found == ACTION_FLOOD || found == ACTION_SENSOR ? -EINVAL : found;
}

static int set_action(struct expectation *rule, const char *value, char *ret_why, size_t why_size)
{
	return set_words(&rule->actions, value, find_action,
			 "probe connection listener outbound backscatter transit", ret_why,
			 why_size);
}

static size_t list_count_items(const char *list)
{
	size_t count = 1;

	for (; *list; list++)
		count += *list == ',';
	return count;
}

static int set_port(struct expectation *rule, const char *value, char *ret_why, size_t why_size)
{
	_cleanup_free_ struct port_range *ports = calloc(list_count_items(value), sizeof(*ports));
	_cleanup_free_ char *copy = strdup(value);
	char *rest = copy, *item;
	size_t count = 0;

	if (!ports || !copy)
		return text_refuse(ret_why, why_size, "out of memory");
	while ((item = text_next_item(&rest)))
		if (port_range_parse(item, &ports[count++]))
			return text_refuse(ret_why, why_size,
					   "'%s' is no port (1 to 65535), range or PORT/tcp, PORT/udp",
					   item);
	rule->ports = TAKE(ports);
	rule->port_count = count;
	return 0;
}

static int set_peer(struct expectation *rule, const char *value, char *ret_why, size_t why_size)
{
	return prefix_set_parse(&rule->peers, value, ret_why, why_size);
}

/* An item of an interface list, `!` in front or not. 0 or -EINVAL. */
static int check_interface(const char *item, char *ret_why, size_t why_size)
{
	const char *name = *item == '!' ? item + 1 : item;

	if (util_streq(name, "auto"))
		return text_refuse(ret_why, why_size, "auto is no name: leave the member out");
	if (!*name || strpbrk(name, "/! \t"))
		return text_refuse(ret_why, why_size, "'%s' is no interface name or pattern", item);
	return 0;
}

static int set_interface(struct expectation *rule, const char *value, char *ret_why,
			 size_t why_size)
{
	_cleanup_free_ char *items = calloc(1, strlen(value) + 2);
	_cleanup_free_ char *copy = strdup(value);
	char *rest = copy, *item;
	size_t used = 0;

	if (!items || !copy)
		return text_refuse(ret_why, why_size, "out of memory");
	while ((item = text_next_item(&rest))) {
		if (check_interface(item, ret_why, why_size))
			return -EINVAL;
		memcpy(items + used, item, strlen(item) + 1);
		used += strlen(item) + 1;
	}
	rule->interfaces = TAKE(items);
	return 0;
}

/* A name need not be one of this host's: containers have users of their own. */
static int set_user(struct expectation *rule, const char *value, char *ret_why, size_t why_size)
{
	uint64_t uid;

	if (value[strspn(value, "0123456789")])
		return 0;
	if (text_parse_number(value, 0, UINT32_MAX - 1, &uid))
		return text_refuse(ret_why, why_size, "'%s' is no user id", value);
	rule->has_uid = true;
	rule->uid = (uid_t)uid;
	return 0;
}

static int set_executable(struct expectation *rule, const char *value, char *ret_why,
			  size_t why_size)
{
	(void)rule;
	if (!strchr(PATTERN_FIRST, *value))
		return text_refuse(ret_why, why_size,
				   "'%s' is no full path: it would never match, */%s would", value,
				   value);
	return 0;
}

static int set_pattern(struct expectation *rule, const char *value, char *ret_why, size_t why_size)
{
	(void)rule;
	(void)value;
	(void)ret_why;
	(void)why_size;
	return 0; /* any text is one */
}

/* A day is in force to its end. */
static int set_until(struct expectation *rule, const char *value, char *ret_why, size_t why_size)
{
	char midnight[] = "2026-12-01T00:00:00Z";
	uint64_t until_ns;

	if (strlen(value) == strlen("2026-12-01")) {
		memcpy(midnight, value, strlen(value));
		if (clock_parse(midnight, &until_ns) == 0) {
			rule->until_wall_ns = until_ns + DAY_NS;
			return 0;
		}
	}
	if (clock_parse(value, &until_ns) == 0 && until_ns) {
		rule->until_wall_ns = until_ns;
		return 0;
	}
	return text_refuse(ret_why, why_size,
			   "'%s' is no time, such as 2026-12-01 or 2026-12-01T06:00:00Z", value);
}

static const struct {
	const char *word;
	member_setter *set;
	bool is_list;
	bool matches;
} members[EXPECTATION_MEMBER_COUNT] = {
	[EXPECTATION_DIRECTION] = { "direction", set_direction, true, true },
	[EXPECTATION_PROTOCOL] = { "protocol", set_protocol, true, true },
	[EXPECTATION_PORT] = { "port", set_port, true, true },
	[EXPECTATION_ACTION] = { "action", set_action, true, true },
	[EXPECTATION_PEER] = { "peer", set_peer, true, true },
	[EXPECTATION_INTERFACE] = { "interface", set_interface, true, true },
	[EXPECTATION_USER] = { "user", set_user, false, true },
	[EXPECTATION_UNIT] = { "unit", set_pattern, false, true },
	[EXPECTATION_CONTAINER] = { "container", set_pattern, false, true },
	[EXPECTATION_EXECUTABLE] = { "executable", set_executable, false, true },
	[EXPECTATION_UNTIL] = { "until", set_until, false, false },
	[EXPECTATION_COMMENT] = { "comment", set_pattern, false, false },
};

const char *expectation_member_word(enum expectation_member member)
{
	return members[member].word;
}

int expectation_find_member(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		if (util_streq(members[i].word, word))
			return (int)i;
	return -EINVAL;
}

bool expectation_member_is_list(enum expectation_member member)
{
	return members[member].is_list;
}

int expectation_set(struct expectation *rule, enum expectation_member member, const char *value,
		    char *ret_why, size_t why_size)
{
	_cleanup_free_ char *text = strdup(value);

	if (check_text(value, ret_why, why_size))
		return -EINVAL;
	if (!text)
		return text_refuse(ret_why, why_size, "out of memory");
	if (rule->texts[member])
		return text_refuse(ret_why, why_size, "it is given twice");
	if (members[member].set(rule, value, ret_why, why_size))
		return -EINVAL;
	rule->texts[member] = TAKE(text);
	if (members[member].matches)
		rule->members |= EXPECTATION_BIT(member);
	return 0;
}

int expectation_parse_section(const char *section, char **ret_name, char *ret_why, size_t why_size)
{
	const char *name = section + strlen(EXPECTATION_SECTION), *end;

	while (isspace((unsigned char)*name))
		name++;
	end = *name == '"' ? strchr(name + 1, '"') : NULL;
	if (!end || end[1] || end == name + 1)
		return text_refuse(ret_why, why_size,
				   "a name in quotes is missing: [expect \"NAME\"]");
	if (check_text(name, ret_why, why_size))
		return -EINVAL;
	*ret_name = strndup(name + 1, (size_t)(end - name - 1));
	return *ret_name ? 0 : text_refuse(ret_why, why_size, "out of memory");
}

/* By name; the same name by place in the list. */
static int expectation_compare(const void *left, const void *right)
{
	const struct expectation *const *a = left, *const *b = right;
	int order = strcmp((*a)->name, (*b)->name);

	if (order)
		return order;
	return *a < *b ? -1 : *a > *b;
}

const struct expectation **expectations_by_name(const struct expectations *list)
{
	const struct expectation **sorted = calloc(list->count + 1, sizeof(struct expectation *));

	if (!sorted)
		return NULL;
	for (size_t i = 0; i < list->count; i++)
		sorted[i] = &list->rules[i];
	qsort(sorted, list->count, sizeof(struct expectation *), expectation_compare);
	return sorted;
}

static void expectation_clear(struct expectation *rule)
{
	free(rule->name);
	free(rule->where);
	for (size_t i = 0; i < EXPECTATION_MEMBER_COUNT; i++)
		free(rule->texts[i]);
	free(rule->ports);
	prefix_set_free(&rule->peers);
	free(rule->interfaces);
}

static struct expectations *expectations_new(void)
{
	struct expectations *list = calloc(1, sizeof(*list));

	if (list)
		list->holders = 1;
	return list;
}

struct expectations *expectations_hold(struct expectations *list)
{
	if (list)
		list->holders++;
	return list;
}

void expectations_release(struct expectations *list)
{
	if (!list || --list->holders)
		return;
	for (size_t i = 0; i < list->count; i++)
		expectation_clear(&list->rules[i]);
	free(list->rules);
	free(list);
}

static int expectations_make_room(struct expectations *list)
{
	size_t room = list->room ? list->room * 2 : 8;
	struct expectation *rules;

	if (list->count < list->room)
		return 0;
	rules = reallocarray(list->rules, room, sizeof(*rules));
	if (!rules)
		return -ENOMEM;
	list->rules = rules;
	list->room = room;
	return 0;
}

struct expectation *expectations_add(struct expectations **list, const char *name,
				     const char *where)
{
	struct expectation rule = { .name = strdup(name), .where = strdup(where) };

	if (!*list)
		*list = expectations_new();
	if (!*list || !rule.name || !rule.where || expectations_make_room(*list) < 0) {
		expectation_clear(&rule);
		return NULL;
	}
	(*list)->rules[(*list)->count] = rule;
	return &(*list)->rules[(*list)->count++];
}
