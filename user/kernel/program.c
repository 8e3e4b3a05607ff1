// SPDX-License-Identifier: GPL-2.0-only
/* program.c - sizes, loads and pins the packet object. */
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "packet.skel.h"

#include "../base/util.h"
#include "pins.h"
#include "probe.h"
#include "tables.h"

#define REPLAY_FLOWS 65536
#define PEER_SETS 16384 /* 65,536 peers in 4.3 MB */

/* A CPU's counter sets (4 cells of 24 octets each): 384 KB, up to 12.6 MB for every port. */
#define COUNTER_SETS_MIN 4096
#define COUNTER_SETS_MAX 131072
#define COUNTER_CELLS_PER_WATCHED 4

struct program {
	struct packet_bpf *skeleton;
	struct tables *tables;
	bool continues;
};

/* libbpf's last complaint, for the caller of program_load(). */
static char *program_why;
static size_t program_why_size;

static int program_print(enum libbpf_print_level level, const char *format, va_list arguments)
{
	char line[512];
	size_t length;

	if (level != LIBBPF_WARN || !program_why || program_why[0])
		return 0;
	vsnprintf(line, sizeof(line), format, arguments);
	length = strcspn(line, "\n");
	snprintf(program_why, program_why_size, "%.*s", (int)length, line);
	return 0;
}

static size_t program_counter_sets(size_t watched)
{
	size_t wanted = watched * COUNTER_CELLS_PER_WATCHED / COUNTER_WAYS * 2;
	size_t sets = COUNTER_SETS_MIN;

	while (sets < wanted && sets < COUNTER_SETS_MAX)
		sets *= 2;
	return sets;
}

static int program_size_maps(struct packet_bpf *skeleton, const struct program_options *options)
{
	size_t counter_sets = program_counter_sets(options->watched);
	int cpus = libbpf_num_possible_cpus();
	int r;

	if (cpus < 0)
		return cpus;
	if (cpus > ABI_CPUS_MAX)
		return -E2BIG;
	skeleton->rodata->counter_sets = counter_sets;
	skeleton->rodata->peer_sets = PEER_SETS;
	skeleton->rodata->snap_length = options->snap_length;
	skeleton->rodata->tunnels = options->tunnels;
	skeleton->rodata->replaying = options->replay;
	r = bpf_map__set_max_entries(skeleton->maps.counters, counter_sets * cpus);
	if (r == 0)
		r = bpf_map__set_max_entries(skeleton->maps.peers, PEER_SETS);
	if (r == 0)
		r = bpf_map__set_max_entries(skeleton->maps.samples, options->ring_size);
	if (r == 0 && options->replay)
		r = bpf_map__set_max_entries(skeleton->maps.replay_flows, REPLAY_FLOWS);
	return r;
}

static void program_choose_frags(struct packet_bpf *skeleton)
{
	if (!probe_xdp_frags())
		return;
	skeleton->rodata->xdp_frags = true;
	bpf_program__set_flags(skeleton->progs.packet_xdp, BPF_F_XDP_HAS_FRAGS);
}

/* Packets of a file go through one door. */
static void program_choose_doors(struct packet_bpf *skeleton, bool replay)
{
	bpf_program__set_autoload(skeleton->progs.packet_in, !replay);
	bpf_program__set_autoload(skeleton->progs.packet_out, !replay);
	bpf_program__set_autoload(skeleton->progs.packet_in_bare, !replay);
	bpf_program__set_autoload(skeleton->progs.packet_out_bare, !replay);
}

/* The object's maps under the names that they are pinned by. */
static struct bpf_map *program_map(const struct packet_bpf *skeleton, enum kernel_table table)
{
	struct bpf_map *const maps[TABLE_COUNT] = {
		[TABLE_WATCH] = skeleton->maps.data_watch,
		[TABLE_LIMITS] = skeleton->maps.data_limits,
		[TABLE_ACCOUNTING] = skeleton->maps.bss,
		[TABLE_COUNTERS] = skeleton->maps.counters,
		[TABLE_PEERS] = skeleton->maps.peers,
		[TABLE_THINGS] = skeleton->maps.things,
	};

