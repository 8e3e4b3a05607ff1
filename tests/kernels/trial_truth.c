// SPDX-License-Identifier: GPL-2.0-only
/* trial_truth.c - the deeds, so that they can be asked who had or did what at a time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trial_judge.h"

static void *must(void *memory)
{
	if (!memory)
		trial_die("memory");
	return memory;
}

static void append(const struct deed ***list, size_t *count, const struct deed *deed)
{
	if ((*count & (*count - 1)) == 0) /* full, at each power of two */
		*list = must(realloc(*list, (*count ? 2 * *count : 1) * sizeof(**list)));
	(*list)[(*count)++] = deed;
}

static void read_deeds(struct truth *truth, FILE *file)
{
	size_t room = 0;

	for (;;) {
		if (truth->count == room) {
			room = room ? 2 * room : 4096;
			truth->deeds = must(realloc(truth->deeds, room * sizeof(*truth->deeds)));
		}
		if (fread(&truth->deeds[truth->count], sizeof(*truth->deeds), 1, file) != 1)
			break;
		truth->count++;
	}
}

static int compare_begins(const void *left, const void *right)
{
	const struct deed *a = left, *b = right;

	return a->begin < b->begin ? -1 : a->begin > b->begin;
}

static int compare_tags(const void *left, const void *right)
{
	const struct deed *const *a = left, *const *b = right;

	return (*a)->from < (*b)->from ? -1 : (*a)->from > (*b)->from;
}

static void begin_hold(struct known_socket *socket, const struct deed *deed)
{
	struct hold *hold;

	for (hold = socket->holds; hold; hold = hold->next)
		if (hold->pid == deed->pid && hold->end == UINT64_MAX)
			return; /* another descriptor of it */
	hold = must(calloc(1, sizeof(*hold)));
	*hold = (struct hold){
		.pid = deed->pid, .begin = deed->begin, .sure = deed->end, .end = UINT64_MAX
	};
	if (socket->last_hold)
		socket->last_hold->next = hold;
	else
		socket->holds = hold;
	socket->last_hold = hold;
}

static void end_hold(struct known_socket *socket, int32_t pid, uint64_t end)
{
	for (struct hold *hold = socket->holds; hold; hold = hold->next)
		if (hold->pid == pid && hold->end == UINT64_MAX)
			hold->end = end;
}

static void end_process(struct truth *truth, const struct deed *deed)
{
	for (size_t i = 0; i < sizeof(truth->sockets) / sizeof(*truth->sockets); i++)
		if (truth->sockets[i].holds)
			end_hold(&truth->sockets[i], deed->pid, deed->end);
}

static void note_identity(struct truth *truth, const struct deed *deed)
{
	for (size_t i = 0; i < truth->identity_count; i++)
		if (truth->identities[i]->pid == deed->pid &&
		    memcmp(&truth->identities[i]->by, &deed->by, sizeof(deed->by)) == 0)
			return;
	append(&truth->identities, &truth->identity_count, deed);
}

static void take(struct truth *truth, const struct deed *deed)
{
	struct known_socket *socket = &truth->sockets[deed->socket];

	if (deed->did == DID_DIE) {
		end_process(truth, deed);
		return;
	}
	note_identity(truth, deed);
	if (deed->did == DID_HOLD)
		begin_hold(socket, deed);
	else if (deed->did == DID_DROP)
		end_hold(socket, deed->pid, deed->end);
	else if (deed->did == DID_NAME)
		append(&truth->names, &truth->name_count, deed);
	else if (deed->did == DID_FORGE)
		append(&truth->forged, &truth->forged_count, deed);
	else if (deed->did == DID_SEND)
		append(&truth->sent, &truth->sent_count, deed);
	else if (deed->did == DID_TAKE)
		append(&truth->taken, &truth->taken_count, deed);
	else if (deed->did == DID_WRITE || deed->did == DID_READ)
		append(&truth->sockets[deed->stream].streams,
		       &truth->sockets[deed->stream].stream_count, deed);
}

struct truth *truth_load(const char *path)
{
	struct truth *truth = must(calloc(1, sizeof(*truth)));
	FILE *file = fopen(path, "r");

	if (!file)
		trial_die("%s", path);
	read_deeds(truth, file);
	fclose(file);
	qsort(truth->deeds, truth->count, sizeof(*truth->deeds), compare_begins);
	for (size_t i = 0; i < truth->count; i++)
		take(truth, &truth->deeds[i]);
	qsort(truth->sent, truth->sent_count, sizeof(*truth->sent), compare_tags);
	qsort(truth->taken, truth->taken_count, sizeof(*truth->taken), compare_tags);
	return truth;
}

const struct deed **truth_with_tag(const struct deed **deeds, size_t count, uint64_t tag)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (deeds[middle]->from < tag)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && deeds[low]->from == tag ? &deeds[low] : NULL;
}

bool truth_held(const struct known_socket *socket, int32_t pid, uint64_t from, uint64_t to)
{
	for (const struct hold *hold = socket->holds; hold; hold = hold->next)
		if ((!pid || hold->pid == pid) && hold->begin <= to && hold->end >= from)
			return true;
	return false;
}

bool truth_ever_held(const struct truth *truth, uint16_t socket, int32_t pid, uint64_t to)
{
	return truth_held(&truth->sockets[socket], pid, 0, to);
}

bool truth_is_it(const struct identity *identity, const struct sample *sample)
{
	if (*sample->executable && strcmp(sample->executable, identity->executable) != 0)
		return false;
	if (*sample->name && strcmp(sample->name, identity->name) != 0)
		return false;
	if (sample->uid >= 0 && sample->uid != identity->real_uid &&
	    sample->uid != identity->effective_uid)
		return false;
	if (*identity->unit)
		return !*sample->unit || strcmp(sample->unit, identity->unit) == 0;
	return strncmp(sample->unit, "trial-", 6) != 0;
}

bool truth_was_it(const struct truth *truth, const struct sample *sample)
{
	for (size_t i = 0; i < truth->identity_count; i++)
		if (truth->identities[i]->pid == sample->pid &&
		    truth_is_it(&truth->identities[i]->by, sample))
			return true;
	return false;
}

const struct deed *truth_of_octet(const struct truth *truth, uint16_t stream, enum did did,
				  uint64_t octet)
{
	const struct known_socket *socket = &truth->sockets[stream];
	const struct deed *found = NULL;

	for (size_t i = 0; i < socket->stream_count; i++) {
		const struct deed *deed = socket->streams[i];

		if (deed->did == did && deed->from <= octet && octet < deed->to)
			found = deed;
	}
	return found;
}
