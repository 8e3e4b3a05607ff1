// SPDX-License-Identifier: GPL-2.0-only
/*
 * truth_check.c - joins what the sensor said of each packet to the truth, by protocol and by the
 * packet's local and remote end. Several truths of one flow follow each other: a packet belongs to
 * the last one before it. Older holders are right only for older packets, later ones only where
 * they take what came before them: the receiver of what waited, the acceptor of a connection.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "truth.h"
#include "truth_lines.h"

#define BUCKETS 65536
#define DEEDS_MAX 8
#define QUALITIES_MAX 16
#define SHOWN_MAX 5
#define LINE_MAX_OCTETS 65536

struct tally {
	long right, wrong, unnamed, unknown;
};

struct check {
	struct truth *truths;
	size_t count;
	struct truth *buckets[BUCKETS];
	struct tally tallies[2]; /* inbound, outbound */
	struct {
		char name[16];
		long count;
	} qualities[QUALITIES_MAX];
	int shown;
	long lost; /* samples that their reader missed */
	/* options */
	double named; /* per cent of the demanded truths */
	const char *demanded; /* deeds with commas; NULL: all but listening */
	int64_t slack_us; /* between the sensor's clock and ours */
	bool is_forwarded;
	bool is_strict;
};

static bool is_unspecified(const struct end *end)
{
	static const unsigned char any4[16] = { [10] = 0xff, [11] = 0xff }, any6[16];

	return memcmp(end->ip, any4, 16) == 0 || memcmp(end->ip, any6, 16) == 0;
}

