// SPDX-License-Identifier: GPL-2.0-only
/*
 * owner_fentry.bpf.c - the same doors as fentry programs. A preemptible kernel skips such a
 * program while it is in the middle of another run on that CPU, silently: so the loader attaches
 * three copies of those that write the same however often they run.
 */
#include "owner.h"

char LICENSE[] SEC("license") = "GPL";

SEC("fentry/security_sock_graft")
int BPF_PROG(owner_accept, struct sock *sk)
{
	owner_note_accepted(sk);
	return 0;
}

SEC("fentry/security_socket_sendmsg")
int BPF_PROG(owner_sendmsg, struct socket *socket)
{
	owner_note_sends(socket->sk, false);
	return 0;
}

SEC("fentry/security_file_receive")
int BPF_PROG(owner_take, struct file *file)
{
	owner_note_passed(owner_file_sock(file));
	return 0;
}

SEC("fentry/security_socket_setsockopt")
int BPF_PROG(owner_option, struct socket *socket, int level, int option)
{
	owner_note_option(socket->sk, level, option);
	return 0;
}

SEC("fentry/security_socket_bind")
int BPF_PROG(owner_bound, struct socket *socket)
{
	owner_note_bound(socket->sk);
	return 0;
}

SEC("fentry/tcp_sendmsg_locked")
int BPF_PROG(owner_write, struct sock *sk, struct msghdr *message, size_t size)
{
	if (owner_typed_concerns(sk))
		owner_note_writes(sk, size);
	return 0;
}

SEC("fentry/do_tcp_sendpages")
int BPF_PROG(owner_write_page, struct sock *sk, void *page, int offset, size_t size)
{
	if (owner_typed_concerns(sk))
		owner_note_writes(sk, size);
	return 0;
}

SEC("fentry/tcp_rcv_space_adjust")
int BPF_PROG(owner_read_octets, struct sock *sk)
{
	if (owner_typed_concerns(sk))
		owner_note_reads(sk);
	return 0;
}

SEC("fentry/skb_consume_udp")
int BPF_PROG(owner_read_datagram, struct sock *sk, struct sk_buff *skb, int length)
{
	if (length >= 0)
		owner_note_datagram(sk->__sk_common.skc_cookie.counter, sk);
	return 0;
}

SEC("fentry/security_socket_recvmsg")
int BPF_PROG(owner_recvmsg, struct socket *socket)
{
	struct sock *sk = socket->sk;

	if (sk && sk->sk_protocol == IPPROTO_MPTCP && owner_is_inet(sk))
		owner_note_inet(sk, SOCKET_RECEIVED);
	return 0;
}
