// SPDX-License-Identifier: GPL-2.0-only
/*
 * owner_lsm.bpf.c - the process's doors as LSM programs, which observe and allow everything. From
 * 6.1 on nothing ever skips them. Who wrote and took what is met by another rung's hooks beside
 * them: no LSM hook comes after the fact.
 */
#include "owner.h"

char LICENSE[] SEC("license") = "GPL";

SEC("lsm/sock_graft")
void BPF_PROG(owner_accept, struct sock *sk)
{
	owner_note_accepted(sk);
}

SEC("lsm/socket_sendmsg")
int BPF_PROG(owner_sendmsg, struct socket *socket)
{
	owner_note_sends(socket->sk, false);
	return 0;
}

SEC("lsm/file_receive")
int BPF_PROG(owner_take, struct file *file)
{
	owner_note_passed(owner_file_sock(file));
	return 0;
}

SEC("lsm/socket_setsockopt")
int BPF_PROG(owner_option, struct socket *socket, int level, int option)
{
	owner_note_option(socket->sk, level, option);
	return 0;
}

SEC("lsm/socket_bind")
int BPF_PROG(owner_bound, struct socket *socket)
{
	owner_note_bound(socket->sk);
	return 0;
}
