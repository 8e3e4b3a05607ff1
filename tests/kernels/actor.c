// SPDX-License-Identifier: GPL-2.0-only
/*
 * actor.c - plays the scenarios that the sensor's naming of processes is tested with, each told
 * as it happens (truth.h), and checks what the sensor said of them:
 *
 *   actor -t TRUTH [OPTIONS] SCENARIO ADDRESS PORT [COUNT [PARALLEL]]
 *   actor check [--help] TRUTH SAMPLES
 *
 * Exit status 77 with a line "SKIP why": this kernel cannot play it.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "actor.h"
#include "truth.h"

struct scenario {
	const char *name;
	scenario_function *play;
	const char *help;
};

static const struct scenario scenarios[] = {
	{ "tcp", act_tcp, "a connection, an octet, gone" },
	{ "clients", act_clients, "COUNT processes of that, PARALLEL at once" },
	{ "fork-clients", act_fork_clients, "the same without exec" },
	{ "udp", act_udp, "a datagram from a socket without address" },
	{ "udp-bound", act_udp_bound, "from a bound one" },
	{ "udp-connected", act_udp_connected, "from a connected one" },
	{ "senders", act_senders, "COUNT processes that play udp" },
	{ "bound-senders", act_bound_senders, "or udp-bound" },
	{ "connected-senders", act_connected_senders, "or udp-connected" },
	{ "udp-stream", act_stream, "COUNT datagrams from one connected socket" },
	{ "hold", act_hold, "COUNT sockets at once, then a datagram from each" },
	{ "threads", act_threads, "COUNT threads, each sends an octet over one connection" },
	{ "pass", act_pass, "connects and passes the descriptor to another that sends" },
	{ "exec", act_exec, "connects, then becomes -e FILE, which sends" },
	{ "exec-after", act_exec_after, NULL },
	{ "rename", act_rename, "connects under hostile names" },
	{ "unsent", act_unsent, "writes 5 MB and is gone; the server needs -d" },
	{ "serve", act_serve, "accepts COUNT connections" },
	{ "listen", act_listen, "accepts none, for ever" },
	{ "prefork", act_prefork, "-k workers that share a listener" },
	{ "reuseport", act_reuseport, "-k workers with a listener each" },
	{ "reuseport-cbpf", act_reuseport_cbpf, "and a program that picks one at random" },
	{ "fork-each", act_fork_each, "a child for each connection; clients need -g" },
	{ "pass-each", act_pass_each, "passes each connection on; clients need -g" },
	{ "activate", act_activate, "-e FILE serves a listener whose creator is dead" },
	{ "activated", act_activated, NULL },
	{ "udp-serve", act_udp_serve, "takes COUNT datagrams" },
	{ "udp-reuseport", act_udp_reuseport, "by -k workers with a socket each" },
	{ "udp-reuseport-cbpf", act_udp_reuseport_cbpf, "picked at random" },
	{ "raw-udp", act_raw_udp, "datagrams by a raw socket, from port -s" },
	{ "raw-syn", act_raw_syn, "SYNs by a raw socket, from port -s" },
	{ "packet", act_packet, "datagrams by a packet socket, from port -s (-i, -M)" },
	{ "packet-bypass", act_packet_bypass, "the same past the queueing discipline" },
	{ "uring-clients", act_uring_clients, "connects and sends by io_uring" },
	{ "uring-async", act_uring_async, "by its worker threads" },
	{ "uring-sqpoll", act_uring_sqpoll, "by its polling thread" },
	{ "uring-serve", act_uring_serve, "accepts by io_uring" },
	{ "uring-direct", act_uring_direct, "without a descriptor" },
	{ "reuse-pid", act_reuse_pid, "COUNT clients under one pid, every other one is -e FILE" },
	{ "exe-memfd", act_exe_memfd, "a client that is no file" },
	{ "exe-deleted", act_exe_deleted, "one that is deleted (-e FOLDER, here and below)" },
	{ "exe-bind", act_exe_bind, "one under a bind mount" },
	{ "exe-overlay", act_exe_overlay, "one on an overlay" },
	{ "exe-chroot", act_exe_chroot, "one in a chroot" },
	{ "exe-long", act_exe_long, "one with a path of 400 octets" },
	{ "seen-from-outside", act_seen_from_outside, NULL },
	{ "cgroups", act_cgroups, "COUNT clients in cgroups that are removed at once" },
};

static int usage(void)
{
	fputs("actor -t TRUTH [-s SOURCE-PORT] [-k WORKERS] [-d DELAY-MS] [-p PACE-US] [-g] [-m]\n"
	      "      [-e FILE] [-i INTERFACE] [-M MAC] SCENARIO ADDRESS PORT [COUNT [PARALLEL]]\n"
	      "actor check [--help] TRUTH SAMPLES\n\n"
	      "-g the server speaks first, -m MPTCP. Scenarios:\n", stderr);
	for (size_t i = 0; i < sizeof(scenarios) / sizeof(*scenarios); i++)
		if (scenarios[i].help)
			fprintf(stderr, "  %-20s %s\n", scenarios[i].name, scenarios[i].help);
	return 2;
}

static scenario_function *find_scenario(const char *name)
{
	for (size_t i = 0; i < sizeof(scenarios) / sizeof(*scenarios); i++)
		if (strcmp(scenarios[i].name, name) == 0)
			return scenarios[i].play;
	return NULL;
}

static bool read_option(struct act *act, int option)
{
	switch (option) {
	case 't':
		truth_open(optarg);
		return true;
	case 's':
		act->source_port = atol(optarg);
		return true;
	case 'k':
		act->workers = atol(optarg);
		return act->workers > 0 && act->workers <= WORKERS_MAX;
	case 'd':
		act->delay_ms = atol(optarg);
		return true;
	case 'p':
		act->pace_us = atol(optarg);
		return true;
	case 'g':
		act->is_greeted = true;
		return true;
	case 'm':
		act->is_mptcp = true;
		return true;
	case 'e':
		act->other = optarg;
		return true;
	case 'i':
		act->interface = optarg;
		return true;
	case 'M':
		act->mac = optarg;
		return true;
	}
	return false;
}

int main(int argc, char **argv)
{
	struct act act = { .count = 1, .parallel = 1, .workers = 4,
			   .interface = "lo", .mac = "00:00:00:00:00:00", .argv = argv };
	scenario_function *play;
	int option;

	if (argc > 1 && strcmp(argv[1], "check") == 0)
		return truth_check(argc - 1, argv + 1);
	while ((option = getopt(argc, argv, "+t:s:k:d:p:gme:i:M:")) != -1)
		if (!read_option(&act, option))
			return usage();
	if (argc - optind < 3 || argc - optind > 5)
		return usage();
	act.scenario = &argv[optind];
	act.address = argv[optind + 1];
	act.port = argv[optind + 2];
	if (argc > optind + 3)
		act.count = atol(argv[optind + 3]);
	if (argc > optind + 4)
		act.parallel = atol(argv[optind + 4]);
	play = find_scenario(*act.scenario);
	if (!play || act.count < 1 || act.parallel < 1)
		return usage();
	signal(SIGPIPE, SIG_IGN);
	return play(&act);
}
