// SPDX-License-Identifier: GPL-2.0-only
/* peers.c - reads the set-associative table of bpf/limit.h. */
#include "peers.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include <bpf/bpf.h>

#include "../base/clock.h"
#include "../base/util.h"
#include "probe.h"

#define PEERS_BATCH 256
#define NO_LIMIT (1ULL << 62) /* ticks that no clock is ever ahead */

/* Jiffies to wall-clock time, by both clocks as read now. */
struct peers_clock {
	bool of_file; /* jiffies since 1970 */
	uint64_t jiffies;
	__u64 wall_ns;
	__u64 jiffy_ns;
};

static __u64 peers_wall(const struct peers_clock *clock, __u64 jiffies)
{
	__s64 age = clock->jiffies - jiffies;

	if (clock->of_file)
		return jiffies * clock->jiffy_ns;
	/* A packet that came after the clocks were read is younger than now. */
	return age < 0 ? clock->wall_ns : clock->wall_ns - age * clock->jiffy_ns;
}

static int peers_compare(const void *left, const void *right)
{
	const struct peer_row *a = left, *b = right;
	__u64 packets_a = a->packets_in + a->packets_out;
	__u64 packets_b = b->packets_in + b->packets_out;

	if (packets_a != packets_b)
		return packets_a > packets_b ? -1 : 1;
	return memcmp(&a->addr, &b->addr, sizeof(a->addr));
}

static size_t peers_add_set(const struct peer_set *set, const struct peers_clock *clock,
			    struct peer_row *rows)
{
	size_t count = 0;

	for (size_t way = 0; way < PEER_WAYS; way++) {
		const struct peer *peer = &set->peers[way];

		if (!peer->last)
			continue;
		rows[count] = (struct peer_row){
			.first_wall_ns = peers_wall(clock, peer->first),
			.last_wall_ns = peers_wall(clock, peer->last),
			.packets_in = peer->packets_in,
			.packets_out = peer->packets_out,
			.suppressed = peer_suppressed(peer),
			.kinds = peer->kinds,
		};
		memcpy(&rows[count].addr, peer->addr, sizeof(rows[count].addr));
		count++;
	}
	return count;
}

int peers_read(const struct tables *tables, bool of_file, struct peer_row **ret_rows,
	       size_t *ret_count)
{
	_cleanup_free_ struct peer_row *rows =
		calloc(tables->peer_sets * PEER_WAYS, sizeof(*rows));
	_cleanup_free_ struct peer_set *sets = calloc(PEERS_BATCH, sizeof(*sets));
	_cleanup_free_ __u32 *keys = calloc(PEERS_BATCH, sizeof(*keys));
	struct peers_clock clock = {
		.of_file = of_file,
		.wall_ns = clock_wall_ns(),
		.jiffy_ns = CLOCK_NS_PER_SECOND / probe_jiffies_per_second(),
	};
	__u32 position, read, done = 0;
	size_t count = 0;
	int r = rows && sets && keys ? probe_jiffies(&clock.jiffies) : -ENOMEM;

	while (r == 0 && done < tables->peer_sets) {
		read = PEERS_BATCH;
		if (bpf_map_lookup_batch(tables->peers_fd, done ? &position : NULL, &position, keys,
					 sets, &read, NULL) < 0 &&
		    errno != ENOENT)
			return -errno;
		for (__u32 i = 0; i < read; i++)
			count += peers_add_set(&sets[i], &clock, rows + count);
		if (read == 0)
			break;
		done += read;
	}
	if (r < 0)
		return r;
	qsort(rows, count, sizeof(*rows), peers_compare);
	*ret_rows = TAKE(rows);
	*ret_count = count;
	return 0;
}

/* Limiter ticks between two events at a rate; 0: no limit. */
static __u64 peers_interval(uint64_t events, uint64_t per_ns)
{
	__u64 ticks_per_second = (__u64)LIMIT_TICKS_PER_JIFFY * probe_jiffies_per_second();
	__u64 ticks;

	if (events == 0)
		return 0;
	ticks = (__uint128_t)ticks_per_second * per_ns / CLOCK_NS_PER_SECOND / events;
	return MAX(ticks, 1);
}

/* How far a peer may run ahead with first packets and handshakes, in bursts. */
#define PEERS_EXTRA_BURSTS 8
/* The first packet of a thing counts as one again after so long. */
#define PEERS_THING_SECONDS 60

/* Of `total`, the part that a share has: one of so many. */
static const unsigned int peers_share_parts[SHARE_COUNT] = {
	[SHARE_ANY] = 2,
	[SHARE_PROVEN] = 4,
	[SHARE_OWN] = 8,
	[SHARE_FIRST ... SHARE_COUNT - 1] = 8 * SHARE_PORTS,
};

static void peers_set_share(struct limit_bucket *bucket, __u64 total, unsigned int parts)
{
	bucket->interval = total * parts;
	/* All peers together may burst for one second's worth. */
	bucket->tolerance = total ? LIMIT_TICKS_PER_JIFFY * (__u64)probe_jiffies_per_second() :
				    NO_LIMIT;
}

void peers_set_limits(const struct tables *tables, const struct config *config)
{
	struct limits *limits = tables->limits;
	__u64 peer = peers_interval(config->peer_rate, config->peer_rate_ns);
	__u64 total = peers_interval(config->total_rate, config->total_rate_ns);
	__u64 burst = MAX(config->peer_burst, 1);

	limits->peer_interval = peer;
	limits->peer_tolerance = peer ? peer * (burst - 1) : NO_LIMIT;
	limits->peer_extra_tolerance = peer ? peer * (burst * PEERS_EXTRA_BURSTS - 1) : NO_LIMIT;
	limits->thing_memory = (__u64)probe_jiffies_per_second() * PEERS_THING_SECONDS;
	for (size_t i = 0; i < SHARE_COUNT; i++)
		peers_set_share(&limits->shares[i], total, peers_share_parts[i]);
}
