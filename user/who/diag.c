// SPDX-License-Identifier: GPL-2.0-only
/* diag.c - requests and answers of linux/inet_diag.h through libmnl. */
#include "diag.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>

#include <libmnl/libmnl.h>

#include "../base/util.h"
#include "netns.h"

#define DIAG_STATE_ESTABLISHED 1 /* net/tcp_states.h */
#define DIAG_STATE_SYN_RECV 3
#define DIAG_STATE_CLOSE 7
#define DIAG_STATE_CLOSE_WAIT 8
#define DIAG_STATE_LISTEN 10
#define DIAG_STATE_NEW_SYN_RECV 12

struct diag {
	struct mnl_socket *socket;
	unsigned int sequence;
};

struct diag_answer {
	enum diag_table table;
	diag_visitor *visit;
	void *argument;
};

static const char *diag_state_word(unsigned int state, enum diag_table table)
{
	static const char *const words[] = {
		"unknown",    "established", "syn-sent", "syn-recv", "fin-wait-1", "fin-wait-2",
		"time-wait",  "close",	     "close-wait", "last-ack", "listen",   "closing",
		"syn-recv",
	};

	if (table != DIAG_TCP && state == DIAG_STATE_CLOSE)
		return "unconnected";
	return state < ARRAY_SIZE(words) ? words[state] : words[0];
}

static struct endpoint diag_endpoint(unsigned int family, const __be32 words[4], __be16 port)
{
	struct endpoint endpoint = { .port = ntohs(port) };

	endpoint.addr = family == AF_INET ? addr_from_ipv4(words) : addr_from_ipv6(words);
	return endpoint;
}

/* One that its process has closed has left these states. */
static bool diag_awaits_accept(const struct inet_diag_msg *body)
{
	return body->idiag_inode == 0 && (body->idiag_state == DIAG_STATE_ESTABLISHED ||
					  body->idiag_state == DIAG_STATE_SYN_RECV ||
					  body->idiag_state == DIAG_STATE_CLOSE_WAIT ||
					  body->idiag_state == DIAG_STATE_NEW_SYN_RECV);
}

static int diag_handle(const struct nlmsghdr *message, void *argument)
{
	const struct diag_answer *answer = argument;
	const struct inet_diag_msg *body = mnl_nlmsg_get_payload(message);
	bool is_tcp = answer->table == DIAG_TCP;
	struct diag_socket found = { .table = answer->table };

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*body))
		return MNL_CB_OK;
	found.protocol = is_tcp ? PROTOCOL_TCP : PROTOCOL_UDP;
	found.state = diag_state_word(body->idiag_state, answer->table);
	found.listening = is_tcp ? body->idiag_state == DIAG_STATE_LISTEN :
				   body->idiag_state != DIAG_STATE_ESTABLISHED;
	found.local = diag_endpoint(body->idiag_family, body->id.idiag_src, body->id.idiag_sport);
	found.peer = diag_endpoint(body->idiag_family, body->id.idiag_dst, body->id.idiag_dport);
	found.awaits_accept = is_tcp && diag_awaits_accept(body);
	found.cookie = (uint64_t)body->id.idiag_cookie[1] << 32 | body->id.idiag_cookie[0];
	found.inode = body->idiag_inode;
	found.uid = body->idiag_uid;
	answer->visit(answer->argument, &found);
	return MNL_CB_OK;
}

static int diag_request(struct diag *diag, const void *request, size_t size, uint16_t flags,
			mnl_cb_t handle, void *answer)
{
	char buffer[32768];
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	unsigned int port = mnl_socket_get_portid(diag->socket);
	int r;

	message->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	message->nlmsg_flags = NLM_F_REQUEST | flags;
	message->nlmsg_seq = ++diag->sequence;
	memcpy(mnl_nlmsg_put_extra_header(message, size), request, size);
	if (mnl_socket_sendto(diag->socket, message, message->nlmsg_len) < 0)
		return -errno;
	do {
		ssize_t length = mnl_socket_recvfrom(diag->socket, buffer, sizeof(buffer));

		if (length < 0)
			return -errno;
		r = mnl_cb_run(buffer, length, diag->sequence, port, handle, answer);
	} while (r > MNL_CB_STOP && flags & NLM_F_DUMP);
	return r < 0 ? -errno : 0;
}

