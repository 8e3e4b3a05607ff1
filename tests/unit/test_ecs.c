// SPDX-License-Identifier: GPL-2.0-only
/* test_ecs.c - alerts and samples hold to the definitions of the ECS release that they name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../../user/base/util.h"
#include "../../user/model/ecs.h"
#include "alert_sample.h"
#include "ecs_fields.h"
#include "sighting_sample.h"

#define PATH_SIZE 256

static bool used[ARRAY_SIZE(ecs_fields)];

static const struct ecs_field *find_field(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(ecs_fields); i++)
		if (util_streq(ecs_fields[i].path, path)) {
			used[i] = true;
			return &ecs_fields[i];
		}
	return NULL;
}

static bool is_other(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(ecs_others); i++)
		if (util_streq(ecs_others[i], path))
			return true;
	return false;
}

static bool is_allowed(const struct ecs_field *field, const char *word)
{
	char wanted[PATH_SIZE];

	snprintf(wanted, sizeof(wanted), " %s ", word);
	return !field->allowed || strstr(field->allowed, wanted);
}

static bool is_of_type(const struct ecs_field *field, const json_t *value)
{
	const char *text = json_string_value(value);
	struct addr addr;
	uint64_t ns;

	switch (field->type) {
	case ECS_LONG:
		return json_is_integer(value);
	case ECS_DATE:
		return text && clock_parse(text, &ns) == 0;
	case ECS_IP:
		return text && addr_parse(text, &addr) == 0;
	default:
		return text && is_allowed(field, text);
	}
}

static void check_value(const char *path, const json_t *value)
{
	const struct ecs_field *field = find_field(path);
	size_t count = json_array_size(value);

	if (!field)
		fail_msg("%s is no field", path);
	if (json_is_array(value) != field->is_array || (field->is_array && !count))
		fail_msg("%s: one, where many are wanted, or the other way", path);
	for (size_t i = 0; i < count; i++)
		if (!is_of_type(field, json_array_get(value, i)))
			fail_msg("%s: an item of another type", path);
	if (!field->is_array && !is_of_type(field, value))
		fail_msg("%s: a value of another type", path);
}

static void check_object(const char *above, json_t *object)
{
	char path[PATH_SIZE];
	const char *name;
	json_t *value;

	json_object_foreach(object, name, value)
	{
		snprintf(path, sizeof(path), "%s%s%s", above, *above ? "." : "", name);
		if (is_other(path))
			continue;
		if (json_is_object(value))
			check_object(path, value);
		else
			check_value(path, value);
	}
}

static void check_event(json_t *made)
{
	json_t *event = json_object_get(made, "event");

	assert_non_null(made);
	check_object("", made);
	assert_non_null(json_object_get(json_object_get(made, "ecs"), "version"));
	assert_non_null(json_object_get(event, "type"));
	json_decref(made);
}

static void every_alert_holds_to_the_definitions(void **state)
{
	(void)state;
	assert_string_equal(ECS_VERSION, ECS_FIELDS_VERSION);
	for (enum action action = 0; action < ACTION_COUNT; action++) {
		struct alert alert = action == ACTION_LISTENER ? sample_listener() : sample_alert();

		alert.action = action;
		alert.has_packet &= action != ACTION_FLOOD && action != ACTION_SENSOR;
		alert.has_mac = alert.has_vlan = true;
		alert.direction = action == ACTION_OUTBOUND ? DIRECTION_OUT : DIRECTION_IN;
		alert.vlan_id = 7;
		sample_add_process(&alert);
		check_event(alert_to_json(&alert, "sensor1"));
	}
}

static void every_sample_holds_to_the_definitions(void **state)
{
	struct sighting_sample sample;

	(void)state;
	sample_sighting(&sample);
	check_event(sighting_to_json(&sample.sighting, "sensor1"));
}

/* The table says what is in use: nothing more. */
static void every_definition_was_asked_for(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(used); i++)
		if (!used[i])
			fail_msg("%s is not in use", ecs_fields[i].path);
}

static const char *outcome_of(enum action action)
{
	static char text[16];
	struct alert alert = sample_alert();
	json_t *made, *outcome;

	alert.action = action;
	made = alert_to_json(&alert, NULL);
	outcome = json_object_get(json_object_get(made, "event"), "outcome");
	snprintf(text, sizeof(text), "%s", json_string_value(outcome));
	json_decref(made);
	return text;
}

static void an_outcome_is_that_of_who_asked(void **state)
{
	(void)state;
	assert_string_equal(outcome_of(ACTION_PROBE), "failure");
	assert_string_equal(outcome_of(ACTION_CONNECTION), "success");
	assert_string_equal(outcome_of(ACTION_LISTENER), "success");
	assert_string_equal(outcome_of(ACTION_OUTBOUND), "unknown");
	assert_string_equal(outcome_of(ACTION_TRANSIT), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_alert_holds_to_the_definitions),
		cmocka_unit_test(every_sample_holds_to_the_definitions),
		cmocka_unit_test(every_definition_was_asked_for),
		cmocka_unit_test(an_outcome_is_that_of_who_asked),
	};

	return cmocka_run_group_tests_name("ecs", tests, NULL, NULL);
}
