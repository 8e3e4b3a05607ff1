/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * watch.h - the watch set. One bit a port and protocol in plain memory that user space maps and
 * edits live: a look-up is one load, without a helper call, however many ports are watched.
 */
#ifndef PORTSENTINEL_WATCH_H
#define PORTSENTINEL_WATCH_H

#include "abi.h"

/*
 * The bit of a port is found from the port as it lies in the packet (network byte order read as
 * a host integer), which saves a byte swap on every packet of the machine.
 */
struct watch watch SEC(".data.watch");

/* port: network byte order. */
static __always_inline __u64 watch_find(enum protocol protocol, __be16 port)
{
	return watch.words[protocol][port >> 6] >> (port & 63) & 1;
}

#endif
