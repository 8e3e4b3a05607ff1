/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * actor.h - what the scenarios share. Every function that cannot do its work ends the process.
 */
#ifndef KERNELS_ACTOR_H
#define KERNELS_ACTOR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>

#define STATUS_SKIP 77
#define WORKERS_MAX 16

/* One call of the program. */
struct act {
	const char *address;
	const char *port;
	long count; /* connections, datagrams or processes */
	long parallel; /* how many at once */
	long workers;
	long delay_ms; /* between connect and the first octet */
	long pace_us; /* between two starts */
	long source_port; /* 0: any */
	bool is_greeted; /* the server speaks first */
	bool is_mptcp;
	const char *other; /* another executable, or a folder to work in */
	const char *interface;
	const char *mac; /* of the next hop */
	char **argv; /* as main() had it: children are made of it */
	char **scenario; /* the word in argv that names it */
};

typedef int scenario_function(const struct act *act);

struct address {
	struct sockaddr_storage storage;
	socklen_t length;
};

__attribute__((noreturn)) void die(const char *what);

/* Says why this kernel cannot play the scenario, and ends the process with STATUS_SKIP. */
__attribute__((noreturn)) void skip(const char *why);

struct address resolve(const struct act *act, int type);

/* A socket, bound to the source port if one was asked for. */
int open_client(const struct act *act, int type);

/* A socket that is bound to the address; the caller listens. */
int open_bound(const struct act *act, int type, bool is_reuseport);

/* The same, listening and told. */
int open_listener(const struct act *act, bool is_reuseport);

/* A new connection, told. */
int connect_told(const struct act *act);

/* One octet, the process behind it having been told as `did` a moment ago. */
void send_octet(int fd);

/* Reads to the end of the connection, then closes. */
void drain(int fd);

/* The client's part of a conversation, from the greeting on, and its end. */
void converse(const struct act *act, int fd);

/* Starts this program anew with the same options, as another scenario; path NULL: the same file. */
pid_t start_self(const struct act *act, const char *path, const char *scenario);
__attribute__((noreturn)) void become(const struct act *act, const char *path, const char *scenario);

/* fork() that does not fail. */
pid_t start_child(void);

/* Waits for a child; any that does not end well ends this process, too. pid -1: anyone. */
void wait_child(pid_t pid);

/* `count` processes that play the scenario, so many at once as asked for. */
int start_many(const struct act *act, const char *scenario);

void sleep_us(long us);

/* The one descriptor of it from now on. */
void keep_as(int number, int fd);

/* Descriptors over a Unix socket. */
void pass_descriptor(int over, int fd);
int take_descriptor(int over);

scenario_function act_tcp, act_clients, act_udp, act_udp_bound, act_udp_connected, act_senders,
	act_bound_senders, act_connected_senders, act_stream, act_hold, act_threads, act_pass, act_exec,
	act_exec_after, act_rename, act_unsent, act_fork_clients;
scenario_function act_serve, act_prefork, act_reuseport, act_reuseport_cbpf, act_fork_each,
	act_pass_each, act_activate, act_activated, act_udp_serve, act_udp_reuseport,
	act_udp_reuseport_cbpf, act_listen;
scenario_function act_raw_udp, act_raw_syn, act_packet, act_packet_bypass;
scenario_function act_uring_clients, act_uring_async, act_uring_sqpoll, act_uring_serve,
	act_uring_direct;
scenario_function act_reuse_pid, act_exe_memfd, act_exe_deleted, act_exe_bind, act_exe_overlay,
	act_exe_chroot, act_exe_long, act_seen_from_outside, act_cgroups;

#endif
