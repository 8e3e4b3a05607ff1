// SPDX-License-Identifier: GPL-2.0-only
/*
 * owner_cgroup.bpf.c - the doors at the root of the control groups: every socket of every process
 * and namespace comes by. They always let it go on.
 */
#include "owner.h"

#include "mark.h"
#include "owner_flow.h"
#include "parse.h"

char LICENSE[] SEC("license") = "GPL";

#define GO_ON 1

/* The kernel's own view of a socket that a context points to. */
static __always_inline struct sock *owner_kernel_sock(const void *context_sock)
{
	return (struct sock *)process_address(context_sock);
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

	if (!owner_may_concern(ctx->type, ctx->protocol, local->local_port, 0))
		return GO_ON;
	owner_note(cookie, SOCKET_BOUND);
	owner_note_inode(cookie, owner_kernel_sock(ctx));
	if ((ctx->protocol == IPPROTO_UDP || ctx->protocol == IPPROTO_UDPLITE) && owner_is_watched(PROTOCOL_UDP, local->local_port))
		owner_tell_socket(OWNER_LISTENER, cookie, local);
	return GO_ON;
}

SEC("cgroup/post_bind4")
int owner_bind4(struct bpf_sock *ctx)
{
	struct flow_key local = { .protocol = PROTOCOL_UDP, .local_port = ctx->src_port };

	local.netns = owner_netns(owner_kernel_sock(ctx));
	owner_map_ipv4(local.local, ctx->src_ip4);
	return owner_bind(ctx, &local);
}

SEC("cgroup/post_bind6")
int owner_bind6(struct bpf_sock *ctx)
{
	struct flow_key local = { .protocol = PROTOCOL_UDP, .local_port = ctx->src_port };
	__u32 *words = (__u32 *)local.local;

	local.netns = owner_netns(owner_kernel_sock(ctx));
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
	    owner_may_concern(ctx->type, ctx->protocol, 0, bpf_ntohs(ctx->user_port)))
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

/* Of a Multipath TCP connection the first subflow stands for all. */
static __always_inline void owner_find_end(struct sock *sk, __u64 cookie, struct flow_end *end)
{
	end->cookie = cookie;
	end->netns = owner_netns(sk);
	end->is_sole = owner_is_sole(sk);
	end->is_orphan = !owner_sock_file(sk);
	if (owner_is_subflow(sk)) {
		struct sock *first = owner_first_subflow(sk);

		end->is_multipath = true;
		end->is_sole = end->is_orphan = false; /* it has no file of its own */
		if (first)
			end->cookie = owner_cookie(first);
		return;
	}
	end->is_kernel = BPF_CORE_READ_BITFIELD_PROBED(sk, sk_kern_sock);
}

/*
 * connect() and listen() are called here by the process itself; a connection that comes about
 * from outside is met in an interrupt: there only its socket is known.
 */
SEC("sockops")
int owner_operation(struct bpf_sock_ops *ctx)
{
	struct flow_key key = { .protocol = PROTOCOL_TCP };
	struct flow_end end = {};
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
	end.device = sk->bound_dev_if;
	owner_find_end(owner_kernel_sock(sk), cookie, &end);
	owner_operation_ends(ctx, &key);
	if (ctx->op != BPF_SOCK_OPS_TCP_LISTEN_CB) {
		flow_note(&key, &end);
		if (ctx->op == BPF_SOCK_OPS_TCP_CONNECT_CB)
			owner_note(end.cookie, SOCKET_CONNECTED_BY);
		owner_note_inode(cookie, owner_kernel_sock(sk));
		return GO_ON;
	}
	owner_note(cookie, SOCKET_BOUND);
	owner_note_inode(cookie, owner_kernel_sock(sk));
	key.netns = end.netns;
	if (owner_is_watched(PROTOCOL_TCP, key.local_port))
		owner_tell_socket(OWNER_LISTENER, cookie, &key);
	return GO_ON;
}

/* The packet at a socket, and what user space is to find it by. */
struct owner_packet {
	struct passage_key key; /* as its receiver sees it */
	__u32 payload_length;
	__u8 next_header;
};

/*
 * The packet programs' own parser, from the IP header on. A jumbo frame's or a segmented packet's
 * length does not matter here. False: no ports, or none that anybody watches.
 */
