/* SPDX-License-Identifier: GPL-2.0-only */
/* test_prometheus.c - the text format: exact form, and labels that cannot break out of it. */
#include "../../user/sink/prometheus.h"
#include "../../user/sink/scrape.h"
#include "sink_help.h"

static char *text;
static size_t length;
static FILE *out;

static int set_up(void **state)
{
	(void)state;
	out = open_memstream(&text, &length);
	assert_non_null(out);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(text);
	return 0;
}

static void assert_text(const char *wanted)
{
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, wanted);
}

static void a_family_has_help_and_type(void **state)
{
	(void)state;
	prometheus_begin(out, "a_total", PROMETHEUS_COUNTER, "Some.");
	prometheus_begin(out, "b", PROMETHEUS_GAUGE, "Others.");
	assert_text("# HELP a_total Some.\n# TYPE a_total counter\n"
		    "# HELP b Others.\n# TYPE b gauge\n");
}

static void a_sample_has_its_labels(void **state)
{
	const struct prometheus_label labels[] = { { "port", "3409" }, { "kind", "syn" } };

	(void)state;
	prometheus_add(out, "a_total", labels, 2, UINT64_MAX);
	prometheus_add(out, "b", NULL, 0, 0);
	prometheus_add_seconds(out, "c_seconds", HELP_WALL_NS);
	assert_text("a_total{port=\"3409\",kind=\"syn\"} 18446744073709551615\nb 0\n"
		    "c_seconds 1795329300.123456\n");
}

static void a_hostile_label_stays_inside(void **state)
{
	const struct prometheus_label label = { "interface", "a\"} 1\nb\\x\xff\xc3\xa9\x1b" };

	(void)state;
	prometheus_add(out, "a", &label, 1, 1);
	assert_text("a{interface=\"a\\\"} 1\\\\nb\\\\x\\\\xff\xc3\xa9\\\\x1b\"} 1\n");
}

static void a_place_to_listen_is_an_address_in_figures(void **state)
{
	static const struct {
		const char *text;
		bool is_valid;
	} rows[] = {
		{ "127.0.0.1:9409", true }, { "[::1]:9409", true },	 { "9409", true },
		{ "0.0.0.0:9409", true },   { "localhost:9409", false }, { "127.0.0.1", false },
		{ "127.0.0.1:0", false },   { "70000", false },		 { "", false },
		{ ":9409", false },
	};

	(void)state;
	assert_int_equal(fclose(out), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char why[128] = "";

		assert_int_equal(scrape_listen_valid(rows[i].text, why, sizeof(why)),
				 rows[i].is_valid);
		assert_int_equal(!*why, rows[i].is_valid);
	}
}

#define PLACE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLACE_TEST(a_family_has_help_and_type),
		PLACE_TEST(a_sample_has_its_labels),
		PLACE_TEST(a_hostile_label_stays_inside),
		PLACE_TEST(a_place_to_listen_is_an_address_in_figures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
