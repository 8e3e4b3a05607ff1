/* SPDX-License-Identifier: GPL-2.0-only */
/* owner_socket.h - what the owner hooks ask of a socket. Ports are in host byte order. */
#ifndef PORTSENTINEL_OWNER_SOCKET_H
#define PORTSENTINEL_OWNER_SOCKET_H

#include "vmlinux.h"

#include <linux/in.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "abi.h"
#include "process.h"
#include "watch.h"

#define AF_INET 2
#define AF_INET6 10
#define AF_PACKET 17
#define AF_XDP 44
#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define SOCK_RAW 3
#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static __always_inline bool owner_is_watched(enum protocol protocol, __u16 port)
{
	return watch_find(protocol, bpf_htons(port));
}

/*
 * Can this socket's packets be asked for? They have a watched port, or may stand behind some that
 * have: where addresses are translated, or a tunnel is.
 */
static __always_inline bool owner_concerns(enum protocol protocol, __u16 local, __u16 remote)
{
	return owner_is_watched(protocol, local) || owner_is_watched(protocol, remote) ||
	       board.all_sockets;
}

static __always_inline bool owner_is_inet(struct sock *sk)
{
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);

	return family == AF_INET || family == AF_INET6;
}

static __always_inline __u64 owner_cookie(struct sock *sk)
{
	return BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);
}

static __always_inline __u32 owner_netns(struct sock *sk)
{
	return BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
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

/* A subflow of Multipath TCP is the kernel's only by name: its connection's process has it. */
static __always_inline bool owner_is_subflow(struct sock *sk)
{
	struct tcp_sock *tcp = (void *)sk;

	return bpf_core_field_exists(tcp->is_mptcp) &&
	       BPF_CORE_READ(sk, sk_protocol) == IPPROTO_TCP && BPF_CORE_READ(tcp, is_mptcp);
}

/* The socket that stands for all of the connection's subflows: the first; NULL: it is gone. */
static __always_inline struct sock *owner_first_subflow(struct sock *sk)
{
	struct inet_connection_sock *connection = (void *)sk;
	struct mptcp_subflow_context *context = BPF_CORE_READ(connection, icsk_ulp_data);
	struct mptcp_sock *mptcp;

	if (!bpf_core_field_exists(context->conn) || !context)
		return NULL;
	mptcp = (void *)BPF_CORE_READ(context, conn);
	return mptcp ? BPF_CORE_READ(mptcp, first) : NULL;
}

static __always_inline struct file *owner_sock_file(struct sock *sk)
{
	return BPF_CORE_READ(sk, sk_socket, file);
}

/* Its inode's number; 0: nobody has it open (yet). */
static __always_inline __u64 owner_inode(struct sock *sk)
{
	struct file *file = owner_sock_file(sk);

	return file ? BPF_CORE_READ(file, f_inode, i_ino) : 0;
}

/* Has it one descriptor alone, in one process? Who waits in a call of it counts as another. */
static __always_inline bool owner_is_sole(struct sock *sk)
{
	struct file *file = owner_sock_file(sk);
	struct file___before_6_13 *old = (void *)file;

	if (!file)
		return false;
	if (bpf_core_field_exists(old->f_count))
		return BPF_CORE_READ(old, f_count.counter) == 1;
	return BPF_CORE_READ(file, f_ref.refcnt.counter) == 0;
}

/* Datagrams that wait in it. */
static __always_inline __u32 owner_queued(struct sock *sk)
{
	struct udp_sock *udp = (void *)sk;

	return BPF_CORE_READ(sk, sk_receive_queue.qlen) + BPF_CORE_READ(udp, reader_queue.qlen);
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

/*
 * Spares the sockets whose ports nobody asks for: only TCP and UDP sockets have ports. One of UDP
 * that is not connected can get any peer's packets.
 */
static __always_inline bool owner_may_concern(__u16 type, __u16 protocol, __u16 local, __u16 remote)
{
	if (type == SOCK_STREAM && protocol == IPPROTO_TCP)
		return owner_concerns(PROTOCOL_TCP, local, remote);
	if (type == SOCK_DGRAM && protocol == IPPROTO_UDP)
		return owner_concerns(PROTOCOL_UDP, local, remote);
	return true;
}

static __always_inline bool owner_sock_concerns(struct sock *sk)
{
	return owner_may_concern(BPF_CORE_READ(sk, sk_type), BPF_CORE_READ(sk, sk_protocol),
				 BPF_CORE_READ(sk, __sk_common.skc_num),
				 bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport)));
}

/* The same of a socket whose type the verifier knows: its members are plain loads. */
static __always_inline bool owner_typed_concerns(struct sock *sk)
{
	return owner_may_concern(sk->sk_type, sk->sk_protocol, sk->__sk_common.skc_num,
				 bpf_ntohs(sk->__sk_common.skc_dport));
}

#endif
