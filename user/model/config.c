/* SPDX-License-Identifier: GPL-2.0-only */
/* config.c - the defaults, the table of keys, and the one setter of each. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "../base/clock.h"
#include "../base/text.h"
#include "config.h"
#include "config_severity.h"

#define BURST_MAX 1000000
#define RATE_MAX 1000000000
#define SNAP_LENGTH_MIN 64
#define SNAP_LENGTH_MAX 256
#define SNAP_LENGTH_STEP 8
#define RING_SIZE_MIN (64 << 10) /* the largest page, so every size is whole pages */
#define RING_SIZE_MAX (64 << 20)
#define OWNER_SOCKETS_MIN 1024
#define OWNER_SOCKETS_MAX (1 << 20)
#define FLOOD_MAX 1000000000000
#define WINDOW_MIN_NS CLOCK_NS_PER_SECOND
#define WINDOW_MAX_NS (86400 * CLOCK_NS_PER_SECOND)
#define FACILITY_DAEMON 3
#define PCAP_SIZE_MIN (64 << 10)
#define PCAP_FILES_MAX 10000

bool config_is_none(const char *value)
{
	return !*value || util_streq(value, "none");
}

/* A text that fits its place, is not empty and holds no control character. */
static int set_text(char out[CONFIG_TEXT_SIZE], const char *value, char *ret_why, size_t why_size)
{
	const char *octet;

	if (!*value)
		return text_refuse(ret_why, why_size, "a value is missing");
	if (strlen(value) >= CONFIG_TEXT_SIZE)
		return text_refuse(ret_why, why_size, "longer than %d octets",
				     CONFIG_TEXT_SIZE - 1);
	for (octet = value; *octet; octet++)
		if (iscntrl((unsigned char)*octet))
			return text_refuse(ret_why, why_size, "it holds a control character");
	memmove(out, value, strlen(value) + 1);
	return 0;
}

static int set_number(uint64_t *out, const char *value, uint64_t min, uint64_t max, char *ret_why,
		      size_t why_size)
{
	if (text_parse_number(value, min, max, out))
		return text_refuse(ret_why, why_size,
				     "'%s' is no whole number from %llu to %llu", value,
				     (unsigned long long)min, (unsigned long long)max);
	return 0;
}

/* A rate of 0 means no limit. */
static int set_rate(uint64_t *out, uint64_t *out_ns, const char *value, char *ret_why,
		    size_t why_size)
{
	uint64_t events = 0, per_ns = CLOCK_NS_PER_SECOND;

	if (!util_streq(value, "0") && !util_streq(value, "none") &&
	    text_parse_rate(value, &events, &per_ns))
		return text_refuse(ret_why, why_size,
				     "'%s' is no rate, such as 10/s or 600/m (none: no limit)",
				     value);
	if (events > RATE_MAX)
		return text_refuse(ret_why, why_size, "more than %d: take none for no limit",
				     RATE_MAX);
	*out = events;
	*out_ns = per_ns;
	return 0;
}

static int set_bool(bool *out, const char *value, char *ret_why, size_t why_size)
{
	if (text_parse_bool(value, out))
		return text_refuse(ret_why, why_size, "'%s' is neither yes nor no", value);
	return 0;
}

/* The index of `value` among the words; else a refusal that lists them. */
static int find_word(const char *const *words, size_t count, const char *value, char *ret_why,
		     size_t why_size)
{
	size_t i, used;

	for (i = 0; i < count; i++)
		if (util_streq(words[i], value))
			return (int)i;
	text_refuse(ret_why, why_size, "'%s' is none of", value);
	for (i = 0; i < count; i++) {
		used = strlen(ret_why);
		snprintf(ret_why + used, why_size - used, " %s", words[i]);
	}
	return -EINVAL;
}

static int set_ports(struct config *config, const char *value, char *ret_why, size_t why_size)
{
	_cleanup_free_ struct port_set *set = calloc(1, sizeof(*set));

	if (!set)
		return text_refuse(ret_why, why_size, "out of memory");
	if (port_set_add(set, value, ret_why, why_size))
		return -EINVAL;
	config->ports = *set;
	return 0;
}

