// SPDX-License-Identifier: GPL-2.0-only
/* config_severity.c - a severity for each action. */
#include "config_severity.h"

#include <errno.h>

#include "../base/text.h"

static int set_severity(struct config *config, enum action action, const char *value, char *ret_why,
			size_t why_size)
{
	int found = severity_find(value);

	if (found < 0)
		return text_refuse(
			ret_why, why_size,
			"'%s' is none of emerg alert crit err warning notice info debug, and no number from 0 to 7",
			value);
	config->severities[action] = (enum severity)found;
	return 0;
}

int config_set_probe(struct config *config, const char *value, char *ret_why, size_t why_size)
{
	return set_severity(config, ACTION_PROBE, value, ret_why, why_size);
}

int config_set_connection(struct config *config, const char *value, char *ret_why, size_t why_size)
{
	return set_severity(config, ACTION_CONNECTION, value, ret_why, why_size);
}

int config_set_listener(struct config *config, const char *value, char *ret_why, size_t why_size)
{
	return set_severity(config, ACTION_LISTENER, value, ret_why, why_size);
}

int config_set_outbound(struct config *config, const char *value, char *ret_why, size_t why_size)
{
	return set_severity(config, ACTION_OUTBOUND, value, ret_why, why_size);
}

int config_set_backscatter(struct config *config, const char *value, char *ret_why, size_t why_size)
{
	return set_severity(config, ACTION_BACKSCATTER, value, ret_why, why_size);
}

int config_set_transit(struct config *config, const char *value, char *ret_why, size_t why_size)
{
	return set_severity(config, ACTION_TRANSIT, value, ret_why, why_size);
}

int config_set_flood_severity(struct config *config, const char *value, char *ret_why,
			      size_t why_size)
{
	return set_severity(config, ACTION_FLOOD, value, ret_why, why_size);
}

int config_set_sensor(struct config *config, const char *value, char *ret_why, size_t why_size)
{
	return set_severity(config, ACTION_SENSOR, value, ret_why, why_size);
}
