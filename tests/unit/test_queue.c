/* SPDX-License-Identifier: GPL-2.0-only */
/* test_queue.c - order, bounds and accounting of the message queue. */
#include "../../user/sink/queue.h"

#include <errno.h>

#include "sink_help.h"

static int push_text(struct queue *queue, const char *text)
{
	struct iovec part = { .iov_base = (void *)text, .iov_len = strlen(text) };

	return queue_push(queue, &part, 1);
}

static void gives_messages_in_order(void **state)
{
	struct queue queue;

	(void)state;
	queue_init(&queue, 10, 10000);
	assert_null(queue_first(&queue));
	queue_pop(&queue);
	assert_int_equal(push_text(&queue, "one"), 0);
	assert_int_equal(push_text(&queue, "two"), 0);
	assert_memory_equal(queue_first(&queue)->parts[0].iov_base, "one", 3);
	queue_pop(&queue);
	assert_memory_equal(queue_first(&queue)->parts[0].iov_base, "two", 3);
	assert_int_equal(push_text(&queue, "three"), 0);
	queue_pop(&queue);
	assert_int_equal(queue_first(&queue)->parts[0].iov_len, 5);
	queue_pop(&queue);
	assert_null(queue_first(&queue));
	assert_int_equal(queue.count, 0);
	assert_int_equal(queue.octets, 0);
}

static void refuses_the_newest_past_the_count(void **state)
{
	struct queue queue;

	(void)state;
	queue_init(&queue, 2, 10000);
	assert_int_equal(push_text(&queue, "one"), 0);
	assert_int_equal(push_text(&queue, "two"), 0);
	assert_int_equal(push_text(&queue, "three"), -ENOBUFS);
	assert_int_equal(queue.count, 2);
	assert_memory_equal(queue_first(&queue)->parts[0].iov_base, "one", 3);
	queue_clear(&queue);
	assert_int_equal(push_text(&queue, "three"), 0);
	queue_clear(&queue);
}

static void refuses_the_newest_past_the_octets(void **state)
{
	const size_t head = sizeof(struct queue_message);
	struct queue queue;

	(void)state;
	queue_init(&queue, 100, 2 * head + 10);
	assert_int_equal(push_text(&queue, "12345"), 0);
	assert_int_equal(push_text(&queue, "123456"), -ENOBUFS);
	assert_int_equal(push_text(&queue, "12345"), 0);
	assert_int_equal(push_text(&queue, ""), -ENOBUFS);
	assert_int_equal(queue.octets, 2 * head + 10);
	queue_pop(&queue);
	assert_int_equal(push_text(&queue, ""), 0);
	queue_clear(&queue);
	assert_int_equal(queue.octets, 0);
}

static void refuses_what_never_fits(void **state)
{
	struct iovec huge = { .iov_base = "x", .iov_len = SIZE_MAX };
	struct iovec parts[QUEUE_PARTS_MAX + 1] = { 0 };
	struct queue queue;

	(void)state;
	queue_init(&queue, 100, 1000);
	assert_int_equal(queue_push(&queue, &huge, 1), -ENOBUFS);
	assert_int_equal(queue_push(&queue, parts, QUEUE_PARTS_MAX + 1), -EINVAL);
	assert_int_equal(queue.count, 0);
}

static void keeps_both_parts(void **state)
{
	struct iovec parts[2] = {
		{ .iov_base = "abc", .iov_len = 3 },
		{ .iov_base = "defg", .iov_len = 4 },
	};
	const struct queue_message *message;
	struct queue queue;

	(void)state;
	queue_init(&queue, 1, 1000);
	assert_int_equal(queue_push(&queue, parts, 2), 0);
	message = queue_first(&queue);
	assert_memory_equal(message->parts[0].iov_base, "abc", 3);
	assert_memory_equal(message->parts[1].iov_base, "defg", 4);
	assert_ptr_not_equal(message->parts[1].iov_base, parts[1].iov_base);
	queue_clear(&queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_messages_in_order),
		cmocka_unit_test(refuses_the_newest_past_the_count),
		cmocka_unit_test(refuses_the_newest_past_the_octets),
		cmocka_unit_test(refuses_what_never_fits),
		cmocka_unit_test(keeps_both_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
