/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * abi.h - the border: everything that crosses between kernel and user space.
 *
 * Ports are in host byte order and addresses in network byte order, everywhere, except in the
 * watch bitmap, which is indexed by the port as it lies in the packet (watch.h says why).
 * IPv4 addresses are written as IPv4-mapped IPv6 (::ffff:a.b.c.d, RFC 4291 section 2.5.5.2).
 * Every type here has the same size and layout in a BPF object and in a native one.
 */
#ifndef PORTSENTINEL_ABI_H
#define PORTSENTINEL_ABI_H

#include <linux/bpf.h>
#include <linux/types.h>

#define ABI_VERSION 1

/* CPUs that `accounting` and the counters have room for; a host with more is refused at load. */
#define ABI_CPUS_MAX 1024

enum direction {
	DIRECTION_IN, /* received by the interface */
	DIRECTION_OUT, /* sent by it */
	DIRECTION_COUNT,
};

/* Which end of the packet the watched port is. Bits: a packet between two watched ports has both. */
enum role {
	ROLE_TO = 1, /* the watched port is the destination */
	ROLE_FROM = 2, /* it is the source */
};

enum protocol {
	PROTOCOL_TCP,
	PROTOCOL_UDP,
	PROTOCOL_COUNT,
};

enum kind {
	KIND_SYN,
	KIND_SYNACK,
	KIND_ACK,
	KIND_DATA,
	KIND_FIN,
	KIND_RST,
	KIND_NULL,
	KIND_XMAS,
	KIND_FINONLY,
	KIND_MAIMON,
	KIND_OTHER,
	KIND_UDP,
	KIND_FRAGMENT,
	KIND_ICMP,
	KIND_COUNT,
};

/* Why a packet's ports could not be read. */
enum unparsed {
	UNPARSED_TRUNCATED, /* it ends inside a header */
	UNPARSED_BAD_HEADER, /* a header contradicts itself */
	UNPARSED_TOO_DEEP, /* more headers before the ports than the parser follows */
	UNPARSED_NOT_IP, /* neither IPv4 nor IPv6 */
	UNPARSED_COUNT,
};

/* Where the program that saw the packet sits. */
enum hook {
	HOOK_XDP,
	HOOK_TC_IN,
	HOOK_TC_OUT,
};

/* What the kernel's socket look-up said when the packet was sampled. */
enum socket_state {
	SOCKET_UNASKED, /* no look-up was made */
	SOCKET_NONE, /* no socket of this namespace takes the packet */
	SOCKET_LISTENING, /* TCP LISTEN, or an unconnected UDP socket */
	SOCKET_REQUESTED, /* TCP NEW_SYN_RECV: asked, and answered; anybody can forge the question */
	SOCKET_CONNECTED, /* any other TCP state, or a connected UDP socket */
};

/* Whose the frame is by its link address: PACKET_... of linux/if_packet.h. */
enum addressed {
	ADDRESSED_UNKNOWN, /* the hook cannot tell */
	ADDRESSED_HERE, /* to this device, to several, or to all */
	ADDRESSED_ELSEWHERE, /* to another one: seen because the device takes everything */
};

/* The watch set: a bit a protocol and port, the port being read in network byte order. */
struct watch {
	__u64 words[PROTOCOL_COUNT][65536 / 64];
};

/*
 * The accounting of one CPU. matched = sampled + suppressed + lost, always: each matched packet
 * adds to exactly one of the three, after it was counted.
 */
struct accounting {
	__u64 seen; /* packets that passed a hook */
	__u64 matched; /* packets with at least one watched port */
	__u64 sampled; /* written to the ring */
	__u64 suppressed; /* held back by a rate limit */
	__u64 lost; /* the ring was full */
	__u64 unparsed[UNPARSED_COUNT];
	__u64 uncounted; /* counter rows that found no room: they stand under port 0 */
	__u64 peers_evicted; /* peers that gave their place to a newer one */
	__u64 foreign; /* of the matched: frames to link addresses that no device here has */
	__u64 suppressed_answers; /* of suppressed, this host's answers */
	__u64 reserved[3]; /* fills two cache lines */
};

/*
 * Counters: an open hash of cells, one slice a CPU, each slice written by its CPU alone.
 * A key names (port, protocol, interface, direction, role, kind); zero marks a free cell.
 */
#define COUNTER_WAYS 4

