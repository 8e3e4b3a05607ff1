// SPDX-License-Identifier: GPL-2.0-only
/* test_community_id.c - the ids that the specification's reference implementation gives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../user/base/util.h"
#include "../../user/model/community_id.h"

/* pycommunityid's test vectors. */
static const struct vector {
	const char *addrs[2];
	uint16_t ports[2];
	enum protocol protocol;
	const char *id;
} vectors[] = {
	{ { "128.232.110.120", "66.35.250.204" }, { 34855, 80 }, PROTOCOL_TCP,
	  "1:LQU9qZlK+B5F3KDmev6m5PMibrg=" },
	{ { "192.168.1.52", "8.8.8.8" }, { 54585, 53 }, PROTOCOL_UDP,
	  "1:d/FP5EW3wiY1vCndhwleRRKHowQ=" },
	{ { "2001:470:e5bf:dead:4957:2174:e82c:4887", "2607:f8b0:400c:c03::1a" }, { 63943, 25 },
	  PROTOCOL_TCP, "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=" },
	/* ports are compared as numbers, not as octets of a little-endian machine */
	{ { "10.0.0.1", "10.0.0.2" }, { 10, 11569 }, PROTOCOL_TCP,
	  "1:SXBGMX1lBOwhhoDrZynfROxnhnM=" },
};

static struct endpoint endpoint_of(const struct vector *vector, int which)
{
	struct endpoint endpoint = { .port = vector->ports[which] };

	assert_int_equal(addr_parse(vector->addrs[which], &endpoint.addr), 0);
	return endpoint;
}

static void both_directions_have_the_published_id(void **state)
{
	char id[COMMUNITY_ID_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		struct endpoint a = endpoint_of(&vectors[i], 0), b = endpoint_of(&vectors[i], 1);

		assert_int_equal(community_id(&a, &b, vectors[i].protocol, id), 0);
		assert_string_equal(id, vectors[i].id);
		assert_int_equal(community_id(&b, &a, vectors[i].protocol, id), 0);
		assert_string_equal(id, vectors[i].id);
	}
}

static void on_one_address_the_ports_decide_the_order(void **state)
{
	const struct vector vector = { { "127.0.0.1", "127.0.0.1" }, { 3409, 256 }, PROTOCOL_TCP, "" };
	struct endpoint a = endpoint_of(&vector, 0), b = endpoint_of(&vector, 1);
	char id[COMMUNITY_ID_SIZE], back[COMMUNITY_ID_SIZE];

	(void)state;
	assert_int_equal(community_id(&a, &b, PROTOCOL_TCP, id), 0);
	assert_int_equal(community_id(&b, &a, PROTOCOL_TCP, back), 0);
	assert_string_equal(id, back);
	assert_int_equal(community_id(&a, &b, PROTOCOL_UDP, back), 0);
	assert_string_not_equal(id, back);
}

static void ends_of_two_families_have_none(void **state)
{
	const struct vector vector = { { "127.0.0.1", "::1" }, { 3409, 256 }, PROTOCOL_TCP, "" };
	struct endpoint a = endpoint_of(&vector, 0), b = endpoint_of(&vector, 1);
	char id[COMMUNITY_ID_SIZE];

	(void)state;
	assert_true(community_id(&a, &b, PROTOCOL_TCP, id) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_directions_have_the_published_id),
		cmocka_unit_test(on_one_address_the_ports_decide_the_order),
		cmocka_unit_test(ends_of_two_families_have_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
