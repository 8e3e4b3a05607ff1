/* SPDX-License-Identifier: GPL-2.0-only */
/* test_config_file.c - configuration files: what is read, and what each fault is told as. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "../../user/base/clock.h"
#include "../../user/model/config.h"

static struct config config;
static char directory[64];
static char path[128];
static char faults[8192]; /* each on a line, the directory left out */

static void report(void *argument, const char *message)
{
	size_t used = strlen(faults);

	assert_ptr_equal(argument, &config);
	if (strncmp(message, directory, strlen(directory)) == 0)
		message += strlen(directory) + 1;
	snprintf(faults + used, sizeof(faults) - used, "%s\n", message);
}

static int set_up(void **state)
{
	(void)state;
	config_init(&config);
	faults[0] = '\0';
	strcpy(directory, "/tmp/portsentinel-test.XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/c.conf", directory);
	return 0;
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", directory);
	return system(command);
}

static void write_octets(const char *name, const char *text, size_t length)
{
	char file_path[256];
	FILE *file;

	snprintf(file_path, sizeof(file_path), "%s/%s", directory, name);
	file = fopen(file_path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, length, file), length);
	fclose(file);
}

static void write_file(const char *name, const char *text)
{
	write_octets(name, text, strlen(text));
}

static void make_drop_in_directory(void)
{
	char name[256];

	snprintf(name, sizeof(name), "%s.d", path);
	assert_int_equal(mkdir(name, 0700), 0);
}

static int read_config(void)
{
	return config_read(&config, path, report, &config);
}

/* The file is sound. */
static void take(const char *text)
{
	int r;

	write_file("c.conf", text);
	r = read_config();
	assert_string_equal(faults, "");
	assert_int_equal(r, 0);
}

/* The file has exactly these faults, each "c.conf:LINE: message\n". */
static void refuse(const char *text, const char *expected)
{
	faults[0] = '\0';
	config_init(&config);
	write_file("c.conf", text);
	assert_int_equal(read_config(), -EINVAL);
	assert_string_equal(faults, expected);
}

static void a_whole_file_is_read(void **state)
{
	(void)state;
	take("# the sensor\n"
	     "[sensor]\n"
	     "ports = 53/udp, 6000-6063/tcp   # and a comment\n"
	     "interfaces=eth*, !docker*\n"
	     "xdp = generic\n"
	     "keep = yes\n"
	     "\n"
	     "[sample]\n"
	     "per-peer = 5/s ; another comment\n"
	     "peer-burst = 7\n"
	     "total = none\n"
	     "snap-length = 256\n"
	     "ring-size = 2M\n"
	     "[alert]\n"
	     "window = 5m\n"
	     "max-rate = 100/m\n"
	     "[syslog]\n"
	     "target = udp://192.0.2.1:514\n"
	     "facility = local3\n"
	     "[json-log]\n"
	     "path = -\n"
	     "[store]\n"
	     "path = none\n");
	assert_int_equal(port_set_count(&config.ports), 65);
	assert_string_equal(config.interfaces, "eth*, !docker*");
	assert_int_equal(config.xdp, XDP_GENERIC);
	assert_true(config.keep);
	assert_int_equal(config.peer_rate, 5);
	assert_int_equal(config.peer_burst, 7);
	assert_int_equal(config.total_rate, 0);
	assert_int_equal(config.snap_length, 256);
	assert_int_equal(config.ring_size, 2 << 20);
	assert_int_equal(config.window_ns, 300 * CLOCK_NS_PER_SECOND);
	assert_int_equal(config.max_rate, 100);
	assert_int_equal(config.max_rate_ns, 60 * CLOCK_NS_PER_SECOND);
	assert_string_equal(config.syslog_target, "udp://192.0.2.1:514");
	assert_int_equal(config.syslog_facility, 19);
	assert_string_equal(config.json_log_path, "-");
}

static void an_empty_file_leaves_the_defaults(void **state)
{
	static struct config defaults;

	(void)state;
	config_init(&defaults);
	take("");
	assert_memory_equal(&config, &defaults, sizeof(config));
	take("\n  \n# nothing\n   ; here\n[sensor]\n");
	assert_memory_equal(&config, &defaults, sizeof(config));
}

