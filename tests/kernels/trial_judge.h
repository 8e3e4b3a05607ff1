/* SPDX-License-Identifier: GPL-2.0-only */
/* trial_judge.h - what the sensor said, and what was done, as the judge compares them. */
#ifndef KERNELS_TRIAL_JUDGE_H
#define KERNELS_TRIAL_JUDGE_H

#include "trial.h"

/* What the sensor said of a packet, and the packet's own octets. */
struct sample {
	uint64_t time; /* ns since 1970; whole microseconds */
	bool is_outbound, is_tcp;
	struct sockaddr_in6 source, destination;
	char interface[16], kind[12], quality[12], verdict[12];
	int32_t pid; /* 0: nobody is named */
	char name[64], executable[512], unit[256];
	int64_t uid; /* -1: not told */
	/* those who had another part in it; 0: nobody is named */
	int32_t peer_pid, created_by, accepted_by;
	char peer_name[64];
	/* from the packet */
	bool has_octets;
	uint32_t sequence;
	size_t payload_length; /* on the wire */
	size_t captured; /* octets of payload that are here */
	uint8_t payload[256];
};

struct samples {
	struct sample *all;
	size_t count, room;
	long lost; /* packets that the reader of the lines missed */
	long bare; /* lines without a packet in the capture */
};

/* trial_samples.c: `sample watch -j` and `sample save` of the same packets. */
bool samples_read(struct samples *samples, const char *lines, const char *capture);

/* A time in which a process had a socket. */
struct hold {
	int32_t pid;
	uint64_t begin, end; /* outside of it, it had it not */
	uint64_t sure; /* from then on it had it */
	struct hold *next; /* later */
};

/* All that is known of one socket. */
struct known_socket {
	struct hold *holds, *last_hold;
	const struct deed **streams; /* DID_WRITE and DID_READ of its stream */
	size_t stream_count;
};

struct truth {
	struct deed *deeds;
	size_t count;
	struct known_socket sockets[LANES * ENDS_OF_LANE + 1];
	const struct deed **names, **forged;
	size_t name_count, forged_count;
	const struct deed **sent, **taken; /* by tag */
	size_t sent_count, taken_count;
	const struct deed **identities; /* the first deed of a process as something, by pid */
	size_t identity_count;
};

/* trial_truth.c */
struct truth *truth_load(const char *path);
/* The first of several with the tag that are next to each other; NULL: none. */
const struct deed **truth_with_tag(const struct deed **deeds, size_t count, uint64_t tag);
/* Did it have it at any time of those? pid 0: anybody. */
bool truth_held(const struct known_socket *socket, int32_t pid, uint64_t from, uint64_t to);
bool truth_is_it(const struct identity *identity, const struct sample *sample);
/* Was the process ever what the sample says that it is? */
bool truth_was_it(const struct truth *truth, const struct sample *sample);
/* Who last wrote, or read, that octet of the stream. */
const struct deed *truth_of_octet(const struct truth *truth, uint16_t stream, enum did did,
				  uint64_t octet);

/* Did it ever, up to then? */
bool truth_ever_held(const struct truth *truth, uint16_t socket, int32_t pid, uint64_t to);

enum verdict { RIGHT, WRONG, UNNAMED, FOREIGN, VERDICTS };

/* trial_rules.c */
#define SHOWN_DEEDS 8
struct finding {
	enum verdict verdict;
	const char *why; /* static */
	const struct deed *deeds[SHOWN_DEEDS];
	size_t deed_count;
};
/* Times of the sensor and of actors may differ by slack_ns. */
struct finding rules_judge(const struct truth *truth, const struct sample *sample,
			   uint64_t slack_ns);
/* Of the process at the other end, and of those who created or accepted: those who are named. */
struct finding rules_judge_peer(const struct truth *truth, const struct sample *sample,
				uint64_t slack_ns);
struct finding rules_judge_past(const struct truth *truth, const struct sample *sample, int32_t pid,
				uint64_t slack_ns);

#endif
