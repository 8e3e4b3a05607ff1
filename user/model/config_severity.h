/* SPDX-License-Identifier: GPL-2.0-only */
/* config_severity.h - the keys of [severity]: one an action. */
#ifndef MODEL_CONFIG_SEVERITY_H
#define MODEL_CONFIG_SEVERITY_H

#include "config.h"

config_setter config_set_probe;
config_setter config_set_connection;
config_setter config_set_listener;
config_setter config_set_outbound;
config_setter config_set_backscatter;
config_setter config_set_transit;
config_setter config_set_flood_severity;
config_setter config_set_sensor;

#endif
