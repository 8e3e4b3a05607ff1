// SPDX-License-Identifier: GPL-2.0-only
/*
 * trial_samples.c - what the sensor said: its lines name the processes, its capture has the
 * octets. Both come from the same messages in the same order, but each reader may miss some.
 */
#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "trial_judge.h"

#define BLOCK_INTERFACE 1
#define BLOCK_PACKET 6
#define BLOCK_HEAD 8
#define PACKET_HEAD 20
#define LINK_ETHERNET 1
#define INTERFACES_MAX 64
#define SEARCH_MAX 20000 /* lines that a reader may have missed in one go */

static uint64_t read_time(const char *text)
{
	struct tm date = { 0 };
	const char *rest = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &date) : NULL;
	uint64_t us = 0, unit = 100000;

	if (!rest)
		return 0;
	if (*rest == '.')
		for (rest++; *rest >= '0' && *rest <= '9' && unit; rest++, unit /= 10)
			us += (*rest - '0') * unit;
	return (uint64_t)timegm(&date) * NS_PER_SECOND + us * 1000;
}

static const char *text_of(json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name)) ?: "";
}

static void copy_text(char *out, size_t size, json_t *object, const char *name)
{
	snprintf(out, size, "%s", text_of(object, name));
}

static bool read_end(json_t *line, const char *name, struct sockaddr_in6 *ret_end)
{
	json_t *object = json_object_get(line, name);
	char mapped[INET6_ADDRSTRLEN + 8];
	const char *ip = text_of(object, "ip");

	snprintf(mapped, sizeof(mapped), "%s%.46s", strchr(ip, ':') ? "" : "::ffff:", ip);
	*ret_end = (struct sockaddr_in6){ .sin6_family = AF_INET6 };
	ret_end->sin6_port = htons(json_integer_value(json_object_get(object, "port")));
	return inet_pton(AF_INET6, mapped, &ret_end->sin6_addr) == 1;
}

static void read_process(json_t *line, struct sample *sample)
{
	json_t *process = json_object_get(line, "process");
	const char *uid = text_of(json_object_get(process, "user"), "id");

	sample->pid = json_integer_value(json_object_get(process, "pid"));
	sample->uid = *uid ? atoll(uid) : -1;
	copy_text(sample->name, sizeof(sample->name), process, "name");
	copy_text(sample->executable, sizeof(sample->executable), process, "executable");
	copy_text(sample->unit, sizeof(sample->unit), json_object_get(line, "systemd"), "unit");
}

static void read_others(json_t *own, struct sample *sample)
{
	json_t *peer = json_object_get(own, "peer_process");

	sample->peer_pid = json_integer_value(json_object_get(peer, "pid"));
	copy_text(sample->peer_name, sizeof(sample->peer_name), peer, "name");
	sample->created_by =
		json_integer_value(json_object_get(json_object_get(own, "created_by"), "pid"));
	sample->accepted_by =
		json_integer_value(json_object_get(json_object_get(own, "accepted_by"), "pid"));
}

static bool read_sample(json_t *line, struct sample *sample)
{
	json_t *network = json_object_get(line, "network");
	json_t *own = json_object_get(line, "portsentinel");
	json_t *observer = json_object_get(line, "observer"), *side;

	*sample = (struct sample){ .time = read_time(text_of(line, "@timestamp")) };
	sample->is_outbound = strcmp(text_of(network, "direction"), "outbound") == 0;
	sample->is_tcp = strcmp(text_of(network, "transport"), "tcp") == 0;
	side = json_object_get(observer, sample->is_outbound ? "egress" : "ingress");
	copy_text(sample->interface, sizeof(sample->interface), json_object_get(side, "interface"),
		  "name");
	copy_text(sample->kind, sizeof(sample->kind), own, "kind");
	copy_text(sample->quality, sizeof(sample->quality), own, "quality");
	copy_text(sample->verdict, sizeof(sample->verdict), own, "verdict");
	read_process(line, sample);
	read_others(own, sample);
	return sample->time && read_end(line, "source", &sample->source) &&
	       read_end(line, "destination", &sample->destination);
}

static struct sample *add(struct samples *samples)
{
	if (samples->count == samples->room) {
		samples->room = samples->room ? 2 * samples->room : 1024;
		samples->all = realloc(samples->all, samples->room * sizeof(*samples->all));
		if (!samples->all)
			trial_die("memory");
	}
	return &samples->all[samples->count++];
}

static bool take_line(struct samples *samples, json_t *line)
{
	json_t *lost = json_object_get(line, "lost");

	if (lost)
		samples->lost += json_integer_value(lost);
	else if (!read_sample(line, add(samples)))
		return false;
	return true;
}

/* The last line may be cut. */
static bool read_lines(struct samples *samples, const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t room = 0;
	bool is_good = file;

	while (is_good && getline(&text, &room, file) > 0) {
		json_t *line = json_loads(text, 0, NULL);

		if (!line && feof(file))
			break;
		is_good = line && take_line(samples, line);
		if (!is_good)
			fprintf(stderr, "trial: no line of a sample: %s", text);
		json_decref(line);
	}
	free(text);
	if (file)
		fclose(file);
	return is_good;
}

/* A frame as it was captured. */
struct frame {
	uint64_t time;
	uint16_t source_port, destination_port;
	const uint8_t *octets;
	size_t length;
	bool has_ethernet;
};

struct cursor {
	const uint8_t *at, *end;
};

static const void *take(struct cursor *cursor, size_t length)
{
	const void *at = cursor->at;

	if ((size_t)(cursor->end - cursor->at) < length)
		return NULL;
	cursor->at += length;
	return at;
}

