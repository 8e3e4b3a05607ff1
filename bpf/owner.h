/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * owner.h - what the owner hooks have in common: note who did what with a socket, and which flow
 * belongs to which socket. Everything is keyed by the socket's cookie, which outlives the process,
 * and goes from the request to the accepted socket to TIME_WAIT unchanged. A role's key is two
 * words; a reader that meets half of it finds no process of that key, so it names nobody rather
 * than somebody else.
 */
#ifndef PORTSENTINEL_OWNER_H
#define PORTSENTINEL_OWNER_H

#include "vmlinux.h"

#include <stdbool.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "abi.h"
#include "process.h"
#include "sockets.h"
#include "watch.h"

#define AF_INET 2
#define AF_INET6 10
#define AF_PACKET 17
#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_MPTCP 262
#define PF_KTHREAD 0x00200000

/* By flow_key. Sized before load. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, struct flow_key);
	__type(value, struct flow);
} flows SEC(".maps");

/* port: host byte order. */
static __always_inline bool owner_is_watched(enum protocol protocol, __u16 port)
{
	return watch_find(protocol, bpf_htons(port));
}

/*
 * Can this socket's packets be asked for? They have a watched port, or may stand behind some that
 * have: where addresses are translated, or a tunnel is. Ports in host byte order.
 */
static __always_inline bool owner_concerns(enum protocol protocol, __u16 local, __u16 remote)
{
	return owner_is_watched(protocol, local) || owner_is_watched(protocol, remote) ||
	       board.all_sockets;
}

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

	if (is_new)
		process_count(&board.losses.sockets_recorded);
	if (!record)
		process_count(&board.losses.sockets_failed);
	else if (is_new && owner_get_creator(cookie, &creator))
		record->roles[SOCKET_CREATED] = creator;
	return record;
}

/* The current process did this with the socket of that cookie; 0: it has none. */
__noinline int owner_note(__u64 cookie, __u64 role)
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
	process_tell(bpf_get_current_task(), true);
	if (!record)
		record = owner_record(cookie);
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
 * Spares the sockets whose ports nobody asks for: only TCP and UDP sockets have ports. One of UDP
 * that is not connected can get any peer's packets; whom it sends to is looked at on their way.
 */
static __always_inline bool owner_may_concern(__u16 type, __u16 protocol, __u16 local,
					      __be16 remote, enum socket_role role)
{
	if (type == SOCK_STREAM && protocol == IPPROTO_TCP)
		return owner_concerns(PROTOCOL_TCP, local, bpf_ntohs(remote));
	if (type == SOCK_DGRAM && protocol == IPPROTO_UDP && (remote || role != SOCKET_RECEIVED))
		return owner_concerns(PROTOCOL_UDP, local, bpf_ntohs(remote));
	return true;
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
		if (sk && owner_may_concern(BPF_CORE_READ(sk, sk_type),
					    BPF_CORE_READ(sk, sk_protocol),
					    BPF_CORE_READ(sk, __sk_common.skc_num),
					    BPF_CORE_READ(sk, __sk_common.skc_dport), role))
			owner_note(BPF_CORE_READ(sk, __sk_common.skc_cookie.counter), role);
		return;
	}
	if (BPF_CORE_READ(sk, __sk_common.skc_family) != AF_PACKET || role != SOCKET_SENT)
		return;
	task = bpf_get_current_task();
	cookie = BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);
	if (cookie) {
		bpf_map_delete_elem(&senders, &task);
		owner_note(cookie, role);
		return;
	}
	process_current_key(&key);
	process_tell(task, true);
	bpf_map_update_elem(&senders, &task, &key, BPF_ANY);
}

/* cookie 0: a packet socket that says its packets shall pass tc by. */
static __always_inline void owner_tell_socket(enum owner_event_type type, __u64 cookie,
					      const struct flow_key *flow)
{
	struct listener_event *event;
	struct process_key key;

	process_current_key(&key);
	process_tell(bpf_get_current_task(), true);
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

/* The same of a socket whose type the verifier knows: its members are plain loads. */
static __always_inline void owner_note_typed(struct sock *sk, enum socket_role role)
{
	__u16 family;

	if (!sk)
		return;
	family = sk->__sk_common.skc_family;
	if (family != AF_INET && family != AF_INET6 && family != AF_PACKET)
		return;
	if (family == AF_PACKET || sk->sk_protocol == IPPROTO_MPTCP)
		owner_note_sock(sk, role);
	else if (owner_may_concern(sk->sk_type, sk->sk_protocol, sk->__sk_common.skc_num,
				   sk->__sk_common.skc_dport, role))
		owner_note(sk->__sk_common.skc_cookie.counter, role);
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
		process_count(&board.losses.flows_failed);
}

/*
 * The flow's packets go to and come from this socket. Those without a watched port are noted for
 * any namespace alone: the one in which they have another port is not known here.
 */
static __always_inline void owner_note_flow(struct flow_key *key, __u64 cookie)
{
	bool is_watched = owner_is_watched(key->protocol, key->local_port) ||
			  owner_is_watched(key->protocol, key->remote_port);
	__u32 netns = key->netns;

	if (!cookie || !(is_watched || board.all_sockets))
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
