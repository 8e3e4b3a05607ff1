/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * program.h - the packet programs in the kernel.
 * Life: program_load -> attach (attach.h) or run on files -> program_free. With a pin directory
 * the maps are pinned there, and maps that an earlier load left there are taken over with what
 * they hold.
 */
#ifndef KERNEL_PROGRAM_H
#define KERNEL_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../bpf/abi.h"

struct program;
struct tables;

struct program_options {
	const char *pin_directory; /* NULL: nothing is pinned */
	uint32_t snap_length; /* octets of a frame in a sample, a multiple of 8 up to 256 */
	uint64_t ring_size; /* octets, a power of two */
	size_t watched; /* (port, protocol) pairs to have room for */
	bool tunnels; /* look into tunnels, too */
	bool replay; /* for packets of a file: no sockets are asked, the file's time counts; XDP alone */
};

/*
 * 0 or -errno; -E2BIG: more possible CPUs than ABI_CPUS_MAX. ret_why says what the kernel or
 * libbpf objected to, where they said so.
 */
int program_load(struct program **ret_program, const struct program_options *options,
		 char *ret_why, size_t why_size);
void program_free(struct program *program);

/*
 * Descriptors, the program's own. bare: for devices whose packets begin with IP; XDP has no such
 * program.
 */
int program_fd(const struct program *program, enum hook hook, bool bare);
int program_ring_fd(const struct program *program);

/* A map's descriptor by its name, the program's own; -errno. */
int program_map_fd(const struct program *program, const char *name);

/* The maps, read and written in place; valid as long as the program. */
const struct tables *program_tables(const struct program *program);

/* With `replay`: what to tell of each packet before it runs. */
struct replay *program_replay(const struct program *program);

/* Were the counters of an earlier load taken over? */
bool program_continues(const struct program *program);

#endif
