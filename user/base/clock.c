/* SPDX-License-Identifier: GPL-2.0-only */
/* clock.c - the two clocks, the way between them, and their text. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
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

/* Does the text begin as the form has it? A d stands for a digit, all else for itself. */
static int clock_has_form(const char *text, const char *form)
{
	for (; *form; form++, text++)
		if (*form == 'd' ? !isdigit((unsigned char)*text) : *text != *form)
			return 0;
	return 1;
}

static int clock_two_digits(const char *text)
{
	return (text[0] - '0') * 10 + text[1] - '0';
}

/* Seconds east of UTC, of the text's whole rest. */
static int clock_parse_zone(const char *text, time_t *ret_east)
{
	int hours, minutes;

	*ret_east = 0;
	if (strcmp(text, "Z") == 0)
		return 0;
	if ((*text != '+' && *text != '-') || !clock_has_form(text + 1, "dd:dd") || text[6])
		return -EINVAL;
	hours = clock_two_digits(text + 1);
	minutes = clock_two_digits(text + 4);
	*ret_east = (*text == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
	return hours < 24 && minutes < 60 ? 0 : -EINVAL;
}

/* ".123456", and moves on past it; nothing is 0. */
static uint64_t clock_parse_fraction(const char **text)
{
	uint64_t unit = CLOCK_NS_PER_SECOND, ns = 0;

	if ((*text)[0] != '.' || !isdigit((unsigned char)(*text)[1]))
		return 0;
	for ((*text)++; isdigit((unsigned char)**text); (*text)++) {
		unit /= 10;
		ns += unit * (uint64_t)(**text - '0');
	}
	return ns;
}

int clock_parse(const char *text, uint64_t *ret_wall_ns)
{
	const char *rest = text + strlen("dddd-dd-ddTdd:dd:dd");
	struct tm utc = {}, kept;
	time_t seconds, east;
	uint64_t fraction;

	if (!clock_has_form(text, "dddd-dd-ddTdd:dd:dd"))
		return -EINVAL;
	utc.tm_year = clock_two_digits(text) * 100 + clock_two_digits(text + 2) - 1900;
	utc.tm_mon = clock_two_digits(text + 5) - 1;
	utc.tm_mday = clock_two_digits(text + 8);
	utc.tm_hour = clock_two_digits(text + 11);
	utc.tm_min = clock_two_digits(text + 14);
	utc.tm_sec = clock_two_digits(text + 17);
	kept = utc;
	seconds = timegm(&utc); /* which moves the 30th of February on */
	fraction = clock_parse_fraction(&rest);
	if (kept.tm_year < 70 || kept.tm_year > 600 || kept.tm_mon != utc.tm_mon ||
	    kept.tm_mday != utc.tm_mday || kept.tm_hour != utc.tm_hour ||
	    kept.tm_min != utc.tm_min || kept.tm_sec != utc.tm_sec ||
	    clock_parse_zone(rest, &east) || seconds < east)
		return -EINVAL;
	*ret_wall_ns = (uint64_t)(seconds - east) * CLOCK_NS_PER_SECOND + fraction;
	return 0;
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