static void a_mark_carriage_returns_and_a_missing_last_newline_do_no_harm(void **state)
{
	(void)state;
	take("\xef\xbb\xbf[sensor]\r\nports = 53\r\nxdp = off");
	assert_int_equal(port_set_count(&config.ports), 2);
	assert_int_equal(config.xdp, XDP_OFF);
}

static void a_list_goes_on_over_indented_lines(void **state)
{
	(void)state;
	take("[sensor]\n"
	     "ports = 1,\n"
	     "\t2/udp\n"
	     "# between\n"
	     "\n"
	     "    3-4/tcp, 5 # five\n"
	     "interfaces =\n"
	     "    eth0\n"
	     "    eth1\n");
	assert_int_equal(port_set_count(&config.ports), 2 + 1 + 2 + 2);
	assert_string_equal(config.interfaces, "eth0,eth1");
}

static void a_list_may_be_longer_than_any_line(void **state)
{
	static char text[65536];
	size_t used, port;

	(void)state;
	used = (size_t)sprintf(text, "[sensor]\nports = 1\n");
	for (port = 1000; port < 6000; port += 2)
		used += (size_t)sprintf(text + used, "\t%zu/tcp,\n", port);
	sprintf(text + used, "\t9999/tcp\n");
	take(text);
	assert_int_equal(port_set_count(&config.ports), 2 + 2500 + 1);
}

static void a_comment_sign_inside_a_value_belongs_to_it(void **state)
{
	(void)state;
	take("[json-log]\npath = /var/log/a#b;c # not this\n");
	assert_string_equal(config.json_log_path, "/var/log/a#b;c");
}

static void a_long_comment_is_no_long_line(void **state)
{
	char text[1024];

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "[sensor]\nxdp = off # ", 21);
	text[sizeof(text) - 1] = '\0';
	take(text);
	assert_int_equal(config.xdp, XDP_OFF);
}

static void an_unknown_key_names_file_line_and_the_nearest(void **state)
{
	(void)state;
	refuse("[sensor]\n\nprots = 1\n",
	       "c.conf:3: unknown key 'prots' in [sensor], did you mean 'ports'?\n");
	refuse("[sensor]\nbanana = 1\n", "c.conf:2: unknown key 'banana' in [sensor]\n");
	refuse("[sensor]\nfacility = kern\n",
	       "c.conf:2: unknown key 'facility' in [sensor], it belongs in [syslog]\n");
}

static void an_unknown_section_is_told_once_with_the_nearest(void **state)
{
	(void)state;
	refuse("[sensr]\nports = 1\nxdp = off\n",
	       "c.conf:1: unknown section [sensr], did you mean [sensor]?\n");
	refuse("[banana]\nxdp = x\n", "c.conf:1: unknown section [banana]\n");
	refuse("[]\n", "c.conf:1: unknown section []\n");
}

static void a_bad_value_names_its_line_and_reason(void **state)
{
	(void)state;
	refuse("[sensor]\nkeep = yes\nxdp = fast\nports = 0\n",
	       "c.conf:3: xdp: 'fast' is none of auto native generic off\n"
	       "c.conf:4: ports: '0' is no port (1 to 65535), range or PORT/tcp, PORT/udp\n");
	refuse("[syslog]\ntarget =\n",
	       "c.conf:2: target: '' is none of local, unix:PATH, udp://HOST:PORT, "
	       "tcp://HOST:PORT, tls://HOST:PORT, none\n");
}

static void a_duplicate_key_names_both_lines(void **state)
{
	(void)state;
	refuse("[sensor]\nxdp = off\n[alert]\nwindow = 1m\n[sensor]\nxdp = auto\n",
	       "c.conf:6: duplicate key 'xdp', first set on line 2\n");
	assert_int_equal(config.xdp, XDP_OFF);
}

static void the_same_name_in_two_sections_is_no_duplicate(void **state)
{
	(void)state;
	take("[json-log]\npath = -\n[store]\npath = none\n");
}

static void a_key_before_any_section_is_a_fault(void **state)
{
	(void)state;
	refuse("ports = 1\n", "c.conf:1: this key stands before any [section]: ports = 1\n");
}