static __always_inline bool owner_parse(struct __sk_buff *skb, struct packet *packet,
					struct owner_packet *ret)
{
	struct cursor cursor = { .data = (void *)(long)skb->data,
				 .pos = (void *)(long)skb->data,
				 .end = (void *)(long)skb->data_end };
	struct fragment fragment = {};

	if (parse_packet(&cursor, PARSE_DEEP, LINK_NONE, packet, &fragment) != PARSED_PORTS ||
	    packet->quoted)
		return false;
	if (!watch_find(packet->protocol, packet->source_port) &&
	    !watch_find(packet->protocol, packet->destination_port) && !board.all_sockets)
		return false;
	if (!parse_addresses(packet->family, packet->network, cursor.data, cursor.end,
			     (__u64 *)ret->key.flow.remote, (__u64 *)ret->key.flow.local))
		return false;
	if (packet->protocol == PROTOCOL_TCP)
		parse_kind(packet, cursor.data, cursor.end, &ret->payload_length);
	ret->key.flow.remote_port = bpf_ntohs(packet->source_port);
	ret->key.flow.local_port = bpf_ntohs(packet->destination_port);
	ret->key.flow.protocol = packet->protocol;
	ret->next_header = packet->next_header;
	return true;
}

static __always_inline void owner_mark(struct __sk_buff *skb, const struct packet *packet,
				       struct owner_packet *ret)
{
	__u32 at = packet->transport & CURSOR_OFFSET_MASK, left = skb->len - at - UDP_HEADER;
	const __u8 *octets = (void *)(long)skb->data + at + UDP_HEADER;
	const void *end = (void *)(long)skb->data_end;
	__u8 payload[MARK_PAYLOAD];
	__be16 id = 0, length = 0;

	if (packet->family == 4)
		bpf_skb_load_bytes(skb, packet->network + offsetof(struct iphdr, id), &id,
				   sizeof(id));
	bpf_skb_load_bytes(skb, at + 4, &length, sizeof(length));
	/* A long one may lie in several buffers. */
	if (left >= MARK_PAYLOAD && left < 1 << 20 &&
	    bpf_skb_load_bytes(skb, at + UDP_HEADER, payload, MARK_PAYLOAD) == 0)
		ret->key.mark = mark_of(id, length, mark_word(payload, payload + MARK_PAYLOAD),
					mark_word(payload + 8, payload + MARK_PAYLOAD));
	else
		ret->key.mark = mark_of(id, length, mark_word(octets, end),
					mark_word(octets + 8, end));
}

