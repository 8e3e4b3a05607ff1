/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ends.h - what the socket at one end of a packet's way proves: who sent it, who received it. The
 * answer is put down in the inquiry; true when there is one, else is_open tells whether it may
 * still come.
 */
#ifndef WHO_ENDS_H
#define WHO_ENDS_H

#include "reached.h"

/* By the socket that the packet comes from. A segment is TCP's, of a connection of this host. */
bool inquiry_sent(struct inquiry *inquiry, const struct tuple *packet, const struct reached *at);
bool inquiry_sent_segment(struct inquiry *inquiry, const struct reached *at);

/*
 * By the socket, in whatever namespace, that the packet has reached. Early is all that comes before
 * a process has the connection: it is whose that becomes, or the listener's.
 */
bool inquiry_received(struct inquiry *inquiry, const struct tuple *packet,
		      const struct reached *at);
bool inquiry_received_early(struct inquiry *inquiry, const struct reached *at);

#endif