/* `item` is one name or pattern, without the leading `!`. */
static int check_interface(const char *item, char *ret_why, size_t why_size)
{
	if (!*item)
		return text_refuse(ret_why, why_size, "an interface name is missing");
	if (strpbrk(item, "/! \t"))
		return text_refuse(ret_why, why_size, "'%s' is no interface name", item);
	if (strlen(item) >= INTERFACE_NAME_MAX && !strpbrk(item, "*?"))
		return text_refuse(ret_why, why_size,
				     "'%s' is longer than an interface name may be (%d)", item,
				     INTERFACE_NAME_MAX - 1);
	return 0;
}

/* Cuts `list` up. */
static int check_interfaces(char *list, char *ret_why, size_t why_size)
{
	size_t included = 0;
	char *item;
	int r;

	while ((item = text_next_item(&list))) {
		r = check_interface(*item == '!' ? item + 1 : item, ret_why, why_size);
		if (r)
			return r;
		included += *item != '!';
	}
	if (!included)
		return text_refuse(ret_why, why_size,
				     "nothing but exclusions: put auto or * in front for all others");
	return 0;
}

static int set_interfaces(struct config *config, const char *value, char *ret_why, size_t why_size)
{
	char checked[CONFIG_TEXT_SIZE], list[CONFIG_TEXT_SIZE];

	if (set_text(checked, value, ret_why, why_size))
		return -EINVAL;
	memcpy(list, checked, sizeof(list));
	if (check_interfaces(list, ret_why, why_size))
		return -EINVAL;
	return set_text(config->interfaces, checked, ret_why, why_size);
}

static int set_xdp(struct config *config, const char *value, char *ret_why, size_t why_size)
{
	static const char *const words[] = {
		[XDP_AUTO] = "auto",
		[XDP_NATIVE] = "native",
		[XDP_GENERIC] = "generic",
		[XDP_OFF] = "off",
	};
	int found = find_word(words, ARRAY_SIZE(words), value, ret_why, why_size);

	if (found < 0)
		return found;
	config->xdp = (enum xdp_mode)found;
	return 0;
}

static int set_keep(struct config *config, const char *value, char *ret_why, size_t why_size)
{
	return set_bool(&config->keep, value, ret_why, why_size);
}

static int set_tunnels(struct config *config, const char *value, char *ret_why, size_t why_size)
{
	return set_bool(&config->tunnels, value, ret_why, why_size);
}

static int set_peer_rate(struct config *config, const char *value, char *ret_why, size_t why_size)
{
	return set_rate(&config->peer_rate, &config->peer_rate_ns, value, ret_why, why_size);
}

static int set_peer_burst(struct config *config, const char *value, char *ret_why, size_t why_size)
{
	return set_number(&config->peer_burst, value, 1, BURST_MAX, ret_why, why_size);
}

static int set_total_rate(struct config *config, const char *value, char *ret_why, size_t why_size)
{
	return set_rate(&config->total_rate, &config->total_rate_ns, value, ret_why, why_size);
}

static int set_snap_length(struct config *config, const char *value, char *ret_why,
			   size_t why_size)
{
	uint64_t octets;

	if (set_number(&octets, value, SNAP_LENGTH_MIN, SNAP_LENGTH_MAX, ret_why, why_size))
		return -EINVAL;
	if (octets % SNAP_LENGTH_STEP)
		return text_refuse(ret_why, why_size, "'%s' is no multiple of %d", value,
				     SNAP_LENGTH_STEP);
	config->snap_length = octets;
	return 0;
}

static int set_ring_size(struct config *config, const char *value, char *ret_why, size_t why_size)
{
	uint64_t octets;

	if (text_parse_size(value, &octets) || octets < RING_SIZE_MIN || octets > RING_SIZE_MAX)
		return text_refuse(ret_why, why_size, "'%s' is no size from 64K to 64M", value);
	if (octets & (octets - 1))
		return text_refuse(ret_why, why_size,
				     "'%s' is no power of two, such as 512K or 1M", value);
	config->ring_size = octets;
	return 0;
}

static int set_owner_hooks(struct config *config, const char *value, char *ret_why,
			   size_t why_size)
{
	static const char *const words[] = { "auto",   "kprobe",	"lsm",
					     "fentry", "tracepoint", "none" };
	int found = find_word(words, ARRAY_SIZE(words), value, ret_why, why_size);

	return found < 0 ? found : set_text(config->owner_hooks, value, ret_why, why_size);
}

