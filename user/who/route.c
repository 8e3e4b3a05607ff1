// SPDX-License-Identifier: GPL-2.0-only
/* route.c - RTM_GETROUTE of rtnetlink(7) through libmnl. */
#include "route.h"

#include <errno.h>
#include <linux/rtnetlink.h>

#include <libmnl/libmnl.h>

#include "../base/util.h"
#include "netns.h"

struct route {
	struct mnl_socket *socket;
	unsigned int sequence;
};

int route_new(struct route **ret_route, int netns)
{
	struct route *route = calloc(1, sizeof(*route));
	int r;

	if (!route)
		return -ENOMEM;
	r = netns_open_netlink(netns, NETLINK_ROUTE, &route->socket);
	if (r < 0) {
		route_free(route);
		return r;
	}
	*ret_route = route;
	return 0;
}

void route_free(struct route *route)
{
	if (!route)
		return;
	if (route->socket)
		mnl_socket_close(route->socket);
	free(route);
}

static int route_handle(const struct nlmsghdr *message, void *argument)
{
	const struct rtmsg *body = mnl_nlmsg_get_payload(message);
	bool *is_local = argument;

	if (mnl_nlmsg_get_payload_len(message) >= sizeof(*body))
		*is_local = body->rtm_type == RTN_LOCAL || body->rtm_type == RTN_BROADCAST ||
			    body->rtm_type == RTN_MULTICAST;
	return MNL_CB_OK;
}

bool route_is_local(struct route *route, const struct addr *addr)
{
	char buffer[8192] __attribute__((aligned(4)));
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	bool ipv4 = addr_is_ipv4(addr), is_local = false;
	struct rtmsg *body;
	ssize_t length;

	message->nlmsg_type = RTM_GETROUTE;
	message->nlmsg_flags = NLM_F_REQUEST;
	message->nlmsg_seq = ++route->sequence;
	body = mnl_nlmsg_put_extra_header(message, sizeof(*body));
	body->rtm_family = ipv4 ? AF_INET : AF_INET6;
	body->rtm_dst_len = ipv4 ? 32 : 128;
	mnl_attr_put(message, RTA_DST, ipv4 ? 4 : 16, ipv4 ? addr->bytes + 12 : addr->bytes);
	if (mnl_socket_sendto(route->socket, message, message->nlmsg_len) < 0)
		return false;
	length = mnl_socket_recvfrom(route->socket, buffer, sizeof(buffer));
	if (length < 0 ||
	    mnl_cb_run(buffer, length, route->sequence, mnl_socket_get_portid(route->socket),
		       route_handle, &is_local) < 0)
		return false;
	return is_local;
}
