// SPDX-License-Identifier: GPL-2.0-only
/*
 * trial_judge.c - holds what the sensor said against what was done, and sums up:
 *
 *   trial judge FOLDER SEED SLACK-MS    with the files truth, lines, capture, plan.LANE there
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trial_judge.h"

#define ROWS_MAX 256
#define SHOWN_WRONGS 2 /* of a kind */
#define REASONS_MAX 128
#define UNNAMED_PERCENT 40 /* a sensor that names fewer is no sensor */

struct row {
	char what[48];
	char quality[12];
	long counts[VERDICTS];
};

struct judgement {
	const char *folder;
	struct row rows[ROWS_MAX];
	long counts[VERDICTS];
	long others[VERDICTS]; /* of those at the other end, creators and acceptors */
	struct reason {
		const char *why;
		const struct row *row;
		long count;
	} reasons[REASONS_MAX];
};

static const struct row *count(struct judgement *judgement, const struct sample *sample,
			       const char *part, enum verdict verdict)
{
	struct row *row = judgement->rows;
	const char *quality = *part ? "" : sample->quality;
	char what[48];

	snprintf(what, sizeof(what), "%s %s%s%s", sample->is_outbound ? "out" : "in", sample->kind,
		 strcmp(sample->verdict, "forwarded") == 0 ? " through" : "", part);
	while (row < judgement->rows + ROWS_MAX - 1 && *row->what &&
	       (strcmp(row->what, what) != 0 || strcmp(row->quality, quality) != 0))
		row++;
	snprintf(row->what, sizeof(row->what), "%s", what);
	snprintf(row->quality, sizeof(row->quality), "%s", quality);
	row->counts[verdict]++;
	return row;
}

static void print_sample(const struct sample *sample)
{
	char source[INET6_ADDRSTRLEN], destination[INET6_ADDRSTRLEN];

	inet_ntop(AF_INET6, &sample->source.sin6_addr, source, sizeof(source));
	inet_ntop(AF_INET6, &sample->destination.sin6_addr, destination, sizeof(destination));
	printf("#   %llu.%06llu %s %s %s.%u > %s.%u %s %zu octets: %s pid %d (%s %s uid %lld unit '%s') verdict %s, other end %d, created by %d, accepted by %d\n",
	       (unsigned long long)(sample->time / NS_PER_SECOND),
	       (unsigned long long)(sample->time % NS_PER_SECOND / 1000), sample->interface,
	       sample->is_outbound ? "out" : "in", source, ntohs(sample->source.sin6_port),
	       destination, ntohs(sample->destination.sin6_port), sample->kind,
	       sample->payload_length, sample->quality, sample->pid, sample->name,
	       sample->executable, (long long)sample->uid, sample->unit, sample->verdict,
	       sample->peer_pid, sample->created_by, sample->accepted_by);
}

static void print_plan(const struct judgement *judgement, uint32_t act)
{
	char path[256], line[512], prefix[32];
	FILE *file;

	snprintf(path, sizeof(path), "%s/plan.%u", judgement->folder, act >> 24);
	snprintf(prefix, sizeof(prefix), "%u.%u ", act >> 24, act & 0xffffff);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
		if (strncmp(line, prefix, strlen(prefix)) == 0)
			printf("#   plan %s", line);
	if (file)
		fclose(file);
}

static void print_holds(const struct truth *truth, const struct sample *sample, uint16_t socket)
{
	for (struct hold *hold = truth->sockets[socket].holds; hold; hold = hold->next)
		printf("#     socket %u was held by pid %d from %+lld us to %+lld us\n", socket,
		       hold->pid, (long long)(hold->begin - sample->time) / 1000,
		       hold->end == UINT64_MAX ? 0 : (long long)(hold->end - sample->time) / 1000);
}

static void print_wrong(const struct judgement *judgement, const struct truth *truth,
			const struct sample *sample, const char *part,
			const struct finding *finding)
{
	printf("# wrong%s: %s\n", part, finding->why);
	print_sample(sample);
	for (size_t i = 0; i < finding->deed_count; i++) {
		deed_print(finding->deeds[i]);
		if (finding->deeds[i]->did != DID_NAME)
			continue;
		print_holds(truth, sample, finding->deeds[i]->socket);
		print_holds(truth, sample, finding->deeds[i]->parent);
	}
	if (finding->deed_count)
		print_plan(judgement, finding->deeds[finding->deed_count - 1]->act);
}

