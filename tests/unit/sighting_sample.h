/* SPDX-License-Identifier: GPL-2.0-only */
/* sighting_sample.h - a sampled packet: the SYN of 203.0.113.5 to port 3409, and who took it. */
#ifndef TESTS_SIGHTING_SAMPLE_H
#define TESTS_SIGHTING_SAMPLE_H

#include <string.h>

#include "../../user/model/sighting.h"

#define SAMPLE_FRAME 54 /* Ethernet, IPv4, TCP */
#define SAMPLE_WALL_NS 1795329300123456789ULL

/* The event with room for its data. */
struct sighting_sample {
	struct sighting sighting;
	union {
		struct packet_event event;
		uint8_t octets[sizeof(struct packet_event) + 256];
	};
};

static inline void sample_sighting(struct sighting_sample *sample)
{
	struct packet_event *event = &sample->event;
	struct sighting *sighting = &sample->sighting;

	memset(sample, 0, sizeof(*sample));
	event->ifindex = 2;
	event->frame_length = event->snap_length = SAMPLE_FRAME;
	event->l3_offset = 14;
	event->roles = ROLE_TO;
	event->kind = KIND_SYN;
	memcpy(event->data, "\x02\0\0\0\0\x01\0\0\x5e\0\x53\xab\x08\0\x45", 15);
	*sighting = (struct sighting){
		.event = event,
		.wall_ns = SAMPLE_WALL_NS,
		.interface = "eth0",
		.direction = DIRECTION_IN,
		.role = ROLE_TO,
		.protocol = PROTOCOL_TCP,
		.kind = KIND_SYN,
		.port = 3409,
		.source.port = 40000,
		.destination.port = 3409,
		.verdict = VERDICT_LISTENING,
		.quality = QUALITY_EXACT,
		.process = {
			.pid = 123,
			.parent_pid = 1,
			.uid = 33,
			.start_wall_ns = 1795329000000000000ULL,
			.name = "nginx",
			.parent_name = "systemd",
			.executable = "/usr/sbin/nginx",
			.command_line = "nginx -g daemon off;",
			.user = "www-data",
			.unit = "nginx.service",
			.container = "0123abcd",
		},
	};
	addr_parse("203.0.113.5", &sighting->source.addr);
	addr_parse("192.0.2.1", &sighting->destination.addr);
}

#endif
