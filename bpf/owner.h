/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * owner.h - what the owner hooks have in common: note who did what with a socket, tell user space
 * once what that process is, and note which flow belongs to which socket. Everything is keyed by
 * the socket's cookie, which outlives the process, and goes from the request to the accepted
 * socket to TIME_WAIT unchanged.
 *
 * Programs in process context can be preempted in their middle, hence no per-CPU scratch memory:
 * a process is described in the ring's own slot. A role's key is two words; a reader that meets
 * half of it finds no process of that key, so it names nobody rather than somebody else.
 */
#ifndef PORTSENTINEL_OWNER_H
#define PORTSENTINEL_OWNER_H

#include "vmlinux.h"

#include <stdbool.h>
#include <stddef.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "abi.h"
#include "sockets.h"
#include "watch.h"

#define AF_INET 2
#define AF_INET6 10
#define AF_PACKET 17
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_MPTCP 262
#define PF_KTHREAD 0x00200000

struct owner_board board SEC(".data.owner");

/*
 * The current task comes with its type, so that its members are plain loads: a fraction of a
 * helper call's cost. Set before load where the kernel takes that for this kind of program.
 */
const volatile bool typed_task = false;

/* By flow_key. Sized before load. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, struct flow_key);
	__type(value, struct flow);
} flows SEC(".maps");

struct process_name {
	char comm[PROCESS_COMM_SIZE];
};

/* The processes that user space was told of, and the name that each had then. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct process_key);
	__type(value, struct process_name);
} processes SEC(".maps");

/* Apart from the samples: a flood of packets must not drop names. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 21);
} records SEC(".maps");

static __always_inline void owner_count(__u64 *counter)
{
	__sync_fetch_and_add(counter, 1);
}

/* A pointer that the verifier follows, as the mere number that others are: by way of the stack. */
static __always_inline __u64 owner_address(const void *pointer)
{
	const void *slot = pointer;
	__u64 address = 0;

	bpf_probe_read_kernel(&address, sizeof(address), &slot);
	return address;
}

/* The number of a process in the sensor's pid namespace; 0: it is not in it. */
static __always_inline __u32 owner_pid(struct task_struct *task)
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

#define OWNER_PATH_DEPTH 32 /* components of a path that are followed, mount points included */
#define OWNER_CGROUP_DEPTH 16
#define OWNER_NAME_SIZE 256 /* NAME_MAX and its zero */

/*
 * Appends a name; false when there is no room for any name any more. The length lies in the slot
 * itself: to the verifier it is any number again each time, so that it need not follow each.
 */
static __always_inline bool owner_append(char *list, __u32 size, volatile __u16 *length,
					 const void *name)
{
	__u32 at = *length;
	long got;

	if (at > size - OWNER_NAME_SIZE)
		return false;
	got = bpf_probe_read_kernel_str(list + at, OWNER_NAME_SIZE, name);
	if (got > 0)
		*length = at + got;
	return true;
}

/* From the file up to the root, over mount points. Sets exe_cut where it ends before the root. */
static __always_inline void owner_read_path(struct process_event *event, struct file *file)
{
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);
	struct vfsmount *vfsmount = BPF_CORE_READ(file, f_path.mnt);
	__u32 mnt_offset = bpf_core_field_offset(struct mount, mnt);

	event->exe_cut = 1;
	for (int i = 0; i < OWNER_PATH_DEPTH; i++) {
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
				owner_append(event->exe, PROCESS_EXE_SIZE, &event->exe_length,
					     BPF_CORE_READ(dentry, d_name.name));
			break;
		}
		if (!owner_append(event->exe, PROCESS_EXE_SIZE, &event->exe_length,
				  BPF_CORE_READ(dentry, d_name.name)))
			break;
		dentry = parent;
	}
}

static __always_inline void owner_read_exe(struct process_event *event, struct mm_struct *mm)
{
	struct file *file = BPF_CORE_READ(mm, exe_file);

	if (!file)
		return;
	event->exe_inode = BPF_CORE_READ(file, f_inode, i_ino);
	event->exe_unlinked = BPF_CORE_READ(file, f_inode, i_nlink) == 0;
	owner_read_path(event, file);
}

