/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * replay.h - packets of a file through the loaded program, by BPF test runs: the very code that
 * runs on the wire, attached to nothing.
 */
#ifndef KERNEL_REPLAY_H
#define KERNEL_REPLAY_H

#include "capture.h"
#include "program.h"

/*
 * Runs one packet, from a program loaded with `replay`. 0; -ENODATA: too short for a link
 * header, so the kernel takes no such frame (the caller counts it); or -errno.
 */
int replay_run(const struct program *program, const struct capture_packet *packet);

#endif
