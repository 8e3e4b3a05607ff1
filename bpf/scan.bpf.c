// SPDX-License-Identifier: GPL-2.0-only
/*
 * scan.bpf.c - the sockets that are there already: run after the owner hooks are attached, so
 * that no socket falls between the two. What a hook has noted is never overwritten.
 */
#include "owner.h"

char LICENSE[] SEC("license") = "GPL";

#define TCP_TIME_WAIT 6
#define TCP_NEW_SYN_RECV 12

static __always_inline bool scan_is_watched(struct sock *sk)
{
	enum protocol protocol = BPF_CORE_READ(sk, sk_protocol) == IPPROTO_UDP ? PROTOCOL_UDP :
										 PROTOCOL_TCP;

	return owner_is_watched(protocol, BPF_CORE_READ(sk, __sk_common.skc_num)) ||
	       watch_find(protocol, BPF_CORE_READ(sk, __sk_common.skc_dport));
}

static __always_inline void scan_note(__u64 cookie, const struct process_key *key)
{
	struct socket_record *record = owner_record(cookie);

	if (!record)
		return;
	if (!record->roles[SOCKET_HELD].tgid)
		record->roles[SOCKET_HELD] = *key;
	else if (!process_is_same(&record->roles[SOCKET_HELD], key))
		record->shared = 1;
}

SEC("iter/task_file")
int scan_files(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct sock *sk = owner_file_sock(ctx->file);
	struct process_key key;
	__u64 cookie;

	if (!task || !sk || !owner_is_inet(sk))
		return 0;
	sk = owner_wire_socket(sk);
	if (!sk)
		return 0;
	cookie = BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);
	if (!cookie)
		return 0;
	if (!owner_sock_concerns(sk))
		return 0;
	process_task_key(task, &key);
	if (scan_is_watched(sk))
		process_tell(process_address(task), false);
	scan_note(cookie, &key);
	owner_note_inode(cookie, sk);
	return 0;
}

static __always_inline void scan_kernel_socket(struct sock *sk)
{
	__u64 cookie = BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);
	struct socket_record *record;

	if (!cookie || !BPF_CORE_READ_BITFIELD_PROBED(sk, sk_kern_sock) || owner_is_subflow(sk))
		return;
	record = owner_record(cookie);
	if (record)
		record->kernel = 1;
}

SEC("iter/tcp")
int scan_tcp(struct bpf_iter__tcp *ctx)
{
	struct sock_common *common = ctx->sk_common;
	__u8 state;

	if (!common)
		return 0;
	state = BPF_CORE_READ(common, skc_state);
	if (state != TCP_TIME_WAIT && state != TCP_NEW_SYN_RECV)
		scan_kernel_socket((struct sock *)common);
	return 0;
}

SEC("iter/udp")
int scan_udp(struct bpf_iter__udp *ctx)
{
	struct udp_sock *udp = ctx->udp_sk;

	if (!udp)
		return 0;
	scan_kernel_socket((struct sock *)udp);
	/* A tunnel on a watched port: any socket may be inside. */
	if (BPF_CORE_READ_BITFIELD_PROBED((struct sock *)udp, sk_kern_sock) &&
	    scan_is_watched((struct sock *)udp))
		board.all_sockets = 1;
	return 0;
}
