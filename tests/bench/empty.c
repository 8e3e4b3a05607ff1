// SPDX-License-Identifier: GPL-2.0-only
/* empty.c - two instructions: go on. */
#include "empty.h"

#include <errno.h>

#include <bpf/bpf.h>

#include "../../user/base/util.h"
#include "../../user/kernel/detached.h"

static const struct {
	enum bpf_prog_type program;
	enum bpf_attach_type attach;
} hooks[EMPTY_HOOKS] = {
	{ BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE },
	{ BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET4_POST_BIND },
	{ BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET6_POST_BIND },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_CONNECT },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP4_SENDMSG },
	{ BPF_PROG_TYPE_SOCK_OPS, BPF_CGROUP_SOCK_OPS },
	{ BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS },
	{ BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS },
};

static int empty_attach_one(int root, size_t hook)
{
	static const struct bpf_insn go_on[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = hooks[hook].attach);
	_cleanup_close_ int program = bpf_prog_load(hooks[hook].program, "empty", "GPL", go_on,
						    ARRAY_SIZE(go_on), &options);

	return program < 0 ? program : bpf_link_create(program, root, hooks[hook].attach, NULL);
}

int empty_attach(struct empty *empty)
{
	_cleanup_close_ int root = detached_mount("cgroup2");
	int r = MIN(root, 0);

	for (size_t hook = 0; hook < EMPTY_HOOKS; hook++) {
		empty->links[hook] = r < 0 ? -1 : empty_attach_one(root, hook);
		r = MIN(r, empty->links[hook]);
	}
	if (r < 0)
		empty_detach(empty);
	return MIN(r, 0);
}

void empty_detach(struct empty *empty)
{
	for (size_t hook = 0; hook < EMPTY_HOOKS; hook++)
		util_close_fd(&empty->links[hook]);
}
