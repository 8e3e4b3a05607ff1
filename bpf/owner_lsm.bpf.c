// SPDX-License-Identifier: GPL-2.0-only
/*
 * owner_lsm.bpf.c - the process's doors as LSM programs, which observe and allow everything. From
 * 6.1 on nothing ever skips them.
 */
#include "owner.h"

char LICENSE[] SEC("license") = "GPL";

SEC("lsm/sock_graft")
void BPF_PROG(owner_accept, struct sock *sk)
{
	owner_note_typed(sk, SOCKET_ACCEPTED);
}

SEC("lsm/socket_sendmsg")
int BPF_PROG(owner_sendmsg, struct socket *socket)
{
	owner_note_typed(socket->sk, SOCKET_SENT);
	return 0;
}

SEC("lsm/socket_recvmsg")
int BPF_PROG(owner_recvmsg, struct socket *socket)
{
	owner_note_typed(socket->sk, SOCKET_RECEIVED);
	return 0;
}

SEC("lsm/file_receive")
int BPF_PROG(owner_take, struct file *file)
{
	owner_note_sock(owner_file_sock(file), SOCKET_RECEIVED);
	return 0;
}

SEC("lsm/socket_setsockopt")
int BPF_PROG(owner_option, struct socket *socket, int level, int option)
{
	owner_note_option(socket->sk, level, option);
	return 0;
}
