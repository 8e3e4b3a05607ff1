// SPDX-License-Identifier: GPL-2.0-only
/* translation.c - NFT_MSG_GETCHAIN of linux/netfilter/nf_tables.h through libmnl, and /proc. */
#include "translation.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>

#include "../base/util.h"
#include "netns.h"

#define TRANSLATION_BUFFER 32768 /* the most that the kernel puts into a part of a dump */

struct translation {
	struct mnl_socket *changes;
};

int translation_new(struct translation **ret_translation)
{
	struct translation *translation = calloc(1, sizeof(*translation));
	int group = NFNLGRP_NFTABLES;
	int r;

	if (!translation)
		return -ENOMEM;
	r = netns_open_netlink(-1, NETLINK_NETFILTER, &translation->changes);
	if (r == 0 && mnl_socket_setsockopt(translation->changes, NETLINK_ADD_MEMBERSHIP, &group,
					    sizeof(group)) < 0)
		r = -errno;
	if (r < 0) {
		translation_free(translation);
		return r;
	}
	*ret_translation = translation;
	return 0;
}

void translation_free(struct translation *translation)
{
	if (!translation)
		return;
	if (translation->changes)
		mnl_socket_close(translation->changes);
	free(translation);
}

int translation_fd(const struct translation *translation)
{
	return mnl_socket_get_fd(translation->changes);
}

/* What the changes are does not matter, nor that some were lost (ENOBUFS). */
static void translation_drain(struct translation *translation)
{
	char octet;

	while (recv(translation_fd(translation), &octet, 1, MSG_DONTWAIT) >= 0 || errno == ENOBUFS)
		;
}

static int translation_take_chain(const struct nlattr *attribute, void *argument)
{
	bool *is_found = argument;

	if (mnl_attr_get_type(attribute) == NFTA_CHAIN_TYPE &&
	    mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0)
		*is_found |= util_streq(mnl_attr_get_str(attribute), "nat");
	return MNL_CB_OK;
}

static int translation_take(const struct nlmsghdr *message, void *argument)
{
	return mnl_attr_parse(message, sizeof(struct nfgenmsg), translation_take_chain, argument);
}

/* Has any table, of whatever family, a NAT chain? No, too, where nftables do not answer. */
static bool translation_ask_nftables(void)
{
	char buffer[TRANSLATION_BUFFER] __attribute__((aligned(4)));
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct mnl_socket *socket;
	struct nfgenmsg *header;
	bool is_found = false;
	ssize_t length;
	int r;

	if (netns_open_netlink(-1, NETLINK_NETFILTER, &socket) < 0)
		return false;
	message->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETCHAIN;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	message->nlmsg_seq = 1;
	header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	header->nfgen_family = NFPROTO_UNSPEC;
	header->version = NFNETLINK_V0;
	r = mnl_socket_sendto(socket, message, message->nlmsg_len) < 0 ? MNL_CB_ERROR : MNL_CB_OK;
	while (r == MNL_CB_OK) {
		length = mnl_socket_recvfrom(socket, buffer, sizeof(buffer));
		r = length < 0 ? MNL_CB_ERROR :
				 mnl_cb_run(buffer, length, 1, mnl_socket_get_portid(socket),
					    translation_take, &is_found);
	}
	mnl_socket_close(socket);
	return is_found;
}

/* The tables in use of the older iptables, a name a line; the file comes with their module. */
static bool translation_find_table(const char *path)
{
	FILE *names = fopen(path, "re");
	char name[64];
	bool is_found = false;

	while (names && !is_found && fscanf(names, "%63s", name) == 1)
		is_found = util_streq(name, "nat");
	if (names)
		fclose(names);
	return is_found;
}

bool translation_is_set_up(struct translation *translation)
{
	translation_drain(translation);
	return translation_ask_nftables() || translation_find_table("/proc/net/ip_tables_names") ||
	       translation_find_table("/proc/net/ip6_tables_names");
}
