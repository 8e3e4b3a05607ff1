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

/* The socket behind a descriptor of the current process. */
static __always_inline struct sock *owner_descriptor(__s64 fd)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct fdtable *table = task->files->fdt;
	struct file **files = table->fd, *file = NULL;

	if (fd < 0 || fd >= table->max_fds)
		return NULL;
	bpf_probe_read_kernel(&file, sizeof(file), files + fd);
	return owner_file_sock(file);
}

SEC("tracepoint/syscalls/sys_exit_accept")
int owner_accept(struct syscall_exit *ctx)
{
	owner_note_sock(owner_descriptor(ctx->result), SOCKET_ACCEPTED);
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_accept4")
int owner_accept4(struct syscall_exit *ctx)
{
	owner_note_sock(owner_descriptor(ctx->result), SOCKET_ACCEPTED);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_setsockopt")
int owner_option(struct syscall_entry *ctx)
{
	if (ctx->arguments[1] == SOL_PACKET)
		owner_note_option(owner_descriptor((int)ctx->arguments[0]), ctx->arguments[1],
				  ctx->arguments[2]);
	return 0;
}

/* Who waits for what is yet to come. read() is every file's: it is met when it returns. */
SEC("tracepoint/syscalls/sys_enter_recvfrom")
int owner_recvfrom_entry(struct syscall_entry *ctx)
{
	owner_note_sock(owner_descriptor((int)ctx->arguments[0]), SOCKET_RECEIVED);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_recvmsg")
int owner_recvmsg_entry(struct syscall_entry *ctx)
{
	owner_note_sock(owner_descriptor((int)ctx->arguments[0]), SOCKET_RECEIVED);
	return 0;
}

/* From within sendmsg, before the packets leave: 6.17 on. */
SEC("tp_btf/tcp_sendmsg_locked")
int BPF_PROG(owner_tcp_sendmsg, struct sock *sk)
{
	owner_note_typed(sk, SOCKET_SENT);
	return 0;
}

SEC("tp_btf/sock_send_length")
int BPF_PROG(owner_sendmsg, struct sock *sk)
{
	owner_note_typed(sk, SOCKET_SENT);
	return 0;
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(owner_recvmsg, struct sock *sk)
{
	owner_note_typed(sk, SOCKET_RECEIVED);
	return 0;
}