static int set_owner_sockets(struct config *config, const char *value, char *ret_why,
			     size_t why_size)
{
	return set_number(&config->owner_sockets, value, OWNER_SOCKETS_MIN, OWNER_SOCKETS_MAX,
			  ret_why, why_size);
}

static int set_window(struct config *config, const char *value, char *ret_why, size_t why_size)
{
	uint64_t ns;

	if (text_parse_duration(value, &ns) || ns < WINDOW_MIN_NS || ns > WINDOW_MAX_NS)
		return text_refuse(ret_why, why_size, "'%s' is no duration from 1s to 1d",
				     value);
	config->window_ns = ns;
	return 0;
}

static int set_max_rate(struct config *config, const char *value, char *ret_why, size_t why_size)
{
	return set_rate(&config->max_rate, &config->max_rate_ns, value, ret_why, why_size);
}

static int set_flood(struct config *config, const char *value, char *ret_why, size_t why_size)
{
	if (util_streq(value, "none")) {
		config->flood = 0;
		return 0;
	}
	return set_number(&config->flood, value, 1, FLOOD_MAX, ret_why, why_size);
}

/* The form only: the sink knows whether the place exists. */
static int set_syslog_target(struct config *config, const char *value, char *ret_why,
			     size_t why_size)
{
	static const char *const schemes[] = { "unix:", "udp://", "tcp://", "tls://" };
	size_t i;

	if (util_streq(value, "local") || util_streq(value, "none"))
		return set_text(config->syslog_target, value, ret_why, why_size);
	for (i = 0; i < ARRAY_SIZE(schemes); i++) {
		size_t length = strlen(schemes[i]);

		if (strncmp(value, schemes[i], length) == 0 && value[length])
			return set_text(config->syslog_target, value, ret_why, why_size);
	}
	return text_refuse(ret_why, why_size,
			   "'%s' is none of local, unix:PATH, udp://HOST:PORT, tcp://HOST:PORT, tls://HOST:PORT, none",
			   value);
}

static int set_syslog_facility(struct config *config, const char *value, char *ret_why,
			       size_t why_size)
{
	static const char *const names[] = {
		"kern",	    "user",   "mail",	"daemon", "auth",   "syslog", "lpr",	"news",
		"uucp",	    "cron",   "authpriv", "ftp",  "ntp",    "audit",  "alert",	"clock",
		"local0",   "local1", "local2", "local3", "local4", "local5", "local6", "local7",
	};
	int found = find_word(names, ARRAY_SIZE(names), value, ret_why, why_size);

	if (found < 0)
		return found;
	config->syslog_facility = found;
	return 0;
}

static int set_syslog_format(struct config *config, const char *value, char *ret_why,
			     size_t why_size)
{
	static const char *const names[] = { "rfc5424", "cef" };
	int found = find_word(names, ARRAY_SIZE(names), value, ret_why, why_size);

	if (found < 0)
		return found;
	config->syslog_format = found;
	return 0;
}

static int set_syslog_ca(struct config *config, const char *value, char *ret_why, size_t why_size)
{
	return set_text(config->syslog_ca, value, ret_why, why_size);
}

static int set_syslog_certificate(struct config *config, const char *value, char *ret_why,
				  size_t why_size)
{
	return set_text(config->syslog_certificate, value, ret_why, why_size);
}

static int set_syslog_key(struct config *config, const char *value, char *ret_why, size_t why_size)
{
	return set_text(config->syslog_key, value, ret_why, why_size);
}

static int set_json_log_path(struct config *config, const char *value, char *ret_why,
			     size_t why_size)
{
	return set_text(config->json_log_path, value, ret_why, why_size);
}

static int set_pcap_path(struct config *config, const char *value, char *ret_why, size_t why_size)
{
	size_t length = strlen(value);

	if (util_streq(value, "-") || (length && value[length - 1] == '/'))
		return text_refuse(ret_why, why_size, "'%s' is no file's path", value);
	return set_text(config->pcap_path, value, ret_why, why_size);
}

static int set_pcap_max_size(struct config *config, const char *value, char *ret_why,
			     size_t why_size)
{
	uint64_t octets;

	if (text_parse_size(value, &octets) || octets < PCAP_SIZE_MIN)
		return text_refuse(ret_why, why_size, "'%s' is no size from 64K up", value);
	config->pcap_max_size = octets;
	return 0;
}

