/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * owner.h - what the owner hooks have in common: note who did what with a socket, and which flow
 * belongs to which socket. Everything is keyed by the socket's cookie, which outlives the process,
 * and goes from the request to the accepted socket to TIME_WAIT unchanged. A role's key is
 * three words; a reader that meets half of it finds no process of that key, so it names nobody
 * rather than somebody else.
 */
#ifndef PORTSENTINEL_OWNER_H
#define PORTSENTINEL_OWNER_H

#include "owner_history.h"
#include "owner_socket.h"

#include <bpf/bpf_tracing.h>

#define PF_KTHREAD 0x00200000

/* By socket cookie. Sized before load; the longest untouched gives its place to a new one. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, struct socket_record);
} sockets SEC(".maps");

/*
 * Who is sending raw frames. By task: such a socket's packets pass tc before the call returns, so
 * the current task is the sender there. By the socket's cookie, which is never a task's address:
 * for a queue above the device may have held a frame back, until another's call takes it out.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, struct frame_sender);
} senders SEC(".maps");

/*
 * Who created which socket. Most sockets never meet a watched port, so this costs a store. Places
 * are shared; a CPU gives out cookies in a row, so that its next thousands take others.
 */
#define CREATORS (1 << 16)

struct creator {
	__u64 cookie;
	struct process_key process;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CREATORS);
	__type(key, __u32);
	__type(value, struct creator);
} creators SEC(".maps");

static __always_inline struct creator *owner_creator(__u64 cookie)
{
	__u32 place = cookie % CREATORS;

	return bpf_map_lookup_elem(&creators, &place);
}

/* The creator is there while its cookie is: before and after it is written or read. */
static __always_inline void owner_set_creator(__u64 cookie, const struct process_key *process)
{
	struct creator *creator = owner_creator(cookie);

	if (!creator)
		return;
	creator->cookie = 0;
	barrier();
	creator->process = *process;
	barrier();
	creator->cookie = cookie;
}

static __always_inline bool owner_get_creator(__u64 cookie, struct process_key *process)
{
	struct creator *creator = owner_creator(cookie);

	if (!creator || creator->cookie != cookie)
		return false;
	barrier();
	*process = creator->process;
	barrier();
	return creator->cookie == cookie;
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
	const struct process_key *before = &record->roles[role];

	if (before->tgid == key->tgid && before->start_boot_ns == key->start_boot_ns)
		record->became |= 1 << role;
	else if (before->tgid)
		record->changed |= 1 << role;
	record->roles[role] = *key;
	owner_stamp(record, role);
	if (role == SOCKET_SENT)
		record->sent_since_boot_ns = record->sent_boot_ns;
	else if (role == SOCKET_RECEIVED)
		record->received_since_boot_ns = record->received_boot_ns;
}

/* The socket's record, made when absent; NULL when there is no room, or for the verifier's sake. */
static __always_inline struct socket_record *owner_record(__u64 cookie)
{
	bool is_new = bpf_map_update_elem(&sockets, &cookie, &board.blank, BPF_NOEXIST) == 0;
	struct socket_record *record = bpf_map_lookup_elem(&sockets, &cookie);
	struct process_key creator;

	if (!record)
		process_count(&board.losses.sockets_failed);
	if (!is_new)
		return record;
	process_count(&board.losses.sockets_recorded);
	if (record)
		record->boot_ns = bpf_ktime_get_boot_ns();
	if (record && owner_get_creator(cookie, &creator))
		record->roles[SOCKET_CREATED] = creator;
	return record;
}

/*
 * Writes down that the current process did this with the socket of that cookie (0: it has none).
 * True when it is to be told of, which is done apart for the stack's sake: Linux 5.10 adds up what
 * every function on the way might need.
 */
__noinline int owner_take_part(__u64 cookie, __u64 role)
{
	struct socket_record *record;
	struct process_key key;
	__u32 flags;

	if (!cookie || role >= SOCKET_ROLE_COUNT)
		return 0;
	record = bpf_map_lookup_elem(&sockets, &cookie);
	flags = process_current_key(&key);
	if (record && process_is_same(&record->roles[role], &key)) {
		owner_stamp(record, role);
		return 0;
	}
	if (flags & PF_KTHREAD) {
		if (record)
			record->kernel = 1;
		return 0;
	}
	if (!record)
		record = owner_record(cookie);
	if (record)
		owner_take_role(record, role, &key);
	return 1;
}

/* The current process did this with the socket of that cookie. */
static __always_inline void owner_note(__u64 cookie, enum socket_role role)
{
	if (owner_take_part(cookie, role))
		process_tell(bpf_get_current_task(), true);
}

