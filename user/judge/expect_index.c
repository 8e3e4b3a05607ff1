// SPDX-License-Identifier: GPL-2.0-only
/*
 * expect_index.c - every rule goes under the member of which the most crowded value is the least
 * crowded; rules without such a member (an interface alone, a range of all ports, an executable,
 * which is a file and no text) are tried always. Prefixes are found by one probe for each length
 * that occurs.
 */
#include "expect_index.h"

#include <endian.h>
#include <errno.h>

#include "../base/text.h"
#include "../base/util.h"

#define INDEX_PORTS_MAX 64 /* a rule with more ports is not filed under them */
#define INDEX_LENGTHS 129
#define INDEX_ALWAYS EXPECTATION_MEMBER_COUNT

/* A rule under one value of one of its members. */
struct index_entry {
	uint64_t hash;
	uint32_t rule;
	uint32_t member; /* enum expectation_member */
};

struct index_slot {
	uint64_t hash;
	uint32_t first; /* of `rules` */
	uint32_t count; /* 0: free */
};

struct expect_index {
	struct index_slot *slots;
	size_t slot_count; /* a power of two */
	uint32_t *rules;
	uint32_t *always; /* rules that are filed under nothing */
	size_t always_count;
	uint8_t lengths[2][INDEX_LENGTHS]; /* that occur: IPv6's, IPv4's */
	size_t length_counts[2];
};

static uint64_t index_mix(uint64_t hash)
{
	hash ^= hash >> 32;
	hash *= 0x9e3779b97f4a7c15ULL;
	hash ^= hash >> 29;
	hash *= 0xbf58476d1ce4e5b9ULL;
	return hash ^ hash >> 32;
}

static uint64_t index_hash_number(enum expectation_member member, uint64_t number)
{
	return index_mix(number + ((uint64_t)member << 56));
}

static uint64_t index_hash_text(enum expectation_member member, const char *text)
{
	uint64_t hash = 0xcbf29ce484222325ULL;

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3ULL;
	return index_hash_number(member, hash);
}

/* Of the first `bits` bits of the address. */
static uint64_t index_hash_prefix(const struct addr *addr, unsigned int bits)
{
	uint64_t words[2];

	memcpy(words, addr, sizeof(words));
	words[0] = bits >= 64 ? words[0] : bits ? words[0] & htobe64(~0ULL << (64 - bits)) : 0;
	words[1] = bits <= 64 ? 0 : words[1] & htobe64(~0ULL << (128 - bits));
	return index_hash_number(EXPECTATION_PEER,
				 index_mix(words[0] + bits) * 31 + index_mix(words[1]));
}

static uint64_t index_hash_port(uint16_t port, enum protocol protocol)
{
	return index_hash_number(EXPECTATION_PORT, (uint64_t)protocol << 16 | port);
}

static uint64_t index_hash_uid(uid_t uid)
{
	return index_hash_number(EXPECTATION_USER, uid);
}

/* Entries as they are gathered; without room they are only counted. */
struct index_list {
	struct index_entry *entries;
	size_t count;
};

static void list_add(struct index_list *list, uint64_t hash, size_t rule,
		     enum expectation_member member)
{
	if (list->entries)
		list->entries[list->count] = (struct index_entry){
			.hash = hash,
			.rule = (uint32_t)rule,
			.member = member,
		};
	list->count++;
}

static void list_add_ports(struct index_list *list, const struct expectation *rule, size_t number)
{
	size_t wide = 0;

	for (size_t i = 0; i < rule->port_count; i++)
		wide += (size_t)(rule->ports[i].last - rule->ports[i].first) + 1;
	if (wide > INDEX_PORTS_MAX)
		return;
	for (size_t i = 0; i < rule->port_count; i++)
		for (uint32_t port = rule->ports[i].first; port <= rule->ports[i].last; port++)
			for (enum protocol protocol = 0; protocol < PROTOCOL_COUNT; protocol++)
				if (rule->ports[i].protocols >> protocol & 1)
					list_add(list, index_hash_port((uint16_t)port, protocol),
						 number, EXPECTATION_PORT);
}

