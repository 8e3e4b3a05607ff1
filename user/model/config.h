/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * config.h - what the user wants. The configuration files and the command line's flags fill one
 * struct through one table of keys, each with one setter; so a value is checked in one place.
 */
#ifndef MODEL_CONFIG_H
#define MODEL_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../base/util.h"
#include "alert.h"
#include "expectation.h"
#include "port_set.h"
#include "severity.h"

#define CONFIG_DEFAULT_PATH "/etc/portsentinel/portsentinel.conf"
#define CONFIG_DEFAULT_PORTS "3409, 3410"

enum xdp_mode {
	XDP_AUTO,
	XDP_NATIVE,
	XDP_GENERIC,
	XDP_OFF,
};

#define CONFIG_TEXT_SIZE 1024

struct config {
	/* [sensor] */
	struct port_set ports;
	char interfaces[CONFIG_TEXT_SIZE]; /* "auto", or names and globs, ! excludes */
	enum xdp_mode xdp;
	bool keep;
	bool tunnels; /* look into IPIP, 6in4, GRE, VXLAN and Geneve */
	/* [sample] */
	uint64_t peer_rate; /* samples ... */
	uint64_t peer_rate_ns; /* ... per this time; rate 0: no limit */
	uint64_t peer_burst;
	uint64_t total_rate;
	uint64_t total_rate_ns;
	uint64_t snap_length; /* octets, 64..256 */
	uint64_t ring_size; /* octets, a power of two */
	/* [owner] */
	char owner_hooks[CONFIG_TEXT_SIZE]; /* "auto", "none", or how processes are met */
	uint64_t owner_sockets; /* to remember */
	/* [alert] */
	uint64_t window_ns;
	uint64_t max_rate; /* alerts per max_rate_ns; 0: no limit */
	uint64_t max_rate_ns;
	uint64_t flood; /* packets held back in a window that are told as a flood; 0: never */
	/* [severity] */
	enum severity severities[ACTION_COUNT]; /* of alerts, by their action */
	/* [syslog] */
	char syslog_target[CONFIG_TEXT_SIZE]; /* "" and "none": off */
	int syslog_facility; /* 0..23 */
	int syslog_format; /* 0: RFC 5424, 1: CEF */
	/* for tls:// only */
	char syslog_ca[CONFIG_TEXT_SIZE]; /* a file; "system": the system's authorities */
	char syslog_certificate[CONFIG_TEXT_SIZE]; /* this host's; "none": not asked for */
	char syslog_key[CONFIG_TEXT_SIZE]; /* "none": it is in the certificate's file */
	/* [json-log] */
	char json_log_path[CONFIG_TEXT_SIZE]; /* "" and "none": off, "-": standard output */
	/* [pcap] */
	char pcap_path[CONFIG_TEXT_SIZE]; /* "" and "none": off */
	uint64_t pcap_max_size; /* octets a file */
	uint64_t pcap_files; /* kept */
	/* [expect "NAME"] */
	struct expectations *expectations; /* held; NULL: none */
	/* [metrics] */
	char metrics_listen[CONFIG_TEXT_SIZE]; /* "none": off; "PORT": on 127.0.0.1 */
};

/* The defaults. */
void config_init(struct config *config);

/* Makes `to`, whose old content is not looked at, a holder of the same. */
void config_copy(struct config *to, const struct config *from);

/* Lets go of what a configuration holds (all zero will do); the struct is the caller's. */
void config_free(struct config *config);
#define _cleanup_config_ __attribute__((cleanup(config_free)))

/* Is a text key switched off? */
bool config_is_none(const char *value);

/* Takes a value, or refuses it: -EINVAL, a reason in ret_why, and nothing changed. */
typedef int config_setter(struct config *config, const char *value, char *ret_why, size_t why_size);

/* One key: its place in the file, the flag that sets it ("--ports"), and its help. */
struct config_key {
	const char *section;
	const char *name;
	const char *flag;
	const char *value; /* the value's form, for help: "LIST", "10/s" */
	const char *help;
	config_setter *set;
	bool is_list; /* may go on over indented lines in the file */
};

/* The table is never longer. */
#define CONFIG_KEYS_MAX 64

/* The table of keys; its length in ret_count. */
const struct config_key *config_keys(size_t *ret_count);

/* Sets one key. 0, or -EINVAL with a reason in ret_why; then nothing changed. */
int config_set(struct config *config, const struct config_key *key, const char *value,
	       char *ret_why, size_t why_size);

/*
 * Reads PATH and then the drop-ins PATH.d/NAME.conf in the order of their names (a later file
 * overrides an earlier one). Each fault is reported as "FILE:LINE: message" to `report`, a drop-in
 * that cannot be read as "FILE: message"; the texts are as the file has them, not escaped. All
 * files are read, whatever the earlier ones held. Returns 0, -EINVAL after any fault in a file, or
 * -errno when a file cannot be read (-ENOENT: PATH does not exist, and nothing else was wrong). On
 * failure the struct holds a mixture: read into a fresh one.
 */
typedef void config_reporter(void *argument, const char *message);
int config_read(struct config *config, const char *path, config_reporter *report, void *argument);

#endif
