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

#define LINKS_MAX 65536
#define LINKS_ADDRESSES_MAX 65536
#define LINKS_DUMP_ATTEMPTS 5 /* while what is dumped changes */

struct links {
	struct mnl_socket *events; /* group messages */
	struct loop_source *source;
	struct table *known; /* index of each link that `changed` was told of -> struct known */
	uint32_t scan; /* the newest scan of all links */
	bool is_stale; /* messages were lost, and the scan that makes up for them failed */
	struct table *addresses; /* struct addr -> nothing */
	bool addresses_stale;
	uint64_t addresses_generation;
	links_changed *changed;
	void *argument;
};

struct known {
	uint32_t scan; /* the last one that met the link */
	struct link link;
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
	case IFLA_ADDRESS:
		link->has_address = mnl_attr_get_payload_len(attribute) == sizeof(link->address);
		if (link->has_address)
			memcpy(link->address, mnl_attr_get_payload(attribute),
			       sizeof(link->address));
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

/* Without memory a link is only not missed when it vanishes unnoticed, ignoring. */
static void links_tell(struct links *links, const struct link *link, bool gone)
{
	struct known *known;

	if (gone) {
		table_remove(links->known, &link->index);
	} else if ((known = table_put(links->known, &link->index, NULL))) {
		known->scan = links->scan;
		known->link = *link;
	}
	links->changed(links->argument, link, gone);
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
	links_tell(links, &link, message->nlmsg_type == RTM_DELLINK);
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
static void links_add_broadcast(struct table *addresses, const void *own,
				unsigned int prefix_length)
{
	uint32_t network;
	struct addr addr;

	if (prefix_length >= 31)
		return;
	memcpy(&network, own, sizeof(network));
	network |= htonl(0xffffffffU >> prefix_length);
	addr = addr_from_ipv4(&network);
	table_put(addresses, &addr, NULL);
}

static void links_add_address(struct table *addresses, const struct nlmsghdr *message)
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
	table_put(addresses, &addr, NULL);
	if (ipv4)
		links_add_broadcast(addresses, own, info->ifa_prefixlen);
}

static int links_on_dumped_link(const struct nlmsghdr *message, void *argument)
{
	if (message->nlmsg_type == RTM_NEWLINK)
		links_handle_link(argument, message);
	return MNL_CB_OK;
}

static int links_on_dumped_address(const struct nlmsghdr *message, void *argument)
{
	if (message->nlmsg_type == RTM_NEWADDR)
		links_add_address(argument, message);
	return MNL_CB_OK;
}

static int links_on_message(const struct nlmsghdr *message, void *argument)
{
	struct links *links = argument;

	switch (message->nlmsg_type) {
	case RTM_NEWADDR:
	case RTM_DELADDR:
		links->addresses_stale = true;
		break;
	case RTM_NEWLINK:
	case RTM_DELLINK:
		links_handle_link(links, message);
		break;
	}
	return MNL_CB_OK;
}

static int links_dump_by(struct mnl_socket *socket, uint16_t type, mnl_cb_t handle, void *argument)
{
	char buffer[32768];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	unsigned int port = mnl_socket_get_portid(socket);
	int r;

	request->nlmsg_type = type;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	request->nlmsg_seq = 1;
	mnl_nlmsg_put_extra_header(request, type == RTM_GETLINK ? sizeof(struct ifinfomsg) :
								  sizeof(struct ifaddrmsg));
	if (mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
		return -errno;
	do {
		ssize_t length = mnl_socket_recvfrom(socket, buffer, sizeof(buffer));

		if (length < 0)
			return -errno;
		r = mnl_cb_run(buffer, length, 1, port, handle, argument);
	} while (r > MNL_CB_STOP);
	return r < 0 ? -errno : 0;
}

/*
 * On a socket of its own: one whose dump failed still holds the rest of it, and refuses another.
 * -EINTR: what was dumped changed meanwhile, so that some of it may be missing.
 */
static int links_dump(uint16_t type, mnl_cb_t handle, void *argument)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	int r;

	if (!socket)
		return -errno;
	r = mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ?
		    -errno :
		    links_dump_by(socket, type, handle, argument);
	mnl_socket_close(socket);
	return r;
}

static void links_drop_unmet(void *argument, const void *key, void *value)
{
	struct links *links = argument;
	const struct known *known = value;
	struct link link = {};

	if (known->scan == links->scan)
		return;
	memcpy(&link.index, key, sizeof(link.index));
	memcpy(link.name, known->link.name, sizeof(link.name));
	links_tell(links, &link, true);
}

int links_rescan(struct links *links)
{
	int r = -EINTR;

	for (int i = 0; r == -EINTR && i < LINKS_DUMP_ATTEMPTS; i++) {
		links->scan++;
		r = links_dump(RTM_GETLINK, links_on_dumped_link, links);
	}
	links->is_stale = r < 0;
	if (r == 0)
		table_visit(links->known, links_drop_unmet, links);
	return r;
}

/* The socket takes no new message before all are read: what comes later is in the next scan. */
static void links_discard_messages(struct links *links)
{
	char buffer[32768];
	ssize_t length;

	do
		length = mnl_socket_recvfrom(links->events, buffer, sizeof(buffer));
	while (length >= 0 || errno == ENOBUFS);
}

static void links_on_event(void *argument, uint32_t events)
{
	struct links *links = argument;
	char buffer[32768];
	ssize_t length;

	(void)events;
	length = mnl_socket_recvfrom(links->events, buffer, sizeof(buffer));
	if (length >= 0) {
		mnl_cb_run(buffer, length, 0, 0, links_on_message, links);
	} else if (errno == ENOBUFS) { /* messages were lost: read everything anew */
		links_discard_messages(links);
		links->addresses_stale = true;
		links->is_stale = true;
	}
	/* What interrupts a scan is a change, whose message leads here again. */
	if (links->is_stale)
		links_rescan(links);
}

static int links_open(struct links *links, struct loop *loop)
{
	static const int groups[] = { RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR };

	links->events = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!links->events || mnl_socket_bind(links->events, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		if (mnl_socket_setsockopt(links->events, NETLINK_ADD_MEMBERSHIP, (void *)&groups[i],
					  sizeof(groups[i])) < 0)
			return -errno;
	return loop_add_fd(loop, mnl_socket_get_fd(links->events), EPOLLIN, links_on_event, links,
			   &links->source);
}

static int links_new_addresses(struct table **ret_addresses)
{
	return table_new(ret_addresses, sizeof(struct addr), 1, LINKS_ADDRESSES_MAX, NULL, NULL);
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
	r = links_new_addresses(&links->addresses);
	if (r == 0)
		r = table_new(&links->known, sizeof(uint32_t), sizeof(struct known), LINKS_MAX,
			      NULL, NULL);
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
	table_free(links->known);
	table_free(links->addresses);
	free(links);
}

/* Those of before stay in force where they cannot be read anew. 0 or -errno. */
static int links_read_addresses(struct links *links)
{
	struct table *fresh;
	int r = links_new_addresses(&fresh);

	if (r < 0)
		return r;
	r = links_dump(RTM_GETADDR, links_on_dumped_address, fresh);
	if (r < 0) {
		table_free(fresh);
		return r;
	}
	table_free(links->addresses);
	links->addresses = fresh;
	links->addresses_generation++;
	return 0;
}

bool links_is_lower(struct links *links, uint32_t index)
{
	const struct known *known = table_get(links->known, &index);

	return known && known->link.master;
}

bool links_is_elsewhere(struct links *links, uint32_t index, const uint8_t address[6])
{
	const struct known *known = table_get(links->known, &index);

	return known && known->link.has_address && !(address[0] & 1) &&
	       memcmp(known->link.address, address, sizeof(known->link.address)) != 0;
}

static void links_refresh_addresses(struct links *links)
{
	for (int i = 0; links->addresses_stale && i < LINKS_DUMP_ATTEMPTS; i++)
		links->addresses_stale = links_read_addresses(links) < 0;
}

bool links_has_address(struct links *links, const struct addr *addr)
{
	links_refresh_addresses(links);
	return table_get(links->addresses, addr) != NULL;
}

bool links_is_local(struct links *links, const struct addr *addr)
{
	return addr_is_loopback(addr) || addr_is_multicast(addr) ||
	       links_has_address(links, addr);
}

struct address_visit {
	links_address_visitor *visit;
	void *argument;
};

static void links_visit_address(void *argument, const void *key, void *value)
{
	const struct address_visit *visit = argument;

	(void)value;
	visit->visit(visit->argument, key);
}

void links_visit_addresses(struct links *links, links_address_visitor *visit, void *argument)
{
	struct address_visit each = { .visit = visit, .argument = argument };

	links_refresh_addresses(links);
	table_visit(links->addresses, links_visit_address, &each);
}

uint64_t links_addresses_generation(struct links *links)
{
	links_refresh_addresses(links);
	return links->addresses_generation;
}
