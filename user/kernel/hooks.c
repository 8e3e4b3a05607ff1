// SPDX-License-Identifier: GPL-2.0-only
/* hooks.c - loads the owner objects, one set of maps between them, and climbs down the ladder. */
#include "hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "owner_cgroup.skel.h"
#include "owner_fentry.skel.h"
#include "owner_kprobe.skel.h"
#include "owner_life.skel.h"
#include "owner_lsm.skel.h"
#include "owner_tracepoint.skel.h"
#include "scan.skel.h"

#include "../base/log.h"
#include "../base/util.h"
#include "detached.h"

#define COPIES_MAX 3

/* One way to the process's calls; the first that works is taken. */
struct rung {
	const char *word;
	const void *(*elf)(size_t *size);
	int copies;
	bool probed; /* whether they fire has to be asked: they have a hook for setsockopt(2) */
	bool is_partial; /* who wrote and took what is met by another rung's hooks beside it */
	const char *lost;
};

static const struct rung ladder[] = {
	{ "lsm", owner_lsm_bpf__elf_bytes, 1, true, true, NULL },
	{ "kprobe", owner_kprobe_bpf__elf_bytes, 1, true, false,
	  "a call that preempts another's bpf(2), on kernels that are preemptible" },
	{ "fentry", owner_fentry_bpf__elf_bytes, COPIES_MAX, true, false,
	  "a call may be skipped when three others are preempted in it; datagrams' receivers where "
	  "one is" },
	{ "tracepoint", owner_tracepoint_bpf__elf_bytes, 1, false, false,
	  "who accepted through io_uring or a 32-bit call, and AF_XDP sockets made so, until the "
	  "connection is used" },
};

/* What lsm has no hook for, from the first of these that works. */
static const struct {
	const char *word;
	const void *(*elf)(size_t *size);
} doers[] = {
	{ "kprobe", owner_kprobe_bpf__elf_bytes },
	{ "fentry", owner_fentry_bpf__elf_bytes },
	{ "tracepoint", owner_tracepoint_bpf__elf_bytes },
};

static const char *const doing[] = { "owner_write", "owner_write_page", "owner_read_octets",
				     "owner_read_datagram", "owner_recvmsg" };

/* Maps of the packet programs that the hooks share. */
static const char *const shared_with_packets[] = { ".data.watch" };

#define OBJECTS_MAX (1 + COPIES_MAX)
#define LINKS_MAX 32

struct hooks {
	const struct program *program;
	int sockets_fd; /* the cgroup object's own, as are the next */
	int senders_fd;
	int flows_fd;
	int passages_fd;
	int histories_fd;
	int lives_fd;
	size_t socket_count;
	size_t flow_count;
	struct owner_board *board; /* shared with the programs; NULL: off */
	struct bpf_object *cgroup; /* owns the maps that the others share; NULL: off */
	struct bpf_object *process[COPIES_MAX];
	struct bpf_object *doing; /* beside a rung that is partial */
	struct bpf_object *life;
	struct bpf_object *scan;
	struct bpf_link *links[LINKS_MAX];
	size_t link_count;
	size_t cgroup_links; /* the first so many */
	const struct rung *rung; /* NULL: none */
	char why[256];
};

bool hooks_choice_valid(const char *choice)
{
	for (size_t i = 0; i < ARRAY_SIZE(ladder); i++)
		if (util_streq(choice, ladder[i].word))
			return true;
	return util_streq(choice, "auto") || util_streq(choice, "none");
}

size_t hooks_list_rungs(struct hooks_rung ret_rungs[HOOKS_RUNGS_MAX])
{
	_Static_assert(ARRAY_SIZE(ladder) <= HOOKS_RUNGS_MAX, "raise HOOKS_RUNGS_MAX");

	for (size_t i = 0; i < ARRAY_SIZE(ladder); i++)
		ret_rungs[i] = (struct hooks_rung){ ladder[i].word, ladder[i].lost };
	return ARRAY_SIZE(ladder);
}

/* Tells why something better is not had; reasons add up. */
static void hooks_complain(struct hooks *hooks, const char *what, int r)
{
	size_t used = strlen(hooks->why);

	log_debug("%s: %s", what, strerror(-r));
	snprintf(hooks->why + used, sizeof(hooks->why) - used, "%s%s: %s", used ? "; " : "", what,
		 strerror(-r));
}

static int hooks_map_fd(const struct hooks *hooks, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(shared_with_packets); i++)
		if (util_streq(name, shared_with_packets[i]))
			return program_map_fd(hooks->program, name);
	return hooks->cgroup ? bpf_object__find_map_fd_by_name(hooks->cgroup, name) : -ENOENT;
}

