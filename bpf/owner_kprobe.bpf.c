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
	owner_note_sock(sk, SOCKET_ACCEPTED);
	return 0;
}

SEC("kprobe/security_socket_sendmsg")
int BPF_KPROBE(owner_sendmsg, struct socket *socket)
{
	owner_note_sock(BPF_CORE_READ(socket, sk), SOCKET_SENT);
	return 0;
}

SEC("kprobe/security_socket_recvmsg")
int BPF_KPROBE(owner_recvmsg, struct socket *socket)
{
	owner_note_sock(BPF_CORE_READ(socket, sk), SOCKET_RECEIVED);
	return 0;
}

/* sendfile() and splice() before 6.5, which removed it. */
SEC("kprobe/inet_sendpage")
int BPF_KPROBE(owner_sendpage, struct socket *socket)
{
	owner_note_sock(BPF_CORE_READ(socket, sk), SOCKET_SENT);
	return 0;
}

/* A descriptor that another process passed (SCM_RIGHTS, pidfd_getfd). */
SEC("kprobe/security_file_receive")
int BPF_KPROBE(owner_take, struct file *file)
{
	owner_note_sock(owner_file_sock(file), SOCKET_RECEIVED);
	return 0;
}

SEC("kprobe/security_socket_setsockopt")
int BPF_KPROBE(owner_option, struct socket *socket, int level, int option)
{
	owner_note_option(BPF_CORE_READ(socket, sk), level, option);
	return 0;
}