/* A pattern can be filed where it has no wildcard. */
static void list_add_text(struct index_list *list, const struct expectation *rule, size_t number,
			  enum expectation_member member)
{
	const char *text = rule->texts[member];

	if (text && !strpbrk(text, TEXT_GLOB_WILD))
		list_add(list, index_hash_text(member, text), number, member);
}

static void list_add_rule(struct index_list *list, const struct expectation *rule, size_t number)
{
	list_add_ports(list, rule, number);
	for (size_t i = 0; i < rule->peers.count; i++)
		list_add(list, index_hash_prefix(&rule->peers.prefixes[i].addr,
						 rule->peers.prefixes[i].bits),
			 number, EXPECTATION_PEER);
	if (rule->has_uid)
		list_add(list, index_hash_uid(rule->uid), number, EXPECTATION_USER);
	else
		list_add_text(list, rule, number, EXPECTATION_USER);
	list_add_text(list, rule, number, EXPECTATION_UNIT);
	list_add_text(list, rule, number, EXPECTATION_CONTAINER);
}

static void list_add_all(struct index_list *list, const struct expectations *rules)
{
	list->count = 0;
	for (size_t i = 0; i < rules->count; i++)
		list_add_rule(list, &rules->rules[i], i);
}

static int entry_compare(const void *left, const void *right)
{
	const struct index_entry *a = left, *b = right;

	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	return a->rule < b->rule ? -1 : a->rule > b->rule;
}

/* How many entries from `first` on have its hash. */
static size_t list_run(const struct index_list *list, size_t first)
{
	size_t end = first + 1;

	while (end < list->count && list->entries[end].hash == list->entries[first].hash)
		end++;
	return end - first;
}

/* The most crowded value of each member of each rule; 0: it cannot be filed there. */
typedef uint32_t crowds[EXPECTATION_MEMBER_COUNT];

static void list_count_crowds(const struct index_list *list, crowds *of_rules)
{
	size_t run;

	for (size_t first = 0; first < list->count; first += run) {
		run = list_run(list, first);
		for (size_t i = first; i < first + run; i++) {
			uint32_t *crowd =
				&of_rules[list->entries[i].rule][list->entries[i].member];

			*crowd = MAX(*crowd, (uint32_t)run);
		}
	}
}

/* INDEX_ALWAYS: under none. */
static enum expectation_member choose_member(const crowds *crowds)
{
	enum expectation_member best = INDEX_ALWAYS;

	for (enum expectation_member member = 0; member < EXPECTATION_MEMBER_COUNT; member++)
		if ((*crowds)[member] &&
		    (best == INDEX_ALWAYS || (*crowds)[member] < (*crowds)[best]))
			best = member;
	return best;
}

/* Keeps the entries of the members that the rules are filed under. */
static void list_keep_chosen(struct index_list *list, const uint8_t *chosen)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++)
		if (chosen[list->entries[i].rule] == list->entries[i].member)
			list->entries[kept++] = list->entries[i];
	list->count = kept;
}

static void index_note_lengths(struct expect_index *index, const struct expectations *rules,
			       const uint8_t *chosen)
{
	bool occurs[2][INDEX_LENGTHS] = {};

	for (size_t i = 0; i < rules->count; i++)
		for (size_t j = 0; chosen[i] == EXPECTATION_PEER && j < rules->rules[i].peers.count;
		     j++) {
			const struct prefix *prefix = &rules->rules[i].peers.prefixes[j];

			occurs[prefix_is_ipv4(prefix)][prefix->bits] = true;
		}
	for (size_t family = 0; family < 2; family++)
		for (size_t bits = 0; bits < INDEX_LENGTHS; bits++)
			if (occurs[family][bits])
				index->lengths[family][index->length_counts[family]++] =
					(uint8_t)bits;
}

static struct index_slot *index_slot(const struct expect_index *index, uint64_t hash)
{
	size_t at = hash & (index->slot_count - 1);

	while (index->slots[at].count && index->slots[at].hash != hash)
		at = (at + 1) & (index->slot_count - 1);
	return &index->slots[at];
}