struct counter_cell {
	__u64 key;
	__u64 packets;
	__u64 bytes; /* frame lengths, from the link header on */
};

struct counter_set {
	struct counter_cell cells[COUNTER_WAYS];
};

#define COUNTER_KEY_USED (1ULL << 63)

static inline __u64 counter_key(__u16 port, enum protocol protocol, __u32 ifindex,
				enum direction direction, enum role role, enum kind kind)
{
	return COUNTER_KEY_USED | (__u64)ifindex << 24 | (__u64)port << 8 | (__u64)protocol << 7 |
	       (__u64)direction << 6 | (__u64)(role == ROLE_FROM) << 5 | kind;
}

/*
 * One remote address and what this host had to do with it. Times are jiffies; packets with no
 * room in their set replace the peer that was silent longest.
 */
struct peer {
	__u64 addr[2]; /* 16 octets in network byte order */
	__u64 allowed_at; /* the limiter's theoretical arrival time, in limiter ticks */
	__u64 first;
	__u64 last; /* zero marks a free place */
	__u64 packets_in;
	__u64 packets_out;
	__u32 allowed; /* packets that the limits let through; wraps */
	__u32 kinds; /* bit set of enum kind, inbound packets only */
	__u64 firsts_at; /* as allowed_at: what it has of the shares for the first packets of things */
	__u64 proven_at; /* and of the share for completed handshakes */
};

/* Packets of the peer that were held back since it was first seen; wraps. */
static inline __u32 peer_suppressed(const struct peer *peer)
{
	return peer->packets_in + peer->packets_out - peer->allowed;
}

/*
 * Where in the table a peer belongs, on both sides of the border: multiply-shift hashing, whose
 * multipliers are secret, so that nobody can choose addresses that crowd into one set.
 */
static inline __u32 peer_hash(const __u64 addr[2], __u64 seed)
{
	__u64 hash = addr[0] * (seed | 1) + addr[1] * ((seed << 32 | seed >> 32) | 1);

	hash ^= hash >> 32;
	return hash * 0x9e3779b97f4a7c15ULL >> 32;
}

#define PEER_WAYS 4

struct peer_set {
	struct bpf_spin_lock lock; /* taken to replace a peer, not to update one */
	__u32 reserved;
	struct peer peers[PEER_WAYS];
};

/*
 * A thing: what one peer and one watched port have to do with each other, one way. Things share
 * places; the one that was sampled last has it.
 */
struct thing {
	__u32 tag; /* of its name; zero marks a free place */
	__u32 sampled_at; /* jiffies, which wrap: when a packet of it was last sampled */
	__u32 suppressed; /* packets held back since it has the place; wraps */
	__u32 reserved;
};

#define THINGS (1 << 16)

/* What may be sampled once though the peer has used up its share. */
enum thing_type {
	THING_PORT, /* peer, port, direction */
	THING_REQUESTED, /* a flow that the kernel has a request for: forged by whoever forges a SYN */
	THING_CONNECTED, /* a flow that the kernel has a connected socket for */
};

/* port: the watched one; other_port: of a flow, else 0. Both in host byte order. */
static inline __u64 thing_name(enum thing_type type, __u16 port, __u16 other_port,
			       enum protocol protocol, enum direction direction, enum role role)
{
	return (__u64)type << 48 | (__u64)other_port << 32 | (__u64)(role == ROLE_FROM) << 18 |
	       (__u64)direction << 17 | (__u64)protocol << 16 | port;
}

/* Its place is in the lower half, its tag in the upper: multiply-shift again, by the same secret. */
static inline __u64 thing_hash(const __u64 addr[2], __u64 name, __u64 seed)
{
	__u64 hash = addr[0] * (seed | 1) + addr[1] * ((seed << 32 | seed >> 32) | 1) +
		     name * ((seed ^ 0xff51afd7ed558ccdULL) | 1);

	hash ^= hash >> 32;
	hash *= 0x9e3779b97f4a7c15ULL;
	return hash ^ hash >> 32;
}

static inline __u32 thing_place(__u64 hash)
{
	return hash & (THINGS - 1);
}

static inline __u32 thing_tag(__u64 hash)
{
	return hash >> 32 | 1;
}

/* The sample limits in force; written by user space at any time. */
#define LIMIT_TICKS_PER_JIFFY (1 << 20)