	return maps[table];
}

static int program_pin_maps(struct packet_bpf *skeleton, const char *directory)
{
	char path[PINS_PATH_SIZE];
	int r;

	for (enum kernel_table table = 0; table < TABLE_COUNT; table++) {
		pins_path(directory, table_pin_names[table], path);
		r = bpf_map__set_pin_path(program_map(skeleton, table), path);
		if (r < 0)
			return r;
	}
	pins_path(directory, "samples", path);
	return bpf_map__set_pin_path(skeleton->maps.samples, path);
}

static int program_open_and_load(struct program *program, const struct program_options *options)
{
	struct packet_bpf *skeleton = packet_bpf__open();
	int r;

	if (!skeleton)
		return -errno;
	program->skeleton = skeleton;
	program_choose_frags(skeleton);
	program_choose_doors(skeleton, options->replay);
	r = program_size_maps(skeleton, options);
	if (r == 0 && options->pin_directory)
		r = program_pin_maps(skeleton, options->pin_directory);
	return r == 0 ? packet_bpf__load(skeleton) : r;
}

/* The kernel's maps as memory; the descriptors are copies, so that both sides may close theirs. */
static int program_map_tables(struct program *program)
{
	int fds[TABLE_COUNT];

	for (enum kernel_table table = 0; table < TABLE_COUNT; table++)
		fds[table] = fcntl(bpf_map__fd(program_map(program->skeleton, table)),
				   F_DUPFD_CLOEXEC, 3);
	return tables_map(fds, &program->tables);
}

static int program_try(struct program **ret_program, const struct program_options *options)
{
	struct program *program = calloc(1, sizeof(*program));
	int r;

	if (!program)
		return -ENOMEM;
	r = program_open_and_load(program, options);
	if (r == 0)
		r = program_map_tables(program);
	if (r < 0) {
		program_free(program);
		return r;
	}
	if (program->tables->limits->peer_seed)
		program->continues = true;
	else if (getrandom(&program->tables->limits->peer_seed, sizeof(__u64), 0) < 0)
		r = -errno;
	*ret_program = program;
	return r;
}

/* Removes the maps of another version or size, for which the new object has no use. */
static void program_drop_pins(const char *directory)
{
	for (enum kernel_table table = 0; table < TABLE_COUNT; table++)
		pins_remove(directory, table_pin_names[table]);
	pins_remove(directory, "samples");
}

int program_load(struct program **ret_program, const struct program_options *options,
		 char *ret_why, size_t why_size)
{
	int r;

	ret_why[0] = '\0';
	program_why = ret_why;
	program_why_size = why_size;
	libbpf_set_print(program_print);
	r = program_try(ret_program, options);
	if (r == -EINVAL && options->pin_directory) {
		program_drop_pins(options->pin_directory);
		ret_why[0] = '\0';
		r = program_try(ret_program, options);
	}
	program_why = NULL;
	return r;
}

void program_free(struct program *program)
{
	if (!program)
		return;
	tables_free(program->tables);
	packet_bpf__destroy(program->skeleton);
	free(program);
}

int program_fd(const struct program *program, enum hook hook, bool bare)
{
	const struct packet_bpf *skeleton = program->skeleton;

	switch (hook) {
	case HOOK_XDP:
		return bpf_program__fd(skeleton->progs.packet_xdp);
	case HOOK_TC_IN:
		return bpf_program__fd(bare ? skeleton->progs.packet_in_bare :
					      skeleton->progs.packet_in);
	default:
		return bpf_program__fd(bare ? skeleton->progs.packet_out_bare :
					      skeleton->progs.packet_out);
	}
}

struct replay *program_replay(const struct program *program)
{
	return &program->skeleton->data_replay->replay;
}

int program_ring_fd(const struct program *program)
{
	return bpf_map__fd(program->skeleton->maps.samples);
}

int program_map_fd(const struct program *program, const char *name)
{
	return bpf_object__find_map_fd_by_name(program->skeleton->obj, name);
}

const struct tables *program_tables(const struct program *program)
{
	return program->tables;
}

bool program_continues(const struct program *program)
{
	return program->continues;
}
