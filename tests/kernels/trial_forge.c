// SPDX-License-Identifier: GPL-2.0-only
/* trial_forge.c - packets made by hand, IPv4: the port in them is no port of their socket. */
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "trial_order.h"

struct forged {
	struct iphdr ip;
	union {
		struct {
			struct udphdr head;
			uint8_t tag[TRIAL_WORD];
		} udp;
		struct tcphdr tcp;
	};
};

static unsigned int sum_up(const void *data, size_t length)
{
	const uint8_t *octets = data;
	unsigned int sum = 0;

	for (size_t i = 0; i < length; i++)
		sum += octets[i] << (i % 2 ? 0 : 8);
	return sum;
}

static uint16_t fold(unsigned int sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

static size_t forge_ip(struct forged *packet, const struct order *order, int protocol,
		       size_t length)
{
	packet->ip = (struct iphdr){ .version = 4,
				     .ihl = 5,
				     .ttl = 64,
				     .protocol = protocol,
				     .tot_len = htons(sizeof(packet->ip) + length) };
	memcpy(&packet->ip.saddr, order->local.sin6_addr.s6_addr + 12, 4);
	memcpy(&packet->ip.daddr, order->remote.sin6_addr.s6_addr + 12, 4);
	packet->ip.check = fold(sum_up(&packet->ip, sizeof(packet->ip)));
	return sizeof(packet->ip) + length;
}

/* No UDP checksum: that is valid over IPv4. */
static size_t forge_udp(struct forged *packet, const struct order *order)
{
	packet->udp.head = (struct udphdr){ .source = order->local.sin6_port,
					    .dest = order->remote.sin6_port,
					    .len = htons(sizeof(packet->udp)) };
	trial_put_word(packet->udp.tag, order->value);
	return forge_ip(packet, order, IPPROTO_UDP, sizeof(packet->udp));
}

static size_t forge_syn(struct forged *packet, const struct order *order)
{
	struct tcphdr *tcp = &packet->tcp;

	*tcp = (struct tcphdr){ .source = order->local.sin6_port,
				.dest = order->remote.sin6_port,
				.seq = htonl(order->value),
				.doff = sizeof(*tcp) / 4,
				.syn = 1,
				.window = htons(1024) };
	tcp->check = fold(sum_up(order->local.sin6_addr.s6_addr + 12, 4) +
			  sum_up(order->remote.sin6_addr.s6_addr + 12, 4) + IPPROTO_TCP +
			  sizeof(*tcp) + sum_up(tcp, sizeof(*tcp)));
	return forge_ip(packet, order, IPPROTO_TCP, sizeof(*tcp));
}

static int send_raw(const struct forged *packet, size_t length)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = packet->ip.daddr };
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW), r;

	if (fd < 0)
		return -errno;
	r = sendto(fd, packet, length, 0, (struct sockaddr *)&to, sizeof(to)) < 0 ? -errno : 0;
	close(fd);
	return r;
}

/* To whoever is on the wire. */
static int send_frame(const struct order *order, const struct forged *packet, size_t length)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(ETH_P_IP),
				  .sll_ifindex = if_nametoindex(order->device),
				  .sll_halen = ETH_ALEN };
	int fd = socket(AF_PACKET, SOCK_DGRAM, 0), r;

	if (fd < 0)
		return -errno;
	memset(to.sll_addr, 0xff, ETH_ALEN);
	r = sendto(fd, packet, length, 0, (struct sockaddr *)&to, sizeof(to)) < 0 ? -errno : 0;
	close(fd);
	return r;
}

int64_t forge(const struct order *order)
{
	bool is_syn = strcmp(order->how, "raw-syn") == 0;
	struct forged packet = { 0 };
	struct deed deed;
	size_t length;

	if (setns(FD_PLACE + order->place, CLONE_NEWNET) < 0)
		return -errno;
	deed = deed_begin(is_syn ? DID_FORGE : DID_SEND, order->act, 0);
	deed.from = order->value;
	deed.local = order->local;
	deed.remote = order->remote;
	memcpy(deed.how, order->how, HOW_SIZE);
	deed_tell(&deed);
	length = is_syn ? forge_syn(&packet, order) : forge_udp(&packet, order);
	if (strcmp(order->how, "packet") == 0)
		return send_frame(order, &packet, length);
	return send_raw(&packet, length);
}