/* Takes the maps that are there already; makes and sizes the rest. */
static int hooks_share_maps(const struct hooks *hooks, struct bpf_object *object)
{
	struct bpf_map *map;
	int r = 0;

	bpf_object__for_each_map(map, object) {
		int fd = hooks_map_fd(hooks, bpf_map__name(map));

		if (fd >= 0)
			r = bpf_map__reuse_fd(map, fd);
		else if (util_streq(bpf_map__name(map), "flows"))
			r = bpf_map__set_max_entries(map, hooks->flow_count);
		else if (util_streq(bpf_map__name(map), "sockets"))
			r = bpf_map__set_max_entries(map, MAX(hooks->socket_count, 1U));
		if (r < 0)
			return r;
	}
	return 0;
}

/* sendfile() has a function of its own before 6.5 only. */
static bool hooks_is_optional(const struct bpf_program *program)
{
	return util_streq(bpf_program__name(program), "owner_write_page");
}

/* What is told or counted as often as it happens; the rest may be noted several times over. */
static bool hooks_is_counted(const struct bpf_program *program)
{
	const char *name = bpf_program__name(program);

	return util_streq(name, "owner_option") || util_streq(name, "owner_bound") ||
	       util_streq(name, "owner_read_datagram");
}

/* A program on a tracepoint or function that this kernel does not have is left out. */
static void hooks_skip_missing(struct bpf_object *object)
{
	struct bpf_program *program;
	struct btf *btf = NULL;
	char name[128];

	bpf_object__for_each_program(program, object) {
		const char *section = bpf_program__section_name(program);
		bool is_function = hooks_is_optional(program) && strncmp(section, "fentry/", 7) == 0;

		if (strncmp(section, "tp_btf/", 7) != 0 && !is_function)
			continue;
		snprintf(name, sizeof(name), "%s%s", is_function ? "" : "btf_trace_", section + 7);
		btf = btf ? btf : btf__load_vmlinux_btf();
		if (!btf || btf__find_by_name_kind(btf, name, is_function ? BTF_KIND_FUNC :
									     BTF_KIND_TYPEDEF) < 0)
			bpf_program__set_autoload(program, false);
	}
	btf__free(btf);
}

/* Sets `typed_task`, the one constant that an owner object has. */
static void hooks_set_typed(struct bpf_object *object)
{
	const bool typed_task = true;
	struct bpf_map *map;

	bpf_object__for_each_map(map, object) {
		const char *dot = strrchr(bpf_map__name(map), '.');

		if (dot && util_streq(dot, ".rodata"))
			bpf_map__set_initial_value(map, &typed_task, sizeof(typed_task));
	}
}

static int hooks_try(const struct hooks *hooks, const void *elf, size_t size, const char *name,
		     bool is_typed, struct bpf_object **ret_object)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = name);
	struct bpf_object *object = bpf_object__open_mem(elf, size, &options);
	int r;

	if (!object)
		return -errno;
	hooks_skip_missing(object);
	if (is_typed)
		hooks_set_typed(object);
	r = hooks_share_maps(hooks, object);
	if (r == 0)
		r = bpf_object__load(object);
	if (r < 0) {
		bpf_object__close(object);
		return r;
	}
	*ret_object = object;
	return 0;
}

/* Loads an object, the faster way if this kernel can. */
static int hooks_open(const struct hooks *hooks, const void *elf, size_t size, const char *name,
		      struct bpf_object **ret_object)
{
	if (hooks_try(hooks, elf, size, name, true, ret_object) == 0)
		return 0;
	return hooks_try(hooks, elf, size, name, false, ret_object);
}

/* A system call's tracepoint, whose number is read in a mount of our own. */
static struct bpf_link *hooks_attach_tracepoint(struct bpf_program *program)
{
	const char *section = bpf_program__section_name(program);
	struct perf_event_attr attributes = {
		.type = PERF_TYPE_TRACEPOINT, .size = sizeof(attributes), .sample_period = 1,
		.wakeup_events = 1,
	};
	_cleanup_close_ int tracefs = detached_mount("tracefs");
	_cleanup_close_ int id = -1;
	char path[256], number[32] = "";
	struct bpf_link *link;
	int event;

	if (tracefs < 0)
		return errno = -tracefs, NULL;
	snprintf(path, sizeof(path), "events/%s/id", section + strlen("tracepoint/"));
	id = openat(tracefs, path, O_RDONLY | O_CLOEXEC);
	if (id < 0 || read(id, number, sizeof(number) - 1) <= 0)
		return NULL;
	attributes.config = strtoull(number, NULL, 10);
	event = syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (event < 0)
		return NULL;
	link = bpf_program__attach_perf_event(program, event);
	if (!link)
		close(event);
	return link;
}