static bool is_same_end(const struct end *a, const struct end *b)
{
	return a->port == b->port && memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

static bool is_local(const struct end *truth, const struct end *sample)
{
	return is_same_end(truth, sample) ||
	       (truth->port == sample->port && is_unspecified(truth));
}

static unsigned int bucket_of(int local_port, int remote_port)
{
	return (local_port * 31 + remote_port) % BUCKETS;
}

static bool is_it(struct truth *truth, const struct sample *sample)
{
	if (truth->pid != sample->pid)
		return false;
	if (!sample->executable)
		return true; /* not wrong, and not named either */
	if (!truth_is_path(truth->executable, sample->executable))
		return false;
	truth->was_named = true;
	return true;
}

static bool is_flow(const struct truth *truth, const struct sample *sample)
{
	return truth->has_remote && truth->is_udp == sample->is_udp &&
	       is_local(&truth->local, &sample->local) &&
	       is_same_end(&truth->remote, &sample->remote);
}

static struct truth *next_of_flow(struct truth *truth, const struct sample *sample)
{
	while (truth && !is_flow(truth, sample))
		truth = truth->next;
	return truth;
}

static bool is_listener(const struct check *check, const struct sample *sample)
{
	for (size_t i = 0; i < check->count; i++) {
		struct truth *truth = &check->truths[i];

		if (!truth->has_remote && truth->is_udp == sample->is_udp &&
		    is_local(&truth->local, &sample->local) && is_it(truth, sample))
			return true;
	}
	return false;
}

static bool has_listener(const struct check *check, const struct sample *sample)
{
	for (size_t i = 0; i < check->count; i++)
		if (!check->truths[i].has_remote && check->truths[i].is_udp == sample->is_udp &&
		    is_local(&check->truths[i].local, &sample->local))
			return true;
	return false;
}

/* Those who take over what came before their time: everything inbound; and the handshake. */
static bool takes_earlier(const struct truth *truth, const struct sample *sample)
{
	return !sample->is_outbound || strcmp(truth->did, "accepted") == 0;
}

/*
 * Is one of the flow's holders at that time the one that was named? All of them are looked at: a
 * flow's numbers may be used again, and each use is to be found named.
 */
static bool is_right(const struct check *check, struct truth *first, const struct sample *sample)
{
	bool is_accepted_later = false, is_found = false;
	struct truth *truth, *next;

	for (truth = first; truth; truth = next) {
		next = next_of_flow(truth->next, sample);
		if (truth->time_us > sample->time_us + check->slack_us) {
			is_accepted_later |= strcmp(truth->did, "accepted") == 0;
			if (takes_earlier(truth, sample))
				is_found |= is_it(truth, sample);
			if (!is_accepted_later)
				break;
			continue;
		}
		/* The next one's time is over ours: this one holds. */
		if (!next || next->time_us + check->slack_us > sample->time_us)
			is_found |= is_it(truth, sample);
		is_accepted_later |= strcmp(truth->did, "accepted") == 0 &&
				     truth->time_us + check->slack_us > sample->time_us;
	}
	return is_found || (is_accepted_later && is_listener(check, sample));
}

enum verdict { UNKNOWN, UNNAMED, RIGHT, WRONG };

static enum verdict judge_side(const struct check *check, const struct sample *sample)
{
	struct truth *first = next_of_flow(
		check->buckets[bucket_of(sample->local.port, sample->remote.port)], sample);

	if (!first && !has_listener(check, sample))
		return UNKNOWN;
	if (sample->pid == 0)
		return UNNAMED;
	if (first ? !is_right(check, first, sample) : !is_listener(check, sample))
		return WRONG;
	return sample->executable ? RIGHT : UNNAMED;
}

/* A forwarded packet's process may be at either end. */
static enum verdict judge(const struct check *check, const struct sample *sample)
{
	struct sample turned = *sample;
	enum verdict verdict = judge_side(check, sample), other;

	if (check->is_forwarded && verdict != RIGHT) {
		turned.local = sample->remote;
		turned.remote = sample->local;
		turned.is_outbound = !sample->is_outbound;
		other = judge_side(check, &turned);
		verdict = other > UNNAMED || verdict == UNKNOWN ? other : verdict;
	}
	if (check->is_strict && verdict == UNKNOWN && sample->pid != 0)
		return WRONG;
	return verdict;
}

static void show_wrong(struct check *check, const struct sample *sample, json_t *line)
{
	struct truth *truth =
		check->buckets[bucket_of(sample->local.port, sample->remote.port)];
	char *text;

	if (check->shown++ >= SHOWN_MAX)
		return;
	text = json_dumps(line, JSON_COMPACT);
	printf("wrong: %s\n", text);
	free(text);
	while ((truth = next_of_flow(truth, sample))) {
		text = json_dumps(truth->line, JSON_COMPACT);
		printf("truth: %s\n", text);
		free(text);
		truth = truth->next;
	}
}

static void count_quality(struct check *check, const char *quality)
{
	size_t i = 0;

	while (i < QUALITIES_MAX - 1 && check->qualities[i].count > 0 &&
	       strcmp(check->qualities[i].name, quality) != 0)
		i++;
	snprintf(check->qualities[i].name, sizeof(check->qualities[i].name), "%s", quality);
	check->qualities[i].count++;
}

static bool take_sample(struct check *check, json_t *line)
{
	json_t *lost = json_object_get(line, "lost");
	struct tally *tally;
	struct sample sample;

	if (lost) {
		check->lost += json_integer_value(lost);
		json_decref(line);
		return true;
	}
	if (!truth_read_sample(line, &sample))
		return false;
	count_quality(check, sample.quality ?: "no quality");
	tally = &check->tallies[sample.is_outbound];
	switch (judge(check, &sample)) {
	case UNKNOWN:
		tally->unknown++;
		break;
	case UNNAMED:
		tally->unnamed++;
		break;
	case RIGHT:
		tally->right++;
		break;
	case WRONG:
		tally->wrong++;
		show_wrong(check, &sample, line);
	}
	json_decref(line);
	return true;
}

static bool take_truth(struct check *check, json_t *line)
{
	if ((check->count & (check->count - 1)) == 0) { /* full, at each power of two */
		size_t room = check->count ? check->count * 2 : 1;

		check->truths = realloc(check->truths, room * sizeof(*check->truths));
		if (!check->truths)
			return false;
	}
	return truth_read(line, &check->truths[check->count]) && ++check->count;
}

/* The last line may be cut: its writer was stopped. */
static bool read_lines(struct check *check, const char *path,
		       bool (*take)(struct check *check, json_t *line))
{
	static char text[LINE_MAX_OCTETS];
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
	long number = 0;

	if (!file) {
		perror(path);
		return false;
	}
	while (fgets(text, sizeof(text), file)) {
		json_error_t error;
		json_t *line;

		if (text[strlen(text) - 1] != '\n' && feof(file))
			break;
		line = json_loads(text, 0, &error);
		number++;
		if (!line || !take(check, line)) {
			printf("%s:%ld: not a line that can be read: %s", path, number, text);
			fclose(file);
			return false;
		}
	}
	fclose(file);
	return true;
}

static int compare_times(const void *left, const void *right)
{
	const struct truth *a = left, *b = right;

	return a->time_us < b->time_us ? -1 : a->time_us > b->time_us;
}

static void fill_buckets(struct check *check)
{
	qsort(check->truths, check->count, sizeof(*check->truths), compare_times);
	for (size_t i = check->count; i-- > 0;) {
		struct truth *truth = &check->truths[i];
		struct truth **bucket =
			&check->buckets[bucket_of(truth->local.port, truth->remote.port)];

		truth->next = *bucket;
		*bucket = truth;
	}
}

static bool is_demanded(const struct check *check, const char *did)
{
	size_t length = strlen(did);

	if (!check->demanded)
		return strcmp(did, "listening") != 0;
	for (const char *at = check->demanded; (at = strstr(at, did)); at += length)
		if ((at == check->demanded || at[-1] == ',') && (!at[length] || at[length] == ','))
			return true;
	return false;
}

/* Says how many truths of each deed were named; are those that were demanded? */
static bool tell_deeds(const struct check *check)
{
	static const char *const deeds[] = { "listening", "connected", "accepted", "sent",
					     "received" };
	bool is_enough = true;

	for (size_t d = 0; d < sizeof(deeds) / sizeof(*deeds); d++) {
		long all = 0, named = 0;

		for (size_t i = 0; i < check->count; i++) {
			bool is_this = strcmp(check->truths[i].did, deeds[d]) == 0;

			all += is_this;
			named += is_this && check->truths[i].was_named;
		}
		if (all > 0)
			printf("%s: %ld of %ld named\n", deeds[d], named, all);
		if (is_demanded(check, deeds[d]) &&
		    (named * 100.0 < check->named * all || (check->demanded && all == 0)))
			is_enough = false;
	}
	return is_enough;
}

static int conclude(const struct check *check)
{
	long wrong = 0, right = 0;
	bool is_enough;

	for (int side = 0; side < 2; side++) {
		const struct tally *tally = &check->tallies[side];

		printf("%s: %ld right, %ld wrong, %ld unnamed, %ld without a truth\n",
		       side ? "outbound" : "inbound", tally->right, tally->wrong, tally->unnamed,
		       tally->unknown);
		wrong += tally->wrong;
		right += tally->right;
	}
	for (size_t i = 0; i < QUALITIES_MAX && check->qualities[i].count > 0; i++)
		printf("%s %ld%s", check->qualities[i].name, check->qualities[i].count,
		       i + 1 < QUALITIES_MAX && check->qualities[i + 1].count > 0 ? ", " : "\n");
	if (check->lost > 0)
		printf("%ld samples were lost on their way here\n", check->lost);
	is_enough = tell_deeds(check);
	if (right == 0 && check->named > 0)
		is_enough = false;
	return wrong == 0 && is_enough ? 0 : 1;
}

static int usage(void)
{
	fputs("actor check [OPTIONS] TRUTH SAMPLES\n\n"
	      "  --named PERCENT  of the demanded truths, at least once each (100)\n"
	      "  --demand DEEDS   connected,accepted,sent,received,listening (all but the last)\n"
	      "  --slack US       between the clocks (200)\n"
	      "  --forwarded      the process may be at either end\n"
	      "  --strict         a process where no truth is is wrong, too\n", stderr);
	return 2;
}

static bool read_options(struct check *check, int argc, char **argv)
{
	static const struct option options[] = {
		{ "named", required_argument, NULL, 'n' },
		{ "demand", required_argument, NULL, 'd' },
		{ "slack", required_argument, NULL, 's' },
		{ "forwarded", no_argument, NULL, 'f' },
		{ "strict", no_argument, NULL, 't' },
		{ 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'n')
			check->named = atof(optarg);
		else if (option == 'd')
			check->demanded = optarg;
		else if (option == 's')
			check->slack_us = atol(optarg);
		else if (option == 'f')
			check->is_forwarded = true;
		else if (option == 't')
			check->is_strict = true;
		else
			return false;
	}
	return argc - optind == 2;
}

int truth_check(int argc, char **argv)
{
	static struct check check = { .named = 100, .slack_us = 200 };

	if (!read_options(&check, argc, argv))
		return usage();
	if (!read_lines(&check, argv[optind], take_truth))
		return 1;
	fill_buckets(&check);
	if (!read_lines(&check, argv[optind + 1], take_sample))
		return 1;
	return conclude(&check);
}
