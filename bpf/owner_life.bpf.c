// SPDX-License-Identifier: GPL-2.0-only
/*
 * owner_life.bpf.c - what becomes of the processes that user space was told of: they execute
 * another program, or end. Classic tracepoints, which run with preemption off.
 */
#include "owner.h"

char LICENSE[] SEC("license") = "GPL";

SEC("tracepoint/sched/sched_process_exec")
int owner_executes(void *ctx)
{
	__u64 task = bpf_get_current_task();

	if (owner_find_life((void *)task))
		process_tell(task, true);
	return 0;
}

/* Comes by for each thread, before its files are closed; the last one ends the process. */
SEC("tracepoint/sched/sched_process_exit")
int owner_ends(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct life *life;

	if (BPF_CORE_READ(task, signal, live.counter) != 0)
		return 0;
	life = owner_find_life(task);
	if (life)
		life->ended_boot_ns = bpf_ktime_get_boot_ns();
	return 0;
}

/* A new thread is no child. */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(owner_forks, struct task_struct *parent, struct task_struct *child)
{
	struct life *life;

	if (parent->tgid == child->tgid)
		return 0;
	life = owner_find_life(parent);
	if (life)
		life->shared_boot_ns = bpf_ktime_get_boot_ns();
	return 0;
}