static void each_malformed_line_is_told(void **state)
{
	(void)state;
	refuse("[sensor]\njust words\nxdp = off\nmore words\n[alert\nwindow = 1s\n",
	       "c.conf:2: neither [section] nor key = value: just words\n"
	       "c.conf:4: neither [section] nor key = value: more words\n"
	       "c.conf:5: a section ends with ']': [alert\n");
	refuse("[sensor] ports = 3409\n",
	       "c.conf:1: 'ports = 3409' follows a section: one thing a line\n");
	refuse("[sensor]\n= 5\n", "c.conf:2: unknown key '' in [sensor]\n");
}

static void a_line_too_long_is_told_and_how_to_break_it(void **state)
{
	char text[512], expected[256];
	size_t room;

	(void)state;
	memset(text, '1', sizeof(text));
	memcpy(text, "[sensor]\nports = ", 17);
	strcpy(text + 400, "\nxdp = fast\n");
	config_init(&config);
	write_file("c.conf", text);
	assert_int_equal(read_config(), -EINVAL);
	assert_int_equal(sscanf(faults, "c.conf:2: longer than %zu octets", &room), 1);
	assert_in_range(room, 150, 390);
	snprintf(expected, sizeof(expected),
		 "c.conf:2: longer than %zu octets: continue a list on an indented line\n"
		 "c.conf:3: xdp: 'fast' is none of auto native generic off\n",
		 room);
	assert_string_equal(faults, expected);

	memset(text, 'x', sizeof(text));
	memcpy(text, "[json-log]\npath = ", 18);
	text[11 + room] = '\0';
	faults[0] = '\0';
	take(text);
	assert_int_equal(strlen(config.json_log_path), room - 7);
}

static void an_indented_key_is_told_where_to_stand(void **state)
{
	(void)state;
	refuse("[sensor]\n  ports = 1\n  xdp = off\n",
	       "c.conf:3: an indented line continues the value above: "
	       "start 'xdp = off' at the margin\n");
	refuse("[sensor]\nports = 1\n  [alert]\n",
	       "c.conf:3: an indented line continues the value above: "
	       "start '[alert]' at the margin\n");
}

static void the_first_key_of_a_section_may_be_indented(void **state)
{
	(void)state;
	take("[sensor]\nxdp = off\n[alert]\n  window = 5m\n");
	assert_int_equal(config.window_ns, 300 * CLOCK_NS_PER_SECOND);
}

static void only_a_list_goes_on(void **state)
{
	(void)state;
	refuse("[sensor]\nxdp = auto\n  off\n",
	       "c.conf:3: 'xdp' takes one value, and is not continued on an indented line\n");
}

static void a_line_below_a_bad_key_adds_no_fault(void **state)
{
	(void)state;
	refuse("[sensor]\nprots = 1,\n   2\n",
	       "c.conf:2: unknown key 'prots' in [sensor], did you mean 'ports'?\n");
	refuse("[sensor]\nports = 1\nports = 2\n   70000\n",
	       "c.conf:3: duplicate key 'ports', first set on line 2\n");
}

static void a_nul_octet_is_a_fault(void **state)
{
	static const char text[] = "[sensor]\nxdp = off\0f\nkeep = yes\n";

	(void)state;
	write_octets("c.conf", text, sizeof(text) - 1);
	assert_int_equal(read_config(), -EINVAL);
	assert_string_equal(faults, "c.conf:2: the line holds a NUL octet\n");
	assert_true(config.keep);
}

static void drop_ins_override_in_the_order_of_their_names(void **state)
{
	(void)state;
	make_drop_in_directory();
	write_file("c.conf.d/20-b.conf", "[alert]\nwindow = 3m\n");
	write_file("c.conf.d/10-a.conf", "[alert]\nwindow = 2m\nmax-rate = 5/s\n");
	write_file("c.conf.d/90.conf.bak", "[alert]\nwindow = 9m\n");
	write_file("c.conf.d/.99.conf", "[sensor]\nkeep = yes\n");
	take("[alert]\nwindow = 1m\n[sensor]\nports = 7\n");
	assert_int_equal(config.window_ns, 180 * CLOCK_NS_PER_SECOND);
	assert_int_equal(config.max_rate, 5);
	assert_false(config.keep);
	assert_int_equal(port_set_count(&config.ports), 2);
}

