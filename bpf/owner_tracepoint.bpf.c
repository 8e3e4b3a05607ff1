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

/* The current process did this with the socket behind a descriptor, if there is one. */
static __always_inline void owner_note_descriptor(__s64 fd, enum socket_role role)
{
	struct file *file = owner_file(fd);
	struct socket *socket;

	if (!file)
		return;
	if (!typed_task) {
		owner_note_sock(owner_file_sock(file), role);
		return;
	}
	file = OWNER_CAST(struct file, file);
	if ((file->f_inode->i_mode & S_IFMT) != S_IFSOCK || !file->private_data)
		return;
	socket = OWNER_CAST(struct socket, file->private_data);
	owner_note_typed(socket->sk, role);
}

SEC("tracepoint/syscalls/sys_exit_accept")
int owner_accept(struct syscall_exit *ctx)
{
	owner_note_descriptor(ctx->result, SOCKET_ACCEPTED);
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_accept4")
int owner_accept4(struct syscall_exit *ctx)
{
	owner_note_descriptor(ctx->result, SOCKET_ACCEPTED);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_setsockopt")
int owner_option(struct syscall_entry *ctx)
{
	if (ctx->arguments[1] == SOL_PACKET)
		owner_note_option(owner_file_sock(owner_file((int)ctx->arguments[0])),
				  ctx->arguments[1], ctx->arguments[2]);
	return 0;
}

/* Who waits for what is yet to come. read() is every file's: it is met when it returns. */
SEC("tracepoint/syscalls/sys_enter_recvfrom")
int owner_recvfrom_entry(struct syscall_entry *ctx)
{
	owner_note_descriptor((int)ctx->arguments[0], SOCKET_RECEIVED);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_recvmsg")
int owner_recvmsg_entry(struct syscall_entry *ctx)
{
	owner_note_descriptor((int)ctx->arguments[0], SOCKET_RECEIVED);
	return 0;
}

/* From within sendmsg, before the packets leave: 6.17 on. */
SEC("tp_btf/tcp_sendmsg_locked")
int BPF_PROG(owner_tcp_sendmsg, struct sock *sk)
{
	owner_note_typed(sk, SOCKET_SENT);
	return 0;
}

/* After the packets have left: no more place for the sender of a packet socket without a cookie. */
SEC("tp_btf/sock_send_length")
int BPF_PROG(owner_sendmsg, struct sock *sk)
{
	if (sk->__sk_common.skc_family == AF_PACKET && !sk->__sk_common.skc_cookie.counter)
		return 0;
	owner_note_typed(sk, SOCKET_SENT);
	return 0;
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(owner_recvmsg, struct sock *sk)
{
	owner_note_typed(sk, SOCKET_RECEIVED);
	return 0;
}
