/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * process.h - what a process is: its key, and its description, which user space is told once,
 * before the first record that names the key. Programs in process context can be preempted in their
 * middle, hence no per-CPU scratch memory: a process is described in the ring's own slot.
 */
#ifndef PORTSENTINEL_PROCESS_H
#define PORTSENTINEL_PROCESS_H

#include "vmlinux.h"

#include <stdbool.h>
#include <stddef.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "abi.h"

struct owner_board board SEC(".data.owner");

/*
 * The current task comes with its type, so that its members are plain loads: a fraction of a
 * helper call's cost. Set before load where the kernel takes that for this kind of program.
 */
const volatile bool typed_task = false;

/* The processes that user space was told of. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct process_key);
	__type(value, __u8);
} processes SEC(".maps");

/* The same, whatever each has become since. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct life_key);
	__type(value, struct life);
} lives SEC(".maps");

#define RECORDS_SIZE (1 << 21)

/* Apart from the samples: a flood of packets must not drop names. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, RECORDS_SIZE);
} records SEC(".maps");

/*
 * When each user will have his whole share again (CLOCK_BOOTTIME). Who has written more than that
 * lately finds the ring full when it is half full: the rest is for others.
 */
#define RECORDS_INTERVAL_NS 5000000ULL
#define RECORDS_BURST 256

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, __u64);
} record_shares SEC(".maps");

static __always_inline void process_count(__u64 *counter)
{
	__sync_fetch_and_add(counter, 1);
}

static __always_inline __u32 process_uid(struct task_struct *task)
{
	return BPF_CORE_READ(task, cred, euid.val);
}

/* May a record be written that this user gives cause for? Two CPUs at once may pay for one. */
static __always_inline bool process_may_record(__u32 uid)
{
	__u64 now = bpf_ktime_get_boot_ns(), *paid = bpf_map_lookup_elem(&record_shares, &uid);

	if (!paid) {
		bpf_map_update_elem(&record_shares, &uid, &now, BPF_ANY);
		return true;
	}
	if (*paid <= now + RECORDS_BURST * RECORDS_INTERVAL_NS) {
		*paid = (*paid > now ? *paid : now) + RECORDS_INTERVAL_NS;
		return true;
	}
	if (bpf_ringbuf_query(&records, BPF_RB_AVAIL_DATA) <= RECORDS_SIZE / 2)
		return true;
	board.refused_uid = uid;
	process_count(&board.losses.records_refused);
	return false;
}

/* A pointer that the verifier follows, as the mere number that others are: by way of the stack. */
static __always_inline __u64 process_address(const void *pointer)
{
	const void *slot = pointer;
	__u64 address = 0;

	bpf_probe_read_kernel(&address, sizeof(address), &slot);
	return address;
}

/* The number of a process in the sensor's pid namespace; 0: it is not in it. */
static __always_inline __u32 process_pid(struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, signal, pids[1]); /* PIDTYPE_TGID */
	struct upid *numbers = (void *)pid + bpf_core_field_offset(struct pid, numbers);
	__u32 level = BPF_CORE_READ(pid, level);

	for (__u32 i = 0; i < 8 && i <= level; i++) {
		struct upid *upid = (void *)numbers + i * bpf_core_type_size(struct upid);

		if (BPF_CORE_READ(upid, ns, ns.inum) == board.pid_namespace)
			return BPF_CORE_READ(upid, nr);
	}
	return 0;
}

#define PROCESS_PATH_DEPTH 32 /* components of a path that are followed, mount points included */
#define PROCESS_CGROUP_DEPTH 16
#define PROCESS_NAME_ROOM 256 /* NAME_MAX and its zero */

/*
 * Appends a name; false when there is no room for any name any more. The length lies in the slot
 * itself: to the verifier it is any number again each time, so that it need not follow each.
 */
static __always_inline bool process_append(char *list, __u32 size, volatile __u16 *length,
					 const void *name)
{
	__u32 at = *length;
	long got;

	if (at > size - PROCESS_NAME_ROOM)
		return false;
	got = bpf_probe_read_kernel_str(list + at, PROCESS_NAME_ROOM, name);
	if (got > 0)
		*length = at + got;
	return true;
}

/* From the file up to the root, over mount points. Sets exe_cut where it ends before the root. */
static __always_inline void process_read_path(struct process_event *event, struct file *file)
{
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);
	struct vfsmount *vfsmount = BPF_CORE_READ(file, f_path.mnt);
	__u32 mnt_offset = bpf_core_field_offset(struct mount, mnt);

	event->exe_cut = 1;
	for (int i = 0; i < PROCESS_PATH_DEPTH; i++) {
		struct dentry *parent = BPF_CORE_READ(dentry, d_parent);
		struct mount *mount = (void *)vfsmount - mnt_offset;

		if (dentry == BPF_CORE_READ(vfsmount, mnt_root)) {
			struct mount *above = BPF_CORE_READ(mount, mnt_parent);

			if (above == mount) {
				event->exe_cut = 0;
				break;
			}
			dentry = BPF_CORE_READ(mount, mnt_mountpoint);
			vfsmount = (void *)above + mnt_offset;
			continue;
		}
		if (dentry == parent) { /* a file of no directory: memfd */
			event->exe_cut = 0;
			if (!event->exe_length)
				process_append(event->exe, PROCESS_EXE_SIZE, &event->exe_length,
					     BPF_CORE_READ(dentry, d_name.name));
			break;
		}
		if (!process_append(event->exe, PROCESS_EXE_SIZE, &event->exe_length,
				  BPF_CORE_READ(dentry, d_name.name)))
			break;
		dentry = parent;
	}
}