static void ports_of_a_later_file_replace_the_set(void **state)
{
	(void)state;
	make_drop_in_directory();
	write_file("c.conf.d/x.conf", "[sensor]\nports = 9/tcp\n");
	take("[sensor]\nports = 7, 8\n");
	assert_int_equal(port_set_count(&config.ports), 1);
}

static void a_fault_in_a_drop_in_names_the_drop_in(void **state)
{
	(void)state;
	make_drop_in_directory();
	write_file("c.conf.d/x.conf", "[sensor]\nkeep = perhaps\n");
	refuse("[sensor]\nxdp = fast\n",
	       "c.conf:2: xdp: 'fast' is none of auto native generic off\n"
	       "c.conf.d/x.conf:2: keep: 'perhaps' is neither yes nor no\n");
}

static void a_missing_file_is_enoent_and_drop_ins_are_read(void **state)
{
	(void)state;
	assert_int_equal(read_config(), -ENOENT);
	make_drop_in_directory();
	write_file("c.conf.d/x.conf", "[sensor]\nkeep = yes\n");
	assert_int_equal(read_config(), -ENOENT);
	assert_true(config.keep);
	assert_string_equal(faults, "");
	write_file("c.conf.d/y.conf", "[sensor]\nkeep = perhaps\n");
	assert_int_equal(read_config(), -EINVAL);
}

static void a_directory_is_no_configuration(void **state)
{
	(void)state;
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(read_config(), -EISDIR);
	assert_string_equal(faults, "");
}

static void a_drop_in_that_cannot_be_read_is_named(void **state)
{
	char name[256];

	(void)state;
	make_drop_in_directory();
	write_file("c.conf", "");
	snprintf(name, sizeof(name), "%s.d/x.conf", path);
	assert_int_equal(mkdir(name, 0700), 0);
	assert_int_equal(read_config(), -EISDIR);
	assert_string_equal(faults, "c.conf.d/x.conf: Is a directory\n");
}

static void a_drop_in_that_leads_nowhere_is_a_fault(void **state)
{
	char name[256];

	(void)state;
	make_drop_in_directory();
	snprintf(name, sizeof(name), "%s.d/x.conf", path);
	assert_int_equal(symlink("/nonexistent/x", name), 0);
	assert_int_equal(read_config(), -EINVAL);
	assert_string_equal(faults, "c.conf.d/x.conf: No such file or directory\n");
}

int main(void)
{
#define FILE_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		FILE_TEST(a_whole_file_is_read),
		FILE_TEST(an_empty_file_leaves_the_defaults),
		FILE_TEST(a_mark_carriage_returns_and_a_missing_last_newline_do_no_harm),
		FILE_TEST(a_list_goes_on_over_indented_lines),
		FILE_TEST(a_list_may_be_longer_than_any_line),
		FILE_TEST(a_comment_sign_inside_a_value_belongs_to_it),
		FILE_TEST(a_long_comment_is_no_long_line),
		FILE_TEST(an_unknown_key_names_file_line_and_the_nearest),
		FILE_TEST(an_unknown_section_is_told_once_with_the_nearest),
		FILE_TEST(a_bad_value_names_its_line_and_reason),
		FILE_TEST(a_duplicate_key_names_both_lines),
		FILE_TEST(the_same_name_in_two_sections_is_no_duplicate),
		FILE_TEST(a_key_before_any_section_is_a_fault),
		FILE_TEST(each_malformed_line_is_told),
		FILE_TEST(a_line_too_long_is_told_and_how_to_break_it),
		FILE_TEST(an_indented_key_is_told_where_to_stand),
		FILE_TEST(the_first_key_of_a_section_may_be_indented),
		FILE_TEST(only_a_list_goes_on),
		FILE_TEST(a_line_below_a_bad_key_adds_no_fault),
		FILE_TEST(a_nul_octet_is_a_fault),
		FILE_TEST(drop_ins_override_in_the_order_of_their_names),
		FILE_TEST(ports_of_a_later_file_replace_the_set),
		FILE_TEST(a_fault_in_a_drop_in_names_the_drop_in),
		FILE_TEST(a_missing_file_is_enoent_and_drop_ins_are_read),
		FILE_TEST(a_directory_is_no_configuration),
		FILE_TEST(a_drop_in_that_cannot_be_read_is_named),
		FILE_TEST(a_drop_in_that_leads_nowhere_is_a_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