static __noinline bool owner_read(struct __sk_buff *skb, struct owner_packet *ret)
{
	struct packet packet = {};

	if (!owner_parse(skb, &packet, ret))
		return false;
	if (packet.protocol == PROTOCOL_UDP)
		owner_mark(skb, &packet, ret);
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

#define TCP_STATE_LISTEN 10

/* What comes from now on is counted, and what is there already. */
static __always_inline void owner_count_arrival(__u64 cookie, struct sock *sk)
{
	bool is_new;
	struct socket_history *history = history_open(cookie, &is_new);
	__u64 now = bpf_ktime_get_boot_ns();

	if (!history)
		return;
	if (is_new) {
		history->datagrams.known_boot_ns = now;
		__sync_fetch_and_add(&history->datagrams.arrived, owner_queued(sk));
	}
	history->datagrams.arrived_boot_ns = now;
	__sync_fetch_and_add(&history->datagrams.arrived, 1);
}

/* A stream's octets: who takes them is told from here on. */
static __always_inline void owner_await_octets(__u64 cookie, struct sock *sk)
{
	struct tcp_sock *tcp = (void *)sk;
	bool is_new;
	struct socket_history *history = history_open(cookie, &is_new);

	if (history && is_new)
		history->stream.taken.end = BPF_CORE_READ(tcp, copied_seq);
}

static __always_inline void owner_datagram_in(struct bpf_sock *sk, __u64 cookie,
					      struct owner_packet *packet)
{
	struct sock *kernel_sock = owner_kernel_sock(sk);
	struct passage fresh = {
		.cookie = cookie,
		.netns = owner_netns(kernel_sock),
		.device = sk->bound_dev_if,
		.state = sk->dst_port ? SOCKET_CONNECTED : SOCKET_LISTENING,
		.sole = owner_is_sole(kernel_sock),
		.kernel = BPF_CORE_READ_BITFIELD_PROBED(kernel_sock, sk_kern_sock),
		.lite = packet->next_header == IPPROTO_UDPLITE,
	};

	owner_count_arrival(cookie, kernel_sock);
	owner_note_inode(cookie, kernel_sock);
	packet->key.direction = DIRECTION_IN;
	passage_note(&packet->key, &fresh);
}

static __always_inline void owner_segment_in(struct bpf_sock *sk, __u64 cookie,
					     struct owner_packet *packet)
{
	struct flow_end end = { .device = sk->bound_dev_if,
				.is_listener = sk->state == TCP_STATE_LISTEN };

	owner_find_end(owner_kernel_sock(sk), cookie, &end);
	if (packet->payload_length && !end.is_listener && !end.is_multipath)
		owner_await_octets(cookie, owner_kernel_sock(sk));
	flow_note(&packet->key.flow, &end);
}

/* A packet that this very socket is about to get. */
SEC("cgroup_skb/ingress")
int owner_receive(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;
	struct owner_packet packet = {};
	__u64 cookie;

	if (!sk || !owner_read(skb, &packet))
		return GO_ON;
	sk = bpf_sk_fullsock(sk);
	cookie = bpf_get_socket_cookie(skb);
	if (!sk || !cookie)
		return GO_ON;
	if (packet.key.flow.protocol == PROTOCOL_TCP)
		owner_segment_in(sk, cookie, &packet);
	else
		owner_datagram_in(sk, cookie, &packet);
	return GO_ON;
}

/*
 * All but TCP's pass here before the call that sends them returns: the current process is their
 * sender, whoever uses the socket beside it. Not so where they were held up on the way here
 * (NFQUEUE): user space looks whether he can have had the socket. Is it the kernel?
 */
static __noinline int owner_datagram_out(struct bpf_sock *sk, __u64 cookie,
					 struct owner_packet *packet)
{
	struct passage fresh = {
		.cookie = cookie,
		.netns = owner_netns(owner_kernel_sock(sk)),
		.device = sk->bound_dev_if,
		.state = sk->dst_port ? SOCKET_CONNECTED : SOCKET_LISTENING,
		.lite = packet->next_header == IPPROTO_UDPLITE,
	};

	fresh.kernel = BPF_CORE_READ_BITFIELD_PROBED(owner_kernel_sock(sk), sk_kern_sock);
	if (!fresh.kernel && process_current_key(&fresh.sender) & PF_KTHREAD) {
		fresh.sender = (struct process_key){};
		fresh.kernel = 1;
	}
	packet->key.direction = DIRECTION_OUT;
	passage_note(&packet->key, &fresh);
	return fresh.kernel;
}

static __always_inline void owner_segment_out(struct bpf_sock *sk, __u64 cookie,
					      struct owner_packet *packet)
{
	struct flow_end end = { .device = sk->bound_dev_if };

	owner_find_end(owner_kernel_sock(sk), cookie, &end);
	if (sk->state != TCP_STATE_LISTEN)
		flow_note(&packet->key.flow, &end);
}

/* A packet that this very socket sends. */
SEC("cgroup_skb/egress")
int owner_send(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;
	struct owner_packet packet = {};
	__u64 cookie;

	if (!sk)
		return GO_ON;
	sk = bpf_sk_fullsock(sk);
	cookie = bpf_get_socket_cookie(skb);
	if (!sk || !cookie)
		return GO_ON;
	if (!owner_read(skb, &packet)) {
		/* What has no ports may be inside a tunnel that has. */
		if (board.all_sockets)
			owner_note(cookie, SOCKET_SENT);
		return GO_ON;
	}
	owner_turn(&packet.key.flow);
	/* What a raw socket forges is no connection's. */
	if (packet.key.flow.protocol == PROTOCOL_TCP && sk->type == SOCK_STREAM)
		owner_segment_out(sk, cookie, &packet);
	else if (!owner_datagram_out(sk, cookie, &packet)) {
		owner_note(cookie, SOCKET_SENT);
		owner_note_inode(cookie, owner_kernel_sock(sk));
	}
	return GO_ON;
}