struct limit_bucket {
	__u64 interval; /* ticks between two samples; 0: no limit */
	__u64 tolerance; /* ticks that a burst may run ahead */
	__u64 allowed_at; /* written by the kernel side */
};

/*
 * All peers together have `total` samples, in shares, so that what anybody can forge does not spend
 * what is kept for the rest.
 */
#define SHARE_PORTS 8

enum limit_share {
	SHARE_ANY,
	SHARE_OWN, /* first packets of things that this host sends */
	SHARE_PROVEN, /* packets of connected TCP sockets, once a flow */
	SHARE_FIRST, /* first packets of things that come in: SHARE_PORTS of them, by port */
	SHARE_COUNT = SHARE_FIRST + SHARE_PORTS,
};

struct limits {
	__u64 peer_interval;
	__u64 peer_tolerance;
	__u64 peer_extra_tolerance; /* of a peer's part of the shares behind SHARE_ANY */
	__u64 peer_seed; /* of the hashes: a peer must not choose its place */
	__u64 thing_memory; /* jiffies; the first packet after them is a thing's first again */
	struct limit_bucket shares[SHARE_COUNT];
};

/* A packet of a file, told to the program before it runs (replay.h). */
struct replay {
	__u64 time_ns; /* the file's, since 1970 */
	__u64 jiffies; /* the same in jiffies */
	__u32 frame_length; /* on the wire, from the link header on */
	__u32 ifindex; /* number of its interface in the file */
	__u32 direction; /* enum direction */
	__u32 reserved;
};

/* What a packet of a file answers, as far as the file has shown it before. */
enum replay_answer {
	ANSWERS_NOTHING, /* or it is no replay */
	ANSWERS_IN, /* what came in, or went a way that the file does not tell */
	ANSWERS_OUT, /* what this host sent */
};

/* bridge.h: the key that is there where a bridge's packets may be translated on their way. */
#define BRIDGE_PORTS_MAX 4096
#define BRIDGE_TRANSLATES 0

/* station.h: the key that is there once all addresses are; it is nobody's. */
#define STATIONS_MAX 65536
#define STATIONS_COMPLETE 0

/* An attached interface, written by the loader so that any later reader knows it by name. */
#define INTERFACE_NAME_MAX 16

struct interface_door {
	__u32 program; /* id of the attached program */
	__u32 filter_handle; /* clsact only: which filter is ours */
	__u16 filter_priority;
	__u8 mode; /* enum attach_mode of the loader */
	__u8 reserved[5];
};

struct interface_record {
	char name[INTERFACE_NAME_MAX];
	__u64 netns; /* inode of the network namespace that ifindex belongs to */
	struct interface_door doors[DIRECTION_COUNT];
	__u8 made_clsact; /* the qdisc is ours too */
	__u8 is_left; /* by a sensor that is gone: to be taken over or removed */
	__u8 is_left_out; /* not attached, for others see its packets: why_not_better says which */
	__u8 reserved[5];
	char why_not_better[192]; /* "" when the best mode was taken */
};

/*
 * A process as it was when it did something: a pid alone is soon another's, and a process that
 * executes another program, drops to another user or is moved to another control group is another
 * one to whoever reads of it. Zero tgid: nobody.
 */
struct process_key {
	__u64 start_boot_ns; /* CLOCK_BOOTTIME, of the thread group's leader */
	__u32 tgid; /* in the initial pid namespace */
	__u32 exec_id; /* how often it has called exec */
	__u64 identity; /* of its name, user, group, control group and network namespace: equal while these are */
};

/* What a process did with a socket. */
enum socket_role {
	SOCKET_CREATED,
	SOCKET_BOUND,
	SOCKET_CONNECTED_BY, /* called connect() */
	SOCKET_ACCEPTED,
	SOCKET_HELD, /* had it open when the sensor started */
	SOCKET_SENT, /* the last to send */
	SOCKET_RECEIVED, /* the last whose call took something out: not who asked, or only looked */
	SOCKET_ROLE_COUNT,
};

