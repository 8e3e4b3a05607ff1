// SPDX-License-Identifier: GPL-2.0-only
/* conntrack.c - IPCTNL_MSG_CT_GET of linux/netfilter/nfnetlink_conntrack.h through libmnl. */
#include "conntrack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>

#include <libmnl/libmnl.h>

#include "../base/util.h"
#include "netns.h"

#define CONNTRACK_BUFFER 8192

struct conntrack {
	struct mnl_socket *socket;
	unsigned int sequence;
};

/* A tracked connection: its first packet as it came, and the answer as it will come. */
struct conntrack_entry {
	struct tuple original;
	struct tuple reply;
};

int conntrack_new(struct conntrack **ret_conntrack)
{
	struct conntrack *conntrack = calloc(1, sizeof(*conntrack));
	int r;

	if (!conntrack)
		return -ENOMEM;
	r = netns_open_netlink(-1, NETLINK_NETFILTER, &conntrack->socket);
	if (r < 0) {
		conntrack_free(conntrack);
		return r;
	}
	*ret_conntrack = conntrack;
	return 0;
}

void conntrack_free(struct conntrack *conntrack)
{
	if (!conntrack)
		return;
	if (conntrack->socket)
		mnl_socket_close(conntrack->socket);
	free(conntrack);
}

static void conntrack_put_addr(struct nlmsghdr *message, const struct addr *addr, bool ipv4,
			       bool is_source)
{
	if (ipv4)
		mnl_attr_put(message, is_source ? CTA_IP_V4_SRC : CTA_IP_V4_DST, 4,
			     addr->bytes + 12);
	else
		mnl_attr_put(message, is_source ? CTA_IP_V6_SRC : CTA_IP_V6_DST, 16, addr->bytes);
}

static void conntrack_put_tuple(struct nlmsghdr *message, const struct tuple *tuple, bool ipv4)
{
	struct nlattr *whole = mnl_attr_nest_start(message, CTA_TUPLE_ORIG);
	struct nlattr *part = mnl_attr_nest_start(message, CTA_TUPLE_IP);

	conntrack_put_addr(message, &tuple->source.addr, ipv4, true);
	conntrack_put_addr(message, &tuple->destination.addr, ipv4, false);
	mnl_attr_nest_end(message, part);
	part = mnl_attr_nest_start(message, CTA_TUPLE_PROTO);
	mnl_attr_put_u8(message, CTA_PROTO_NUM,
			tuple->protocol == PROTOCOL_TCP ? IPPROTO_TCP : IPPROTO_UDP);
	mnl_attr_put_u16(message, CTA_PROTO_SRC_PORT, htons(tuple->source.port));
	mnl_attr_put_u16(message, CTA_PROTO_DST_PORT, htons(tuple->destination.port));
	mnl_attr_nest_end(message, part);
	mnl_attr_nest_end(message, whole);
}

static int conntrack_take_ip(const struct nlattr *attribute, void *argument)
{
	struct tuple *tuple = argument;
	const void *payload = mnl_attr_get_payload(attribute);
	size_t length = mnl_attr_get_payload_len(attribute);

	switch (mnl_attr_get_type(attribute)) {
	case CTA_IP_V4_SRC:
	case CTA_IP_V4_DST:
		if (length != 4)
			return MNL_CB_ERROR;
		break;
	case CTA_IP_V6_SRC:
	case CTA_IP_V6_DST:
		if (length != 16)
			return MNL_CB_ERROR;
		break;
	}
	switch (mnl_attr_get_type(attribute)) {
	case CTA_IP_V4_SRC:
		tuple->source.addr = addr_from_ipv4(payload);
		break;
	case CTA_IP_V4_DST:
		tuple->destination.addr = addr_from_ipv4(payload);
		break;
	case CTA_IP_V6_SRC:
		tuple->source.addr = addr_from_ipv6(payload);
		break;
	case CTA_IP_V6_DST:
		tuple->destination.addr = addr_from_ipv6(payload);
		break;
	}
	return MNL_CB_OK;
}

