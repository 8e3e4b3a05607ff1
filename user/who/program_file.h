/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * program_file.h - which file it is that lies at a path, in every way in which a process's program
 * may have been told: a path is a claim, a file is not.
 */
#ifndef WHO_PROGRAM_FILE_H
#define WHO_PROGRAM_FILE_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "../model/sighting.h"

struct program_file {
	struct stat stat;
	uint64_t inode; /* as the kernel itself has it; so are these two */
	uint32_t device;
	uint32_t generation;
	bool has_generation;
};

/* What stat(2) tells of a file that is executed, at that time. */
struct process_file program_file_of(const struct stat *stat, uint64_t seen_boot_ns);

/*
 * The file at an absolute path, as a process sees it: of that process's root and mount namespace
 * (0: of this one's). `known` may hold what was found before, which is cheap to find again. 0 or
 * -errno.
 */
int program_file_read(pid_t pid, const char *path, struct program_file *known);

/*
 * Is it the one that the process executes? Where numbers alone do not tell files of that file
 * system apart (btrfs has the same in each subvolume, overlayfs in each layer), the inode's
 * generation does, or the process while it lives; else the answer is no.
 */
bool program_file_is_run(const struct program_file *file, const struct process *process);

#endif
