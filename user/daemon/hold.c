// SPDX-License-Identifier: GPL-2.0-only
/* hold.c - a ring of packets, its front asked again and again. */
#include "hold.h"

#include <errno.h>

#include "../base/clock.h"
#include "../base/util.h"

#define HOLD_PACKETS 8192
#define HOLD_DATA_MAX 256
#define HOLD_ASK_NS 2000000 /* between two questions about the front */
#define HOLD_LONGEST_NS CLOCK_NS_PER_SECOND /* longer than anybody waits for an owner */

struct held {
	_Alignas(struct packet_event) uint8_t octets[sizeof(struct packet_event) + HOLD_DATA_MAX];
};

struct hold {
	hold_resolver *resolve;
	void *argument;
	struct loop_source *timer;
	bool is_armed;
	size_t front;
	size_t count;
	struct held packets[HOLD_PACKETS];
};

static void hold_pop(struct hold *hold, uint64_t now_ns)
{
	const struct held *held = &hold->packets[hold->front];

	if (!hold->resolve(hold->argument, (const void *)held->octets, now_ns))
		return;
	hold->front = (hold->front + 1) % HOLD_PACKETS;
	hold->count--;
}

/* Resolves from the front until one has to wait. */
static void hold_ask(struct hold *hold)
{
	uint64_t now_ns = clock_boot_ns();
	size_t before;

	do {
		before = hold->count;
		if (before)
			hold_pop(hold, now_ns);
	} while (hold->count < before);
	if (hold->is_armed != (hold->count != 0)) {
		hold->is_armed = hold->count != 0;
		loop_timer_set(hold->timer, hold->is_armed ? HOLD_ASK_NS : 0, HOLD_ASK_NS);
	}
}

static void hold_on_timer(void *argument, uint32_t events)
{
	(void)events;
	hold_ask(argument);
}

int hold_new(struct hold **ret_hold, struct loop *loop, hold_resolver *resolve, void *argument)
{
	struct hold *hold = calloc(1, sizeof(*hold));
	int r;

	if (!hold)
		return -ENOMEM;
	hold->resolve = resolve;
	hold->argument = argument;
	r = loop_add_timer(loop, hold_on_timer, hold, &hold->timer);
	if (r < 0) {
		hold_free(hold);
		return r;
	}
	*ret_hold = hold;
	return 0;
}

void hold_free(struct hold *hold)
{
	if (!hold)
		return;
	loop_source_free(hold->timer);
	free(hold);
}

void hold_put(struct hold *hold, const struct packet_event *event)
{
	size_t size = sizeof(*event) + MIN(event->snap_length, HOLD_DATA_MAX);

	if (hold->count == 0 && hold->resolve(hold->argument, event, clock_boot_ns()))
		return;
	if (hold->count == HOLD_PACKETS)
		hold_pop(hold, clock_boot_ns() + HOLD_LONGEST_NS);
	memcpy(hold->packets[(hold->front + hold->count++) % HOLD_PACKETS].octets, event, size);
	if (hold->count == 1)
		hold_ask(hold);
}

void hold_flush(struct hold *hold)
{
	while (hold->count)
		hold_pop(hold, clock_boot_ns() + HOLD_LONGEST_NS);
	hold_ask(hold);
}
