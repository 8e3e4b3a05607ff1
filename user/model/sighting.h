/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sighting.h - the noun that travels: one sampled packet under one watched port, with what was
 * found out about it. It fills left to right; each stage writes its own member and knows no
 * next stage.
 */
#ifndef MODEL_SIGHTING_H
#define MODEL_SIGHTING_H

#include <jansson.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "../../bpf/abi.h"
#include "addr.h"

enum verdict {
	VERDICT_UNKNOWN,
	VERDICT_LISTENING,
	VERDICT_CONNECTED,
	VERDICT_CLOSED,
	VERDICT_FORWARDED,
};

/* What became of a packet that came in. */
enum fate {
	FATE_UNKNOWN,
	FATE_ANSWERED, /* by the stack, or the process */
	FATE_DELIVERED, /* to a socket */
	FATE_REFUSED,
	FATE_DROPPED,
	FATE_UNANSWERED,
};

/* Who refused. */
enum refuser {
	REFUSER_UNKNOWN,
	REFUSER_KERNEL, /* the stack itself */
	REFUSER_FIREWALL,
};

#define SIGHTING_REASON_SIZE 48

/* How the owner was proved (never guessed). */
enum quality {
	QUALITY_NONE,
	QUALITY_EXACT,
	QUALITY_JOINED,
	QUALITY_LISTENER,
	QUALITY_PAST,
	QUALITY_TUNNEL,
	QUALITY_KERNEL,
};

#define PROCESS_NAME_SIZE 64
#define PROCESS_PATH_SIZE 512
#define PROCESS_COMMAND_SIZE 1024
#define PROCESS_UNIT_SIZE 256
#define PROCESS_CONTAINER_SIZE 72

/* The file that a process executes, however it is called: what the kernel tells files apart by. */
struct process_file {
	uint64_t seen_boot_ns; /* when it was seen to be that; 0: not known */
	uint64_t inode;
	uint32_t device; /* of the file system, as the kernel has it: major << 20 | minor */
	uint32_t generation; /* of the inode, where its file system has them */
	bool is_by_stat; /* as stat(2) tells it, which may number file systems otherwise */
};

/* A local process. Empty strings and zero pid: not known. Raw bytes: escape before printing. */
struct process {
	pid_t pid; /* 0 with a name: it has none in the pid namespace whose numbers are told */
	pid_t parent_pid;
	uid_t uid;
	uint64_t start_wall_ns;
	uint64_t start_boot_ns;
	uint32_t netns; /* inode of its network namespace; 0: not known */
	bool executable_unlinked; /* the file has no name any more, or never had one */
	struct process_file file;
	char name[PROCESS_NAME_SIZE];
	char parent_name[PROCESS_NAME_SIZE];
	char executable[PROCESS_PATH_SIZE];
	char command_line[PROCESS_COMMAND_SIZE]; /* arguments joined by single spaces: command.h */
	uint64_t long_command; /* 0: it is whole; else its number among the long ones */
	char user[PROCESS_NAME_SIZE];
	char cgroup[PROCESS_PATH_SIZE]; /* path below the hierarchy's root */
	char unit[PROCESS_UNIT_SIZE]; /* systemd unit */
	char container[PROCESS_CONTAINER_SIZE]; /* id */
};

/* Who else had a hand in a socket, where it was not the owner. */
struct process_brief {
	pid_t pid;
	char name[PROCESS_NAME_SIZE]; /* empty, and no pid: the same as the owner, or not known */
};

/* Is there anything to tell of it? */
static inline bool process_is_known(const struct process *process)
{
	return process->pid || *process->name || *process->executable;
}

static inline bool process_brief_is_known(const struct process_brief *brief)
{
	return brief->pid || *brief->name;
}

struct endpoint {
	struct addr addr;
	uint16_t port; /* host byte order */
};

struct sighting {
	/* the packet: from the kernel's sample */
	const struct packet_event *event; /* borrowed for the time of the call */
	uint64_t boot_ns;
	uint64_t wall_ns;
	char interface[IF_NAMESIZE];
	enum direction direction;
	enum role role;
	enum protocol protocol;
	enum kind kind;
	uint16_t port; /* the watched one */
	struct endpoint source;
	struct endpoint destination;
	bool is_elsewhere; /* the frame is to another device than the one that saw it */
	bool is_lower; /* the interface is part of another, where sockets can be bound, too */

	/* what the port was to this host */
	enum verdict verdict;

	/* what became of it */
	enum fate fate;
	enum refuser refused_by;
	char drop_reason[SIGHTING_REASON_SIZE]; /* the kernel's word, or its function; or "" */
	bool is_peers; /* the flow's first packet came from the peer, as far as is known */
	bool is_asked; /* this host began it, and sent a datagram before this one came */

	/* the tool that the packet looks as if it came from: a static word, or NULL */
	const char *looks_like;

	/* the owner */
	enum quality quality;
	bool is_delivered; /* it has reached a socket of this namespace, which may have no room */
	struct process process;
	struct process_brief created_by;
	struct process_brief accepted_by;
	struct process_brief peer_process; /* at the packet's other end, where that is on this host */
};

/* The end of the wire that is not this host: the source of what came, the target of what left. */
static inline const struct endpoint *sighting_peer(const struct sighting *sighting)
{
	return sighting->direction == DIRECTION_IN ? &sighting->source : &sighting->destination;
}

/* Is there more than a question that was answered: a socket of its own? */
static inline bool sighting_is_connected(const struct sighting *sighting)
{
	return sighting->verdict == VERDICT_CONNECTED &&
	       !(sighting->event && sighting->event->socket_state == SOCKET_REQUESTED);
}

/* Is it a stranger's: to another device, and nobody of this host got it? */
static inline bool sighting_is_foreign(const struct sighting *sighting)
{
	return sighting->is_elsewhere && sighting->verdict == VERDICT_UNKNOWN;
}

/* Does the frame begin with an Ethernet header? Else with an IP header. */
bool sighting_has_ethernet(const struct packet_event *event);

/* Who sent the frame; false where it has no such header, or zeros there (loopback). */
bool sighting_source_mac(const struct packet_event *event, uint8_t ret_mac[6]);

#define SIGHTING_VLAN_ID 0xfff /* in a tag */

/* The contract's words. Static. */
const char *sighting_verdict_word(enum verdict verdict);
const char *sighting_quality_word(enum quality quality);
const char *sighting_fate_word(enum fate fate); /* NULL: it is not known, as is the next */
const char *sighting_refuser_word(enum refuser refuser);

/*
 * Lines for people, escaped. The comment tells what was found out about the packet: "verdict
 * listening, quality exact, process "nc" pid 7, ..."; the line tells the packet, too, but not its
 * time. Cut where they would be longer; `event` must be there. Return out.
 */
#define SIGHTING_TEXT_SIZE 1536
const char *sighting_format_line(const struct sighting *sighting, char out[SIGHTING_TEXT_SIZE]);
const char *sighting_format_comment(const struct sighting *sighting, char out[SIGHTING_TEXT_SIZE]);

/*
 * A JSON object (Elastic Common Schema names), as an alert's; `event` must be there. Every string
 * in it is valid UTF-8. `hostname` is this host's. Returns a new reference, NULL when memory is
 * out.
 */
json_t *sighting_to_json(const struct sighting *sighting, const char *hostname);

#endif
