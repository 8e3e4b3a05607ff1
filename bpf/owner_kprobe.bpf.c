// SPDX-License-Identifier: GPL-2.0-only
/*
 * owner_kprobe.bpf.c - the process's doors as kprobes, on functions whose arguments have been the
 * same from 5.10 on. A kprobe runs with preemption off; it is skipped only when its process has
 * preempted another in the middle of bpf(2), which a preemptible kernel allows.
 */
#include "owner.h"

char LICENSE[] SEC("license") = "GPL";

/* accept(), io_uring's too, in the process that accepts. */
SEC("kprobe/security_sock_graft")
int BPF_KPROBE(owner_accept, struct sock *sk)
{
	owner_note_accepted(sk);
	return 0;
}

SEC("kprobe/security_socket_sendmsg")
int BPF_KPROBE(owner_sendmsg, struct socket *socket)
{
	owner_note_sends(BPF_CORE_READ(socket, sk), false);
	return 0;
}

/* A descriptor that another process passed (SCM_RIGHTS, pidfd_getfd). */
SEC("kprobe/security_file_receive")
int BPF_KPROBE(owner_take, struct file *file)
{
	owner_note_passed(owner_file_sock(file));
	return 0;
}

SEC("kprobe/security_socket_setsockopt")
int BPF_KPROBE(owner_option, struct socket *socket, int level, int option)
{
	owner_note_option(BPF_CORE_READ(socket, sk), level, option);
	return 0;
}

SEC("kprobe/security_socket_bind")
int BPF_KPROBE(owner_bound, struct socket *socket)
{
	owner_note_bound(BPF_CORE_READ(socket, sk));
	return 0;
}

/* With the socket locked, at the beginning of a call. */
SEC("kprobe/tcp_sendmsg_locked")
int BPF_KPROBE(owner_write, struct sock *sk, struct msghdr *message, size_t size)
{
	owner_note_writes(sk, size);
	return 0;
}

/* sendfile() and splice() before 6.5, which removed it; a page, or a piece of one. */
SEC("kprobe/do_tcp_sendpages")
int BPF_KPROBE(owner_write_page, struct sock *sk, void *page, int offset, size_t size)
{
	owner_note_writes(sk, size);
	return 0;
}

/* With the socket locked, after octets were taken by whatever call, splice() too; or looked at. */
SEC("kprobe/tcp_rcv_space_adjust")
int BPF_KPROBE(owner_read_octets, struct sock *sk)
{
	owner_note_reads(sk);
	return 0;
}

/* In the call that has taken the datagram out; length is negative when it only looked at it. */
SEC("kprobe/skb_consume_udp")
int BPF_KPROBE(owner_read_datagram, struct sock *sk, struct sk_buff *skb, int length)
{
	if (length >= 0)
		owner_note_datagram(owner_cookie(sk), sk);
	return 0;
}

/* Multipath TCP has no numbers of its own on the wire: who used it last. */
SEC("kprobe/security_socket_recvmsg")
int BPF_KPROBE(owner_recvmsg, struct socket *socket)
{
	struct sock *sk = BPF_CORE_READ(socket, sk);

	if (sk && owner_is_inet(sk) && BPF_CORE_READ(sk, sk_protocol) == IPPROTO_MPTCP)
		owner_note_inet(sk, SOCKET_RECEIVED);
	return 0;
}
