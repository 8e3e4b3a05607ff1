/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fates.h - what the kernel's side knows of a packet after it was sampled: what this host said in
 * its flow, and whether the kernel dropped it, where and why (tracepoint skb:kfree_skb; reasons
 * from 5.17 on, the place in the kernel before).
 */
#ifndef KERNEL_FATES_H
#define KERNEL_FATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../bpf/abi.h"

struct fates;
struct program;

/*
 * 0 or -errno. Where drops cannot be traced the rest works: fates_traces() is false then, and
 * ret_why says why.
 */
int fates_new(struct fates **ret_fates, const struct program *program, char *ret_why,
	      size_t why_size);
void fates_free(struct fates *fates);

bool fates_traces(const struct fates *fates);

/* 0 or -errno: -ENOENT, nothing was said. */
int fates_find_exchange(const struct fates *fates, const struct exchange_key *key,
			struct exchange *ret_exchange);

/*
 * Of a packet of the flow in this namespace; mark: as in struct drop_key. 0 or -errno: -ENOENT, it
 * was not dropped as far as is known.
 */
int fates_find_drop(const struct fates *fates, const struct exchange_key *flow, uint32_t mark,
		    struct drop *ret_drop);

/*
 * Why: the kernel's word ("NETFILTER_DROP"), or the function where it was ("nf_hook_slow"); ""
 * where neither is known. Returns ret_word.
 */
#define FATES_WORD_SIZE 48
const char *fates_reason(struct fates *fates, const struct drop *drop,
			 char ret_word[FATES_WORD_SIZE]);

#endif