static const int diag_ip_protocols[DIAG_TABLE_COUNT] = {
	[DIAG_TCP] = IPPROTO_TCP,
	[DIAG_UDP] = IPPROTO_UDP,
	[DIAG_UDPLITE] = IPPROTO_UDPLITE,
};

int diag_visit(struct diag *diag, enum diag_table table, diag_visitor *visit, void *argument)
{
	static const int families[] = { AF_INET, AF_INET6 };
	struct diag_answer answer = { table, visit, argument };
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(families) && r == 0; i++) {
		struct inet_diag_req_v2 request = {
			.sdiag_family = families[i],
			.sdiag_protocol = diag_ip_protocols[table],
			.idiag_states = -1,
		};

		r = diag_request(diag, &request, sizeof(request), NLM_F_DUMP, diag_handle, &answer);
	}
	return r == -ENOENT && table == DIAG_UDPLITE ? 0 : r;
}

struct diag_unix_answer {
	diag_inode_visitor *visit;
	void *argument;
};

static int diag_handle_unix(const struct nlmsghdr *message, void *argument)
{
	const struct diag_unix_answer *answer = argument;
	const struct unix_diag_msg *body = mnl_nlmsg_get_payload(message);

	if (mnl_nlmsg_get_payload_len(message) >= sizeof(*body))
		answer->visit(answer->argument, body->udiag_ino);
	return MNL_CB_OK;
}

int diag_visit_unix(struct diag *diag, diag_inode_visitor *visit, void *argument)
{
	struct diag_unix_answer answer = { visit, argument };
	const struct unix_diag_req request = { .sdiag_family = AF_UNIX, .udiag_states = -1 };

	return diag_request(diag, &request, sizeof(request), NLM_F_DUMP, diag_handle_unix, &answer);
}

static void diag_put_endpoint(const struct endpoint *endpoint, bool ipv4, __be32 words[4],
			      __be16 *port)
{
	if (ipv4)
		memcpy(words, endpoint->addr.bytes + 12, 4);
	else
		memcpy(words, endpoint->addr.bytes, 16);
	*port = htons(endpoint->port);
}

struct diag_first {
	struct diag_socket *socket;
	bool found;
};

static void diag_keep_first(void *argument, const struct diag_socket *socket)
{
	struct diag_first *first = argument;

	*first->socket = *socket;
	first->found = true;
}

static int diag_ask(struct diag *diag, enum diag_table table, const struct endpoint *source,
		    const struct endpoint *destination, uint32_t ifindex,
		    struct diag_socket *ret_socket)
{
	struct diag_first first = { .socket = ret_socket };
	struct diag_answer answer = { table, diag_keep_first, &first };
	bool ipv4 = addr_is_ipv4(&source->addr);
	struct inet_diag_req_v2 request = {
		.sdiag_family = ipv4 ? AF_INET : AF_INET6,
		.sdiag_protocol = diag_ip_protocols[table],
		.idiag_states = -1,
		.id.idiag_if = ifindex,
		.id.idiag_cookie = { INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE },
	};
	int r;

	diag_put_endpoint(source, ipv4, request.id.idiag_src, &request.id.idiag_sport);
	diag_put_endpoint(destination, ipv4, request.id.idiag_dst, &request.id.idiag_dport);
	r = diag_request(diag, &request, sizeof(request), 0, diag_handle, &answer);
	return r == 0 && !first.found ? -ENOENT : r;
}

int diag_find(struct diag *diag, enum diag_table table, const struct endpoint *local,
	      const struct endpoint *peer, uint32_t ifindex, struct diag_socket *ret_socket)
{
	/* udp_dump_one() of net/ipv4/udp_diag.c takes the ends the other way round. */
	return table == DIAG_TCP ? diag_ask(diag, table, local, peer, ifindex, ret_socket) :
				   diag_ask(diag, table, peer, local, ifindex, ret_socket);
}

int diag_new(struct diag **ret_diag, int netns)
{
	struct diag *diag = calloc(1, sizeof(*diag));
	int r;

	if (!diag)
		return -ENOMEM;
	r = netns_open_netlink(netns, NETLINK_SOCK_DIAG, &diag->socket);
	if (r < 0) {
		diag_free(diag);
		return r;
	}
	*ret_diag = diag;
	return 0;
}

void diag_free(struct diag *diag)
{
	if (!diag)
		return;
	if (diag->socket)
		mnl_socket_close(diag->socket);
	free(diag);
}