static struct bpf_link *hooks_attach_program(struct bpf_program *program, int cgroup)
{
	if (cgroup >= 0)
		return bpf_program__attach_cgroup(program, cgroup);
	if (bpf_program__type(program) == BPF_PROG_TYPE_TRACEPOINT)
		return hooks_attach_tracepoint(program);
	return bpf_program__attach(program);
}

/*
 * cgroup: a descriptor of the control groups' root, or -1 for programs that need none. is_copy:
 * the same programs are attached already.
 */
static int hooks_attach(struct hooks *hooks, struct bpf_object *object, int cgroup, bool is_copy)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object) {
		struct bpf_link *link;

		if (!bpf_program__autoload(program) || hooks->link_count == LINKS_MAX ||
		    (is_copy && hooks_is_counted(program)))
			continue;
		link = hooks_attach_program(program, cgroup);
		if (link)
			hooks->links[hooks->link_count++] = link;
		else if (!hooks_is_optional(program))
			return -errno;
	}
	return 0;
}

/* Takes away the links from number `kept` on. */
static void hooks_detach(struct hooks *hooks, size_t kept)
{
	while (hooks->link_count > kept)
		bpf_link__destroy(hooks->links[--hooks->link_count]);
}

/* Tells the hooks whose process numbers are meant: those that /proc shows here. */
static int hooks_map_board(struct hooks *hooks)
{
	struct stat namespace;
	void *board;

	if (stat("/proc/1/ns/pid", &namespace) < 0 && stat("/proc/self/ns/pid", &namespace) < 0)
		return -errno;
	board = mmap(NULL, sizeof(*hooks->board), PROT_READ | PROT_WRITE, MAP_SHARED,
		     hooks_map_fd(hooks, ".data.owner"), 0);
	if (board == MAP_FAILED)
		return -errno;
	hooks->board = board;
	hooks->board->pid_namespace = namespace.st_ino;
	if (getrandom(&hooks->board->seed, sizeof(hooks->board->seed), 0) < 0)
		return -errno;
	return 0;
}

static void hooks_unmap_board(struct hooks *hooks)
{
	if (hooks->board)
		munmap(TAKE(hooks->board), sizeof(*hooks->board));
}

static int hooks_take_cgroup(struct hooks *hooks)
{
	_cleanup_close_ int root = -1;
	const void *elf;
	size_t size;
	int r;

	elf = owner_cgroup_bpf__elf_bytes(&size);
	r = hooks_open(hooks, elf, size, "owner_cgroup", &hooks->cgroup);
	if (r < 0)
		return r;
	hooks->sockets_fd = hooks_map_fd(hooks, "sockets");
	hooks->senders_fd = hooks_map_fd(hooks, "senders");
	hooks->flows_fd = hooks_map_fd(hooks, "flows");
	hooks->passages_fd = hooks_map_fd(hooks, "passages");
	hooks->histories_fd = hooks_map_fd(hooks, "histories");
	hooks->lives_fd = hooks_map_fd(hooks, "lives");
	r = hooks_map_board(hooks);
	root = detached_mount("cgroup2");
	if (r == 0)
		r = root < 0 ? root : hooks_attach(hooks, hooks->cgroup, root, false);
	hooks->cgroup_links = hooks->link_count;
	if (r < 0) {
		hooks_detach(hooks, 0);
		hooks_unmap_board(hooks);
		bpf_object__close(TAKE(hooks->cgroup));
	}
	return r;
}

/*
 * Do the process hooks fire? Some can be attached to no effect (LSM programs where the kernel was
 * started without). Asks for an option that no socket has.
 */
static bool hooks_fire(const struct hooks *hooks)
{
	_cleanup_close_ int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int option = getpid();

	(void)setsockopt(sock, OWNER_PROBE_LEVEL, option, "", 0); /* refused, after the hook */
	return hooks->board->probed == (__u32)option;
}

static int hooks_take_copies(struct hooks *hooks, const struct rung *rung)
{
	size_t size;
	const void *elf = rung->elf(&size);
	int r = 0;

	for (int copy = 0; copy < rung->copies && r == 0; copy++) {
		r = hooks_open(hooks, elf, size, rung->word, &hooks->process[copy]);
		if (r == 0)
			r = hooks_attach(hooks, hooks->process[copy], -1, copy > 0);
	}
	if (r == 0 && rung->probed && !hooks_fire(hooks))
		r = -ENODATA;
	return r;
}

