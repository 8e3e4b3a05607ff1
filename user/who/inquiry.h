/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * inquiry.h - one question, "whose packet is this?", asked of the kernel's records first and of
 * the present system where they are silent. It says who; owner.h's face gives him his name.
 */
#ifndef WHO_INQUIRY_H
#define WHO_INQUIRY_H

#include "../base/table.h"
#include "evidence.h"
#include "outside.h"
#include "owner.h"
#include "pace.h"

/* What outlives a question. */
struct inquiry_means {
	struct owner_source source;
	bool has_source;
	struct outside outside;
	struct table *answers; /* of the present system, for a moment: present.h */
	struct pace rescan;
	struct pace check; /* of who still holds a socket */
	struct owners_status status;
};

struct inquiry {
	struct inquiry_means *means;
	const struct sighting *sighting;
	const struct packet_event *event;
	uint64_t now_ns;
	bool is_late; /* what has not come by now does not count */
	struct process *process; /* filled where /proc gave the answer */

	/* the answer */
	bool is_open; /* a better one may come */
	bool is_delivered; /* it has reached a socket of this namespace */
	bool is_early; /* even without records: the connection is about to be tracked */
	enum verdict verdict;
	enum quality quality;
	bool is_named; /* the process is filled, there is no key */
	struct process_key owner;
	struct process_key created;
	struct process_key accepted;
	struct process_key other_end; /* nobody: not on this host, or not known */
};

/* The caller has filled all up to the answer, which is zero but for the verdict. */
void inquiry_answer(struct inquiry *inquiry);

/* The record of a socket; one that is missing is looked for by a new scan. */
bool inquiry_find_record(struct inquiry *inquiry, uint64_t cookie,
			 struct socket_record *ret_record);

/* Ways to put an answer down, for the room's other files too. They return true when there is one. */
bool inquiry_claim(struct inquiry *inquiry, enum quality quality, const struct process_key *owner,
		   const struct socket_record *record);
bool inquiry_claim_kernel(struct inquiry *inquiry);

/* By who used the socket before the packet, as its last user: `joined`, or `past`. */
bool inquiry_claim_user(struct inquiry *inquiry, const struct socket_record *record);

/*
 * Can he who ran when the datagram left its socket have sent it? What a firewall hands to user
 * space (NFQUEUE) goes on in the call that decides on it, what a queue held back in anybody's.
 */
bool inquiry_can_have_sent(struct inquiry *inquiry, const struct process_key *key,
			   const struct socket_record *record);

/* By the only process that ever had to do with the socket, if it still holds it. */
bool inquiry_claim_sole(struct inquiry *inquiry, enum quality quality,
			const struct socket_record *record);

#endif
