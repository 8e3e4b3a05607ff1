// SPDX-License-Identifier: GPL-2.0-only
/* route.c - RTM_GETROUTE of rtnetlink(7) through libmnl. */
#include "route.h"

#include <errno.h>
#include <linux/rtnetlink.h>

#include <libmnl/libmnl.h>

#include "../base/clock.h"
#include "../base/table.h"
#include "../base/util.h"
#include "netns.h"

#define ROUTE_ANSWERS_MAX 4096
#define ROUTE_ANSWER_NS CLOCK_NS_PER_SECOND /* routes change; floods ask the same again and again */

struct route {
	struct mnl_socket *socket;
	unsigned int sequence;
	struct table *answers; /* struct addr -> struct route_answer */
};

struct route_answer {
	uint64_t until_ns;
	bool is_local;
};

int route_new(struct route **ret_route, int netns)
{
	struct route *route = calloc(1, sizeof(*route));
	int r;

	if (!route)
		return -ENOMEM;
	r = table_new(&route->answers, sizeof(struct addr), sizeof(struct route_answer),
		      ROUTE_ANSWERS_MAX, NULL, NULL);
	if (r == 0)
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
	table_free(route->answers);
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

static bool route_ask(struct route *route, const struct addr *addr)
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

bool route_is_local(struct route *route, const struct addr *addr)
{
	struct route_answer *answer = table_put(route->answers, addr, NULL);
	uint64_t now_ns = clock_boot_ns();

	if (!answer)
		return route_ask(route, addr);
	if (now_ns >= answer->until_ns) {
		answer->is_local = route_ask(route, addr);
		answer->until_ns = now_ns + ROUTE_ANSWER_NS;
	}
	return answer->is_local;
}
