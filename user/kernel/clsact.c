// SPDX-License-Identifier: GPL-2.0-only
/* clsact.c - filters through libbpf, and the look whether others have some, through libmnl. */
#include "clsact.h"

#include <errno.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include <bpf/libbpf.h>
#include <libmnl/libmnl.h>

#include "../base/util.h"
#include "attach_mode.h"

static enum bpf_tc_attach_point clsact_point(enum direction direction)
{
	return direction == DIRECTION_IN ? BPF_TC_INGRESS : BPF_TC_EGRESS;
}

/* The filter that was left, replaced in one step; elsewhere before all other filters, if it can be. */
static int clsact_add_filter(const struct bpf_tc_hook *hook, int program, bool is_left,
			     struct interface_door *door)
{
	LIBBPF_OPTS(bpf_tc_opts, left, .prog_fd = program, .flags = BPF_TC_F_REPLACE,
		    .handle = door->filter_handle, .priority = door->filter_priority);
	LIBBPF_OPTS(bpf_tc_opts, first, .prog_fd = program, .priority = 1);
	LIBBPF_OPTS(bpf_tc_opts, any, .prog_fd = program);
	struct bpf_tc_opts *attempts[] = { &left, &first, &any };
	int r = -EINVAL;

	for (size_t i = is_left ? 0 : 1; i < ARRAY_SIZE(attempts); i++) {
		r = bpf_tc_attach(hook, attempts[i]);
		if (r < 0)
			continue; /* the first priority may belong to filters of another kind */
		door->filter_handle = attempts[i]->handle;
		door->filter_priority = attempts[i]->priority;
		return 0;
	}
	return r;
}

int clsact_attach(__u32 ifindex, enum direction direction, int program,
		  struct interface_record *record)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = clsact_point(direction));
	struct interface_door *door = &record->doors[direction];
	bool is_left = record->is_left && door->mode == ATTACH_CLSACT;
	int r = bpf_tc_hook_create(&hook);

	if (r == 0)
		record->made_clsact = 1;
	else if (r != -EEXIST)
		return r;
	return clsact_add_filter(&hook, program, is_left, door);
}

bool clsact_holds(__u32 ifindex, enum direction direction, const struct interface_door *door)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = clsact_point(direction));
	LIBBPF_OPTS(bpf_tc_opts, found, .handle = door->filter_handle,
		    .priority = door->filter_priority);
	int r = bpf_tc_query(&hook, &found);

	if (r < 0)
		return r != -ENOENT && r != -EINVAL;
	return found.prog_id == door->program;
}

int clsact_remove_filter(__u32 ifindex, enum direction direction,
			 const struct interface_door *door)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = clsact_point(direction));
	LIBBPF_OPTS(bpf_tc_opts, found, .handle = door->filter_handle,
		    .priority = door->filter_priority);
	LIBBPF_OPTS(bpf_tc_opts, ours, .handle = door->filter_handle,
		    .priority = door->filter_priority);

	if (door->mode != ATTACH_CLSACT || bpf_tc_query(&hook, &found) < 0 ||
	    found.prog_id != door->program)
		return 0;
	return bpf_tc_detach(&hook, &ours);
}

static int clsact_count_filter(const struct nlmsghdr *message, void *argument)
{
	if (message->nlmsg_type == RTM_NEWTFILTER)
		(*(unsigned int *)argument)++;
	return MNL_CB_OK;
}

static int clsact_count_filters(struct mnl_socket *socket, __u32 ifindex, __u32 parent,
				unsigned int *count)
{
	char buffer[16384];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct tcmsg *body;
	int r;

	request->nlmsg_type = RTM_GETTFILTER;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	body = mnl_nlmsg_put_extra_header(request, sizeof(*body));
	body->tcm_ifindex = ifindex;
	body->tcm_parent = parent;
	if (mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
		return -errno;
	do {
		ssize_t length = mnl_socket_recvfrom(socket, buffer, sizeof(buffer));

		if (length < 0)
			return -errno;
		r = mnl_cb_run(buffer, length, 0, mnl_socket_get_portid(socket),
			       clsact_count_filter, count);
	} while (r > MNL_CB_STOP);
	return r < 0 ? -errno : 0;
}

/* True only when it is certain that no filter is left. */
static bool clsact_is_empty(__u32 ifindex)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	unsigned int count = 0;
	bool known = socket && mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) == 0 &&
		     clsact_count_filters(socket, ifindex, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS),
					  &count) == 0 &&
		     clsact_count_filters(socket, ifindex, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS),
					  &count) == 0;

	if (socket)
		mnl_socket_close(socket);
	return known && count == 0;
}

int clsact_detach(__u32 ifindex, const struct interface_record *record)
{
	LIBBPF_OPTS(bpf_tc_hook, qdisc, .ifindex = ifindex,
		    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	int r = 0, one;

	for (enum direction direction = 0; direction < DIRECTION_COUNT; direction++) {
		one = clsact_remove_filter(ifindex, direction, &record->doors[direction]);
		r = r ? r : one;
	}
	if (record->made_clsact && clsact_is_empty(ifindex))
		bpf_tc_hook_destroy(&qdisc);
	return r;
}
