/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * present.h - the answers that only the present system gives: the socket that takes such a packet
 * now, and who holds it now. Remembered for a moment, so that a flood costs a look-up.
 */
#ifndef WHO_PRESENT_H
#define WHO_PRESENT_H

#include "inquiry.h"

/* Where the answers are remembered. 0 or -errno. */
int present_answers_new(struct table **ret_answers);

/* By the socket of the own namespace that takes packets that go `toward` it. */
void present_find(struct inquiry *inquiry, const struct tuple *toward);

/*
 * Who holds the listening socket of the record: who bound it if he still does, else the only one
 * that does. As he is now. False: nobody, or not to be told now.
 */
bool present_name_listener(struct inquiry *inquiry, const struct socket_record *record);

/* The process as it is now, whatever it was when it did what the record tells. True. */
bool present_name_as_is(struct inquiry *inquiry, enum quality quality,
			const struct process_key *key, const struct socket_record *record);

/* By the socket, in whatever namespace, of a packet whose address was translated to `toward`. */
void present_find_translated(struct inquiry *inquiry, const struct tuple *toward);

#endif
