// SPDX-License-Identifier: GPL-2.0-only
/*
 * owner_cgroup.bpf.c - the doors at the root of the control groups: every socket of every process
 * and namespace comes by. They always let it go on.
 */
#include "owner.h"

char LICENSE[] SEC("license") = "GPL";

#define GO_ON 1

/* The namespace of a socket that a context points to. */
static __always_inline __u32 owner_netns(const void *context_sock)
{
	struct sock *sk = (void *)process_address(context_sock);

	return BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
}

SEC("cgroup/sock_create")
int owner_create(struct bpf_sock *ctx)
{
	__u64 cookie = bpf_get_socket_cookie(ctx);
	struct process_key key;

	process_current_key(&key);
	process_tell(bpf_get_current_task(), true);
	owner_set_creator(cookie, &key);
	return GO_ON;
}

static __always_inline int owner_bind(struct bpf_sock *ctx, const struct flow_key *local)
{
	__u64 cookie = bpf_get_socket_cookie(ctx);

	if (!owner_may_concern(ctx->type, ctx->protocol, local->local_port, 0, SOCKET_BOUND))
		return GO_ON;
	owner_note(cookie, SOCKET_BOUND);
	if (ctx->protocol == IPPROTO_UDP && owner_is_watched(PROTOCOL_UDP, local->local_port))
		owner_tell_socket(OWNER_LISTENER, cookie, local);
	return GO_ON;
}

SEC("cgroup/post_bind4")
int owner_bind4(struct bpf_sock *ctx)
{
	struct flow_key local = { .protocol = PROTOCOL_UDP, .local_port = ctx->src_port };

	local.netns = owner_netns(ctx);
	owner_map_ipv4(local.local, ctx->src_ip4);
	return owner_bind(ctx, &local);
}

SEC("cgroup/post_bind6")
int owner_bind6(struct bpf_sock *ctx)
{
	struct flow_key local = { .protocol = PROTOCOL_UDP, .local_port = ctx->src_port };
	__u32 *words = (__u32 *)local.local;

	local.netns = owner_netns(ctx);
	words[0] = ctx->src_ip6[0];
	words[1] = ctx->src_ip6[1];
	words[2] = ctx->src_ip6[2];
	words[3] = ctx->src_ip6[3];
	return owner_bind(ctx, &local);
}

/* TCP's is met below, with both ports. */
static __always_inline int owner_connect(struct bpf_sock_addr *ctx)
{
	if (ctx->type != SOCK_STREAM &&
	    owner_may_concern(ctx->type, ctx->protocol, 0, ctx->user_port, SOCKET_CONNECTED_BY))
		owner_note(bpf_get_socket_cookie(ctx), SOCKET_CONNECTED_BY);
	return GO_ON;
}

SEC("cgroup/connect4")
int owner_connect4(struct bpf_sock_addr *ctx)
{
	return owner_connect(ctx);
}

SEC("cgroup/connect6")
int owner_connect6(struct bpf_sock_addr *ctx)
{
	return owner_connect(ctx);
}

/* Of a socket that is not connected: from which port is told by its packet, if one is watched. */
static __always_inline int owner_send_to(struct bpf_sock_addr *ctx)
{
	if (owner_concerns(PROTOCOL_UDP, 0, bpf_ntohs(ctx->user_port)))
		owner_note(bpf_get_socket_cookie(ctx), SOCKET_SENT);
	return GO_ON;
}

SEC("cgroup/sendmsg4")
int owner_send4(struct bpf_sock_addr *ctx)
{
	return owner_send_to(ctx);
}

SEC("cgroup/sendmsg6")
int owner_send6(struct bpf_sock_addr *ctx)
{
	return owner_send_to(ctx);
}

/* Reads a member where it stands: a compiler that moves reads together adds to the context. */
#define READ_HERE(member) (*(const volatile __u32 *)&(member))

static __always_inline void owner_operation_ends(struct bpf_sock_ops *ctx, struct flow_key *key)
{
	__u32 *local = (__u32 *)key->local, *remote = (__u32 *)key->remote;
	__u32 local4 = READ_HERE(ctx->local_ip4), remote4 = READ_HERE(ctx->remote_ip4);

#pragma unroll
	for (int i = 0; i < 4; i++) {
		local[i] = READ_HERE(ctx->local_ip6[i]);
		remote[i] = READ_HERE(ctx->remote_ip6[i]);
	}
	if (ctx->family == AF_INET) {
		owner_map_ipv4(key->local, local4);
		owner_map_ipv4(key->remote, remote4);
	}
}

/*
 * connect() and listen() are called here by the process itself; a connection that comes about
 * from outside is met in an interrupt: there only its socket is known.
 */