/* What only its socket knows: noted with the roles, for user space has no other way to it. */
static __always_inline void owner_note_inode(__u64 cookie, struct sock *sk)
{
	struct socket_record *record = bpf_map_lookup_elem(&sockets, &cookie);

	if (record && !record->inode)
		record->inode = owner_inode(sk);
}

/* The current process did this with a TCP or UDP socket, or one of Multipath TCP. */
static __always_inline void owner_note_inet(struct sock *sk, enum socket_role role)
{
	__u64 cookie;

	sk = owner_wire_socket(sk);
	if (!sk || !owner_sock_concerns(sk))
		return;
	cookie = owner_cookie(sk);
	owner_note(cookie, role);
	owner_note_inode(cookie, sk);
}

static __always_inline void owner_note_frame_socket(const struct frame_sender *sender)
{
	struct frame_sender *known = bpf_map_lookup_elem(&senders, &sender->cookie);

	if (!known) {
		bpf_map_update_elem(&senders, &sender->cookie, sender, BPF_ANY);
		return;
	}
	if (known->process.tgid != sender->process.tgid ||
	    known->process.start_boot_ns != sender->process.start_boot_ns)
		known->other_boot_ns = sender->boot_ns;
	known->process = sender->process;
	known->boot_ns = sender->boot_ns;
}

/*
 * The current task sends, or has sent, by a packet socket. Its frames pass the way out within the
 * call, where the task is known by its address alone.
 */
static __always_inline void owner_note_frames(struct sock *sk, bool is_after)
{
	struct frame_sender sender = { .is_after = is_after, .cookie = owner_cookie(sk) };
	__u64 task = bpf_get_current_task();

	process_current_key(&sender.process);
	process_tell(task, true);
	sender.boot_ns = bpf_ktime_get_boot_ns();
	if (sender.cookie)
		owner_note_frame_socket(&sender);
	bpf_map_update_elem(&senders, &task, &sender, BPF_ANY);
}

/* What has become of a process; NULL: nobody was told of it. */
static __always_inline struct life *owner_find_life(struct task_struct *task)
{
	struct life_key key = {
		.tgid = BPF_CORE_READ(task, tgid),
		.start_boot_ns = BPF_CORE_READ(task, group_leader, start_boottime),
	};

	return bpf_map_lookup_elem(&lives, &key);
}

/* The current process is about to send by a socket whose packets are nobody's by number. */
static __always_inline void owner_note_sends(struct sock *sk, bool is_after)
{
	__u16 family;

	if (!sk)
		return;
	family = BPF_CORE_READ(sk, __sk_common.skc_family);
	if (family == AF_PACKET)
		owner_note_frames(sk, is_after);
	else if ((family == AF_INET || family == AF_INET6) &&
		 BPF_CORE_READ(sk, sk_protocol) == IPPROTO_MPTCP)
		owner_note_inet(sk, SOCKET_SENT);
}

/* accept() gave it to the current process. */
static __always_inline void owner_note_accepted(struct sock *sk)
{
	if (sk && owner_is_inet(sk))
		owner_note_inet(sk, SOCKET_ACCEPTED);
}

/* A descriptor was passed to the current process: from now on others than before may use it. */
static __always_inline void owner_note_passed(struct sock *sk)
{
	struct socket_record *record;
	__u64 cookie;

	if (!sk || !owner_is_inet(sk))
		return;
	sk = owner_wire_socket(sk);
	cookie = sk ? owner_cookie(sk) : 0;
	record = cookie ? bpf_map_lookup_elem(&sockets, &cookie) : NULL;
	if (record)
		record->handed_boot_ns = bpf_ktime_get_boot_ns();
}

/*
 * The current process is about to write octets to a TCP stream, whose socket is locked. A history
 * that begins now knows what is taken from now on.
 */
static __always_inline void owner_note_written(struct sock *sk, __u64 cookie, __u32 size,
					       bool is_repeated)
{
	struct tcp_sock *tcp = (void *)sk;
	struct socket_history *history;
	struct process_key key = {};
	bool is_new;

	history = history_open(cookie, &is_new);
	if (!history)
		return;
	if (is_new)
		history->stream.taken.end = BPF_CORE_READ(tcp, copied_seq);
	if (process_current_key(&key) & PF_KTHREAD)
		key = (struct process_key){};
	history_begin(history);
	claims_write(&history->stream.written, &key, BPF_CORE_READ(tcp, write_seq), size,
		     is_repeated);
	history_end(history);
	owner_note(cookie, SOCKET_SENT);
}

/*
 * Octets up to number `to` of a TCP stream were taken out. Only what came after the history began
 * is told (owner_note_arrived()): who took what came before is not known.
 */
