/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * reached.h - the socket that a packet has reached or come from, by what the hooks at the sockets
 * recorded: for a datagram by its own passage, for TCP by its connection's flow.
 */
#ifndef WHO_REACHED_H
#define WHO_REACHED_H

#include "inquiry.h"

/* One end of a packet's way. */
struct reached {
	uint64_t cookie; /* of the socket; of a connection that is not there (yet) 0 */
	uint64_t listener; /* TCP: of the listening socket that was asked; 0: none */
	uint64_t since_ns; /* TCP: when the connection took the flow; else the first one just alike */
	uint64_t at_ns; /* when the packet, or TCP's last, was there */
	uint64_t orphan_ns; /* TCP: since when no process has the socket; 0: one has */
	uint32_t netns; /* the socket's */
	struct process_key sender; /* of a datagram */
	enum socket_state state; /* of a datagram's socket */
	bool is_sole;
	bool is_kernel;
	bool is_multipath;
};

/*
 * packet: as it is on the wire, or translated. netns: the namespace of the socket, 0: any. sends:
 * the socket that it comes from, else the one that it reaches. False: none, or one of several.
 */
bool reached_find(const struct inquiry *inquiry, uint32_t netns, const struct tuple *packet,
		  bool sends, struct reached *ret_reached);

#endif