static __always_inline void process_read_exe(struct process_event *event, struct mm_struct *mm)
{
	struct file *file = BPF_CORE_READ(mm, exe_file);

	if (!file)
		return;
	event->exe_inode = BPF_CORE_READ(file, f_inode, i_ino);
	event->exe_device = BPF_CORE_READ(file, f_inode, i_sb, s_dev);
	event->exe_generation = BPF_CORE_READ(file, f_inode, i_generation);
	event->exe_unlinked = BPF_CORE_READ(file, f_inode, i_nlink) == 0;
	process_read_path(event, file);
}

/* Only of the current process: its memory is the one that can be read. */
static __always_inline void process_read_args(struct process_event *event, struct mm_struct *mm)
{
	unsigned long start = BPF_CORE_READ(mm, arg_start);
	unsigned long length = BPF_CORE_READ(mm, arg_end) - start;

	event->args_cut = length > PROCESS_ARGS_SIZE;
	if (length > PROCESS_ARGS_SIZE)
		length = PROCESS_ARGS_SIZE;
	if (bpf_probe_read_user(event->args, length, (void *)start) == 0)
		event->args_length = length;
	else
		event->args_cut = 1;
}

static __always_inline struct kernfs_node *process_cgroup_parent(struct kernfs_node *node)
{
	struct kernfs_node___before_6_15 *old = (void *)node;

	if (bpf_core_field_exists(old->parent))
		return BPF_CORE_READ(old, parent);
	return BPF_CORE_READ(node, __parent);
}

/*
 * The control group of the unified hierarchy; where that has nobody (version 1, hybrid), the one
 * of the pids controller.
 */
static __always_inline struct kernfs_node *process_cgroup(struct task_struct *task)
{
	struct kernfs_node *node = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn);

	if (process_cgroup_parent(node) ||
	    !bpf_core_enum_value_exists(enum cgroup_subsys_id, pids_cgrp_id))
		return node;
	return BPF_CORE_READ(task, cgroups,
			     subsys[bpf_core_enum_value(enum cgroup_subsys_id, pids_cgrp_id)],
			     cgroup, kn);
}

#define PROCESS_CGROUP_WRITABLE 0022 /* a mode that lets others than the owner make groups below */

/* Has root given the group away, so that what is below it may be named by anybody? */
static __always_inline bool process_cgroup_is_delegated(struct kernfs_node *node)
{
	struct kernfs_iattrs *attributes = BPF_CORE_READ(node, iattr);

	return (attributes && BPF_CORE_READ(attributes, ia_uid.val)) ||
	       (BPF_CORE_READ(node, mode) & PROCESS_CGROUP_WRITABLE);
}

static __always_inline void process_read_cgroup(struct process_event *event,
					      struct task_struct *task)
{
	struct kernfs_node *node = process_cgroup(task);

	event->cgroup_id = BPF_CORE_READ(node, id);
	event->cgroup_cut = 1;
	for (int i = 0; i < PROCESS_CGROUP_DEPTH; i++) {
		struct kernfs_node *parent = process_cgroup_parent(node);

		if (!parent) {
			event->cgroup_cut = 0;
			break;
		}
		if (process_cgroup_is_delegated(node))
			event->cgroup_chosen = event->cgroup_length;
		if (!process_append(event->cgroup, PROCESS_CGROUP_SIZE,
				  &event->cgroup_length, BPF_CORE_READ(node, name)))
			break;
		node = parent;
	}
}

static __always_inline void process_begin(struct owner_event *head, __u32 size,
					enum owner_event_type type, const struct process_key *key)
{
	head->version = ABI_VERSION;
	head->type = type;
	head->size = size;
	head->boot_ns = bpf_ktime_get_boot_ns();
	head->process = *key;
}

/* The slot's head is cleared; behind the lengths its texts may hold what was there before. */
static __always_inline bool process_describe(struct task_struct *task, const struct process_key *key,
					   bool is_current)
{
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);
	struct task_struct *parent = BPF_CORE_READ(task, real_parent);
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	struct process_event *event;

	if (!process_may_record(process_uid(task)))
		return false;
	event = bpf_ringbuf_reserve(&records, sizeof(*event), 0);
	if (!event) {
		process_count(&board.losses.records_lost);
		return false;
	}
	__builtin_memset(event, 0, offsetof(struct process_event, exe));
	process_begin(&event->head, sizeof(*event), OWNER_PROCESS, key);
	event->pid = process_pid(task);
	event->parent_pid = process_pid(parent);
	event->uid = BPF_CORE_READ(task, cred, euid.val);
	event->gid = BPF_CORE_READ(task, cred, egid.val);
	event->netns = BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
	BPF_CORE_READ_INTO(&event->comm, leader, comm);
	BPF_CORE_READ_INTO(&event->parent_comm, parent, group_leader, comm);
	process_read_exe(event, mm);
	if (is_current)
		process_read_args(event, mm);
	else
		event->args_cut = 1;
	process_read_cgroup(event, task);
	bpf_ringbuf_submit(event, 0);
	return true;
}

