/* SPDX-License-Identifier: GPL-2.0-only */
/* test_table.c - bounds, eviction order, addresses that stay, and every entry's leave. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../user/base/table.h"
#include "../../user/base/util.h"

struct log {
	int keys[64];
	int values[64];
	size_t count;
};

static void note(void *argument, const void *key, void *value)
{
	struct log *log = argument;

	assert_true(log->count < ARRAY_SIZE(log->keys));
	memcpy(&log->keys[log->count], key, sizeof(int));
	memcpy(&log->values[log->count++], value, sizeof(int));
}

static struct table *make_table(size_t capacity, struct log *log)
{
	struct table *table = NULL;

	assert_int_equal(table_new(&table, sizeof(int), sizeof(int), capacity, log ? note : NULL,
				   log),
			 0);
	return table;
}

static void put(struct table *table, int key, int value)
{
	int *place = table_put(table, &key, NULL);

	assert_non_null(place);
	*place = value;
}

static int *get(struct table *table, int key)
{
	return table_get(table, &key);
}

static void a_new_value_is_zero_and_found_again(void **state)
{
	struct table *table = make_table(4, NULL);
	int key = 7, *value;
	bool is_new = false;

	(void)state;
	assert_null(get(table, 7));
	value = table_put(table, &key, &is_new);
	assert_true(is_new);
	assert_int_equal(*value, 0);
	*value = 70;
	assert_ptr_equal(table_put(table, &key, &is_new), value);
	assert_false(is_new);
	assert_int_equal(*get(table, 7), 70);
	assert_int_equal(table_count(table), 1);
	table_free(table);
}

static void a_full_table_evicts_what_was_used_longest_ago(void **state)
{
	struct log log = { .count = 0 };
	struct table *table = make_table(3, &log);

	(void)state;
	put(table, 1, 10);
	put(table, 2, 20);
	put(table, 3, 30);
	get(table, 1);
	put(table, 4, 40);
	assert_int_equal(log.count, 1);
	assert_int_equal(log.keys[0], 2);
	assert_int_equal(log.values[0], 20);
	put(table, 3, 31);
	put(table, 5, 50);
	assert_int_equal(log.keys[1], 1);
	assert_int_equal(table_count(table), 3);
	assert_int_equal(table_evictions(table), 2);
	assert_null(get(table, 1));
	assert_null(get(table, 2));
	assert_int_equal(*get(table, 3), 31);
	table_free(table);
}

static void every_entry_leaves_exactly_once(void **state)
{
	struct log log = { .count = 0 };
	struct table *table = make_table(2, &log);
	int key = 2;

	(void)state;
	put(table, 1, 10);
	put(table, 2, 20);
	put(table, 3, 30); /* 1 is evicted */
	table_remove(table, &key);
	table_remove(table, &key);
	assert_int_equal(table_evictions(table), 1);
	table_free(table); /* 3 */
	assert_int_equal(log.count, 3);
	assert_int_equal(log.keys[0] * 100 + log.keys[1] * 10 + log.keys[2], 123);
}

static void values_keep_their_address_while_the_table_grows(void **state)
{
	enum { COUNT = 5000 };
	struct table *table = make_table(COUNT, NULL);
	static int *places[COUNT];
	int key;

	(void)state;
	for (key = 0; key < COUNT; key++) {
		places[key] = table_put(table, &key, NULL);
		*places[key] = key * 3;
	}
	assert_int_equal(table_count(table), COUNT);
	assert_int_equal(table_evictions(table), 0);
	for (key = 0; key < COUNT; key++) {
		assert_ptr_equal(get(table, key), places[key]);
		assert_int_equal(*places[key], key * 3);
	}
	table_free(table);
}

static void a_table_far_over_capacity_holds_the_newest(void **state)
{
	struct table *table = make_table(100, NULL);
	int key;

	(void)state;
	for (key = 0; key < 10000; key++)
		put(table, key, key);
	assert_int_equal(table_count(table), 100);
	assert_int_equal(table_evictions(table), 9900);
	for (key = 9900; key < 10000; key++)
		assert_int_equal(*get(table, key), key);
	assert_null(get(table, 9899));
	table_free(table);
}

