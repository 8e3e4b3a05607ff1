/* SPDX-License-Identifier: GPL-2.0-only */
/* clock.c - the two clocks, the way between them, and their text. */
#include <stdio.h>
#include <time.h>

#include "clock.h"

static uint64_t fixed_boot_ns;
static uint64_t fixed_wall_ns;

static int clock_is_fixed(void)
{
	return fixed_boot_ns || fixed_wall_ns;
}

static uint64_t clock_read(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * CLOCK_NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

uint64_t clock_boot_ns(void)
{
	return clock_is_fixed() ? fixed_boot_ns : clock_read(CLOCK_BOOTTIME);
}

uint64_t clock_wall_ns(void)
{
	return clock_is_fixed() ? fixed_wall_ns : clock_read(CLOCK_REALTIME);
}

uint64_t clock_wall_from_boot(uint64_t boot_ns)
{
	uint64_t boot_now = clock_boot_ns();
	uint64_t wall_now = clock_wall_ns();

	if (boot_ns >= boot_now)
		return wall_now + (boot_ns - boot_now);
	/* A host that starts in 1970 may have run for longer than its wall clock says. */
	if (boot_now - boot_ns > wall_now)
		return 0;
	return wall_now - (boot_now - boot_ns);
}

void clock_set_fixed(uint64_t boot_ns, uint64_t wall_ns)
{
	fixed_boot_ns = boot_ns;
	fixed_wall_ns = wall_ns;
}

void clock_format(uint64_t wall_ns, char out[CLOCK_TEXT_SIZE])
{
	time_t seconds = (time_t)(wall_ns / CLOCK_NS_PER_SECOND);
	unsigned int micros = (unsigned int)(wall_ns % CLOCK_NS_PER_SECOND / 1000);
	struct tm utc;
	size_t length;

	gmtime_r(&seconds, &utc);
	length = strftime(out, CLOCK_TEXT_SIZE, "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(out + length, CLOCK_TEXT_SIZE - length, ".%06uZ", micros);
}
