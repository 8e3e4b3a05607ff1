// SPDX-License-Identifier: GPL-2.0-only
/* fates.c - loads the drop program, and puts the kernel's addresses and numbers into words. */
#include "fates.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "drop.skel.h"

#include "../base/table.h"
#include "../base/util.h"
#include "program.h"

#define FATES_PLACES_MAX 256
#define FATES_NO_WORD 2 /* SKB_DROP_REASON_NOT_SPECIFIED */
#define FATES_PREFIX "SKB_DROP_REASON_"

struct fates {
	int exchanges_fd; /* the program's own */
	uint32_t netns; /* this namespace: its inode's number */
	struct drop_bpf *skeleton; /* NULL: drops are not traced */
	struct btf *btf; /* the kernel's; NULL: not there */
	const struct btf_type *reasons; /* its enum of them; NULL: the kernel has none */
	struct table *places; /* location -> char[FATES_WORD_SIZE] */
};

static int fates_trace(struct fates *fates, const struct program *program)
{
	struct drop_bpf *skeleton = drop_bpf__open();
	int r;

	if (!skeleton)
		return -errno;
	fates->skeleton = skeleton;
	r = bpf_map__reuse_fd(skeleton->maps.data_watch, program_map_fd(program, ".data.watch"));
	if (r == 0)
		r = drop_bpf__load(skeleton);
	return r == 0 ? drop_bpf__attach(skeleton) : r;
}

/* Once: it is one of more than 100,000 types. */
static void fates_find_reasons(struct fates *fates)
{
	int id;

	fates->btf = btf__load_vmlinux_btf();
	id = fates->btf ? btf__find_by_name_kind(fates->btf, "skb_drop_reason", BTF_KIND_ENUM) :
			  -ENOENT;
	fates->reasons = id > 0 ? btf__type_by_id(fates->btf, (__u32)id) : NULL;
}

int fates_new(struct fates **ret_fates, const struct program *program, char *ret_why,
	      size_t why_size)
{
	struct fates *fates = calloc(1, sizeof(*fates));
	struct stat netns;
	int r;

	if (!fates)
		return -ENOMEM;
	*ret_why = '\0';
	if (stat("/proc/self/ns/net", &netns) == 0)
		fates->netns = (uint32_t)netns.st_ino;
	fates->exchanges_fd = program_map_fd(program, "exchanges");
	r = table_new(&fates->places, sizeof(__u64), FATES_WORD_SIZE, FATES_PLACES_MAX, NULL, NULL);
	if (r < 0) {
		fates_free(fates);
		return r;
	}
	fates_find_reasons(fates);
	r = fates_trace(fates, program);
	if (r < 0) {
		snprintf(ret_why, why_size, "%s", strerror(-r));
		drop_bpf__destroy(fates->skeleton);
		fates->skeleton = NULL;
	}
	*ret_fates = fates;
	return 0;
}

void fates_free(struct fates *fates)
{
	if (!fates)
		return;
	drop_bpf__destroy(fates->skeleton);
	btf__free(fates->btf);
	table_free(fates->places);
	free(fates);
}

bool fates_traces(const struct fates *fates)
{
	return fates->skeleton;
}

int fates_find_exchange(const struct fates *fates, const struct exchange_key *key,
			struct exchange *ret_exchange)
{
	return bpf_map_lookup_elem(fates->exchanges_fd, key, ret_exchange) < 0 ? -errno : 0;
}

int fates_find_drop(const struct fates *fates, const struct exchange_key *flow, uint32_t mark,
		    struct drop *ret_drop)
{
	const struct drop_key key = { .flow = *flow, .netns = fates->netns, .mark = mark };

	if (!fates->skeleton)
		return -ENOENT;
	return bpf_map_lookup_elem(bpf_map__fd(fates->skeleton->maps.drops), &key, ret_drop) < 0 ?
		       -errno :
		       0;
}

/* The name of a value of the kernel's enum; NULL: it has none. */
static const char *fates_reason_name(const struct fates *fates, __u32 reason)
{
	const struct btf_enum *values = fates->reasons ? btf_enum(fates->reasons) : NULL;

	for (int i = 0; values && i < btf_vlen(fates->reasons); i++)
		if ((__u32)values[i].val == reason)
			return btf__name_by_offset(fates->btf, values[i].name_off);
	return NULL;
}

/* The function that an address of the kernel's code is in: the last one that begins before it. */
static void fates_read_place(__u64 location, char ret_word[FATES_WORD_SIZE])
{
	FILE *symbols = fopen("/proc/kallsyms", "re");
	char line[512], name[FATES_WORD_SIZE], kind;
	unsigned long long address, best = 0;

	*ret_word = '\0';
	while (symbols && fgets(line, sizeof(line), symbols)) {
		if (sscanf(line, "%llx %c %47s", &address, &kind, name) != 3 ||
		    (kind != 't' && kind != 'T') || address > location || address <= best)
			continue;
		best = address;
		snprintf(ret_word, FATES_WORD_SIZE, "%s", name);
	}
	if (symbols)
		fclose(symbols);
}

static const char *fates_place(struct fates *fates, __u64 location)
{
	bool is_new = false;
	char *word = table_put(fates->places, &location, &is_new);

	if (word && is_new)
		fates_read_place(location, word);
	return word ? word : "";
}

const char *fates_reason(struct fates *fates, const struct drop *drop,
			 char ret_word[FATES_WORD_SIZE])
{
	const char *name = drop->reason > FATES_NO_WORD ? fates_reason_name(fates, drop->reason) :
							  NULL;

	if (name && strncmp(name, FATES_PREFIX, strlen(FATES_PREFIX)) == 0)
		name += strlen(FATES_PREFIX);
	snprintf(ret_word, FATES_WORD_SIZE, "%s",
		 name ? name : fates_place(fates, drop->location));
	return ret_word;
}