static bool hooks_is_doing(const struct bpf_program *program)
{
	for (size_t i = 0; i < ARRAY_SIZE(doing); i++)
		if (util_streq(bpf_program__name(program), doing[i]))
			return true;
	return false;
}

static int hooks_try_doing(struct hooks *hooks, const void *elf, size_t size, const char *word)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = word);
	struct bpf_object *object = bpf_object__open_mem(elf, size, &options);
	struct bpf_program *program;
	size_t links = hooks->link_count;
	int r;

	if (!object)
		return -errno;
	hooks_skip_missing(object);
	bpf_object__for_each_program(program, object)
		if (!hooks_is_doing(program))
			bpf_program__set_autoload(program, false);
	r = hooks_share_maps(hooks, object);
	if (r == 0)
		r = bpf_object__load(object);
	if (r == 0)
		r = hooks_attach(hooks, object, -1, false);
	if (r < 0) {
		hooks_detach(hooks, links);
		bpf_object__close(object);
		return r;
	}
	hooks->doing = object;
	return 0;
}

static int hooks_take_doing(struct hooks *hooks)
{
	int r = -EOPNOTSUPP;
	size_t size;

	for (size_t i = 0; i < ARRAY_SIZE(doers) && r < 0; i++) {
		const void *elf = doers[i].elf(&size);

		r = hooks_try_doing(hooks, elf, size, doers[i].word);
	}
	return r;
}

/* Without it, a process counts as living until its number is looked up: told, and that is all. */
static void hooks_take_life(struct hooks *hooks)
{
	size_t size;
	const void *elf = owner_life_bpf__elf_bytes(&size);
	int r = hooks_open(hooks, elf, size, "owner_life", &hooks->life);

	if (r == 0)
		r = hooks_attach(hooks, hooks->life, -1, false);
	if (r < 0)
		hooks_complain(hooks, "ends of processes", r);
}

static int hooks_take_rung(struct hooks *hooks, const struct rung *rung)
{
	int r = hooks_take_copies(hooks, rung);

	if (r == 0 && rung->is_partial)
		r = hooks_take_doing(hooks);
	if (r < 0) {
		hooks_detach(hooks, hooks->cgroup_links);
		for (int copy = 0; copy < COPIES_MAX; copy++)
			bpf_object__close(TAKE(hooks->process[copy]));
		hooks_complain(hooks, rung->word, r);
		return r;
	}
	hooks->rung = rung;
	return 0;
}

static void hooks_climb(struct hooks *hooks, const char *choice)
{
	bool any = util_streq(choice, "auto");

	for (size_t i = 0; i < ARRAY_SIZE(ladder); i++)
		if ((any || util_streq(choice, ladder[i].word)) &&
		    hooks_take_rung(hooks, &ladder[i]) == 0)
			return;
}

static void hooks_open_scan(struct hooks *hooks)
{
	size_t size;
	const void *elf = scan_bpf__elf_bytes(&size);
	int r = hooks_open(hooks, elf, size, "scan", &hooks->scan);

	if (r < 0)
		hooks_complain(hooks, "socket iterators", r);
}

int hooks_load(struct hooks **ret_hooks, const struct hooks_options *options)
{
	struct hooks *hooks;
	int r;

	if (!hooks_choice_valid(options->choice))
		return -EINVAL;
	hooks = calloc(1, sizeof(*hooks));
	if (!hooks)
		return -ENOMEM;
	hooks->program = options->program;
	hooks->socket_count = options->sockets;
	hooks->flow_count = options->flows;
	*ret_hooks = hooks;
	if (util_streq(options->choice, "none")) {
		snprintf(hooks->why, sizeof(hooks->why), "switched off");
		return 0;
	}
	r = hooks_take_cgroup(hooks);
	if (r < 0) {
		hooks_complain(hooks, "control group hooks", r);
		return 0;
	}
	hooks_take_life(hooks);
	hooks->cgroup_links = hooks->link_count; /* these stay, whatever rung is tried */
	hooks_climb(hooks, options->choice);
	hooks_open_scan(hooks);
	return 0;
}

void hooks_free(struct hooks *hooks)
{
	if (!hooks)
		return;
	hooks_detach(hooks, 0);
	bpf_object__close(hooks->scan);
	bpf_object__close(hooks->doing);
	bpf_object__close(hooks->life);
	for (int copy = 0; copy < COPIES_MAX; copy++)
		bpf_object__close(hooks->process[copy]);
	hooks_unmap_board(hooks);
	bpf_object__close(hooks->cgroup);
	free(hooks);
}