/* A socket, by its cookie: who did what with it last. Written by the owner hooks. */
struct socket_record {
	struct process_key roles[SOCKET_ROLE_COUNT];
	__u64 boot_ns; /* when the record began */
	__u64 sent_boot_ns; /* when it last sent; 0: never */
	__u64 received_boot_ns;
	__u64 sent_since_boot_ns; /* when SOCKET_SENT became the process that it is */
	__u64 received_since_boot_ns;
	__u64 handed_boot_ns; /* when a descriptor of it was last passed to somebody; 0: never */
	__u64 inode; /* of its file, as /proc/PID/fd has it; 0: not known */
	__u8 shared; /* SOCKET_HELD: more processes than one had it open */
	__u8 kernel; /* the kernel's own */
	__u8 changed; /* bits of enum socket_role: another process had the role before */
	__u8 became; /* the same: that process had it as another user, program and so on */
	__u8 reserved[4];
};

/* How much of its past a socket remembers. */
#define HISTORY_LENGTH 4

/*
 * Octets of a TCP stream, by their sequence numbers, and the process that wrote or took them.
 * Nobody: several were at it at once, and nobody knows who wrote which. Numbers wrap.
 */
struct claim {
	struct process_key process;
	__u32 from;
	__u32 to; /* the first one after */
};

/* One direction of a stream: claims in the order of their numbers, the newest in newest % length. */
struct claims {
	struct claim last[HISTORY_LENGTH];
	__u32 newest;
	__u32 end; /* what was taken so far; unused for what was written */
};

/* Datagrams that one process took out of a socket, with nobody's in between. */
struct taking {
	struct process_key process;
	__u64 first_boot_ns;
	__u64 last_boot_ns;
	__u64 empty_boot_ns; /* when it last left nothing, all that ever came being accounted for */
};

struct takings {
	struct taking last[HISTORY_LENGTH];
	__u32 newest;
	__u32 arrived; /* datagrams that reached the socket */
	__u32 taken;
	__u32 inside; /* hooks at work on this at this moment */
	__u64 arrived_boot_ns; /* the last one */
	__u64 known_boot_ns; /* the two numbers tell the truth of what came since then */
	__u64 confused_boot_ns; /* when two took at once */
};

/* Who wrote and took what, of a socket with a watched port, by its cookie. */
struct socket_history {
	__u64 changes; /* odd while it is being written */
	union {
		struct {
			struct claims written;
			struct claims taken;
		} stream;
		struct takings datagrams;
	};
};

/*
 * The socket's view of a flow. netns 0 stands for any namespace, device 0 for a socket that is
 * bound to none, or to any.
 */
struct flow_key {
	__u8 local[16];
	__u8 remote[16];
	__u16 local_port;
	__u16 remote_port;
	__u32 netns; /* inode */
	__u32 protocol; /* enum protocol */
	__u32 device; /* ifindex */
};

/* A flow through the packet programs, as this host's end sees it. Ports in host byte order. */
struct exchange_key {
	__u8 local[16];
	__u8 remote[16];
	__u16 local_port;
	__u16 remote_port;
	__u8 protocol; /* enum protocol */
	__u8 reserved[3];
};

/* What this host said in a flow: by that is told what became of what came. 0: never. */
struct exchange {
	__u64 answered_boot_ns; /* the last SYN-ACK, or datagram */
	__u64 refused_boot_ns; /* the last RST, or ICMP error about it */
	__u8 is_peers; /* UDP, or a SYN: the flow's first packet came from the peer */
	__u8 reserved[7];
};

/* A packet that the kernel dropped on its way in. */
struct drop_key {
	struct exchange_key flow;
	__u32 netns;
	__u32 mark; /* TCP's sequence number, host byte order; a datagram's: mark.h */
};

struct drop {
	__u64 boot_ns;
	__u64 location; /* the kernel's address where it was */
	__u32 reason; /* enum skb_drop_reason of the running kernel; 0: it does not tell */
	__u32 reserved;
};

/* The TCP connection that has a flow, and what reached it. */
struct flow {
	__u64 cookie; /* the connection's; of Multipath TCP that of its first subflow; 0: none yet */
	__u64 boot_ns; /* when the flow became this one's */
	__u64 last_boot_ns; /* when a packet last reached it, or came from it */
	__u64 listener; /* the cookie of the listening socket that was asked for it; 0: none */
	__u64 listener_boot_ns; /* when it was last asked */
	__u64 conflict_boot_ns; /* when two sockets last had such a flow at the same time */
	__u64 orphan_boot_ns; /* the first packet that found it without a process; 0: none since one had it */
	__u32 netns; /* the socket's */
	__u8 sole; /* when a packet last came the socket had one descriptor, in all processes together */
	__u8 kernel; /* the kernel's own socket */
	__u8 multipath; /* a subflow of Multipath TCP: its octets are nobody's by number */
	__u8 reserved;
};

