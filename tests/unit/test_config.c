/* SPDX-License-Identifier: GPL-2.0-only */
/* test_config.c - the defaults, and what each key's setter takes and refuses. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "../../user/base/clock.h"
#include "../../user/model/config.h"

static struct config config;
static char why[1024];

static int set_up(void **state)
{
	(void)state;
	config_init(&config);
	why[0] = '\0';
	return 0;
}

static const struct config_key *key_of_flag(const char *flag)
{
	size_t count, i;
	const struct config_key *keys = config_keys(&count);

	for (i = 0; i < count; i++)
		if (util_streq(keys[i].flag, flag))
			return &keys[i];
	fail_msg("no key has the flag %s", flag);
	return NULL;
}

static void take(const char *flag, const char *value)
{
	why[0] = '\0';
	if (config_set(&config, key_of_flag(flag), value, why, sizeof(why)))
		fail_msg("%s %s: %s", flag, value, why);
}

/* Refused, with a reason that holds `reason`, and nothing changed. */
static void refuse(const char *flag, const char *value, const char *reason)
{
	static struct config before;

	before = config;
	why[0] = '\0';
	assert_int_equal(config_set(&config, key_of_flag(flag), value, why, sizeof(why)), -EINVAL);
	if (!strstr(why, reason))
		fail_msg("%s '%s' was refused with: %s", flag, value, why);
	assert_memory_equal(&config, &before, sizeof(config));
}

static void the_defaults_are_the_contracts(void **state)
{
	(void)state;
	assert_int_equal(port_set_count(&config.ports), 4);
	assert_int_equal(config.ports.protocols[3409], PORT_SET_ALL);
	assert_int_equal(config.ports.protocols[3410], PORT_SET_ALL);
	assert_string_equal(config.interfaces, "auto");
	assert_int_equal(config.xdp, XDP_AUTO);
	assert_false(config.keep);
	assert_int_equal(config.peer_rate, 10);
	assert_int_equal(config.peer_rate_ns, CLOCK_NS_PER_SECOND);
	assert_int_equal(config.peer_burst, 20);
	assert_int_equal(config.total_rate, 2000);
	assert_int_equal(config.total_rate_ns, CLOCK_NS_PER_SECOND);
	assert_int_equal(config.snap_length, 128);
	assert_int_equal(config.ring_size, 1 << 20);
	assert_int_equal(config.window_ns, 60 * CLOCK_NS_PER_SECOND);
	assert_int_equal(config.max_rate, 20);
	assert_int_equal(config.max_rate_ns, CLOCK_NS_PER_SECOND);
	assert_string_equal(config.syslog_target, "local");
	assert_int_equal(config.syslog_facility, 3);
	assert_true(config_is_none(config.json_log_path));
	assert_true(config_is_none(config.pcap_path));
	assert_int_equal(config.pcap_max_size, 64 << 20);
	assert_int_equal(config.pcap_files, 8);
}

static void the_setters_take_the_defaults_too(void **state)
{
	static struct config before;

	(void)state;
	before = config;
	take("--ports", CONFIG_DEFAULT_PORTS);
	take("--interfaces", "auto");
	take("--xdp", "auto");
	take("--keep", "no");
	take("--per-peer", "10/s");
	take("--peer-burst", "20");
	take("--total", "2000/s");
	take("--snap-length", "128");
	take("--ring-size", "1M");
	take("--window", "60s");
	take("--max-rate", "20/s");
	take("--severity-probe", "notice");
	take("--severity-connection", "warning");
	take("--severity-listener", "warning");
	take("--severity-outbound", "err");
	take("--severity-backscatter", "info");
	take("--severity-transit", "notice");
	take("--severity-flood", "warning");
	take("--severity-sensor", "err");
	take("--syslog", "local");
	take("--facility", "daemon");
	take("--json-log", "none");
	take("--pcap", "none");
	take("--pcap-max-size", "64M");
	take("--pcap-files", "8");
	take("--owner-hooks", "auto");
	take("--owner-sockets", "65536");
	take("--store", "none");
	assert_memory_equal(&config, &before, sizeof(config));
}

static void each_action_has_a_severity_by_name_or_number(void **state)
{
	static const struct {
		const char *value;
		enum severity severity;
	} cases[] = {
		{ "emerg", SEVERITY_EMERG }, { "panic", SEVERITY_EMERG }, { "0", SEVERITY_EMERG },
		{ "error", SEVERITY_ERR },   { "warn", SEVERITY_WARNING }, { "notice", SEVERITY_NOTICE },
		{ "7", SEVERITY_DEBUG },     { "debug", SEVERITY_DEBUG },
	};
	char flag[32];

	(void)state;
	for (enum action action = 0; action < ACTION_COUNT; action++)
		for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
			snprintf(flag, sizeof(flag), "--severity-%s", alert_action_word(action));
			take(flag, cases[i].value);
			assert_int_equal(config.severities[action], cases[i].severity);
		}
	refuse("--severity-probe", "8", "8");
	refuse("--severity-probe", "-1", "-1");
	refuse("--severity-probe", "loud", "loud");
	refuse("--severity-probe", "", "none of");
}