/* Past the IP header: the protocol and how long what it carries is; 0: not ours. */
static int take_ip(struct cursor *cursor, size_t *ret_length)
{
	const struct iphdr *ipv4 = (const void *)cursor->at;
	const struct ip6_hdr *ipv6 = (const void *)cursor->at;

	if (cursor->end - cursor->at < (ptrdiff_t)sizeof(*ipv4))
		return 0;
	if (ipv4->version == 4) {
		*ret_length = ntohs(ipv4->tot_len) - ipv4->ihl * 4;
		return take(cursor, ipv4->ihl * 4) ? ipv4->protocol : 0;
	}
	if (!take(cursor, sizeof(*ipv6)))
		return 0;
	*ret_length = ntohs(ipv6->ip6_plen);
	return ipv6->ip6_nxt;
}

static bool take_transport(struct cursor *cursor, int protocol, size_t length,
			   struct sample *sample)
{
	const struct tcphdr *tcp = (const void *)cursor->at;
	const struct udphdr *udp = (const void *)cursor->at;
	size_t head = sizeof(*udp);

	if (!take(cursor, protocol == IPPROTO_TCP ? sizeof(*tcp) : sizeof(*udp)))
		return false;
	sample->source.sin6_port = udp->source;
	sample->destination.sin6_port = udp->dest;
	if (protocol == IPPROTO_TCP) {
		head = tcp->doff * 4;
		sample->sequence = ntohl(tcp->seq);
		if (!take(cursor, head - sizeof(*tcp)))
			return false;
	}
	sample->payload_length = length > head ? length - head : 0;
	return true;
}

/* The ports and the payload, no addresses: for those the lines are asked. */
static bool read_frame(struct cursor cursor, bool has_ethernet, struct sample *ret_sample)
{
	size_t length = 0;
	int protocol;

	*ret_sample = (struct sample){ .has_octets = true };
	if (has_ethernet && !take(&cursor, ETH_HLEN))
		return false;
	protocol = take_ip(&cursor, &length);
	if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP)
		return false;
	ret_sample->is_tcp = protocol == IPPROTO_TCP;
	if (!take_transport(&cursor, protocol, length, ret_sample))
		return false;
	ret_sample->captured = cursor.end - cursor.at;
	if (ret_sample->captured > ret_sample->payload_length)
		ret_sample->captured = ret_sample->payload_length;
	if (ret_sample->captured > sizeof(ret_sample->payload))
		ret_sample->captured = sizeof(ret_sample->payload);
	memcpy(ret_sample->payload, cursor.at, ret_sample->captured);
	return true;
}

static bool is_same(const struct sample *line, const struct sample *frame)
{
	return line->time == frame->time && line->is_tcp == frame->is_tcp && !line->has_octets &&
	       line->source.sin6_port == frame->source.sin6_port &&
	       line->destination.sin6_port == frame->destination.sin6_port;
}

/* Gives the octets to the first line from `from` on that is of the packet; the one after that. */
static size_t give_octets(struct samples *samples, const struct sample *frame, size_t from)
{
	for (size_t i = from; i < samples->count && i < from + SEARCH_MAX; i++) {
		struct sample *line = &samples->all[i];

		if (!is_same(line, frame))
			continue;
		line->has_octets = true;
		line->sequence = frame->sequence;
		line->payload_length = frame->payload_length;
		line->captured = frame->captured;
		memcpy(line->payload, frame->payload, frame->captured);
		return i + 1;
	}
	return from;
}

static size_t take_packet(struct samples *samples, struct cursor block, const bool *has_ethernet,
			  size_t from)
{
	const uint32_t *head = take(&block, PACKET_HEAD);
	struct sample frame;

	if (!head || (size_t)(block.end - block.at) < head[3])
		return from;
	block.end = block.at + head[3];
	if (!read_frame(block, has_ethernet[head[0] % INTERFACES_MAX], &frame))
		return from;
	frame.time = ((uint64_t)head[1] << 32 | head[2]) / 1000 * 1000;
	return give_octets(samples, &frame, from);
}

static void read_capture(struct samples *samples, struct cursor file)
{
	bool has_ethernet[INTERFACES_MAX] = { 0 };
	size_t interfaces = 0, next = 0;
	const uint32_t *head;

	while ((head = (const void *)file.at) && file.end - file.at > BLOCK_HEAD &&
	       head[1] >= BLOCK_HEAD + 4 && (size_t)(file.end - file.at) >= head[1]) {
		struct cursor block = { file.at + BLOCK_HEAD, file.at + head[1] - 4 };

		if (head[0] == BLOCK_INTERFACE)
			has_ethernet[interfaces++ % INTERFACES_MAX] = *(const uint16_t *)block.at ==
								      LINK_ETHERNET;
		else if (head[0] == BLOCK_PACKET)
			next = take_packet(samples, block, has_ethernet, next);
		file.at += head[1];
	}
}

static bool read_whole(const char *path, struct cursor *ret_file)
{
	FILE *file = fopen(path, "r");
	uint8_t *octets = NULL;
	long length;

	if (!file)
		return false;
	if (fseek(file, 0, SEEK_END) == 0 && (length = ftell(file)) > 0) {
		octets = malloc(length);
		rewind(file);
		if (octets && fread(octets, length, 1, file) == 1)
			*ret_file = (struct cursor){ octets, octets + length };
	}
	fclose(file);
	return octets;
}

bool samples_read(struct samples *samples, const char *lines, const char *capture)
{
	struct cursor file = { 0 };
	uint8_t *octets;

	if (!read_lines(samples, lines) || !read_whole(capture, &file))
		return false;
	octets = (uint8_t *)file.at;
	read_capture(samples, file);
	free(octets);
	for (size_t i = 0; i < samples->count; i++)
		samples->bare += !samples->all[i].has_octets;
	return true;
}