/* Only of the current process: its memory is the one that can be read. */
static __always_inline void owner_read_args(struct process_event *event, struct mm_struct *mm)
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

static __always_inline struct kernfs_node *owner_cgroup_parent(struct kernfs_node *node)
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
static __always_inline struct kernfs_node *owner_cgroup(struct task_struct *task)
{
	struct kernfs_node *node = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn);

	if (owner_cgroup_parent(node) ||
	    !bpf_core_enum_value_exists(enum cgroup_subsys_id, pids_cgrp_id))
		return node;
	return BPF_CORE_READ(task, cgroups,
			     subsys[bpf_core_enum_value(enum cgroup_subsys_id, pids_cgrp_id)],
			     cgroup, kn);
}

static __always_inline void owner_read_cgroup(struct process_event *event,
					      struct task_struct *task)
{
	struct kernfs_node *node = owner_cgroup(task);

	event->cgroup_id = BPF_CORE_READ(node, id);
	event->cgroup_cut = 1;
	for (int i = 0; i < OWNER_CGROUP_DEPTH; i++) {
		struct kernfs_node *parent = owner_cgroup_parent(node);

		if (!parent) {
			event->cgroup_cut = 0;
			break;
		}
		if (!owner_append(event->cgroup, PROCESS_CGROUP_SIZE,
				  &event->cgroup_length, BPF_CORE_READ(node, name)))
			break;
		node = parent;
	}
}

static __always_inline void owner_begin(struct owner_event *head, __u32 size,
					enum owner_event_type type, const struct process_key *key)
{
	head->version = ABI_VERSION;
	head->type = type;
	head->size = size;
	head->boot_ns = bpf_ktime_get_boot_ns();
	head->process = *key;
}

/* The slot's head is cleared; behind the lengths its texts may hold what was there before. */
static __always_inline bool owner_describe(struct task_struct *task, const struct process_key *key,
					   bool is_current)
{
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);
	struct task_struct *parent = BPF_CORE_READ(task, real_parent);
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	struct process_event *event;

	event = bpf_ringbuf_reserve(&records, sizeof(*event), 0);
	if (!event) {
		owner_count(&board.losses.records_lost);
		return false;
	}
	__builtin_memset(event, 0, offsetof(struct process_event, exe));
	owner_begin(&event->head, sizeof(*event), OWNER_PROCESS, key);
	event->pid = owner_pid(task);
	event->parent_pid = owner_pid(parent);
	event->uid = BPF_CORE_READ(task, cred, euid.val);
	event->gid = BPF_CORE_READ(task, cred, egid.val);
	event->netns = BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
	BPF_CORE_READ_INTO(&event->comm, leader, comm);
	BPF_CORE_READ_INTO(&event->parent_comm, parent, group_leader, comm);
	owner_read_exe(event, mm);
	if (is_current)
		owner_read_args(event, mm);
	else
		event->args_cut = 1;
	owner_read_cgroup(event, task);
	bpf_ringbuf_submit(event, 0);
	return true;
}

/* The current process's key; the flags of its task. */
static __always_inline __u32 owner_current_key(struct process_key *key)
{
	struct task_struct *task;

	if (typed_task) {
		task = bpf_get_current_task_btf();
		key->tgid = task->tgid;
		key->exec_id = task->self_exec_id;
		key->start_boot_ns = task->group_leader->start_boottime;
		return task->flags;
	}
	task = (void *)bpf_get_current_task();
	key->tgid = BPF_CORE_READ(task, tgid);
	key->exec_id = BPF_CORE_READ(task, self_exec_id);
	key->start_boot_ns = BPF_CORE_READ(task, group_leader, start_boottime);
	return BPF_CORE_READ(task, flags);
}

static __always_inline void owner_key(struct task_struct *task, struct process_key *key)
{
	key->tgid = BPF_CORE_READ(task, tgid);
	key->exec_id = BPF_CORE_READ(task, self_exec_id);
	key->start_boot_ns = BPF_CORE_READ(task, group_leader, start_boottime);
}

/*
 * Tells user space what the process is, once, and again when it has another name. The address
 * of a task as a number: functions that are verified once and by themselves take no others.
 */
