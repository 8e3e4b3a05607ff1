// SPDX-License-Identifier: GPL-2.0-only
/*
 * owner_tracepoint.bpf.c - the process's doors as tracepoints, for kernels built without the
 * others. Some come by after the fact: when a descriptor has changed hands, an acknowledgement can
 * leave before it is known who waits for the data.
 */
#include "owner.h"

char LICENSE[] SEC("license") = "GPL";

struct syscall_entry {
	__u64 common;
	__s64 number;
	__u64 arguments[6];
};

struct syscall_exit {
	__u64 common;
	__s64 number;
	__s64 result;
};

/* Linux 6.2: gives a pointer its type, so that what it points to is plainly loaded. Before, the
 * object is loaded without typed_task, which leaves no call of it. */
extern void *bpf_rdonly_cast(const void *pointer, __u32 type) __ksym __weak;

#define OWNER_CAST(type, pointer) \
	((type *)bpf_rdonly_cast(pointer, bpf_core_type_id_kernel(type)))

/* The open file behind a descriptor of the current process. */
static __always_inline struct file *owner_file(__s64 fd)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct fdtable *table = task->files->fdt;
	struct file **files = table->fd, *file = NULL;

	if (fd < 0 || fd >= table->max_fds)
		return NULL;
	bpf_probe_read_kernel(&file, sizeof(file), files + fd);
	return file;
}

/* accept() has given the current process a descriptor. */
static __always_inline void owner_note_descriptor(__s64 fd)
{
	struct file *file = owner_file(fd);
	struct socket *socket;
	struct sock *sk;

	if (!file)
		return;
	if (!typed_task) {
		owner_note_accepted(owner_file_sock(file));
		return;
	}
	file = OWNER_CAST(struct file, file);
	if ((file->f_inode->i_mode & S_IFMT) != S_IFSOCK || !file->private_data)
		return;
	socket = OWNER_CAST(struct socket, file->private_data);
	sk = socket->sk;
	if (sk && (sk->sk_protocol == IPPROTO_MPTCP || owner_typed_concerns(sk)))
		owner_note_accepted(sk);
}

SEC("tracepoint/syscalls/sys_exit_accept")
int owner_accept(struct syscall_exit *ctx)
{
	owner_note_descriptor(ctx->result);
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_accept4")
int owner_accept4(struct syscall_exit *ctx)
{
	owner_note_descriptor(ctx->result);
	return 0;
}

struct user_message { /* struct msghdr of socket(2)'s callers */
	__u64 name;
	__u64 name_length;
	__u64 parts;
	__u64 part_count;
	__u64 control;
	__u64 control_length;
};

/* Descriptors may be passed (SCM_RIGHTS): what the process had, another one may have from now on. */
SEC("tracepoint/syscalls/sys_enter_sendmsg")
int owner_pass(struct syscall_entry *ctx)
{
	struct user_message message;
	struct life *life;

	if (bpf_probe_read_user(&message, sizeof(message), (void *)ctx->arguments[1]) < 0 ||
	    !message.control_length)
		return 0;
	board.passed_boot_ns = bpf_ktime_get_boot_ns();
	life = owner_find_life((void *)bpf_get_current_task());
	if (life)
		life->shared_boot_ns = board.passed_boot_ns;
	return 0;
}

/* Of another process's, copied. */
SEC("tracepoint/syscalls/sys_exit_pidfd_getfd")
int owner_copy(struct syscall_exit *ctx)
{
	owner_note_passed(owner_file_sock(owner_file(ctx->result)));
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_bind")
int owner_bound(struct syscall_entry *ctx)
{
	owner_note_bound(owner_file_sock(owner_file((int)ctx->arguments[0])));
	return 0;
}

/* From within sendmsg, with the socket locked, before each piece: 6.17 on. */
SEC("tp_btf/tcp_sendmsg_locked")
int BPF_PROG(owner_write, struct sock *sk, struct msghdr *message)
{
	if (owner_typed_concerns(sk))
		owner_note_written(sk, sk->__sk_common.skc_cookie.counter,
				   BPF_CORE_READ(message, msg_iter.count), true);
	return 0;
}

/*
 * A packet socket's frames have left by then: the way out has told the task. One that asked for
 * PACKET_QDISC_BYPASS by whatever call passes the way out by.
 */
SEC("tp_btf/sock_send_length")
int BPF_PROG(owner_sendmsg, struct sock *sk)
{
	__u16 family = sk->__sk_common.skc_family;

	if (family == AF_PACKET)
		owner_note_bypass(sk);
	if (family == AF_PACKET || sk->sk_protocol == IPPROTO_MPTCP)
		owner_note_sends(sk, true);
	return 0;
}

#define MSG_PEEK 2
#define MSG_ERRQUEUE 0x2000

SEC("tp_btf/sock_recv_length")
int BPF_PROG(owner_recvmsg, struct sock *sk, int length, int flags)
{
	if (length < 0 || flags & (MSG_PEEK | MSG_ERRQUEUE))
		return 0;
	if (sk->sk_protocol == IPPROTO_MPTCP && length && owner_is_inet(sk))
		owner_note_inet(sk, SOCKET_RECEIVED);
	else if (sk->sk_type == SOCK_DGRAM && owner_is_datagram(sk->sk_protocol))
		owner_note_datagram(sk->__sk_common.skc_cookie.counter, sk);
	return 0;
}

/* With the socket locked, after octets were taken by whatever call, splice() too; or looked at. */
SEC("tp_btf/tcp_rcv_space_adjust")
int BPF_PROG(owner_read_octets, struct sock *sk)
{
	struct tcp_sock *tcp = (void *)sk;

	if (owner_typed_concerns(sk))
		owner_note_taken(sk->__sk_common.skc_cookie.counter,
				 BPF_CORE_READ(tcp, copied_seq));
	return 0;
}