static void a_visit_goes_from_the_oldest_use_to_the_newest(void **state)
{
	struct table *table = make_table(4, NULL);
	struct log log = { .count = 0 };

	(void)state;
	put(table, 1, 10);
	put(table, 2, 20);
	put(table, 3, 30);
	get(table, 1);
	table_visit(table, note, &log);
	assert_int_equal(log.count, 3);
	assert_int_equal(log.keys[0] * 100 + log.keys[1] * 10 + log.keys[2], 231);
	table_free(table);
}

static void remove_odd(void *argument, const void *key, void *value)
{
	int number = *(int *)value;

	if (number % 2)
		table_remove(argument, key);
}

static void a_visitor_may_remove_what_it_visits(void **state)
{
	struct table *table = make_table(64, NULL);
	int key;

	(void)state;
	for (key = 0; key < 50; key++)
		put(table, key, key);
	table_visit(table, remove_odd, table);
	assert_int_equal(table_count(table), 25);
	for (key = 0; key < 50; key++)
		assert_int_equal(get(table, key) != NULL, key % 2 == 0);
	table_free(table);
}

static void the_table_forgets_a_leaver_before_telling(void *argument, const void *key, void *value)
{
	struct table **table = argument;

	(void)value;
	assert_null(table_get(*table, key));
	assert_int_equal(table_count(*table), 0);
}

static void an_entry_that_leaves_is_no_longer_found(void **state)
{
	struct table *table = NULL;
	int key = 1;

	(void)state;
	assert_int_equal(table_new(&table, sizeof(int), sizeof(int), 4,
				   the_table_forgets_a_leaver_before_telling, &table),
			 0);
	put(table, 1, 10);
	table_remove(table, &key);
	assert_null(get(table, 1));
	table_free(table);
}

static void keys_of_any_length_differ_in_every_octet(void **state)
{
	size_t size, octet;

	(void)state;
	for (size = 1; size <= 40; size++) {
		unsigned char key[40] = { 0 };
		struct table *table = NULL;

		assert_int_equal(table_new(&table, size, 0, 100, NULL, NULL), 0);
		assert_non_null(table_put(table, key, NULL));
		for (octet = 0; octet < size; octet++) {
			key[octet] = 1;
			assert_null(table_get(table, key));
			assert_non_null(table_put(table, key, NULL));
			key[octet] = 0;
		}
		assert_int_equal(table_count(table), size + 1);
		table_free(table);
	}
}

static void values_are_aligned_for_any_type(void **state)
{
	struct table *table = NULL;
	char key;

	(void)state;
	assert_int_equal(table_new(&table, 1, 3, 100, NULL, NULL), 0);
	for (key = 0; key < 100; key++) {
		uintptr_t place = (uintptr_t)table_put(table, &key, NULL);

		assert_int_equal(place % _Alignof(max_align_t), 0);
	}
	table_free(table);
}

static void a_table_without_room_or_key_is_refused(void **state)
{
	struct table *table = NULL;

	(void)state;
	assert_int_equal(table_new(&table, 4, 4, 0, NULL, NULL), -EINVAL);
	assert_int_equal(table_new(&table, 0, 4, 4, NULL, NULL), -EINVAL);
	assert_null(table);
	table_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_value_is_zero_and_found_again),
		cmocka_unit_test(a_full_table_evicts_what_was_used_longest_ago),
		cmocka_unit_test(every_entry_leaves_exactly_once),
		cmocka_unit_test(values_keep_their_address_while_the_table_grows),
		cmocka_unit_test(a_table_far_over_capacity_holds_the_newest),
		cmocka_unit_test(a_visit_goes_from_the_oldest_use_to_the_newest),
		cmocka_unit_test(a_visitor_may_remove_what_it_visits),
		cmocka_unit_test(an_entry_that_leaves_is_no_longer_found),
		cmocka_unit_test(keys_of_any_length_differ_in_every_octet),
		cmocka_unit_test(values_are_aligned_for_any_type),
		cmocka_unit_test(a_table_without_room_or_key_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