static int set_pcap_files(struct config *config, const char *value, char *ret_why, size_t why_size)
{
	return set_number(&config->pcap_files, value, 1, PCAP_FILES_MAX, ret_why, why_size);
}

/* The form is the server's to judge. */
static int set_metrics_listen(struct config *config, const char *value, char *ret_why,
			      size_t why_size)
{
	return set_text(config->metrics_listen, value, ret_why, why_size);
}

static int set_store_path(struct config *config, const char *value, char *ret_why, size_t why_size)
{
	(void)config;
	if (!util_streq(value, "none"))
		return text_refuse(ret_why, why_size, "this version keeps no store: only none");
	return 0;
}

static const struct config_key keys[] = {
	{ "sensor", "ports", "--ports", "LIST", "ports to watch: 3409, 53/udp, 6000-6063/tcp",
	  set_ports, true },
	{ "sensor", "interfaces", "--interfaces", "LIST",
	  "where to watch: auto, or names and patterns, ! excludes", set_interfaces, true },
	{ "sensor", "xdp", "--xdp", "auto|native|generic|off", "how to attach to what is received",
	  set_xdp, false },
	{ "sensor", "keep", "--keep", "yes|no", "a clean stop leaves the kernel counting",
	  set_keep, false },
	{ "sensor", "tunnels", "--tunnels", "yes|no", "look into IPIP, 6in4, GRE, VXLAN and Geneve",
	  set_tunnels, false },
	{ "sample", "per-peer", "--per-peer", "RATE", "samples taken of one peer: 10/s, or none",
	  set_peer_rate, false },
	{ "sample", "peer-burst", "--peer-burst", "NUMBER",
	  "samples a peer may have at once before its rate holds", set_peer_burst, false },
	{ "sample", "total", "--total", "RATE", "samples taken of all peers: 2000/s, or none",
	  set_total_rate, false },
	{ "sample", "snap-length", "--snap-length", "OCTETS",
	  "octets of a packet in its sample, 64 to 256", set_snap_length, false },
	{ "sample", "ring-size", "--ring-size", "SIZE",
	  "room for samples on their way: a power of two, 64K to 64M", set_ring_size, false },
	{ "owner", "hooks", "--owner-hooks", "auto|kprobe|lsm|fentry|tracepoint|none",
	  "how to meet the processes behind the packets", set_owner_hooks, false },
	{ "owner", "sockets", "--owner-sockets", "NUMBER",
	  "sockets whose users are remembered, 1024 to 1048576", set_owner_sockets, false },
	{ "alert", "window", "--window", "DURATION",
	  "how long packets are folded into one alert, 1s to 1d", set_window, false },
	{ "alert", "max-rate", "--max-rate", "RATE", "most alerts sent: 20/s, or none",
	  set_max_rate, false },
	{ "alert", "flood", "--flood", "NUMBER",
	  "packets held back in a window that are told as a flood, or none", set_flood, false },
	{ "severity", "probe", "--severity-probe", "SEVERITY",
	  "what came to a port that nobody holds: emerg to debug, or 0 to 7", config_set_probe, false },
	{ "severity", "connection", "--severity-connection", "SEVERITY",
	  "what came to a port that is served: emerg to debug, or 0 to 7", config_set_connection, false },
	{ "severity", "listener", "--severity-listener", "SEVERITY",
	  "a process that holds a port: emerg to debug, or 0 to 7", config_set_listener, false },
	{ "severity", "outbound", "--severity-outbound", "SEVERITY",
	  "a process that sends out: emerg to debug, or 0 to 7", config_set_outbound, false },
	{ "severity", "backscatter", "--severity-backscatter", "SEVERITY",
	  "answers to nothing: emerg to debug, or 0 to 7", config_set_backscatter, false },
	{ "severity", "transit", "--severity-transit", "SEVERITY",
	  "what is forwarded: emerg to debug, or 0 to 7", config_set_transit, false },
	{ "severity", "flood", "--severity-flood", "SEVERITY",
	  "storms, and alerts withheld: emerg to debug, or 0 to 7", config_set_flood_severity, false },
	{ "severity", "sensor", "--severity-sensor", "SEVERITY",
	  "trouble of the sensor: emerg to debug, or 0 to 7", config_set_sensor, false },
	{ "syslog", "target", "--syslog", "TARGET",
	  "local, unix:PATH, udp://HOST:PORT, tcp://HOST:PORT, tls://HOST:PORT or none",
	  set_syslog_target, false },
	{ "syslog", "facility", "--facility", "NAME", "syslog facility: daemon, local0 and so on",
	  set_syslog_facility, false },
	{ "syslog", "format", "--syslog-format", "rfc5424|cef", "how an alert is written to syslog",
	  set_syslog_format, false },
	{ "syslog", "ca", "--syslog-ca", "FILE",
	  "tls: certificates to trust; system: the system's own", set_syslog_ca, false },
	{ "syslog", "certificate", "--syslog-certificate", "FILE",
	  "tls: this host's certificate, where the server asks for one", set_syslog_certificate,
	  false },
	{ "syslog", "key", "--syslog-key", "FILE",
	  "tls: its key, where it is not in the same file", set_syslog_key, false },
	{ "json-log", "path", "--json-log", "FILE|-", "a file of JSON lines; - is standard output",
	  set_json_log_path, false },
	{ "pcap", "path", "--pcap", "FILE",
	  "pcapng files of what is sampled, numbered before their suffix", set_pcap_path, false },
	{ "pcap", "max-size", "--pcap-max-size", "SIZE", "octets of such a file: 64M",
	  set_pcap_max_size, false },
	{ "pcap", "files", "--pcap-files", "NUMBER", "how many of them are kept", set_pcap_files,
	  false },
	{ "metrics", "listen", "--metrics", "[ADDRESS:]PORT|none",
	  "where Prometheus may fetch /metrics; 127.0.0.1 when no address is given",
	  set_metrics_listen, false },
	{ "store", "path", "--store", "none", "this version keeps no store", set_store_path,
	  false },
};

