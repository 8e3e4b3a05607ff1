/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pins.h - an instance's directory in the BPF file system, where its maps and links outlive a
 * process. The sensor and the command line may run in different mount namespaces (`ip netns
 * exec` hides /sys/fs/bpf), so it is looked for as other processes see it, too.
 */
#ifndef KERNEL_PINS_H
#define KERNEL_PINS_H

#include <sys/types.h>

#define PINS_PATH_SIZE 256

/*
 * The directory of an instance whose sensor is process `sensor` (0: not known, or dead).
 * 0, -ENOENT or, where the caller may not look, -EACCES.
 */
int pins_find(const char *instance, pid_t sensor, char ret_directory[PINS_PATH_SIZE]);

/* The same, made (mode 0700) where it is missing; mounts the BPF file system if there is none. */
int pins_find_or_make(const char *instance, char ret_directory[PINS_PATH_SIZE]);

/* "DIRECTORY/NAME". */
void pins_path(const char *directory, const char *name, char ret_path[PINS_PATH_SIZE]);

/* Opens a pinned map, program or link: a descriptor of the caller's, or -errno. */
int pins_open(const char *directory, const char *name);

/* Visits the names in the directory; stops at the first negative return and passes it on. */
typedef int pins_visitor(void *argument, const char *name);
int pins_visit(const char *directory, pins_visitor *visit, void *argument);

/* Removes one pin; -ENOENT is no error. */
int pins_remove(const char *directory, const char *name);

/* Removes every pin and the directory. What nothing else holds goes with its pin. */
int pins_remove_all(const char *directory);

#endif