static __always_inline void owner_note_taken(__u64 cookie, __u32 to)
{
	struct socket_history *history = history_find(cookie);
	struct process_key key = {};

	if (!history || history->stream.taken.end == to)
		return;
	if (process_current_key(&key) & PF_KTHREAD)
		key = (struct process_key){};
	history_begin(history);
	claims_take(&history->stream.taken, &key, to);
	history_end(history);
	owner_note(cookie, SOCKET_RECEIVED);
}

/* The two of them at a locked socket of TCP; `size` octets are about to be written. */
static __always_inline void owner_note_writes(struct sock *sk, __u32 size)
{
	if (owner_sock_concerns(sk))
		owner_note_written(sk, owner_cookie(sk), size, false);
}

static __always_inline void owner_note_reads(struct sock *sk)
{
	struct tcp_sock *tcp = (void *)sk;

	if (owner_sock_concerns(sk))
		owner_note_taken(owner_cookie(sk), BPF_CORE_READ(tcp, copied_seq));
}

static __always_inline bool owner_is_datagram(__u16 protocol)
{
	return protocol == IPPROTO_UDP || protocol == IPPROTO_UDPLITE;
}

/*
 * A datagram was taken out by the current process, not looked at alone. The clock is read before
 * the numbers are: what comes in between is later than what is told of.
 */
static __always_inline void owner_note_datagram(__u64 cookie, struct sock *sk)
{
	struct socket_history *history = history_find(cookie);
	struct process_key key = {};
	__u64 now;

	if (!history)
		return;
	if (process_current_key(&key) & PF_KTHREAD)
		key = (struct process_key){};
	history_begin(history);
	if (takings_enter(&history->datagrams)) {
		now = bpf_ktime_get_boot_ns();
		takings_add(&history->datagrams, &key, owner_queued(sk), now);
	} else {
		history->datagrams.confused_boot_ns = bpf_ktime_get_boot_ns();
	}
	takings_leave(&history->datagrams);
	history_end(history);
	owner_note(cookie, SOCKET_RECEIVED);
}

/* cookie 0: a packet socket that says its packets shall pass tc by. */
static __always_inline void owner_tell_socket(enum owner_event_type type, __u64 cookie,
					      const struct flow_key *flow)
{
	__u64 task = bpf_get_current_task();
	struct listener_event *event;
	struct process_key key;

	process_current_key(&key);
	process_tell(task, true);
	if (!process_may_record(process_uid((void *)task)))
		return;
	event = bpf_ringbuf_reserve(&records, sizeof(*event), 0);
	if (!event) {
		process_count(&board.losses.records_lost);
		return;
	}
	__builtin_memset(event, 0, sizeof(*event));
	process_begin(&event->head, sizeof(*event), type, &key);
	event->cookie = cookie;
	__builtin_memcpy(event->local, flow->local, sizeof(event->local));
	event->netns = flow->netns;
	event->port = flow->local_port;
	event->protocol = flow->protocol;
	bpf_ringbuf_submit(event, 0);
}

#define SOL_PACKET 263
#define PACKET_QDISC_BYPASS 20

static __always_inline void owner_note_option(struct sock *sk, int level, int option)
{
	struct flow_key nothing = {};

	if (level == OWNER_PROBE_LEVEL)
		board.probed = option;
	if (level == SOL_PACKET && option == PACKET_QDISC_BYPASS && sk &&
	    BPF_CORE_READ(sk, __sk_common.skc_family) == AF_PACKET)
		owner_tell_socket(OWNER_BYPASS, 0, &nothing);
}

/* The same where it is asked for by a call that no hook sees: told once a socket. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 256);
	__type(key, __u64);
	__type(value, __u8);
} bypassing SEC(".maps");

static __always_inline void owner_note_bypass(struct sock *sk)
{
	struct packet_sock *packet = (void *)sk;
	struct flow_key nothing = {};
	__u64 inode = owner_inode(sk); /* such a socket has no cookie: nothing asks for it */
	__u8 told = 1;

	if (!bpf_core_enum_value_exists(enum packet_sock_flags, PACKET_SOCK_QDISC_BYPASS) ||
	    !(BPF_CORE_READ(packet, flags) >>
		      bpf_core_enum_value(enum packet_sock_flags, PACKET_SOCK_QDISC_BYPASS) & 1))
		return;
	if (bpf_map_update_elem(&bypassing, &inode, &told, BPF_NOEXIST) == 0)
		owner_tell_socket(OWNER_BYPASS, 0, &nothing);
}

/* A socket by which packets leave or come without passing anything that counts them. */
static __always_inline void owner_note_bound(struct sock *sk)
{
	struct flow_key nothing = {};

	if (sk && BPF_CORE_READ(sk, __sk_common.skc_family) == AF_XDP)
		owner_tell_socket(OWNER_XDP_SOCKET, 0, &nothing);
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