_Static_assert(ARRAY_SIZE(keys) <= CONFIG_KEYS_MAX, "raise CONFIG_KEYS_MAX");

const struct config_key *config_keys(size_t *ret_count)
{
	*ret_count = ARRAY_SIZE(keys);
	return keys;
}

int config_set(struct config *config, const struct config_key *key, const char *value,
	       char *ret_why, size_t why_size)
{
	return key->set(config, value, ret_why, why_size);
}

void config_copy(struct config *to, const struct config *from)
{
	*to = *from;
	expectations_hold(to->expectations);
}

void config_free(struct config *config)
{
	expectations_release(config->expectations);
	config->expectations = NULL;
}

void config_init(struct config *config)
{
	char why[64];

	*config = (struct config){
		.interfaces = "auto",
		.xdp = XDP_AUTO,
		.peer_rate = 10,
		.peer_rate_ns = CLOCK_NS_PER_SECOND,
		.peer_burst = 20,
		.total_rate = 2000,
		.total_rate_ns = CLOCK_NS_PER_SECOND,
		.snap_length = 128,
		.ring_size = 1 << 20,
		.owner_hooks = "auto",
		.owner_sockets = 65536,
		.window_ns = 60 * CLOCK_NS_PER_SECOND,
		.max_rate = 20,
		.max_rate_ns = CLOCK_NS_PER_SECOND,
		.flood = 10000,
		.severities = {
			[ACTION_PROBE] = SEVERITY_NOTICE,
			[ACTION_CONNECTION] = SEVERITY_WARNING,
			[ACTION_LISTENER] = SEVERITY_WARNING,
			[ACTION_OUTBOUND] = SEVERITY_ERR,
			[ACTION_BACKSCATTER] = SEVERITY_INFO,
			[ACTION_TRANSIT] = SEVERITY_NOTICE,
			[ACTION_FLOOD] = SEVERITY_WARNING,
			[ACTION_SENSOR] = SEVERITY_ERR,
		},
		.syslog_target = "local",
		.syslog_facility = FACILITY_DAEMON,
		.syslog_ca = "system",
		.syslog_certificate = "none",
		.syslog_key = "none",
		.json_log_path = "none",
		.pcap_path = "none",
		.pcap_max_size = 64 << 20,
		.pcap_files = 8,
		.metrics_listen = "none",
	};
	port_set_add(&config->ports, CONFIG_DEFAULT_PORTS, why, sizeof(why));
}