__noinline int owner_tell(__u64 address, __u32 is_current)
{
	struct task_struct *task = (void *)address;
	struct process_name *known, name = {};
	struct process_key key;

	if (is_current)
		owner_current_key(&key);
	else
		owner_key(task, &key);
	known = bpf_map_lookup_elem(&processes, &key);
	BPF_CORE_READ_INTO(&name.comm, task, group_leader, comm);
	if (known && ((__u64 *)known->comm)[0] == ((__u64 *)name.comm)[0] &&
	    ((__u64 *)known->comm)[1] == ((__u64 *)name.comm)[1])
		return 0;
	if (owner_describe(task, &key, is_current))
		bpf_map_update_elem(&processes, &key, &name, BPF_ANY);
	return 0;
}

static __always_inline void owner_stamp(struct socket_record *record, enum socket_role role)
{
	if (role == SOCKET_SENT)
		record->sent_boot_ns = bpf_ktime_get_boot_ns();
	else if (role == SOCKET_RECEIVED)
		record->received_boot_ns = bpf_ktime_get_boot_ns();
}

/* Another process than before does it. */
static __always_inline void owner_take_role(struct socket_record *record, enum socket_role role,
					    const struct process_key *key)
{
	record->roles[role] = *key;
	owner_stamp(record, role);
	if (role == SOCKET_SENT)
		record->sent_since_boot_ns = record->sent_boot_ns;
	else if (role == SOCKET_RECEIVED)
		record->received_since_boot_ns = record->received_boot_ns;
}

static __always_inline bool owner_add(__u64 cookie, const struct socket_record *record)
{
	if (bpf_map_update_elem(&sockets, &cookie, record, BPF_NOEXIST) == 0) {
		owner_count(&board.losses.sockets_recorded);
		return true;
	}
	if (!bpf_map_lookup_elem(&sockets, &cookie))
		owner_count(&board.losses.sockets_failed);
	return false;
}

/* The current process did this with the socket of that cookie; 0: it has none. */
__noinline int owner_note(__u64 cookie, __u64 role)
{
	struct socket_record fresh = {}, *record;
	struct process_key key;
	__u32 flags;

	if (!cookie || role >= SOCKET_ROLE_COUNT)
		return 0;
	record = bpf_map_lookup_elem(&sockets, &cookie);
	flags = owner_current_key(&key);
	if (record && record->roles[role].tgid == key.tgid &&
	    record->roles[role].exec_id == key.exec_id) {
		owner_stamp(record, role);
		return 0;
	}
	if (flags & PF_KTHREAD) {
		if (record)
			record->kernel = 1;
		return 0;
	}
	owner_tell(bpf_get_current_task(), true);
	if (!record) {
		owner_take_role(&fresh, role, &key);
		if (owner_add(cookie, &fresh))
			return 0;
		record = bpf_map_lookup_elem(&sockets, &cookie); /* another was faster */
	}
	if (record)
		owner_take_role(record, role, &key);
	return 0;
}

/* An MPTCP socket passes no packets: its first subflow does. */
static __always_inline struct sock *owner_wire_socket(struct sock *sk)
{
	struct mptcp_sock *mptcp = (void *)sk;

	if (BPF_CORE_READ(sk, sk_protocol) != IPPROTO_MPTCP)
		return sk;
	if (!bpf_core_field_exists(mptcp->first))
		return NULL;
	return BPF_CORE_READ(mptcp, first);
}

#define S_IFMT 0170000
#define S_IFSOCK 0140000

/* The socket behind an open file; NULL: it is none, as is a socket's name opened with O_PATH. */
static __always_inline struct sock *owner_file_sock(struct file *file)
{
	struct socket *socket;

	if (!file || (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return NULL;
	socket = BPF_CORE_READ(file, private_data);
	return socket ? BPF_CORE_READ(socket, sk) : NULL;
}

static __always_inline bool owner_is_inet(struct sock *sk)
{
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);

	return family == AF_INET || family == AF_INET6;
}

/*
 * The current process did this with the socket. A packet socket has no cookie before its first
 * packet: that one's sender waits for it at the way out.
 */
static __always_inline void owner_note_sock(struct sock *sk, enum socket_role role)
{
	__u64 cookie, task;
	struct process_key key;

	if (!sk)
		return;
	if (owner_is_inet(sk)) {
		sk = owner_wire_socket(sk);
		if (sk)
			owner_note(BPF_CORE_READ(sk, __sk_common.skc_cookie.counter), role);
		return;
	}
	if (BPF_CORE_READ(sk, __sk_common.skc_family) != AF_PACKET || role != SOCKET_SENT)
		return;
	cookie = BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);
	if (cookie) {
		owner_note(cookie, role);
		return;
	}
	task = bpf_get_current_task();
	owner_current_key(&key);
	owner_tell(task, true);
	bpf_map_update_elem(&senders, &task, &key, BPF_ANY);
}

