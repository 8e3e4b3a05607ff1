/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trial.h - the randomised trial of whom the sensor names: what its parts share.
 *
 * Lanes are conductors, each with a plan that its seed alone decides. A lane tells its actors by
 * orders what to do with sockets; actors are processes, and run at the same time as each other
 * and as those of other lanes. Every deed is written down by the actor that did it. The judge joins
 * the sensor's samples to the deeds.
 *
 * Payload tells whose it is: a datagram begins with a tag that is its own; a TCP stream is made of
 * words that tell which stream it is and how far from its beginning.
 */
#ifndef KERNELS_TRIAL_H
#define KERNELS_TRIAL_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define LANES 4
#define ACTORS_MAX 16 /* of a lane, at the same time */
#define ENDS_OF_LANE 16000 /* sockets, over the whole trial */
#define PATH_SIZE 96
#define HOW_SIZE 16
#define NS_PER_SECOND UINT64_C(1000000000)

/* Descriptors that every actor has, over fork and exec. */
enum {
	FD_TRUTH = 90,
	FD_ORDERS,
	FD_PASSED, /* sockets come here */
	FD_PLACE, /* one for each place */
	FD_SOCKETS = 200, /* that of socket number n is FD_SOCKETS + n % SOCKETS_AT_ONCE */
};
#define SOCKETS_AT_ONCE 700

/* Network namespaces. The sensor is HERE; TWIN has the addresses of THERE; INNER is behind HERE. */
enum place { HERE, THERE, TWIN, INNER, PLACES };

enum did {
	DID_HOLD = 1, /* has a descriptor of the socket from `begin` on */
	DID_DROP, /* closed it between the two times */
	DID_DIE, /* told by the conductor, of `pid`: between the two times */
	DID_NAME, /* the socket's ends, device and place; `from`: it connects since then */
	DID_CONNECT, /* began to connect */
	DID_SEND, /* the datagram `from` is the tag of */
	DID_TAKE, /* the same, taken off the socket */
	DID_WRITE, /* of the stream of socket `stream`, octets `from` up to `to` */
	DID_READ,
	DID_FORGE, /* a SYN by a raw socket; `from` is its sequence number */
	DID_BECOME, /* another user, program, name or unit: `by` is what it is now */
	DID_FAIL, /* what an order came to nothing by, for people; `from` is an errno */
};

/* What a process is to whoever looks at it. */
struct identity {
	uint32_t real_uid, effective_uid;
	char name[16];
	char unit[32]; /* "": that of whoever started the trial */
	char executable[PATH_SIZE];
};

struct deed {
	uint64_t begin, end; /* ns since 1970 */
	uint64_t from, to;
	int32_t pid;
	uint32_t act; /* the lane in the uppermost octet */
	uint16_t socket, stream, parent; /* numbers; 0: none */
	uint8_t did; /* enum did */
	uint8_t place; /* enum place */
	bool is_tcp;
	char device[16]; /* that it is bound to; "": none */
	char how[HOW_SIZE]; /* by which call */
	struct sockaddr_in6 local, remote; /* IPv4 as IPv4-mapped; port 0: no end */
	struct identity by;
};

/* Where a trial has its files: truth (deeds), plan (a line for each act). */
struct trial {
	const char *folder;
	const char *program;
	uint64_t seed;
	uint64_t end_ns; /* no act begins after this */
	long packets; /* nor after each lane has sent about so many */
	const char *only; /* acts, with commas; NULL: all */
};

/* trial_deed.c */

__attribute__((noreturn, format(printf, 1, 2))) void trial_die(const char *format, ...);
uint64_t trial_now(void);
/* Reads this process's own, anew. */
void deed_know_self(void);
struct deed deed_begin(enum did did, uint32_t act, uint16_t socket);
/* Sets the end, and writes. */
void deed_tell(struct deed *deed);
/* Without setting the end. */
void deed_append(const struct deed *deed);
void deed_print(const struct deed *deed);
/* A tag or a word of a stream: 16 bits of magic, 16 and 32 of numbers, as an octet string. */
#define TRIAL_WORD 8
#define TAG_MAGIC 0xa55au
#define STREAM_MAGIC 0xc33cu
uint64_t trial_word(unsigned int magic, unsigned int high, uint32_t low);
uint64_t trial_get_word(const void *octets);
void trial_put_word(void *octets, uint64_t word);
/*
 * Where in a stream the octets begin; needs two whole words, or one at the very beginning.
 * Returns the stream's socket, 0 when they tell nothing.
 */
uint16_t stream_find(const uint8_t *octets, size_t length, uint64_t *ret_from);
void stream_fill(uint8_t *octets, size_t length, uint16_t socket, uint64_t from);
struct sockaddr_in6 trial_mapped(const struct sockaddr *address);
bool trial_same_address(const struct sockaddr_in6 *a, const struct sockaddr_in6 *b);

/* trial_lane.c: the whole of a lane. */
__attribute__((noreturn)) void lane_run(const struct trial *trial, unsigned int lane);

/* trial_actor.c: until it is killed. Its first word answers the order `number`. */
__attribute__((noreturn)) void actor_run(unsigned int lane, unsigned int actor, uint32_t number);

/* trial_judge.c: an exit status. */
int judge_main(int argc, char **argv);

#endif
