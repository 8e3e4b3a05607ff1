// SPDX-License-Identifier: GPL-2.0-only
/*
 * owner_fentry.bpf.c - the same doors as fentry programs. A preemptible kernel skips such a
 * program while it is in the middle of another run on that CPU, silently: so the loader attaches
 * three copies of this object, which write the same.
 */
#include "owner.h"

char LICENSE[] SEC("license") = "GPL";

SEC("fentry/security_sock_graft")
int BPF_PROG(owner_accept, struct sock *sk)
{
	owner_note_typed(sk, SOCKET_ACCEPTED);
	return 0;
}

SEC("fentry/security_socket_sendmsg")
int BPF_PROG(owner_sendmsg, struct socket *socket)
{
	owner_note_typed(socket->sk, SOCKET_SENT);
	return 0;
}

SEC("fentry/security_socket_recvmsg")
int BPF_PROG(owner_recvmsg, struct socket *socket)
{
	owner_note_typed(socket->sk, SOCKET_RECEIVED);
	return 0;
}

SEC("fentry/security_file_receive")
int BPF_PROG(owner_take, struct file *file)
{
	owner_note_sock(owner_file_sock(file), SOCKET_RECEIVED);
	return 0;
}

SEC("fentry/security_socket_setsockopt")
int BPF_PROG(owner_option, struct socket *socket, int level, int option)
{
	owner_note_option(BPF_CORE_READ(socket, sk), level, option);
	return 0;
}