/* One datagram on its way into or out of a socket: its flow, in any namespace and on any device,
 * and what tells it from others of the flow (mark.h). */
struct passage_key {
	struct flow_key flow;
	__u32 mark;
	__u32 direction; /* enum direction */
};

struct passage {
	struct process_key sender; /* DIRECTION_OUT: whose call it was */
	__u64 cookie;
	__u64 since_boot_ns; /* the first of those just alike that came one after the other */
	__u64 boot_ns; /* the last of them */
	__u64 conflict_boot_ns; /* when another socket or sender last had one just like it; 0: never */
	__u32 netns; /* the socket's */
	__u32 device; /* that the socket is bound to; 0: none */
	__u8 state; /* enum socket_state */
	__u8 sole; /* as in struct flow */
	__u8 kernel;
	__u8 lite; /* UDP-Lite */
	__u8 reserved[4];
};

/* Who is sending raw frames, by the address of the task and by the socket's cookie. */
struct frame_sender {
	struct process_key process;
	__u64 boot_ns;
	__u64 cookie; /* 0: the socket had none yet */
	__u64 other_boot_ns; /* by cookie: when last another than before sent; 0: never */
	__u8 is_after; /* noted when the call has sent, not before */
	__u8 reserved[7];
};

/* A process that user space was told of, whatever it has executed or become since. */
struct life_key {
	__u64 start_boot_ns;
	__u32 tgid;
	__u32 reserved;
};

struct life {
	__u64 ended_boot_ns; /* 0: it lives */
	__u64 shared_boot_ns; /* when it last had a child, or passed descriptors; 0: never */
};

enum owner_event_type {
	OWNER_PROCESS, /* struct process_event */
	OWNER_LISTENER, /* struct listener_event: a watched port is held from now on */
	OWNER_BYPASS, /* struct listener_event: its packets pass no hook on their way out */
	OWNER_XDP_SOCKET, /* the same of a socket of the address family AF_XDP */
};

struct owner_event {
	__u16 version; /* ABI_VERSION */
	__u16 type; /* enum owner_event_type */
	__u32 size; /* of the whole record */
	__u64 boot_ns;
	struct process_key process;
};

/*
 * A process, written before the first record that names its key. Paths are lists of components,
 * the last one first, each with its terminating zero: "sshd\0sbin\0usr\0" is /usr/sbin/sshd.
 */
#define PROCESS_COMM_SIZE 16
#define PROCESS_EXE_SIZE 1024
#define PROCESS_ARGS_SIZE 1024
#define PROCESS_CGROUP_SIZE 512

struct process_event {
	struct owner_event head;
	__u32 pid; /* in the sensor's pid namespace; 0: it is not in it */
	__u32 parent_pid;
	__u32 uid; /* in the initial user namespace */
	__u32 gid;
	__u64 exe_inode;
	__u32 exe_device; /* of the file system: major << 20 | minor */
	__u32 exe_generation; /* of the inode, where its file system has them */
	__u64 cgroup_id;
	__u32 netns;
	__u16 exe_length; /* octets of exe; 0: none, or not known */
	__u16 args_length;
	__u16 cgroup_length;
	__u8 exe_unlinked; /* the file has no name any more, or never had one (memfd) */
	__u8 exe_cut; /* the path is longer than that */
	__u8 args_cut;
	__u8 cgroup_cut;
	__u16 cgroup_chosen; /* octets of cgroup, the first, that others than root may have named */
	char comm[PROCESS_COMM_SIZE]; /* of the leader thread */
	char parent_comm[PROCESS_COMM_SIZE];
	char exe[PROCESS_EXE_SIZE];
	char args[PROCESS_ARGS_SIZE]; /* each with its terminating zero */
	char cgroup[PROCESS_CGROUP_SIZE];
};

struct listener_event {
	struct owner_event head;
	__u64 cookie;
	__u8 local[16];
	__u32 netns;
	__u16 port;
	__u8 protocol; /* enum protocol */
	__u8 reserved;
};

/* What the owner hooks could not do; written by them. */
struct owner_losses {
	__u64 records_lost; /* the ring was full; tried again at the process's next call */
	__u64 records_refused; /* half full, by a user who had written more than a share; the same */
	__u64 sockets_recorded; /* ever; what exceeds the table's size was evicted */
	__u64 sockets_failed;
	__u64 flows_failed;
	__u64 histories_failed;
};

