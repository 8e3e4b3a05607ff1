/* SPDX-License-Identifier: GPL-2.0-only */
/* severity.h - syslog's severities: 0 is the worst. */
#ifndef MODEL_SEVERITY_H
#define MODEL_SEVERITY_H

enum severity {
	SEVERITY_EMERG,
	SEVERITY_ALERT,
	SEVERITY_CRIT,
	SEVERITY_ERR,
	SEVERITY_WARNING,
	SEVERITY_NOTICE,
	SEVERITY_INFO,
	SEVERITY_DEBUG,
	SEVERITY_COUNT,
};

/* As journalctl and rsyslog write it: "warning". Static. */
const char *severity_word(enum severity severity);

/* By its word, one of syslog(3)'s older ones, or its number; -EINVAL: none. */
int severity_find(const char *word);

#endif
