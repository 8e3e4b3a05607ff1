/* SPDX-License-Identifier: GPL-2.0-only */
/* alert_sample.h - the contract's example alert, for the tests of its spellings. */
#ifndef TESTS_ALERT_SAMPLE_H
#define TESTS_ALERT_SAMPLE_H

#include <string.h>

#include "../../user/base/clock.h"
#include "../../user/model/alert.h"

static inline struct alert sample_alert(void)
{
	struct alert alert = {
		.id = "00112233445566778899aabbccddeeff",
		.action = ACTION_PROBE,
		.severity = 4,
		.wall_ns = 1795329300123456789ULL,
		.start_wall_ns = 1795329300123456789ULL - 60 * CLOCK_NS_PER_SECOND,
		.end_wall_ns = 1795329300123456789ULL,
		.count = 17,
		.kinds = { [KIND_SYN] = 17 },
		.closing = true,
		.has_packet = true,
		.interface = "eth0",
		.direction = DIRECTION_IN,
		.role = ROLE_TO,
		.protocol = PROTOCOL_TCP,
		.kind = KIND_SYN,
		.port = 3409,
		.source.port = 40000,
		.destination.port = 3409,
		.verdict = VERDICT_CLOSED,
		.quality = QUALITY_NONE,
	};

	addr_parse("203.0.113.5", &alert.source.addr);
	addr_parse("192.0.2.1", &alert.destination.addr);
	return alert;
}

/* 192.0.2.1 listens: no packet, no peer. */
static inline struct alert sample_listener(void)
{
	struct alert alert = sample_alert();

	alert.action = ACTION_LISTENER;
	alert.has_packet = false;
	alert.count = 1;
	alert.kinds[KIND_SYN] = 0;
	alert.interface[0] = '\0';
	memset(&alert.source, 0, sizeof(alert.source));
	return alert;
}

/* Two ports, and so many peers of 203.0.113.0/24. */
static inline struct alert sample_folded(uint64_t peers)
{
	struct alert alert = sample_alert();

	alert.techniques = technique_bit(TECHNIQUE_XMAS);
	alert.ports = 2;
	alert.top_port_count = 2;
	alert.top_ports[0] = (struct alert_port){ 3409, PROTOCOL_TCP, 12 };
	alert.top_ports[1] = (struct alert_port){ 3410, PROTOCOL_UDP, 5 };
	alert.peers = peers;
	if (peers) {
		prefix_parse("203.0.113.0/24", &alert.prefix);
		alert.top_peer_count = 1;
		alert.top_peers[0] = (struct alert_peer){ alert.source.addr, 9 };
	}
	return alert;
}

static inline void sample_add_process(struct alert *alert)
{
	alert->quality = QUALITY_EXACT;
	alert->process = (struct process){
		.pid = 123,
		.parent_pid = 1,
		.parent_name = "systemd",
		.uid = 33,
		.start_wall_ns = 1795329000000000000ULL,
		.name = "nginx",
		.executable = "/usr/sbin/nginx",
		.command_line = "nginx -g daemon off;",
		.user = "www-data",
		.unit = "nginx.service",
		.container = "0123abcd",
	};
}

#endif