static int index_fill(struct expect_index *index, const struct index_list *list)
{
	size_t run;

	index->slot_count = 1;
	while (index->slot_count < 2 * (list->count + 1))
		index->slot_count *= 2;
	index->slots = calloc(index->slot_count, sizeof(*index->slots));
	index->rules = calloc(list->count + 1, sizeof(*index->rules));
	if (!index->slots || !index->rules)
		return -ENOMEM;
	for (size_t first = 0; first < list->count; first += run) {
		run = list_run(list, first);
		for (size_t i = first; i < first + run; i++)
			index->rules[i] = list->entries[i].rule;
		*index_slot(index, list->entries[first].hash) = (struct index_slot){
			.hash = list->entries[first].hash,
			.first = (uint32_t)first,
			.count = (uint32_t)run,
		};
	}
	return 0;
}

/* `chosen` has room for every rule. */
static int index_choose(struct expect_index *index, const struct expectations *rules,
			const struct index_list *list, uint8_t *chosen)
{
	_cleanup_free_ crowds *of_rules = calloc(rules->count + 1, sizeof(*of_rules));

	index->always = calloc(rules->count + 1, sizeof(*index->always));
	if (!of_rules || !index->always)
		return -ENOMEM;
	list_count_crowds(list, of_rules);
	for (size_t i = 0; i < rules->count; i++) {
		chosen[i] = (uint8_t)choose_member((const crowds *)&of_rules[i]);
		if (chosen[i] == INDEX_ALWAYS)
			index->always[index->always_count++] = (uint32_t)i;
	}
	return 0;
}

static int index_build(struct expect_index *index, const struct expectations *rules)
{
	_cleanup_free_ uint8_t *chosen = calloc(rules->count + 1, sizeof(*chosen));
	_cleanup_free_ struct index_entry *entries = NULL;
	struct index_list list = {};
	int r;

	list_add_all(&list, rules);
	entries = calloc(list.count + 1, sizeof(*entries));
	if (!chosen || !entries)
		return -ENOMEM;
	list.entries = entries;
	list_add_all(&list, rules);
	qsort(entries, list.count, sizeof(*entries), entry_compare);
	r = index_choose(index, rules, &list, chosen);
	if (r < 0)
		return r;
	list_keep_chosen(&list, chosen);
	index_note_lengths(index, rules, chosen);
	return index_fill(index, &list);
}

int expect_index_new(struct expect_index **ret_index, const struct expectations *rules)
{
	struct expect_index *index = calloc(1, sizeof(*index));
	int r = index ? index_build(index, rules) : -ENOMEM;

	if (r < 0) {
		expect_index_free(index);
		return r;
	}
	*ret_index = index;
	return 0;
}

void expect_index_free(struct expect_index *index)
{
	if (!index)
		return;
	free(index->slots);
	free(index->rules);
	free(index->always);
	free(index);
}

static void index_probe(const struct expect_index *index, uint64_t hash,
			expect_index_visitor *visit, void *argument)
{
	const struct index_slot *slot = index_slot(index, hash);

	if (slot->count)
		visit(argument, index->rules + slot->first, slot->count);
}

static void index_probe_owner(const struct expect_index *index, const struct process *process,
			      expect_index_visitor *visit, void *argument)
{
	index_probe(index, index_hash_uid(process->uid), visit, argument);
	index_probe(index, index_hash_text(EXPECTATION_USER, process->user), visit, argument);
	index_probe(index, index_hash_text(EXPECTATION_UNIT, process->unit), visit, argument);
	index_probe(index, index_hash_text(EXPECTATION_CONTAINER, process->container), visit,
		    argument);
}

void expect_index_visit(const struct expect_index *index, const struct sighting *sighting,
			expect_index_visitor *visit, void *argument)
{
	const struct addr *peer = &sighting_peer(sighting)->addr;
	size_t family = addr_is_ipv4(peer);

	visit(argument, index->always, index->always_count);
	index_probe(index, index_hash_port(sighting->port, sighting->protocol), visit, argument);
	for (size_t i = 0; i < index->length_counts[family]; i++)
		index_probe(index, index_hash_prefix(peer, index->lengths[family][i]), visit,
			    argument);
	if (expect_knows_owner(sighting))
		index_probe_owner(index, &sighting->process, visit, argument);
}