/* Who sends out is more than who is asked, and that more than who asks in vain. */
static void by_default_what_got_in_is_more_severe_than_what_did_not(void **state)
{
	const enum severity *severities = config.severities;

	(void)state;
	assert_true(severities[ACTION_OUTBOUND] < severities[ACTION_CONNECTION]);
	assert_true(severities[ACTION_CONNECTION] < severities[ACTION_PROBE]);
	assert_true(severities[ACTION_PROBE] < severities[ACTION_BACKSCATTER]);
}

static void every_key_has_a_place_a_flag_and_help(void **state)
{
	size_t count, i, j;
	const struct config_key *keys = config_keys(&count);

	(void)state;
	assert_in_range(count, 1, CONFIG_KEYS_MAX);
	for (i = 0; i < count; i++) {
		assert_non_null(keys[i].set);
		assert_true(keys[i].section[0] && keys[i].name[0] && keys[i].value[0] &&
			    keys[i].help[0]);
		assert_memory_equal(keys[i].flag, "--", 2);
		for (j = 0; j < i; j++)
			assert_string_not_equal(keys[i].flag, keys[j].flag);
	}
}

static void ports_replace_the_set(void **state)
{
	(void)state;
	take("--ports", "53/udp");
	assert_int_equal(port_set_count(&config.ports), 1);
	refuse("--ports", "53/udp, 70000", "'70000'");
	refuse("--ports", "", "missing");
}

static void interfaces_are_names_patterns_and_exclusions(void **state)
{
	(void)state;
	take("--interfaces", "eth*, !docker*");
	assert_string_equal(config.interfaces, "eth*, !docker*");
	take("--interfaces", "fifteen-letters");
	refuse("--interfaces", "sixteen-letters!", "no interface name");
	refuse("--interfaces", "sixteen--letters", "longer");
	refuse("--interfaces", "", "missing");
	refuse("--interfaces", "eth0,,eth1", "missing");
	refuse("--interfaces", "eth0,!", "missing");
	refuse("--interfaces", "!docker*", "exclusions");
	take("--interfaces", "auto, !docker*");
	refuse("--interfaces", "eth/0", "no interface name");
	refuse("--interfaces", "eth0 eth1", "no interface name");
	refuse("--interfaces", "eth0\n", "control");
}

static void xdp_has_four_words(void **state)
{
	static const char *const words[] = { "auto", "native", "generic", "off" };
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		take("--xdp", words[i]);
		assert_int_equal(config.xdp, i);
	}
	refuse("--xdp", "offload", "'offload' is none of auto native generic off");
	refuse("--xdp", "", "none of");
}

static void keep_is_yes_or_no(void **state)
{
	(void)state;
	take("--keep", "yes");
	assert_true(config.keep);
	refuse("--keep", "perhaps", "neither yes nor no");
}

static void rates_may_be_switched_off(void **state)
{
	(void)state;
	take("--per-peer", "600/m");
	assert_int_equal(config.peer_rate, 600);
	assert_int_equal(config.peer_rate_ns, 60 * CLOCK_NS_PER_SECOND);
	take("--per-peer", "none");
	assert_int_equal(config.peer_rate, 0);
	take("--total", "0");
	assert_int_equal(config.total_rate, 0);
	take("--max-rate", "0/s");
	assert_int_equal(config.max_rate, 0);
	refuse("--total", "10", "no rate");
	refuse("--total", "", "no rate");
	refuse("--max-rate", "-1/s", "no rate");
	refuse("--per-peer", "1000000001/s", "more than");
}

static void numbers_keep_their_bounds(void **state)
{
	(void)state;
	take("--peer-burst", "1");
	assert_int_equal(config.peer_burst, 1);
	refuse("--peer-burst", "0", "from 1 to");
	refuse("--peer-burst", "many", "no whole number");
	take("--snap-length", "64");
	take("--snap-length", "256");
	assert_int_equal(config.snap_length, 256);
	refuse("--snap-length", "56", "from 64 to 256");
	refuse("--snap-length", "264", "from 64 to 256");
	refuse("--snap-length", "100", "multiple of 8");
}

static void the_ring_is_a_power_of_two(void **state)
{
	(void)state;
	take("--ring-size", "64K");
	assert_int_equal(config.ring_size, 65536);
	take("--ring-size", "64M");
	assert_int_equal(config.ring_size, 67108864);
	refuse("--ring-size", "32K", "from 64K to 64M");
	refuse("--ring-size", "128M", "from 64K to 64M");
	refuse("--ring-size", "3M", "power of two");
	refuse("--ring-size", "big", "from 64K to 64M");
}

