// SPDX-License-Identifier: GPL-2.0-only
/* severity.c - severities by name and number. */
#include "severity.h"

#include <errno.h>
#include <stdint.h>

#include "../base/text.h"
#include "../base/util.h"

static const struct {
	const char *word;
	const char *older; /* NULL: none */
} severities[SEVERITY_COUNT] = {
	[SEVERITY_EMERG] = { "emerg", "panic" },    [SEVERITY_ALERT] = { "alert", NULL },
	[SEVERITY_CRIT] = { "crit", NULL },	    [SEVERITY_ERR] = { "err", "error" },
	[SEVERITY_WARNING] = { "warning", "warn" }, [SEVERITY_NOTICE] = { "notice", NULL },
	[SEVERITY_INFO] = { "info", NULL },	    [SEVERITY_DEBUG] = { "debug", NULL },
};

const char *severity_word(enum severity severity)
{
	return severities[MIN(severity, SEVERITY_DEBUG)].word;
}

int severity_find(const char *word)
{
	uint64_t number;

	if (text_parse_number(word, 0, SEVERITY_DEBUG, &number) == 0)
		return (int)number;
	for (int severity = 0; severity < SEVERITY_COUNT; severity++)
		if (util_streq(severities[severity].word, word) ||
		    (severities[severity].older && util_streq(severities[severity].older, word)))
			return severity;
	return -EINVAL;
}
