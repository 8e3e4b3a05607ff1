/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * clock.h - boot time and wall-clock time, and the way from one to the other. All in
 * nanoseconds. Tests replace both readings.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define CLOCK_NS_PER_SECOND 1000000000ULL

uint64_t clock_boot_ns(void); /* CLOCK_BOOTTIME */
uint64_t clock_wall_ns(void); /* CLOCK_REALTIME, since 1970-01-01 UTC */

/* The wall-clock time at which CLOCK_BOOTTIME read boot_ns, by the wall clock as it is set now. */
uint64_t clock_wall_from_boot(uint64_t boot_ns);

/* Fixes both readings, for tests; 0, 0 goes back to the real clocks. */
void clock_set_fixed(uint64_t boot_ns, uint64_t wall_ns);

/*
 * "2026-12-01T06:35:00Z", "2026-12-01T07:35:00.5+01:00" (RFC 3339), from 1970 to 2500. 0 or
 * -EINVAL.
 */
int clock_parse(const char *text, uint64_t *ret_wall_ns);

/* "2026-11-22T06:35:00.123456Z" (RFC 3339, microseconds). */
#define CLOCK_TEXT_SIZE 28
void clock_format(uint64_t wall_ns, char out[CLOCK_TEXT_SIZE]);

#endif
