/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * truth_lines.h - a line of the truth and a line of the sensor's, as the check compares them.
 */
#ifndef KERNELS_TRUTH_LINES_H
#define KERNELS_TRUTH_LINES_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

struct end {
	unsigned char ip[16]; /* IPv4 as IPv4-mapped */
	int port;
};

struct truth {
	int64_t time_us;
	const char *did;
	const char *executable;
	json_t *line;
	struct truth *next; /* the next of its bucket, later in time */
	struct end local, remote;
	json_int_t pid;
	bool is_udp;
	bool has_remote;
	bool was_named;
};

struct sample {
	int64_t time_us;
	struct end local, remote;
	bool is_udp;
	bool is_outbound;
	json_int_t pid; /* 0: not named */
	const char *executable;
	const char *quality;
};

/*
 * False: something that every such line has is not there. Texts belong to the line, which the
 * truth keeps; a sample without a process is none with an error.
 */
bool truth_read(json_t *line, struct truth *ret_truth);
bool truth_read_sample(json_t *line, struct sample *ret_sample);

/* The same file, whether or not it has a name any more. */
bool truth_is_path(const char *a, const char *b);

#endif