/* A level that setsockopt(2) knows nothing of: asked for to see whether the hooks fire. */
#define OWNER_PROBE_LEVEL 0x3409

/* What user space tells the owner hooks, and what they tell it back. */
struct owner_board {
	__u32 pid_namespace; /* inode of the one whose numbers are told */
	__u32 all_sockets; /* any may stand behind a watched port: by translation, in a tunnel */
	__u64 passed_boot_ns; /* when anybody last passed descriptors, as far as it is not told by socket */
	__u64 seed; /* of process_key.identity: a process must not choose its own */
	__u32 probed; /* the last option that was asked for at OWNER_PROBE_LEVEL */
	__u32 refused_uid; /* the last user of records_refused, in the initial user namespace */
	struct owner_losses losses;
	struct socket_record blank; /* all zero: what a new record begins as */
	struct socket_history blank_history;
};

/*
 * A sample: one packet as the kernel saw it, followed by snap_length octets of the frame. One
 * without roles is no sample, but told of all the same: suppressed is the number of those like
 * it that were not.
 */
struct packet_event {
	__u16 version; /* ABI_VERSION */
	__u8 hook;
	__u8 direction;
	__u32 size; /* of this record, data included */
	__u64 boot_ns; /* CLOCK_BOOTTIME */
	__u64 cookie; /* the socket's, where the hook knows it; else 0 */
	__u64 task; /* the address of the task that was sending a raw frame; else 0 */
	__u32 ifindex;
	__u32 frame_length;
	__u32 payload_length; /* transport payload, padding excluded */
	__u32 suppressed; /* its thing's count at this moment; with two watched ports the target's */
	__u8 source[16];
	__u8 destination[16];
	__u16 source_port;
	__u16 destination_port;
	__u16 vlan; /* the outermost tag's TCI, 0 when has_vlan is 0 */
	__u16 l3_offset; /* from the start of data */
	__u16 l4_offset;
	__u16 snap_length;
	__u8 roles; /* bits of enum role; 0: it has more headers in front of its ports than are followed */
	__u8 kind;
	__u8 protocol;
	__u8 family; /* 4 or 6 */
	__u8 socket_state;
	__u8 has_vlan;
	__u8 is_own; /* the cookie's socket has the packet's own protocol and source port */
	__u8 is_raw; /* the cookie's socket is a raw or a packet socket: it forged the packet */
	__u8 addressed; /* enum addressed: to whom the frame is */
	__u8 next_header; /* IPPROTO_... of the packet: UDP and UDP-Lite are both PROTOCOL_UDP */
	__u8 answers; /* enum replay_answer */
	__u8 reserved[5];
	__u32 mark; /* of a datagram: mark.h */
	__u32 sequence; /* TCP's, host byte order */
	__u8 data[];
};

#define ABI_SIZE(type, size) _Static_assert(sizeof(type) == (size), #type " changed its size")
ABI_SIZE(struct accounting, 128);
ABI_SIZE(struct counter_set, 96);
ABI_SIZE(struct peer, 80);
ABI_SIZE(struct peer_set, 328);
ABI_SIZE(struct thing, 16);
ABI_SIZE(struct limits, 304);
ABI_SIZE(struct replay, 32);
ABI_SIZE(struct interface_record, 256);
ABI_SIZE(struct process_key, 24);
ABI_SIZE(struct socket_record, 232);
ABI_SIZE(struct claims, 136);
ABI_SIZE(struct takings, 232);
ABI_SIZE(struct socket_history, 280);
ABI_SIZE(struct flow_key, 48);
ABI_SIZE(struct exchange_key, 40);
ABI_SIZE(struct exchange, 24);
ABI_SIZE(struct drop_key, 48);
ABI_SIZE(struct drop, 24);
ABI_SIZE(struct flow, 64);
ABI_SIZE(struct passage_key, 56);
ABI_SIZE(struct passage, 72);
ABI_SIZE(struct frame_sender, 56);
ABI_SIZE(struct life_key, 16);
ABI_SIZE(struct life, 16);
ABI_SIZE(struct process_event, 2688);
ABI_SIZE(struct listener_event, 72);
ABI_SIZE(struct owner_board, 592);
ABI_SIZE(struct packet_event, 120);
#undef ABI_SIZE

#endif
