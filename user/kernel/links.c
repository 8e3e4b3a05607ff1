// SPDX-License-Identifier: GPL-2.0-only
/* links.c - rtnetlink (rtnetlink(7)) through libmnl. */
#include "links.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <sys/epoll.h>

#include <libmnl/libmnl.h>

#include "../base/log.h"
#include "../base/table.h"
#include "../base/util.h"
#include "above.h"

#define LINKS_MAX 65536
#define LINKS_ADDRESSES_MAX 65536
#define LINKS_DATAPATH "ovs-system"
#define LINKS_DUMP_ATTEMPTS 5 /* while what is dumped changes */

struct links {
	struct mnl_socket *events; /* group messages */
	struct loop_source *source;
	struct table *known; /* index of each link that `changed` was told of -> struct known */
	uint32_t datapath; /* index of Open vSwitch's, which is one a namespace; 0: none */
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
	case IFLA_LINK:
		link->lower = mnl_attr_get_u32(attribute);
		break;
	case IFLA_LINK_NETNSID:
		link->lower_is_elsewhere = true;
		break;
	case IFLA_LINKINFO:
		mnl_attr_parse_nested(attribute, link_parse_info, link);
		break;
	}
	return MNL_CB_OK;
}

static const struct link *links_find(struct links *links, uint32_t index)
{
	const struct known *known = index ? table_get(links->known, &index) : NULL;

	return known ? &known->link : NULL;
}

static void links_tell(struct links *links, uint32_t index)
{
	struct link_view view = { .link = links_find(links, index) };

	if (!view.link)
		return;
	if (!view.link->lower_is_elsewhere)
		view.lower = links_find(links, view.link->lower);
	view.master = links_find(links, view.link->master);
	view.has_datapath = links->datapath;
	links->changed(links->argument, &view, false);
}

static void links_tell_gone(struct links *links, uint32_t index, const char *name)
{
	struct link link = { .index = index };

	snprintf(link.name, sizeof(link.name), "%s", name);
	if (links->datapath == index)
		links->datapath = 0;
	links->changed(links->argument, &(struct link_view){ .link = &link }, true);
}

/* Without memory a link is not told of before it is met again, ignoring. */
static void links_learn(struct links *links, const struct link *link)
{
	struct known *known = table_put(links->known, &link->index, NULL);

	if (!known)
		return;
	known->scan = links->scan;
	known->link = *link;
	if (util_streq(link->kind, "openvswitch") && util_streq(link->name, LINKS_DATAPATH))
		links->datapath = link->index;
}

static void links_parse_link(const struct nlmsghdr *message, struct link *ret_link)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);

	*ret_link = (struct link){
		.index = info->ifi_index,
		.type = info->ifi_type,
		.flags = info->ifi_flags,
	};
	mnl_attr_parse(message, sizeof(*info), link_parse_attribute, ret_link);
}

/* Has it come back to the pair's end that is here, and that was not told of it? */
static bool links_is_reunited(const struct link *link, const struct link *other)
{
	return other && other->lower_is_elsewhere && !link->lower_is_elsewhere &&
	       util_streq(link->kind, other->kind);
}

static void links_handle_change(struct links *links, const struct link *link)
{
	const struct link *other;

	links_learn(links, link);
	links_tell(links, link->index);
	other = links_find(links, link->lower);
	links->is_stale |= links_is_reunited(link, other);
	/* How a pair is seen depends on both ends. */
	if (other && other->lower == link->index)
		links_tell(links, other->index);
}

static void links_handle_end(struct links *links, const struct link *link)
{
	const struct link *other = links_find(links, link->lower);

	/* What stays here of a pair is not told that its other end has left. */
	links->is_stale |= other && other->lower == link->index;
	table_remove(links->known, &link->index);
	links_tell_gone(links, link->index, link->name);
}

/* A bridge's own messages about its ports are no news of the link itself. */
static bool links_is_about_link(const struct nlmsghdr *message)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);

	return info->ifi_family == AF_UNSPEC;
}

static void links_handle_link(struct links *links, const struct nlmsghdr *message)
{
	struct link link;

	if (!links_is_about_link(message))
		return;
	links_parse_link(message, &link);
	if (message->nlmsg_type == RTM_DELLINK)
		links_handle_end(links, &link);
	else
		links_handle_change(links, &link);
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
	struct link link;

	if (message->nlmsg_type == RTM_NEWLINK && links_is_about_link(message)) {
		links_parse_link(message, &link);
		links_learn(argument, &link);
	}
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
	struct link link = known->link;

	if (known->scan == links->scan)
		return;
	table_remove(links->known, key);
	links_tell_gone(links, link.index, link.name);
}

struct indices {
	uint32_t *values;
	size_t count;
};

static void links_collect(void *argument, const void *key, void *value)
{
	struct indices *indices = argument;

	(void)value;
	memcpy(&indices->values[indices->count++], key, sizeof(uint32_t));
}

/* Each one, now that those around it are known, too. 0 or -errno. */
static int links_tell_all(struct links *links)
{
	struct indices indices = {};

	indices.values = calloc(table_count(links->known) + 1, sizeof(uint32_t));
	if (!indices.values)
		return -ENOMEM;
	table_visit(links->known, links_collect, &indices);
	for (size_t i = 0; i < indices.count; i++)
		links_tell(links, indices.values[i]);
	free(indices.values);
	return 0;
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
	return r == 0 ? links_tell_all(links) : r;
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
	const struct link *link = links_find(links, index);

	return link && link->master;
}

bool links_is_bridged(struct links *links, uint32_t index)
{
	const struct link *link = links_find(links, index);
	struct link_view view = { .link = link };

	if (!link)
		return false;
	view.master = links_find(links, link->master);
	return choose_is_bridged(&view);
}

static void links_meet_above(void *argument, const void *key, void *value)
{
	const struct known *known = value;

	(void)key;
	above_meet(argument, &known->link);
}

bool links_is_elsewhere(struct links *links, uint32_t index, const uint8_t address[6])
{
	const struct link *link = links_find(links, index);
	struct above above;

	if (!link || !link->has_address || address[0] & 1 ||
	    memcmp(link->address, address, sizeof(link->address)) == 0)
		return false;
	above_begin(&above, index, address);
	while (above_again(&above))
		table_visit(links->known, links_meet_above, &above);
	return !above.is_found;
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