static void the_window_is_a_second_to_a_day(void **state)
{
	(void)state;
	take("--window", "1s");
	take("--window", "1d");
	assert_int_equal(config.window_ns, 86400 * CLOCK_NS_PER_SECOND);
	refuse("--window", "999ms", "from 1s to 1d");
	refuse("--window", "25h", "from 1s to 1d");
	refuse("--window", "0", "from 1s to 1d");
	refuse("--window", "soon", "from 1s to 1d");
}

static void syslog_goes_to_the_six_places(void **state)
{
	static const char *const places[] = { "local", "none", "unix:/run/log", "udp://host:514",
					      "tcp://[::1]:601", "tls://host" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		take("--syslog", places[i]);
		assert_string_equal(config.syslog_target, places[i]);
	}
	refuse("--syslog", "udp://", "none of");
	refuse("--syslog", "unix:", "none of");
	refuse("--syslog", "", "none of");
	refuse("--syslog", "host:514", "none of");
}

static void a_facility_is_known_by_name(void **state)
{
	(void)state;
	take("--facility", "kern");
	assert_int_equal(config.syslog_facility, 0);
	take("--facility", "authpriv");
	assert_int_equal(config.syslog_facility, 10);
	take("--facility", "local0");
	assert_int_equal(config.syslog_facility, 16);
	take("--facility", "local7");
	assert_int_equal(config.syslog_facility, 23);
	refuse("--facility", "local8", "none of kern user");
	refuse("--facility", "3", "none of");
}

static void a_path_is_any_text_that_fits(void **state)
{
	char path[CONFIG_TEXT_SIZE + 1];

	(void)state;
	take("--json-log", "-");
	assert_string_equal(config.json_log_path, "-");
	memset(path, 'x', sizeof(path));
	path[CONFIG_TEXT_SIZE] = '\0';
	refuse("--json-log", path, "longer than 1023");
	path[CONFIG_TEXT_SIZE - 1] = '\0';
	take("--json-log", path);
	assert_string_equal(config.json_log_path, path);
	refuse("--json-log", "", "missing");
	refuse("--json-log", "a\x1b[0m", "control");
}

static void a_ring_of_files_has_a_path_a_size_and_a_number(void **state)
{
	(void)state;
	take("--pcap", "/var/log/samples.pcapng");
	assert_string_equal(config.pcap_path, "/var/log/samples.pcapng");
	refuse("--pcap", "-", "no file's path");
	refuse("--pcap", "/var/log/", "no file's path");
	refuse("--pcap", "", "missing");
	take("--pcap-max-size", "64K");
	assert_int_equal(config.pcap_max_size, 64 << 10);
	refuse("--pcap-max-size", "65535", "64K");
	take("--pcap-files", "1");
	assert_int_equal(config.pcap_files, 1);
	refuse("--pcap-files", "0", "1 to 10000");
}

static void this_version_keeps_no_store(void **state)
{
	(void)state;
	take("--store", "none");
	refuse("--store", "/var/lib/x.db", "this version keeps no store: only none");
}

static void none_and_nothing_are_off(void **state)
{
	(void)state;
	assert_true(config_is_none(""));
	assert_true(config_is_none("none"));
	assert_false(config_is_none("-"));
	assert_false(config_is_none("none2"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_defaults_are_the_contracts, set_up),
		cmocka_unit_test_setup(the_setters_take_the_defaults_too, set_up),
		cmocka_unit_test_setup(each_action_has_a_severity_by_name_or_number, set_up),
		cmocka_unit_test_setup(by_default_what_got_in_is_more_severe_than_what_did_not, set_up),
		cmocka_unit_test_setup(every_key_has_a_place_a_flag_and_help, set_up),
		cmocka_unit_test_setup(ports_replace_the_set, set_up),
		cmocka_unit_test_setup(interfaces_are_names_patterns_and_exclusions, set_up),
		cmocka_unit_test_setup(xdp_has_four_words, set_up),
		cmocka_unit_test_setup(keep_is_yes_or_no, set_up),
		cmocka_unit_test_setup(rates_may_be_switched_off, set_up),
		cmocka_unit_test_setup(numbers_keep_their_bounds, set_up),
		cmocka_unit_test_setup(the_ring_is_a_power_of_two, set_up),
		cmocka_unit_test_setup(the_window_is_a_second_to_a_day, set_up),
		cmocka_unit_test_setup(syslog_goes_to_the_six_places, set_up),
		cmocka_unit_test_setup(a_facility_is_known_by_name, set_up),
		cmocka_unit_test_setup(a_path_is_any_text_that_fits, set_up),
		cmocka_unit_test_setup(a_ring_of_files_has_a_path_a_size_and_a_number, set_up),
		cmocka_unit_test_setup(this_version_keeps_no_store, set_up),
		cmocka_unit_test(none_and_nothing_are_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
