// SPDX-License-Identifier: GPL-2.0-only
/* links.c - rtnetlink (rtnetlink(7)) through libmnl. */
#include "links.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <sys/epoll.h>

#include <libmnl/libmnl.h>

#include "../base/log.h"
#include "../base/table.h"
#include "../base/text.h"
#include "../base/util.h"

#define LINKS_ADDRESSES_MAX 65536

struct links {
	struct mnl_socket *events; /* group messages */
	struct mnl_socket *requests; /* dumps */
	struct loop_source *source;
	struct table *addresses; /* struct addr -> nothing */
	bool addresses_stale;
	links_changed *changed;
	void *argument;
};

bool link_has_ethernet(const struct link *link)
{
	return link->type == ARPHRD_ETHER || link->type == ARPHRD_LOOPBACK;
}

bool link_carries_ip(const struct link *link)
{
	static const uint16_t bare[] = { ARPHRD_NONE,	ARPHRD_PPP,   ARPHRD_TUNNEL, ARPHRD_TUNNEL6,
					 ARPHRD_SIT,	ARPHRD_IPGRE, ARPHRD_IP6GRE, ARPHRD_RAWIP };

	for (size_t i = 0; i < ARRAY_SIZE(bare); i++)
		if (link->type == bare[i])
			return true;
	return link_has_ethernet(link);
}

bool link_is_hardware(const struct link *link)
{
	return link->type == ARPHRD_ETHER && link->kind[0] == '\0';
}

/* Do its packets pass another link of this namespace too? */
static bool link_is_stacked(const struct link *link)
{
	static const char *const stacked[] = { "bridge",  "bond",   "team",    "vlan", "macvlan",
					       "macvtap", "ipvlan", "ipvtap", "vrf",  "hsr" };

	for (size_t i = 0; i < ARRAY_SIZE(stacked); i++)
		if (util_streq(link->kind, stacked[i]))
			return true;
	return link->master && (util_streq(link->kind, "veth") || util_streq(link->kind, "tun"));
}

static bool link_in_auto(const struct link *link)
{
	return link_carries_ip(link) && !link_is_stacked(link);
}

bool link_matches(const struct link *link, const char *pattern)
{
	_cleanup_free_ char *copy = strdup(pattern);
	bool included = false, has_include = false, excluded = false;
	char *rest = copy, *item;

	if (!copy)
		return false;
	while ((item = text_next_item(&rest))) {
		if (item[0] == '!') {
			excluded |= text_glob(item + 1, link->name);
			continue;
		}
		has_include = true;
		included |= util_streq(item, "auto") ? link_in_auto(link) :
						       text_glob(item, link->name);
	}
	if (!has_include)
		included = link_in_auto(link);
	return included && !excluded;
}

static int link_parse_info(const struct nlattr *attribute, void *argument)
{
	struct link *link = argument;

	if (mnl_attr_get_type(attribute) == IFLA_INFO_KIND &&
	    mnl_attr_validate(attribute, MNL_TYPE_STRING) == 0)
		snprintf(link->kind, sizeof(link->kind), "%s", mnl_attr_get_str(attribute));
	return MNL_CB_OK;
}

static int link_parse_attribute(const struct nlattr *attribute, void *argument)
{
	struct link *link = argument;

	switch (mnl_attr_get_type(attribute)) {
	case IFLA_IFNAME:
		snprintf(link->name, sizeof(link->name), "%s", mnl_attr_get_str(attribute));
		break;
	case IFLA_MASTER:
		link->master = mnl_attr_get_u32(attribute);
		break;
	case IFLA_LINKINFO:
		mnl_attr_parse_nested(attribute, link_parse_info, link);
		break;
	}
	return MNL_CB_OK;
}

static void links_handle_link(struct links *links, const struct nlmsghdr *message)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	struct link link = {
		.index = info->ifi_index,
		.type = info->ifi_type,
		.flags = info->ifi_flags,
	};

	/* A bridge's own messages about its ports: no news of the link itself. */
	if (info->ifi_family != AF_UNSPEC)
		return;
	mnl_attr_parse(message, sizeof(*info), link_parse_attribute, &link);
	links->changed(links->argument, &link, message->nlmsg_type == RTM_DELLINK);
}

static int link_parse_address(const struct nlattr *attribute, void *argument)
{
	const struct nlattr **ret_address = argument;
	int type = mnl_attr_get_type(attribute);

	/* On point-to-point links IFA_ADDRESS is the other end's. */
	if (type == IFA_LOCAL || (type == IFA_ADDRESS && !*ret_address))
		*ret_address = attribute;
	return MNL_CB_OK;
}

/* The subnet's broadcast address, which the kernel takes for its own (fib_add_ifaddr()). */
static void links_add_broadcast(struct links *links, const void *own, unsigned int prefix_length)
{
	uint32_t network;
	struct addr addr;

	if (prefix_length >= 31)
		return;
	memcpy(&network, own, sizeof(network));
	network |= htonl(0xffffffffU >> prefix_length);
	addr = addr_from_ipv4(&network);
	table_put(links->addresses, &addr, NULL);
}