SEC("sockops")
int owner_operation(struct bpf_sock_ops *ctx)
{
	struct flow_key key = { .protocol = PROTOCOL_TCP };
	struct bpf_sock *sk;
	__u64 cookie;

	if (ctx->op != BPF_SOCK_OPS_TCP_CONNECT_CB && ctx->op != BPF_SOCK_OPS_TCP_LISTEN_CB &&
	    ctx->op != BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB)
		return GO_ON;
	key.local_port = ctx->local_port;
	key.remote_port = bpf_ntohl(ctx->remote_port);
	if (!owner_concerns(PROTOCOL_TCP, key.local_port, key.remote_port))
		return GO_ON;
	sk = ctx->sk;
	if (!sk)
		return GO_ON;
	cookie = bpf_get_socket_cookie(ctx);
	key.netns = owner_netns(sk);
	owner_operation_ends(ctx, &key);
	if (ctx->op != BPF_SOCK_OPS_TCP_LISTEN_CB) {
		owner_note_flow(&key, cookie);
		if (ctx->op == BPF_SOCK_OPS_TCP_CONNECT_CB)
			owner_note(cookie, SOCKET_CONNECTED_BY);
		return GO_ON;
	}
	owner_note(cookie, SOCKET_BOUND);
	if (owner_is_watched(PROTOCOL_TCP, key.local_port))
		owner_tell_socket(OWNER_LISTENER, cookie, &key);
	return GO_ON;
}

#define IPV4_SIZE 20
#define IPV6_SIZE 40
#define PORTS_SIZE 4

/* The beginning of a packet: its IP header, and what follows if that is without options. */
struct owner_head {
	__u8 octets[IPV6_SIZE + PORTS_SIZE];
	__be16 ports[2]; /* source, destination */
	enum protocol protocol;
	bool is_ipv4;
};

/* False: neither TCP nor UDP, or a later fragment. */
static __always_inline bool owner_read_head(struct __sk_buff *skb, struct owner_head *head)
{
	__u32 size = IPV6_SIZE;
	__u8 protocol;

	head->is_ipv4 = skb->protocol == bpf_htons(0x0800);
	if (head->is_ipv4) {
		if (bpf_skb_load_bytes(skb, 0, head->octets, IPV4_SIZE + PORTS_SIZE) < 0 ||
		    (head->octets[6] & 0x1f) | head->octets[7])
			return false;
		protocol = head->octets[9];
		size = (head->octets[0] & 15) * 4;
	} else {
		if (bpf_skb_load_bytes(skb, 0, head->octets, IPV6_SIZE + PORTS_SIZE) < 0)
			return false;
		protocol = head->octets[6];
	}
	if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP)
		return false;
	head->protocol = protocol == IPPROTO_TCP ? PROTOCOL_TCP : PROTOCOL_UDP;
	if (size == IPV4_SIZE)
		__builtin_memcpy(head->ports, head->octets + IPV4_SIZE, PORTS_SIZE);
	else if (size == IPV6_SIZE && !head->is_ipv4)
		__builtin_memcpy(head->ports, head->octets + IPV6_SIZE, PORTS_SIZE);
	else if (bpf_skb_load_bytes(skb, size, head->ports, PORTS_SIZE) < 0)
		return false;
	return true;
}

/* Reads the ends of a packet with a watched port, as its receiver sees them. */
static __always_inline bool owner_read_flow(struct __sk_buff *skb, struct flow_key *key)
{
	struct owner_head head;

	if (!owner_read_head(skb, &head) || !(watch_find(head.protocol, head.ports[0]) ||
					      watch_find(head.protocol, head.ports[1])))
		return false;
	*key = (struct flow_key){ .protocol = head.protocol,
				  .remote_port = bpf_ntohs(head.ports[0]),
				  .local_port = bpf_ntohs(head.ports[1]) };
	if (head.is_ipv4) {
		owner_map_ipv4(key->remote, *(__u32 *)(head.octets + 12));
		owner_map_ipv4(key->local, *(__u32 *)(head.octets + 16));
	} else {
		__builtin_memcpy(key->remote, head.octets + 8, 16);
		__builtin_memcpy(key->local, head.octets + 24, 16);
	}
	return true;
}

static __always_inline void owner_turn(struct flow_key *key)
{
	struct flow_key turned = *key;

	__builtin_memcpy(turned.local, key->remote, 16);
	__builtin_memcpy(turned.remote, key->local, 16);
	turned.local_port = key->remote_port;
	turned.remote_port = key->local_port;
	*key = turned;
}

/* A packet that this very socket is about to get. */
SEC("cgroup_skb/ingress")
int owner_receive(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;
	struct flow_key key;

	if (!sk || !owner_read_flow(skb, &key))
		return GO_ON;
	key.netns = owner_netns(sk);
	owner_note_flow(&key, bpf_get_socket_cookie(skb));
	return GO_ON;
}

/*
 * A packet that this very socket sends. Unlike TCP's, which leave whenever the other end lets
 * them, all others pass here before the call that sends them returns.
 */
SEC("cgroup_skb/egress")
int owner_send(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;
	struct flow_key key;
	__u64 cookie;

	if (!sk || !owner_read_flow(skb, &key))
		return GO_ON;
	cookie = bpf_get_socket_cookie(skb);
	if (key.protocol != PROTOCOL_TCP)
		owner_note(cookie, SOCKET_SENT);
	owner_turn(&key);
	key.netns = owner_netns(sk);
	owner_note_flow(&key, cookie);
	return GO_ON;
}