/* How often it was the reason by now. */
static long count_reason(struct judgement *judgement, const struct row *row, const char *why)
{
	struct reason *reason = judgement->reasons;

	while (reason < judgement->reasons + REASONS_MAX - 1 && reason->why &&
	       (reason->row != row || strcmp(reason->why, why) != 0))
		reason++;
	reason->why = why;
	reason->row = row;
	return ++reason->count;
}

static void note(struct judgement *judgement, const struct truth *truth,
		 const struct sample *sample, const char *part, const struct finding *finding)
{
	const struct row *row = count(judgement, sample, part, finding->verdict);

	if (*part)
		judgement->others[finding->verdict]++;
	else
		judgement->counts[finding->verdict]++;
	if (finding->verdict == WRONG && count_reason(judgement, row, finding->why) <= SHOWN_WRONGS)
		print_wrong(judgement, truth, sample, part, finding);
}

static void judge(struct judgement *judgement, const struct truth *truth,
		  const struct sample *sample, uint64_t slack)
{
	struct finding finding = rules_judge(truth, sample, slack);

	note(judgement, truth, sample, "", &finding);
	if (sample->peer_pid) {
		finding = rules_judge_peer(truth, sample, slack);
		note(judgement, truth, sample, ", other end", &finding);
	}
	if (sample->created_by) {
		finding = rules_judge_past(truth, sample, sample->created_by, slack);
		note(judgement, truth, sample, ", creator", &finding);
	}
	if (sample->accepted_by) {
		finding = rules_judge_past(truth, sample, sample->accepted_by, slack);
		note(judgement, truth, sample, ", acceptor", &finding);
	}
}

static int compare_rows(const void *left, const void *right)
{
	const struct row *a = left, *b = right;
	int order = strcmp(a->what, b->what);

	return order ? order : strcmp(a->quality, b->quality);
}

static void print_table(struct judgement *judgement)
{
	size_t used = 0;

	for (size_t i = 0; i < REASONS_MAX && judgement->reasons[i].why; i++)
		printf("# wrong: %s %s: %s: %ld\n", judgement->reasons[i].row->what,
		       judgement->reasons[i].row->quality, judgement->reasons[i].why,
		       judgement->reasons[i].count);
	while (used < ROWS_MAX && *judgement->rows[used].what)
		used++;
	qsort(judgement->rows, used, sizeof(*judgement->rows), compare_rows);
	printf("# %-24s %-10s %7s %7s %7s %7s\n", "packet", "quality", "right", "wrong", "unnamed",
	       "not judged");
	for (size_t i = 0; i < used; i++) {
		const long *counts = judgement->rows[i].counts;

		printf("# %-24s %-10s %7ld %7ld %7ld %7ld\n", judgement->rows[i].what,
		       judgement->rows[i].quality, counts[RIGHT], counts[WRONG], counts[UNNAMED],
		       counts[FOREIGN]);
	}
}

int judge_main(int argc, char **argv)
{
	static struct judgement judgement;
	struct samples samples = { 0 };
	char truth_path[256], lines[256], capture[256];
	double unnamed;
	long all;

	if (argc != 4)
		return 2;
	judgement.folder = argv[1];
	snprintf(truth_path, sizeof(truth_path), "%s/truth", argv[1]);
	snprintf(lines, sizeof(lines), "%s/lines", argv[1]);
	snprintf(capture, sizeof(capture), "%s/capture", argv[1]);
	if (!samples_read(&samples, lines, capture))
		return 2;
	const struct truth *truth = truth_load(truth_path);

	for (size_t i = 0; i < samples.count; i++)
		judge(&judgement, truth, &samples.all[i], atol(argv[3]) * 1000000);
	print_table(&judgement);
	all = judgement.counts[RIGHT] + judgement.counts[WRONG] + judgement.counts[UNNAMED];
	unnamed = all ? 100.0 * judgement.counts[UNNAMED] / all : 100;
	printf("# others named with them: %ld right, %ld wrong\n", judgement.others[RIGHT],
	       judgement.others[WRONG]);
	printf("# seed %s: %ld packets, %ld right, %ld wrong, %ld unnamed (%.1f %%), %ld not judged, %ld missed by the reader, %ld without octets\n",
	       argv[2], all, judgement.counts[RIGHT], judgement.counts[WRONG],
	       judgement.counts[UNNAMED], unnamed, judgement.counts[FOREIGN], samples.lost,
	       samples.bare);
	return judgement.counts[WRONG] || judgement.others[WRONG] || unnamed > UNNAMED_PERCENT;
}