static void links_handle_address(struct links *links, const struct nlmsghdr *message)
{
	const struct ifaddrmsg *info = mnl_nlmsg_get_payload(message);
	bool ipv4 = info->ifa_family == AF_INET;
	const struct nlattr *attribute = NULL;
	const void *own;
	struct addr addr;

	mnl_attr_parse(message, sizeof(*info), link_parse_address, &attribute);
	if (!attribute || mnl_attr_get_payload_len(attribute) < (ipv4 ? 4 : 16))
		return;
	own = mnl_attr_get_payload(attribute);
	addr = ipv4 ? addr_from_ipv4(own) : addr_from_ipv6(own);
	table_put(links->addresses, &addr, NULL);
	if (ipv4)
		links_add_broadcast(links, own, info->ifa_prefixlen);
}

static int links_handle_dumped(const struct nlmsghdr *message, void *argument)
{
	switch (message->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		links_handle_link(argument, message);
		break;
	case RTM_NEWADDR:
		links_handle_address(argument, message);
		break;
	}
	return MNL_CB_OK;
}

static int links_handle_event(const struct nlmsghdr *message, void *argument)
{
	struct links *links = argument;

	if (message->nlmsg_type == RTM_NEWADDR || message->nlmsg_type == RTM_DELADDR)
		links->addresses_stale = true;
	else
		links_handle_dumped(message, links);
	return MNL_CB_OK;
}

static int links_dump(struct links *links, uint16_t type)
{
	char buffer[32768];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	unsigned int port = mnl_socket_get_portid(links->requests);
	int r;

	request->nlmsg_type = type;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	request->nlmsg_seq = 1;
	mnl_nlmsg_put_extra_header(request, type == RTM_GETLINK ? sizeof(struct ifinfomsg) :
								  sizeof(struct ifaddrmsg));
	if (mnl_socket_sendto(links->requests, request, request->nlmsg_len) < 0)
		return -errno;
	do {
		ssize_t length = mnl_socket_recvfrom(links->requests, buffer, sizeof(buffer));

		if (length < 0)
			return -errno;
		r = mnl_cb_run(buffer, length, 1, port, links_handle_dumped, links);
	} while (r > MNL_CB_STOP);
	return r < 0 ? -errno : 0;
}

int links_rescan(struct links *links)
{
	return links_dump(links, RTM_GETLINK);
}

static void links_on_event(void *argument, uint32_t events)
{
	struct links *links = argument;
	char buffer[32768];
	ssize_t length;

	(void)events;
	length = mnl_socket_recvfrom(links->events, buffer, sizeof(buffer));
	if (length >= 0) {
		mnl_cb_run(buffer, length, 0, 0, links_handle_event, links);
		return;
	}
	if (errno != ENOBUFS)
		return;
	/* Messages were lost: read everything anew. */
	links->addresses_stale = true;
	links_rescan(links);
}

static int links_open(struct links *links, struct loop *loop)
{
	static const int groups[] = { RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR };

	links->events = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	links->requests = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!links->events || !links->requests ||
	    mnl_socket_bind(links->events, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_bind(links->requests, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		if (mnl_socket_setsockopt(links->events, NETLINK_ADD_MEMBERSHIP, (void *)&groups[i],
					  sizeof(groups[i])) < 0)
			return -errno;
	return loop_add_fd(loop, mnl_socket_get_fd(links->events), EPOLLIN, links_on_event, links,
			   &links->source);
}

int links_new(struct links **ret_links, struct loop *loop, links_changed *changed, void *argument)
{
	struct links *links = calloc(1, sizeof(*links));
	int r;

	if (!links)
		return -ENOMEM;
	links->changed = changed;
	links->argument = argument;
	links->addresses_stale = true;
	r = table_new(&links->addresses, sizeof(struct addr), 1, LINKS_ADDRESSES_MAX, NULL, NULL);
	if (r == 0)
		r = links_open(links, loop);
	if (r < 0) {
		links_free(links);
		return r;
	}
	*ret_links = links;
	return links_rescan(links);
}

void links_free(struct links *links)
{
	if (!links)
		return;
	loop_source_free(links->source);
	if (links->events)
		mnl_socket_close(links->events);
	if (links->requests)
		mnl_socket_close(links->requests);
	table_free(links->addresses);
	free(links);
}

static void links_forget_address(void *argument, const void *key, void *value)
{
	struct links *links = argument;

	(void)value;
	table_remove(links->addresses, key);
}

bool links_is_local(struct links *links, const struct addr *addr)
{
	if (addr_is_loopback(addr) || addr_is_multicast(addr))
		return true;
	if (links->addresses_stale) {
		table_visit(links->addresses, links_forget_address, links);
		links->addresses_stale = links_dump(links, RTM_GETADDR) < 0;
	}
	return table_get(links->addresses, addr) != NULL;
}
