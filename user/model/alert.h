/* SPDX-License-Identifier: GPL-2.0-only */
/* alert.h - unexpected traffic, folded: what every sink gets, and its three spellings. */
#ifndef MODEL_ALERT_H
#define MODEL_ALERT_H

#include <jansson.h>
#include <stdbool.h>

#include "sighting.h"

enum action {
	ACTION_PROBE,
	ACTION_CONNECTION,
	ACTION_LISTENER,
	ACTION_OUTBOUND,
	ACTION_BACKSCATTER,
	ACTION_TRANSIT,
	ACTION_FLOOD,
	ACTION_SENSOR,
	ACTION_COUNT,
};

/* How a scan asks, by the kind of its packets: nmap's names for them. */
enum technique {
	TECHNIQUE_NONE,
	TECHNIQUE_SYN,
	TECHNIQUE_NULL,
	TECHNIQUE_FIN,
	TECHNIQUE_XMAS,
	TECHNIQUE_MAIMON,
	TECHNIQUE_ACK,
	TECHNIQUE_SYNACK,
	TECHNIQUE_UDP,
	TECHNIQUE_COUNT,
};

/* Of a set of them; none has none. */
static inline uint32_t technique_bit(enum technique technique)
{
	return technique == TECHNIQUE_NONE ? 0 : 1U << technique;
}

/* One of several ports, or peers, of an alert. A rare one may be told with a few too many. */
struct alert_port {
	uint16_t port;
	enum protocol protocol;
	uint64_t count;
};

struct alert_peer {
	struct addr addr;
	uint64_t count;
};

#define ALERT_PORTS_MAX 16 /* of which an alert tells the number */
#define ALERT_PEERS_MAX 8

#define ALERT_ID_SIZE 33 /* 128 random bits in hexadecimal */
#define ALERT_TEXT_SIZE 256
#define ALERT_TOOL_SIZE 16

/*
 * Self-contained: holds no pointer, so a sink may copy it. A window of one thing sends the same
 * id at most twice: at its first packet, and at its end if more came; the later replaces the
 * earlier. The actions `flood` and `sensor` are about no packet: has_packet is false, and
 * `text` says what they say. A `listener` has no packet either, but port, protocol, destination
 * (its local end) and process: alert_has_port().
 */
struct alert {
	char id[ALERT_ID_SIZE];
	enum action action;
	int severity; /* syslog's: 0 emergency .. 7 debug */
	uint64_t wall_ns; /* when it was raised */
	uint64_t start_wall_ns; /* the first packet */
	uint64_t end_wall_ns; /* the last packet */
	uint64_t count; /* sampled packets folded into it */
	/*
	 * Packets of this very thing that a rate limit held back meanwhile: no other alert tells them,
	 * and this host's answers are not among them. At the least, for who loses its place in the
	 * kernel's table loses its number.
	 */
	uint64_t suppressed;
	uint64_t kinds[KIND_COUNT]; /* `count` by kind */
	bool closing; /* the window's end, not its first packet */
	char text[ALERT_TEXT_SIZE];

	bool has_ends; /* no packet, but the addresses of source and destination */
	bool has_packet;
	char interface[IF_NAMESIZE];
	enum direction direction;
	enum role role;
	enum protocol protocol;
	enum kind kind; /* the first packet's */
	uint16_t port; /* the watched one */
	struct endpoint source;
	struct endpoint destination;
	bool has_mac;
	uint8_t source_mac[6];
	bool has_vlan;
	uint16_t vlan_id;
	enum verdict verdict;
	enum fate fate; /* of all packets, as far as it is known; unknown where they differ */
	bool fate_differs;
	enum refuser refused_by;
	char drop_reason[SIGHTING_REASON_SIZE];
	bool is_foreign; /* in a frame to another device than this host's */
	enum quality quality;
	struct process process;
	struct process_brief created_by;
	struct process_brief accepted_by;
	struct process_brief peer_process;
	char looks_like[ALERT_TOOL_SIZE]; /* the first tool that a packet looked like; or "" */
	uint32_t techniques; /* technique_bit() of all packets */

	/* what many things in one alert have, and a `flood`; all above is the first packet's */
	bool at_least; /* packets were held back meanwhile: of what is counted there may be more */
	uint64_t ports; /* (port, protocol) pairs folded into it; 0: it is about one thing */
	uint64_t peers; /* addresses of `prefix`; 0: one */
	struct prefix prefix;
	unsigned int top_port_count;
	struct alert_port top_ports[ALERT_PORTS_MAX];
	unsigned int top_peer_count;
	struct alert_peer top_peers[ALERT_PEERS_MAX]; /* of a flood: packets held back */
};

/* Does it name a port, so an end of this host and perhaps a process? */
static inline bool alert_has_port(const struct alert *alert)
{
	return alert->has_packet || alert->action == ACTION_LISTENER;
}

/* Several things in one? */
static inline bool alert_is_folded(const struct alert *alert)
{
	return alert->ports || alert->peers;
}

/* "3409/tcp,3410/tcp,...": the ports of a folded alert, the dots where not all are known. */
#define ALERT_PORTS_SIZE 192
const char *alert_format_ports(const struct alert *alert, char out[ALERT_PORTS_SIZE]);

/* "syn", ...; NULL for none. Static. */
const char *alert_technique_word(enum technique technique);

/* "syn,fin": all of them, "" for none. Returns out. */
#define ALERT_TECHNIQUES_SIZE 64
const char *alert_format_techniques(const struct alert *alert, char out[ALERT_TECHNIQUES_SIZE]);

const char *alert_action_word(enum action action);
/* The action, or -EINVAL. */
int alert_find_action(const char *word);

/* A fresh id. */
void alert_new_id(char id[ALERT_ID_SIZE]);

/* "Unexpected TCP SYN from 203.0.113.5 to closed port 3409 ...": one line, escaped. Returns out. */
#define ALERT_MESSAGE_SIZE 512
const char *alert_format_message(const struct alert *alert, char out[ALERT_MESSAGE_SIZE]);

/*
 * The contract's JSON object (Elastic Common Schema names). Every string in it is valid UTF-8.
 * `hostname` is this host's. Returns a new reference, NULL when memory is out.
 */
json_t *alert_to_json(const struct alert *alert, const char *hostname);

/*
 * The fields of the syslog structured data, in the contract's order: name and raw value, values
 * that are not known left out. Visits each once.
 */
typedef void alert_field_visitor(void *argument, const char *name, const char *value);
void alert_visit_fields(const struct alert *alert, alert_field_visitor *visit, void *argument);

#endif
