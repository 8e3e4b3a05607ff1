/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * empty.h - programs that do nothing where the owner hooks stand at the control groups' root: what
 * the kernel itself takes for calling any program there.
 */
#ifndef BENCH_EMPTY_H
#define BENCH_EMPTY_H

#define EMPTY_HOOKS 9

struct empty {
	int links[EMPTY_HOOKS];
};

/* 0 or -errno; nothing is attached then. */
int empty_attach(struct empty *empty);
void empty_detach(struct empty *empty);

#endif