static __always_inline bool process_is_same(const struct process_key *a,
					    const struct process_key *b)
{
	return a->tgid == b->tgid && a->exec_id == b->exec_id &&
	       a->start_boot_ns == b->start_boot_ns && a->identity == b->identity;
}

/* What makes a process another one without exec. */
struct process_marks {
	__u32 uid;
	__u32 gid;
	__u64 group; /* the control group's id; of version 1 the address of what stands for all of them */
	__u32 netns;
	__u64 name[2]; /* as the leader thread is called */
};

static __always_inline __u64 process_identity(const struct process_marks *marks)
{
	__u64 identity = ((__u64)marks->uid << 32 | marks->gid) ^ board.seed;

	identity = (identity ^ identity >> 29) * 0xff51afd7ed558ccdULL;
	identity = (identity ^ identity >> 32 ^ marks->group) * 0xc4ceb9fe1a85ec53ULL;
	identity = (identity ^ identity >> 29 ^ marks->netns) * 0x9e3779b97f4a7c15ULL;
	identity = (identity ^ identity >> 32 ^ marks->name[0]) * 0xff51afd7ed558ccdULL;
	identity = (identity ^ identity >> 29 ^ marks->name[1]) * 0xc4ceb9fe1a85ec53ULL;
	return identity ^ identity >> 32;
}

#define PROCESS_ROOT_GROUP 1 /* the id of the unified hierarchy's root */

static __always_inline void process_task_key(struct task_struct *task, struct process_key *key)
{
	struct css_set *groups = BPF_CORE_READ(task, cgroups);
	struct process_marks marks = {
		.uid = BPF_CORE_READ(task, cred, euid.val),
		.gid = BPF_CORE_READ(task, cred, egid.val),
		.group = BPF_CORE_READ(groups, dfl_cgrp, kn, id),
		.netns = BPF_CORE_READ(task, nsproxy, net_ns, ns.inum),
	};

	if (marks.group == PROCESS_ROOT_GROUP)
		marks.group = (__u64)groups;
	BPF_CORE_READ_INTO(&marks.name, task, group_leader, comm);
	key->tgid = BPF_CORE_READ(task, tgid);
	key->exec_id = BPF_CORE_READ(task, self_exec_id);
	key->start_boot_ns = BPF_CORE_READ(task, group_leader, start_boottime);
	key->identity = process_identity(&marks);
}

/* By plain loads. Returns the flags of the task. */
static __always_inline __u32 process_typed_key(struct process_key *key)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct process_marks marks = {
		.uid = task->cred->euid.val,
		.gid = task->cred->egid.val,
		.group = task->cgroups->dfl_cgrp->kn->id,
		.netns = task->nsproxy->net_ns->ns.inum,
	};

	if (marks.group == PROCESS_ROOT_GROUP)
		marks.group = process_address(task->cgroups);
	marks.name[0] = *(__u64 *)&task->group_leader->comm[0];
	marks.name[1] = *(__u64 *)&task->group_leader->comm[8];
	key->tgid = task->tgid;
	key->exec_id = task->self_exec_id;
	key->start_boot_ns = task->group_leader->start_boottime;
	key->identity = process_identity(&marks);
	return task->flags;
}

/* The current process's key; the flags of its task. */
static __always_inline __u32 process_current_key(struct process_key *key)
{
	struct task_struct *task;

	if (typed_task)
		return process_typed_key(key);
	task = (void *)bpf_get_current_task();
	process_task_key(task, key);
	return BPF_CORE_READ(task, flags);
}

/*
 * Tells user space what the process is, once, and again when it has become another. The address
 * of a task as a number: functions that are verified once and by themselves take no others.
 */
__noinline int process_tell(__u64 address, __u32 is_current)
{
	struct task_struct *task = (void *)address;
	struct process_key key;
	struct life_key person = {};
	struct life life = {};
	__u8 told = 1;

	if (is_current)
		process_current_key(&key);
	else
		process_task_key(task, &key);
	if (bpf_map_lookup_elem(&processes, &key))
		return 0;
	if (!process_describe(task, &key, is_current))
		return 0;
	bpf_map_update_elem(&processes, &key, &told, BPF_ANY);
	person.tgid = key.tgid;
	person.start_boot_ns = key.start_boot_ns;
	bpf_map_update_elem(&lives, &person, &life, BPF_NOEXIST);
	return 0;
}

#endif