static int conntrack_take_port(const struct nlattr *attribute, void *argument)
{
	struct tuple *tuple = argument;
	unsigned int type = mnl_attr_get_type(attribute);

	if (type != CTA_PROTO_SRC_PORT && type != CTA_PROTO_DST_PORT)
		return MNL_CB_OK;
	if (mnl_attr_get_payload_len(attribute) != sizeof(uint16_t))
		return MNL_CB_ERROR;
	if (type == CTA_PROTO_SRC_PORT)
		tuple->source.port = ntohs(mnl_attr_get_u16(attribute));
	else
		tuple->destination.port = ntohs(mnl_attr_get_u16(attribute));
	return MNL_CB_OK;
}

static int conntrack_take_part(const struct nlattr *attribute, void *argument)
{
	switch (mnl_attr_get_type(attribute)) {
	case CTA_TUPLE_IP:
		return mnl_attr_parse_nested(attribute, conntrack_take_ip, argument);
	case CTA_TUPLE_PROTO:
		return mnl_attr_parse_nested(attribute, conntrack_take_port, argument);
	}
	return MNL_CB_OK;
}

static int conntrack_take_tuple(const struct nlattr *attribute, void *argument)
{
	struct conntrack_entry *entry = argument;

	switch (mnl_attr_get_type(attribute)) {
	case CTA_TUPLE_ORIG:
		return mnl_attr_parse_nested(attribute, conntrack_take_part, &entry->original);
	case CTA_TUPLE_REPLY:
		return mnl_attr_parse_nested(attribute, conntrack_take_part, &entry->reply);
	}
	return MNL_CB_OK;
}

static int conntrack_handle(const struct nlmsghdr *message, void *argument)
{
	return mnl_attr_parse(message, sizeof(struct nfgenmsg), conntrack_take_tuple, argument);
}

/* The connection that has the tuple in either direction. 0, -ENOENT or -errno. */
static int conntrack_ask(struct conntrack *conntrack, const struct tuple *tuple,
			 struct conntrack_entry *ret_entry)
{
	char buffer[CONNTRACK_BUFFER] __attribute__((aligned(4)));
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	bool ipv4 = addr_is_ipv4(&tuple->source.addr);
	struct nfgenmsg *header;
	ssize_t length;

	message->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET;
	message->nlmsg_flags = NLM_F_REQUEST;
	message->nlmsg_seq = ++conntrack->sequence;
	header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	header->nfgen_family = ipv4 ? AF_INET : AF_INET6;
	header->version = NFNETLINK_V0;
	conntrack_put_tuple(message, tuple, ipv4);
	if (mnl_socket_sendto(conntrack->socket, message, message->nlmsg_len) < 0)
		return -errno;
	length = mnl_socket_recvfrom(conntrack->socket, buffer, sizeof(buffer));
	if (length < 0)
		return -errno;
	*ret_entry = (struct conntrack_entry){ { .protocol = tuple->protocol },
					       { .protocol = tuple->protocol } };
	if (mnl_cb_run(buffer, length, conntrack->sequence,
		       mnl_socket_get_portid(conntrack->socket), conntrack_handle, ret_entry) < 0)
		return -errno;
	return 0;
}

/*
 * A packet of the connection has four looks: to the responder, before (original) and after
 * translation (the reply reversed); back from it, before (reply) and after (the original
 * reversed).
 */
static int conntrack_match(const struct conntrack_entry *entry, const struct tuple *packet,
			   struct tuple *ret_other)
{
	struct tuple forth = tuple_reverse(&entry->reply);
	struct tuple back = tuple_reverse(&entry->original);

	if (tuple_is_same(packet, &entry->original))
		*ret_other = forth;
	else if (tuple_is_same(packet, &forth))
		*ret_other = entry->original;
	else if (tuple_is_same(packet, &entry->reply))
		*ret_other = back;
	else if (tuple_is_same(packet, &back))
		*ret_other = entry->reply;
	else
		return -ENOENT;
	return 0;
}

int conntrack_translate(struct conntrack *conntrack, const struct tuple *packet,
			struct tuple *ret_other)
{
	struct tuple reverse = tuple_reverse(packet);
	struct conntrack_entry entry;
	int r = conntrack_ask(conntrack, packet, &entry);

	if (r == -ENOENT)
		r = conntrack_ask(conntrack, &reverse, &entry);
	return r < 0 ? r : conntrack_match(&entry, packet, ret_other);
}