/* cookie 0: a packet socket that says its packets shall pass tc by. */
static __always_inline void owner_tell_socket(enum owner_event_type type, __u64 cookie,
					      const struct flow_key *flow)
{
	struct listener_event *event;
	struct process_key key;

	owner_current_key(&key);
	owner_tell(bpf_get_current_task(), true);
	event = bpf_ringbuf_reserve(&records, sizeof(*event), 0);
	if (!event) {
		owner_count(&board.losses.records_lost);
		return;
	}
	__builtin_memset(event, 0, sizeof(*event));
	owner_begin(&event->head, sizeof(*event), type, &key);
	event->cookie = cookie;
	__builtin_memcpy(event->local, flow->local, sizeof(event->local));
	event->netns = flow->netns;
	event->port = flow->local_port;
	event->protocol = flow->protocol;
	bpf_ringbuf_submit(event, 0);
}

/* The same of a socket whose type the verifier knows: its members are plain loads. */
static __always_inline void owner_note_typed(struct sock *sk, enum socket_role role)
{
	__u16 family;

	if (!sk)
		return;
	family = sk->__sk_common.skc_family;
	if ((family == AF_INET || family == AF_INET6) && sk->sk_protocol != IPPROTO_MPTCP)
		owner_note(sk->__sk_common.skc_cookie.counter, role);
	else if (family == AF_INET || family == AF_INET6 || family == AF_PACKET)
		owner_note_sock(sk, role);
}

#define SOL_PACKET 263
#define PACKET_QDISC_BYPASS 20

static __always_inline void owner_note_option(struct sock *sk, int level, int option)
{
	struct flow_key nothing = {};

	if (level == SOL_PACKET && option == PACKET_QDISC_BYPASS && sk &&
	    BPF_CORE_READ(sk, __sk_common.skc_family) == AF_PACKET)
		owner_tell_socket(OWNER_BYPASS, 0, &nothing);
}

/* port: host byte order. */
static __always_inline bool owner_is_watched(enum protocol protocol, __u16 port)
{
	return watch_find(protocol, bpf_htons(port));
}

static __always_inline void owner_write_flow(const struct flow_key *key, __u64 cookie, __u32 netns)
{
	struct flow *known = bpf_map_lookup_elem(&flows, key);
	struct flow fresh = { .cookie = cookie, .netns = netns };

	if (known && known->cookie == cookie)
		return;
	fresh.boot_ns = bpf_ktime_get_boot_ns();
	if (known && known->netns != netns)
		fresh.conflicts = known->conflicts + 1;
	if (bpf_map_update_elem(&flows, key, &fresh, BPF_ANY) < 0)
		owner_count(&board.losses.flows_failed);
}

/*
 * The flow's packets go to and come from this socket. Where addresses may be translated, so are
 * those without a watched port noted, for any namespace: they may stand behind one that has.
 */
static __always_inline void owner_note_flow(struct flow_key *key, __u64 cookie)
{
	bool is_watched = owner_is_watched(key->protocol, key->local_port) ||
			  owner_is_watched(key->protocol, key->remote_port);
	__u32 netns = key->netns;

	if (!cookie || !(is_watched || board.translates))
		return;
	if (is_watched)
		owner_write_flow(key, cookie, netns);
	key->netns = 0;
	owner_write_flow(key, cookie, netns);
	key->netns = netns;
}

/* ::ffff:a.b.c.d; ip in network byte order. */
static __always_inline void owner_map_ipv4(__u8 addr[16], __be32 ip)
{
	__u32 *words = (__u32 *)addr;

	words[0] = 0;
	words[1] = 0;
	words[2] = bpf_htonl(0xffff);
	words[3] = ip;
}

#endif
