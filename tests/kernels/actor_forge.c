// SPDX-License-Identifier: GPL-2.0-only
/*
 * actor_forge.c - packets made by hand, IPv4: the port in them is no port of their socket.
 */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "actor.h"
#include "truth.h"

struct forged_frame {
	struct ethhdr link;
	unsigned char ip[sizeof(struct iphdr)]; /* not aligned */
	unsigned char udp[sizeof(struct udphdr)];
};

struct ends {
	struct sockaddr_in local, remote;
};

/* The source port is the one asked for, whoever may have it. */
static struct ends find_ends(const struct act *act)
{
	struct address to = resolve(act, SOCK_DGRAM);
	struct ends ends = { 0 };
	socklen_t length = sizeof(ends.local);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	memcpy(&ends.remote, &to.storage, sizeof(ends.remote));
	if (connect(fd, (struct sockaddr *)&ends.remote, sizeof(ends.remote)) < 0 ||
	    getsockname(fd, (struct sockaddr *)&ends.local, &length) < 0)
		die("the way there");
	close(fd);
	ends.local.sin_port = htons(act->source_port);
	return ends;
}

static unsigned int sum_up(const void *data, size_t length)
{
	const unsigned char *octets = data;
	unsigned int sum = 0;

	for (size_t i = 0; i < length; i++)
		sum += octets[i] << (i % 2 ? 0 : 8);
	return sum;
}

static unsigned short fold(unsigned int sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

static void forge_ip(struct iphdr *ip, const struct ends *ends, int protocol, size_t length)
{
	*ip = (struct iphdr){ .version = 4, .ihl = 5, .ttl = 64, .protocol = protocol,
			      .tot_len = htons(sizeof(*ip) + length),
			      .saddr = ends->local.sin_addr.s_addr,
			      .daddr = ends->remote.sin_addr.s_addr };
	ip->check = fold(sum_up(ip, sizeof(*ip)));
}

/* No UDP checksum: that is valid over IPv4. */
static void forge_udp(struct udphdr *udp, const struct ends *ends)
{
	*udp = (struct udphdr){ .source = ends->local.sin_port, .dest = ends->remote.sin_port,
				.len = htons(sizeof(*udp)) };
}

static void forge_syn(struct tcphdr *tcp, const struct ends *ends)
{
	*tcp = (struct tcphdr){ .source = ends->local.sin_port, .dest = ends->remote.sin_port,
				.seq = htonl(1), .doff = sizeof(*tcp) / 4, .syn = 1,
				.window = htons(1024) };
	tcp->check = fold(sum_up(&ends->local.sin_addr, 4) + sum_up(&ends->remote.sin_addr, 4) +
			  IPPROTO_TCP + sizeof(*tcp) + sum_up(tcp, sizeof(*tcp)));
}

static void tell(const struct ends *ends, const char *transport)
{
	struct sockaddr_in6 local = truth_end((struct sockaddr *)&ends->local);
	struct sockaddr_in6 remote = truth_end((struct sockaddr *)&ends->remote);

	truth_tell(truth_now(), "sent", transport, &local, &remote);
}

static void send_forged(const struct act *act, int fd, const void *data, size_t length,
			const void *to, size_t to_length)
{
	for (long i = 0; i < act->count; i++)
		if (sendto(fd, data, length, 0, to, to_length) != (ssize_t)length)
			die("sendto");
}

int act_raw_udp(const struct act *act)
{
	struct ends ends = find_ends(act);
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_UDP);
	struct udphdr udp;

	forge_udp(&udp, &ends);
	tell(&ends, "udp");
	send_forged(act, fd, &udp, sizeof(udp), &ends.remote, sizeof(ends.remote));
	return 0;
}

int act_raw_syn(const struct act *act)
{
	struct ends ends = find_ends(act);
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	struct {
		struct iphdr ip;
		struct tcphdr tcp;
	} packet;

	forge_ip(&packet.ip, &ends, IPPROTO_TCP, sizeof(packet.tcp));
	forge_syn(&packet.tcp, &ends);
	tell(&ends, "tcp");
	send_forged(act, fd, &packet, sizeof(packet), &ends.remote, sizeof(ends.remote));
	return 0;
}

static void forge_link(struct ethhdr *link, const struct act *act)
{
	unsigned char *to = link->h_dest;
	struct ifreq request = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", act->interface);
	if (ioctl(fd, SIOCGIFHWADDR, &request) < 0)
		die(act->interface);
	close(fd);
	memcpy(link->h_source, request.ifr_hwaddr.sa_data, ETH_ALEN);
	if (sscanf(act->mac, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", to, to + 1, to + 2, to + 3, to + 4,
		   to + 5) != ETH_ALEN)
		die("the next hop's address (-M)");
	link->h_proto = htons(ETH_P_IP);
}

static int send_frames(const struct act *act, bool is_bypassing)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP),
				  .sll_ifindex = if_nametoindex(act->interface) };
	int fd = socket(AF_PACKET, SOCK_RAW, 0), on = 1;
	struct ends ends = find_ends(act);
	struct forged_frame frame;
	struct iphdr ip;
	struct udphdr udp;

	if (is_bypassing &&
	    setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)) < 0)
		die("PACKET_QDISC_BYPASS");
	forge_link(&frame.link, act);
	forge_ip(&ip, &ends, IPPROTO_UDP, sizeof(udp));
	forge_udp(&udp, &ends);
	memcpy(frame.ip, &ip, sizeof(ip));
	memcpy(frame.udp, &udp, sizeof(udp));
	tell(&ends, "udp");
	send_forged(act, fd, &frame, sizeof(frame), &to, sizeof(to));
	return 0;
}

int act_packet(const struct act *act)
{
	return send_frames(act, false);
}

int act_packet_bypass(const struct act *act)
{
	return send_frames(act, true);
}