/* Runs one iterator to its end; it writes nothing for us to read. */
static int hooks_iterate(struct bpf_program *program)
{
	struct bpf_link *link = bpf_program__attach(program);
	_cleanup_close_ int fd = -1;
	char nothing[64];
	ssize_t got;
	int r = 0;

	if (!link)
		return -errno;
	fd = bpf_iter_create(bpf_link__fd(link));
	if (fd < 0)
		r = fd;
	while (r == 0 && (got = read(fd, nothing, sizeof(nothing))) != 0)
		if (got < 0 && errno != EAGAIN && errno != EINTR)
			r = -errno;
	bpf_link__destroy(link);
	return r;
}

int hooks_scan(struct hooks *hooks)
{
	struct bpf_program *program;
	int r = 0;

	if (!hooks->scan)
		return -EOPNOTSUPP;
	bpf_object__for_each_program(program, hooks->scan)
		r = r ? r : hooks_iterate(program);
	return r;
}

int hooks_find_socket(const struct hooks *hooks, __u64 cookie, struct socket_record *ret_record)
{
	return hooks->cgroup ? bpf_map_lookup_elem(hooks->sockets_fd, &cookie, ret_record) :
			       -ENOENT;
}

int hooks_find_flow(const struct hooks *hooks, const struct flow_key *key, struct flow *ret_flow)
{
	return hooks->cgroup ? bpf_map_lookup_elem(hooks->flows_fd, key, ret_flow) : -ENOENT;
}

int hooks_find_passage(const struct hooks *hooks, const struct passage_key *key,
		       struct passage *ret_passage)
{
	return hooks->cgroup ? bpf_map_lookup_elem(hooks->passages_fd, key, ret_passage) : -ENOENT;
}

#define HISTORY_TRIES 8

int hooks_find_history(const struct hooks *hooks, __u64 cookie, struct socket_history *ret_history)
{
	struct socket_history again;
	int r = -ENOENT;

	if (!hooks->cgroup)
		return r;
	for (int i = 0; i < HISTORY_TRIES; i++) {
		r = bpf_map_lookup_elem(hooks->histories_fd, &cookie, ret_history);
		if (r < 0)
			return r;
		r = bpf_map_lookup_elem(hooks->histories_fd, &cookie, &again);
		if (r < 0 || (!(again.changes & 1) &&
			      memcmp(&again, ret_history, sizeof(again)) == 0))
			return r;
	}
	return -EAGAIN;
}

int hooks_find_life(const struct hooks *hooks, const struct process_key *process,
		    struct life *ret_life)
{
	const struct life_key key = { .start_boot_ns = process->start_boot_ns,
				      .tgid = process->tgid };

	return hooks->life ? bpf_map_lookup_elem(hooks->lives_fd, &key, ret_life) : -ENOENT;
}

__u64 hooks_last_passed(const struct hooks *hooks)
{
	return hooks->board ? hooks->board->passed_boot_ns : 0;
}

int hooks_find_frames(const struct hooks *hooks, __u64 task_or_cookie,
		      struct frame_sender *ret_sender)
{
	return hooks->cgroup ? bpf_map_lookup_elem(hooks->senders_fd, &task_or_cookie,
						   ret_sender) :
			       -ENOENT;
}

void hooks_note_all(struct hooks *hooks)
{
	if (hooks->board)
		hooks->board->all_sockets = true;
}

bool hooks_notes_all(const struct hooks *hooks)
{
	return hooks->board && hooks->board->all_sockets;
}

void hooks_forget_process(struct hooks *hooks, const struct process_key *key)
{
	/* -ENOENT: the kernel has forgotten it, too. */
	if (hooks->cgroup)
		bpf_map_delete_elem(hooks_map_fd(hooks, "processes"), key);
}

int hooks_records_fd(const struct hooks *hooks)
{
	return hooks->cgroup ? bpf_object__find_map_fd_by_name(hooks->cgroup, "records") : -1;
}

void hooks_describe(const struct hooks *hooks, struct hooks_description *ret_description)
{
	memset(ret_description, 0, sizeof(*ret_description));
	ret_description->process_hooks = hooks->rung ? hooks->rung->word : "none";
	ret_description->lost = hooks->rung ? hooks->rung->lost :
					      "processes that are gone before anyone looks, and "
					      "those that accepted or were handed a socket";
	ret_description->cgroup = hooks->cgroup != NULL;
	ret_description->scan = hooks->scan != NULL;
	memcpy(ret_description->why, hooks->why, sizeof(ret_description->why));
	if (!hooks->board)
		return;
	ret_description->losses = hooks->board->losses;
	ret_description->refused_uid = hooks->board->refused_uid;
}
